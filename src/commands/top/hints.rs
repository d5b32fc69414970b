//! Where to go on from what `top` shows.
//!
//! Rule: a hint is a command that can be pasted, about the largest group that it fits; without such a group there is none.

use std::collections::HashSet;

use crate::model::{Column, Field, Value, pattern, pattern_id};
use crate::providers::codes::is_explained;
use crate::query::{Group, Key};

use super::super::counting;
use super::super::quote::quote;

/// Groups that are looked at to see whether destinations tear causes apart, and rows of a cause from which on they do.
const MOST_LOOKED_AT: usize = 10_000;
const LEAST_SPLIT: usize = 3;

/// Says so where each cause has a row for every destination, as where destinations are recipients, and there are more than
/// are shown.
pub(super) fn split(groups: &[Group], shown: usize) -> Option<String> {
    if groups.len() <= shown {
        return None;
    }
    let is_other = |at: &usize| counting::DEFAULT_BY[*at] != "destination";
    let others: Vec<usize> = (0..counting::DEFAULT_BY.len()).filter(is_other).collect();
    // A part of them tells.
    let looked_at = &groups[..groups.len().min(MOST_LOOKED_AT)];
    let cause = |group: &Group| {
        others
            .iter()
            .map(|at| format!("{:?}", group.key[*at]))
            .collect()
    };
    let causes: HashSet<Vec<String>> = looked_at.iter().map(cause).collect();
    if causes.len() * LEAST_SPLIT > looked_at.len() {
        return None;
    }
    let by: Vec<&str> = others.iter().map(|at| counting::DEFAULT_BY[*at]).collect();
    Some(format!(
        "there are many destinations: `--by {}` has one row for a cause, wherever it is",
        by.join(",")
    ))
}

/// Returns the commands that show the records of the largest cause, and explain the code of the largest failure.
pub(super) fn next(
    program: &str,
    is_input: bool,
    keys: &[Key],
    groups: &[Group],
    order: &[usize],
) -> Vec<String> {
    let shown = || order.iter().map(|at| &groups[*at]);
    // What went well has a pattern too, and is no cause.
    let failed = || shown().filter(|group| !is_success(keys, group));
    let mut hints = Vec::new();
    if let Some(id) = failed().find_map(|group| pattern_of(keys, group))
        && !is_input
    {
        hints.push(format!(
            "{program} show --pattern {id} -n 5 has the newest records of the largest cause"
        ));
    }
    if let Some(code) = failed().find_map(|group| code_of(keys, group)) {
        let code = quote(&code);
        hints.push(format!(
            "{program} explain {code} tells what it means and whether it is retried"
        ));
    }
    hints
}

fn values<'g>(
    keys: &'g [Key],
    group: &'g Group,
) -> impl Iterator<Item = (&'g Field, &'g Value<'static>)> {
    let pairs = keys.iter().zip(&group.key);
    pairs.filter_map(|(key, value)| match key {
        Key::Field(field) => Some((field, value)),
        Key::Hour | Key::Day => None,
    })
}

fn is_success(keys: &[Key], group: &Group) -> bool {
    values(keys, group).any(|(field, value)| match (field, value) {
        (Field::Column(Column::Status), Value::Int(status)) => *status < 400,
        (Field::Column(Column::Outcome), Value::Text(outcome)) => outcome == "success",
        _ => false,
    })
}

/// Returns the id of a group's pattern, if it has one.
fn pattern_of(keys: &[Key], group: &Group) -> Option<String> {
    values(keys, group).find_map(|(field, value)| match (field, value) {
        (Field::PatternId, Value::Text(id)) => Some(id.to_string()),
        (Field::Pattern, Value::Text(text)) => Some(pattern_id(text)),
        (Field::Column(Column::Reason), Value::Text(text)) => Some(pattern_id(&pattern(text))),
        _ => None,
    })
}

/// Returns a group's code or status, if it can be explained.
fn code_of(keys: &[Key], group: &Group) -> Option<String> {
    let mut codes = values(keys, group).filter_map(|(field, value)| match (field, value) {
        (Field::Column(Column::Code), Value::Text(code)) => Some(code.to_string()),
        (Field::Column(Column::Status), Value::Int(status)) => Some(status.to_string()),
        _ => None,
    });
    codes.find(|code| is_explained(code))
}

#[cfg(test)]
mod tests {
    use crate::model::Timestamp;

    use super::*;

    fn group(status: i64, reason: &str) -> Group {
        Group {
            key: vec![Value::Int(status), Value::Text(reason.to_owned().into())],
            count: 1,
            messages: 1,
            messages_are_cut: false,
            first_seen: Timestamp::from_micros(0),
            last_seen: Timestamp::from_micros(0),
            is_folded: false,
        }
    }

    #[test]
    fn the_largest_failure_is_looked_into() {
        let column = |column| Key::Field(Field::Column(column));
        let keys = [column(Column::Status), Key::Field(Field::Pattern)];
        let groups = [
            group(200, "ok"),
            group(401, "token expired"),
            group(503, "x"),
        ];
        let id = pattern_id("token expired");
        let hints = next("faillog", false, &keys, &groups, &[0, 1, 2]);
        assert_eq!(
            hints,
            [
                format!(
                    "faillog show --pattern {id} -n 5 has the newest records of the largest cause"
                ),
                "faillog explain 401 tells what it means and whether it is retried".to_owned(),
            ]
        );
        assert_eq!(next("faillog", false, &keys, &groups, &[0]), [""; 0]);
        assert_eq!(next("faillog", false, &[Key::Day], &groups, &[1]), [""; 0]);
    }
}

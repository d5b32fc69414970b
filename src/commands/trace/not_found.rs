//! An id that leads nowhere, or to several places.
//!
//! Rule: what was looked at is said, and what could not be; nothing is guessed.

use crate::model::{Filter, Hour, count};
use crate::query::{Engine, Subject};
use crate::store::{HourKey, Store};

use super::super::completeness::Completeness;
use super::super::filters::Scope;
use super::super::{Context, Error};

/// Candidates of an ambiguous id that are named.
const MOST_NAMED: usize = 6;

pub(super) fn ambiguous(id: &str, candidates: &[(Subject, String)], has_more: bool) -> Error {
    let more = candidates.len().saturating_sub(MOST_NAMED);
    let named: Vec<String> = candidates
        .iter()
        .take(MOST_NAMED)
        .map(|(subject, id)| format!("{} `{id}`", subject.name()))
        .collect();
    let rest = match (more, has_more) {
        (0, false) => String::new(),
        (_, true) => " and many more".to_owned(),
        (more, false) => format!(" and {more} more"),
    };
    let many = if has_more { "more than " } else { "" };
    let ids = candidates.len() - usize::from(has_more);
    Error::usage(format!("`{id}` is the beginning of {many}{ids} ids"))
        .hint(format!("write more of it: {}{rest}", named.join(", ")))
}

/// Says what was looked at, and on stderr what could not be.
pub(super) fn nothing(
    context: &mut Context<'_>,
    engine: &Engine,
    store: &Store,
    scope: &Filter,
    id: &str,
    nearest: Option<(Subject, String)>,
    is_input: bool,
) -> Result<Error, Error> {
    let looked_at = if is_input {
        "in the input".to_owned()
    } else {
        let hours = store.hours(scope)?;
        let everywhere = Scope {
            providers: scope.providers.clone(),
            collections: scope.collections.clone(),
            hours: Vec::new(),
            window: None,
        };
        let completeness = Completeness::of(store, &everywhere, context)?;
        completeness.without(engine.left_out(), store).tell(context);
        looked_at(&hours, context)
    };
    let error = Error::failure(format!(
        "no message, exchange or record `{id}`, nor one that begins so, {looked_at}"
    ));
    Ok(match nearest {
        Some((subject, id)) => error.hint(format!("did you mean the {} `{id}`?", subject.name())),
        None => error,
    })
}

fn looked_at(hours: &[HourKey], context: &Context<'_>) -> String {
    let of_hour = |key: &HourKey| key.hour;
    let (Some(first), Some(last)) = (
        hours.iter().map(of_hour).min(),
        hours.iter().map(of_hour).max(),
    ) else {
        return "since nothing is stored of what was asked".to_owned();
    };
    let mut names: Vec<&str> = hours
        .iter()
        .map(|key| context.settings.name_of(&key.collection))
        .collect();
    names.sort_unstable();
    names.dedup();
    let range = |first: Hour, last: Hour| {
        if first == last {
            first.to_string()
        } else {
            format!("{first} to {last}")
        }
    };
    format!(
        "in {} of {} ({})",
        count(hours.len() as u64, "stored hour"),
        names.join(", "),
        range(first, last)
    )
}

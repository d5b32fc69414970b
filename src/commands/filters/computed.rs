//! Conditions on what is not stored but concluded: fates and patterns.
//!
//! Rule: what has no fate is never left out for the want of one.

use crate::model::{
    Column, Comparison, Condition, Fate, Field, Outcome, Test, is_pattern_id, pattern,
};

/// No failure, or one that no success followed. An exchange has no fate and stays.
pub(super) fn unresolved() -> Condition {
    let is = |field, word: &str| {
        let comparison = Comparison::texts(&field, [word.to_owned()]);
        Condition::Is(Test { field, comparison })
    };
    Condition::Not(Box::new(Condition::All(vec![
        is(Field::Column(Column::Outcome), Outcome::Failure.name()),
        is(Field::Fate, Fate::Delivered.name()),
    ])))
}

/// A value is an id or a text. A word may look like an id (`rejected`), and is then looked for as both; an id is never
/// taken for a reason that is nothing but an id.
pub(super) fn patterns(values: Vec<String>) -> Vec<Test> {
    if values.is_empty() {
        return vec![];
    }
    let is_text = |(text, value): &(String, &String)| !is_pattern_id(value) || text == *value;
    let texts = values.iter().map(|value| (pattern(value), value));
    let texts: Vec<String> = texts.filter(is_text).map(|(text, _)| text).collect();
    let test = |field: Field, values: Vec<String>| Test {
        comparison: Comparison::texts(&field, values),
        field,
    };
    let mut any_of = vec![test(Field::PatternId, values)];
    if !texts.is_empty() {
        any_of.push(test(Field::Pattern, texts));
    }
    any_of
}

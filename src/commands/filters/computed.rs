//! Conditions on what is not stored but concluded: fates and patterns.
//!
//! Rule: what has no fate is never left out for the want of one.

use crate::model::{
    Column, Comparison, Fate, Field, Literal, Outcome, Test, is_pattern_id, pattern,
};

/// No failure, or one that no success followed. An exchange has no fate and stays.
pub(super) fn unresolved() -> Vec<Test> {
    let not = |field, word: &str| Test {
        field,
        comparison: Comparison::NotEqual(Literal::Text(word.to_owned())),
    };
    vec![
        not(Field::Column(Column::Outcome), Outcome::Failure.name()),
        not(Field::Fate, Fate::Delivered.name()),
    ]
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
    let test = |field, comparison| Test { field, comparison };
    vec![
        test(Field::Pattern, Comparison::one_of(texts, false)),
        test(Field::PatternId, Comparison::one_of(values, true)),
    ]
}

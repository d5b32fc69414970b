//! Conditions on what is not stored but concluded: fates and patterns.
//!
//! Rule: what has no fate is never left out for the want of one.

use crate::model::{Column, Comparison, Fate, Field, Literal, Outcome, Test, pattern};

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

/// A value is an id or a text, and a text may look like an id: both are looked for.
pub(super) fn patterns(values: Vec<String>) -> Vec<Test> {
    if values.is_empty() {
        return vec![];
    }
    let texts = values.iter().map(|value| pattern(value));
    let texts = Comparison::one_of(texts, false);
    let ids = Comparison::one_of(values, true);
    vec![
        Test {
            field: Field::PatternId,
            comparison: ids,
        },
        Test {
            field: Field::Pattern,
            comparison: texts,
        },
    ]
}

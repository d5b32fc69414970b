//! How one value is looked at.
//!
//! Rule: a value that is absent passes no comparison, so that statistics may rule out whole row groups.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use regex::bytes::Regex;

use super::super::column::Column;
use super::super::field::Field;
use super::super::time::Window;
use super::super::value::Value;
use super::Literal;
use super::contains::{contains, fold};

/// A look at one value.
#[derive(Clone, Debug)]
pub(crate) enum Comparison {
    /// Of truths and of what stands at a path; whole numbers, times and texts have comparisons of their own.
    Equal(Literal),
    Less(Literal),
    LessOrEqual(Literal),
    Greater(Literal),
    GreaterOrEqual(Literal),
    /// A whole number in a range; an empty range holds none.
    Within(RangeInclusive<i64>),
    /// A time in a half-open range.
    During(Window),
    /// One of a sorted list of texts, each once; lower case if `ignore_case`.
    OneOf {
        values: Vec<String>,
        ignore_case: bool,
    },
    /// A text of which one line is one of a sorted list of texts, each once.
    AnyLine(Vec<String>),
    /// A text with another in it, folded to lower case if `ignore_case`.
    Contains {
        needle: String,
        ignore_case: bool,
    },
    Matches(Regex),
    Exists,
}

impl Comparison {
    /// Returns a test for any of the given texts.
    pub(crate) fn one_of(values: impl IntoIterator<Item = String>, ignore_case: bool) -> Self {
        let values = values.into_iter().map(|mut value| {
            if ignore_case {
                value.make_ascii_lowercase();
            }
            value
        });
        Comparison::OneOf {
            values: sorted(values.collect()),
            ignore_case,
        }
    }

    /// Returns a test for any of the given texts, as a field of texts holds them.
    pub(crate) fn texts(field: &Field, values: impl IntoIterator<Item = String>) -> Self {
        let values = values.into_iter();
        match field {
            Field::Column(
                Column::MoreSources | Column::MoreDestinations | Column::MoreSubscribers,
            ) => Comparison::AnyLine(sorted(values.collect())),
            // Codes come in mixed case from the same provider (`ETIMEDOUT`, `etimedout`).
            Field::Column(Column::Code | Column::ErrorType) => Comparison::one_of(values, true),
            // Words of the program's own are lower case wherever they stand.
            Field::Column(Column::Provider | Column::Type | Column::Outcome | Column::Joined)
            | Field::Fate
            | Field::PatternId => {
                Comparison::one_of(values.map(|value| value.to_ascii_lowercase()), false)
            }
            Field::Column(_)
            | Field::LastStatus
            | Field::Pattern
            | Field::Count
            | Field::Path(_) => Comparison::one_of(values, false),
        }
    }

    /// Returns a test for a text within a text; case matters if the text has an upper-case letter.
    pub(crate) fn containing(needle: &str) -> Self {
        let ignore_case = !needle.chars().any(char::is_uppercase);
        Comparison::Contains {
            needle: if ignore_case {
                fold(needle)
            } else {
                needle.to_owned()
            },
            ignore_case,
        }
    }

    /// Returns whether the value passes.
    pub(crate) fn accepts(&self, value: &Value<'_>) -> bool {
        match self {
            Comparison::Exists => !value.is_null(),
            Comparison::Equal(literal) => literal.equals(value),
            Comparison::Less(literal) => literal.order(value).is_some_and(Ordering::is_lt),
            Comparison::LessOrEqual(literal) => literal.order(value).is_some_and(Ordering::is_le),
            Comparison::Greater(literal) => literal.order(value).is_some_and(Ordering::is_gt),
            Comparison::GreaterOrEqual(literal) => {
                literal.order(value).is_some_and(Ordering::is_ge)
            }
            Comparison::Within(range) => matches!(value, Value::Int(n) if range.contains(n)),
            Comparison::During(window) => {
                matches!(value, Value::Time(time) if window.contains(*time))
            }
            Comparison::OneOf {
                values,
                ignore_case,
            } => match value {
                Value::Text(text) if *ignore_case => {
                    values.binary_search(&text.to_ascii_lowercase()).is_ok()
                }
                Value::Text(text) => has(values, text.as_bytes()),
                Value::Bytes(bytes) => has(values, bytes),
                _ => false,
            },
            Comparison::AnyLine(values) => match value {
                Value::Text(text) => text.split('\n').any(|line| has(values, line.as_bytes())),
                _ => false,
            },
            Comparison::Contains {
                needle,
                ignore_case,
            } => in_words(value, |text| contains(text, needle, *ignore_case)),
            Comparison::Matches(regex) => in_words(value, |text| regex.is_match(text)),
        }
    }
}

fn has(values: &[String], text: &[u8]) -> bool {
    values
        .binary_search_by(|value| value.as_bytes().cmp(text))
        .is_ok()
}

pub(super) fn sorted(mut values: Vec<String>) -> Vec<String> {
    values.sort_unstable();
    values.dedup();
    values
}

/// Looks at a value as it is written.
fn in_words(value: &Value<'_>, look: impl FnOnce(&[u8]) -> bool) -> bool {
    match value {
        Value::Null => false,
        Value::Text(text) | Value::Json(text) | Value::Number(text) => look(text.as_bytes()),
        Value::Bytes(bytes) => look(bytes),
        Value::Int(number) => look(number.to_string().as_bytes()),
        Value::Bool(value) => look(if *value { b"true" } else { b"false" }),
        Value::Time(time) => look(time.to_rfc3339().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_values_pass_nothing() {
        for comparison in [
            Comparison::Equal(Literal::Bool(false)),
            Comparison::Less(Literal::Text("x".to_owned())),
            Comparison::Within(0..=999),
            Comparison::During(Window::ALL),
            Comparison::one_of([String::new()], false),
            Comparison::AnyLine(vec![String::new()]),
            Comparison::containing(""),
            Comparison::Matches(Regex::new("").unwrap()),
            Comparison::Exists,
        ] {
            assert!(!comparison.accepts(&Value::Null), "{comparison:?}");
        }
    }

    #[test]
    fn texts_are_compared_as_their_column_holds_them() {
        let texts =
            |column, value: &str| Comparison::texts(&Field::Column(column), [value.to_owned()]);
        let text = |value: &'static str| Value::Text(value.into());
        assert!(texts(Column::Code, "ETIMEDOUT").accepts(&text("etimedout")));
        assert!(texts(Column::Outcome, "Failure").accepts(&text("failure")));
        assert!(!texts(Column::Destination, "ABC").accepts(&text("abc")));
        let further = texts(Column::MoreDestinations, "b");
        assert!(further.accepts(&text("a\nb\nc")) && !further.accepts(&text("ab\nbc")));
    }

    #[test]
    fn raw_bytes_are_equal_to_texts() {
        let raw = Comparison::texts(&Field::Column(Column::Raw), ["{}".to_owned()]);
        assert!(raw.accepts(&Value::Bytes(b"{}")) && !raw.accepts(&Value::Bytes(b"\xff")));
    }
}

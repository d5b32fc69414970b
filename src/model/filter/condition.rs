//! A tree of tests joined by *and*, *or* and *not*.
//!
//! Rule: there are two truth values. A test of what a record does not have is false, so that its negation is true: "not
//! 200" leaves out the 200s and nothing else.

use super::super::column::Column;
use super::super::field::Field;
use super::super::value::Value;
use super::Comparison;

/// What a record has to meet.
///
/// Two conditions are equal if they read the same, so that only those in their normal form are to be compared.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Is(Test),
    /// In the normal form only directly above a test.
    Not(Box<Condition>),
    /// True if there is none.
    All(Vec<Condition>),
    /// False if there is none.
    Any(Vec<Condition>),
}

/// One look at one field.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) field: Field,
    pub(crate) comparison: Comparison,
}

impl Condition {
    /// Returns all tests, in no order.
    pub(crate) fn tests(&self) -> impl Iterator<Item = &Test> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            loop {
                match open.pop()? {
                    Condition::Is(test) => return Some(test),
                    Condition::Not(inner) => open.push(inner),
                    Condition::All(parts) | Condition::Any(parts) => open.extend(parts),
                }
            }
        })
    }

    /// Returns the field of every test, in no order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.tests().map(|test| &test.field)
    }

    /// Returns whether a record passes of which `value` tells the fields.
    pub(crate) fn accepts<'v>(&self, value: &dyn Fn(&Field) -> Value<'v>) -> bool {
        match self {
            Condition::Is(test) => test.accepts(&value(&test.field)),
            Condition::Not(inner) => !inner.accepts(value),
            Condition::All(parts) => !meets_one(parts, value, false),
            Condition::Any(parts) => meets_one(parts, value, true),
        }
    }

    /// Returns the tree with every test replaced.
    pub(super) fn map(self, replace: &dyn Fn(Test) -> Condition) -> Condition {
        let all = |parts: Vec<Condition>| parts.into_iter().map(|part| part.map(replace)).collect();
        match self {
            Condition::Is(test) => replace(test),
            Condition::Not(inner) => Condition::Not(Box::new(inner.map(replace))),
            Condition::All(parts) => Condition::All(all(parts)),
            Condition::Any(parts) => Condition::Any(all(parts)),
        }
    }
}

/// Returns whether one of the parts comes out as `wanted`. Tests of one field stand together in the normal form: what is
/// costly to look up, as a path is, is looked up once for all of them.
fn meets_one<'v>(parts: &[Condition], value: &dyn Fn(&Field) -> Value<'v>, wanted: bool) -> bool {
    let mut last: Option<(&Field, Value<'v>)> = None;
    parts.iter().any(|part| {
        let (test, is_meant) = match part {
            Condition::Is(test) => (test, wanted),
            Condition::Not(inner) => match &**inner {
                Condition::Is(test) => (test, !wanted),
                Condition::Not(_) | Condition::All(_) | Condition::Any(_) => {
                    return part.accepts(value) == wanted;
                }
            },
            Condition::All(_) | Condition::Any(_) => return part.accepts(value) == wanted,
        };
        let found = match last.take() {
            Some((field, found)) if *field == test.field => found,
            Some(_) | None => value(&test.field),
        };
        let is_met = test.accepts(&found) == is_meant;
        last = Some((&test.field, found));
        is_met
    })
}

impl Test {
    /// Returns a test for any of the given texts in this one column.
    pub(crate) fn text(column: Column, values: impl IntoIterator<Item = String>) -> Self {
        let field = Field::Column(column);
        Test {
            comparison: Comparison::texts(&field, values),
            field,
        }
    }

    /// Returns whether the value of the field passes. An empty text in a column is no value.
    pub(crate) fn accepts(&self, value: &Value<'_>) -> bool {
        match value {
            Value::Text(text) if text.is_empty() && matches!(self.field, Field::Column(_)) => {
                self.comparison.accepts(&Value::Null)
            }
            _ => self.comparison.accepts(value),
        }
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

//! The right side of a comparison.
//!
//! Rule: text is read into the kind of its field once; no row is compared with a text that could be read beforehand.

use std::cmp::Ordering;

use super::super::value::Value;
use super::loose::Loose;

/// What a field is compared with, in the kind of the field.
#[derive(Clone, Debug)]
pub(crate) enum Literal {
    Text(String),
    Bool(bool),
    /// For a path into `raw`, where the kind shows only in each record.
    Any(Loose),
}

impl Literal {
    /// Returns whether the value is the same; of a path, see [`Loose::equals`].
    pub(super) fn equals(&self, value: &Value<'_>) -> bool {
        match self {
            Literal::Any(loose) => loose.equals(value),
            Literal::Text(_) | Literal::Bool(_) => self.order(value).is_some_and(Ordering::is_eq),
        }
    }

    /// Orders the value against this literal: `Less` means the value is less. `None` where they cannot be compared.
    pub(super) fn order(&self, value: &Value<'_>) -> Option<Ordering> {
        match (self, value) {
            (Literal::Text(text), Value::Text(value)) => Some(value.as_ref().cmp(text)),
            (Literal::Text(text), Value::Bytes(bytes)) => Some((*bytes).cmp(text.as_bytes())),
            (Literal::Bool(wanted), Value::Bool(value)) => Some(value.cmp(wanted)),
            (Literal::Any(loose), value) => loose.order(value),
            _ => None,
        }
    }
}

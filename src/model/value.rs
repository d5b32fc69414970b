//! One cell: what queries hand to renderers and filters look at.

use std::borrow::Cow;

use super::time::Timestamp;

/// The value of one field of one record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// The record has nothing there.
    Null,
    Bool(bool),
    Int(i64),
    /// A number that is no whole one, as written in the raw record.
    Number(Cow<'a, str>),
    Time(Timestamp),
    Text(Cow<'a, str>),
    /// An object or array of the raw record, as written there.
    Json(Cow<'a, str>),
    /// The raw record.
    Bytes(&'a [u8]),
}

impl Value<'_> {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Returns the same value with texts of its own; bytes become text.
    pub(crate) fn into_owned(self) -> Value<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(value),
            Value::Int(number) => Value::Int(number),
            Value::Number(number) => Value::Number(owned(number)),
            Value::Time(time) => Value::Time(time),
            Value::Text(text) => Value::Text(owned(text)),
            Value::Json(json) => Value::Json(owned(json)),
            Value::Bytes(bytes) => Value::Text(owned(String::from_utf8_lossy(bytes))),
        }
    }
}

//! What records are grouped by, and how the values of groups are told apart and ordered.
//!
//! Rule: values that are not the same are in different groups: `1` and `"1"`, nothing and an empty text.

use std::cmp::Ordering;
use std::fmt;

use crate::model::{Column, Field, Kind, Timestamp, Value, Zone};

use crate::store::{IdKey, bytes_key};

/// One thing that the records of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Field(Field),
    /// The UTC hour in which it occurred.
    Hour,
    /// The day on which it occurred, in the zone of the output.
    Day,
}

impl Key {
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Key::Field(Field::Column(Column::Raw)) => Some(Kind::Text),
            Key::Field(field) => field.kind(),
            Key::Hour | Key::Day => Some(Kind::Text),
        }
    }

    /// Returns the value of a key that is told by the time alone.
    pub(super) fn of_time(&self, time: Timestamp, zone: Zone) -> Option<Value<'static>> {
        match self {
            Key::Field(_) => None,
            Key::Hour => Some(Value::Text(time.hour().to_string().into())),
            Key::Day => Some(Value::Text(time.day(zone).date().into())),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Field(field) => field.fmt(f),
            Key::Hour => f.write_str("hour"),
            Key::Day => f.write_str("day"),
        }
    }
}

/// Returns a number that stands for the values of a group, with 128 bits, as for ids.
pub(super) fn number_of(values: &[Value<'_>], scratch: &mut Vec<u8>) -> IdKey {
    scratch.clear();
    for value in values {
        // The length of texts keeps `ab,c` and `a,bc` apart.
        let mut text = |tag: u8, bytes: &[u8]| {
            scratch.push(tag);
            scratch.extend_from_slice(&bytes.len().to_le_bytes());
            scratch.extend_from_slice(bytes);
        };
        match value {
            Value::Null => scratch.push(0),
            Value::Bool(value) => scratch.extend_from_slice(&[1, u8::from(*value)]),
            Value::Int(number) => text(2, &number.to_le_bytes()),
            Value::Number(number) => text(3, number.as_bytes()),
            Value::Time(time) => text(4, &time.micros().to_le_bytes()),
            Value::Text(value) => text(5, value.as_bytes()),
            Value::Json(json) => text(6, json.as_bytes()),
            Value::Bytes(bytes) => text(7, bytes),
        }
    }
    bytes_key(scratch)
}

/// Returns the value without what it borrows.
pub(super) fn owned(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Null => Value::Null,
        Value::Bool(value) => Value::Bool(*value),
        Value::Int(number) => Value::Int(*number),
        Value::Number(number) => Value::Number(number.clone().into_owned().into()),
        Value::Time(time) => Value::Time(*time),
        Value::Text(text) => Value::Text(text.clone().into_owned().into()),
        Value::Json(json) => Value::Json(json.clone().into_owned().into()),
        Value::Bytes(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned().into()),
    }
}

/// Orders the keys of groups: numbers by size, texts by their bytes, nothing last. Equal are only
/// keys of the same group.
pub(crate) fn compare_keys(a: &[Value<'_>], b: &[Value<'_>]) -> Ordering {
    let pairs = a.iter().zip(b);
    let mut orders = pairs.map(|(a, b)| compare(a, b));
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Number(a_text), Value::Number(b_text)) => float(a)
            .total_cmp(&float(b))
            .then_with(|| a_text.cmp(b_text)),
        (Value::Int(_), Value::Number(_)) | (Value::Number(_), Value::Int(_)) => float(a)
            .total_cmp(&float(b))
            .then_with(|| rank(a).cmp(&rank(b))),
        (Value::Text(a), Value::Text(b)) | (Value::Json(a), Value::Json(b)) => a.cmp(b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

fn float(value: &Value<'_>) -> f64 {
    match value {
        Value::Int(number) => *number as f64,
        Value::Number(text) => text.parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

fn rank(value: &Value<'_>) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Int(_) => 1,
        Value::Number(_) => 2,
        Value::Time(_) => 3,
        Value::Text(_) => 4,
        Value::Json(_) => 5,
        Value::Bytes(_) => 6,
        Value::Null => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_values_are_different_groups() {
        let text = |text: &'static str| Value::Text(text.into());
        let keys = [
            vec![Value::Null, Value::Null],
            vec![Value::Null, text("")],
            vec![text(""), Value::Null],
            vec![text("ab"), text("c")],
            vec![text("a"), text("bc")],
            vec![Value::Int(1), Value::Null],
            vec![text("1"), Value::Null],
            vec![Value::Number("1.0".into()), Value::Null],
            vec![Value::Bool(true), Value::Null],
            vec![Value::Time(Timestamp::from_micros(1)), Value::Null],
            vec![Value::Json("1".into()), Value::Null],
        ];
        let mut scratch = Vec::new();
        let numbers: std::collections::BTreeSet<IdKey> = keys
            .iter()
            .map(|key| number_of(key, &mut scratch))
            .collect();
        assert_eq!(numbers.len(), keys.len());
    }

    #[test]
    fn numbers_are_ordered_by_size_and_nothing_comes_last() {
        let mut keys = [
            vec![Value::Null],
            vec![Value::Text("b".into())],
            vec![Value::Int(10)],
            vec![Value::Number("9.5".into())],
            vec![Value::Int(9)],
            vec![Value::Text("a".into())],
        ];
        keys.sort_by(|a, b| compare_keys(a, b));
        let expected = [
            Value::Int(9),
            Value::Number("9.5".into()),
            Value::Int(10),
            Value::Text("a".into()),
            Value::Text("b".into()),
            Value::Null,
        ];
        assert_eq!(keys.concat(), expected);
    }
}

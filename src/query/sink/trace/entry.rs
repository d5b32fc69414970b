//! One record of a trace, with everything that is known of it.
//!
//! Rule: values are those that `show` gives in the same columns, joined ones included.

use std::borrow::Cow;

use crate::model::{Column, Fate, Field, Provider, RecordType, Timestamp, Value};

use super::super::super::chunk::Chunk;

/// A record that stands by itself.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// In the order of [`Column::ALL`]; `raw` is null here.
    cells: Vec<Value<'static>>,
    pub(crate) provider: Provider,
    pub(crate) record_type: RecordType,
    /// What finally became of its message; `None` where the record has no message that is delivered.
    pub(crate) fate: Option<Fate>,
    pub(crate) raw: Vec<u8>,
}

/// What is read of each record.
pub(super) fn fields() -> Vec<Field> {
    let columns = Column::ALL.iter().map(|column| Field::Column(*column));
    columns.chain([Field::Fate]).collect()
}

impl Entry {
    pub(super) fn of(chunk: &Chunk, row: usize) -> Entry {
        let mut raw = Vec::new();
        let mut cell = |column: &Column| match chunk.value(row, &Field::Column(*column)) {
            Value::Bytes(bytes) => {
                raw = bytes.to_vec();
                Value::Null
            }
            other => owned(other),
        };
        let cells: Vec<Value<'static>> = Column::ALL.iter().map(&mut cell).collect();
        let name = |value: Value<'_>| match value {
            Value::Text(text) => text.into_owned(),
            _ => String::new(),
        };
        let provider = name(chunk.value(row, &Field::Column(Column::Provider)));
        Entry {
            cells,
            // OK because a chunk names the provider of its hour, one of ours.
            provider: provider.parse().unwrap_or(Provider::Segment),
            record_type: chunk.record_type(row),
            fate: name(chunk.value(row, &Field::Fate)).parse().ok(),
            raw,
        }
    }

    pub(crate) fn value(&self, column: Column) -> &Value<'static> {
        // OK because `Column::ALL` is in the order of the variants, and so are the cells.
        &self.cells[column as usize]
    }

    pub(crate) fn text(&self, column: Column) -> Option<&str> {
        match self.value(column) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn int(&self, column: Column) -> Option<i64> {
        match self.value(column) {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn time(&self) -> Timestamp {
        match self.value(Column::Time) {
            Value::Time(time) => *time,
            _ => Timestamp::MIN,
        }
    }

    /// Returns what timelines are ordered by: an exchange stands behind the attempt of its very time, an error last.
    pub(super) fn order(&self) -> (Timestamp, u8, i64) {
        let rank = match self.record_type {
            RecordType::Notification => 0,
            RecordType::Attempt => 1,
            RecordType::Exchange => 2,
            RecordType::Error => 4,
            _ => 3,
        };
        (self.time(), rank, self.int(Column::Attempt).unwrap_or(0))
    }

    /// Returns the route of the record's message: one message has a fate for each.
    pub(crate) fn route(&self) -> Route<'_> {
        Route {
            provider: self.provider,
            collection: self.text(Column::Collection).unwrap_or_default(),
            destination: self.text(Column::Destination),
        }
    }
}

/// Where a message was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Route<'e> {
    pub(crate) provider: Provider,
    pub(crate) collection: &'e str,
    pub(crate) destination: Option<&'e str>,
}

fn owned(value: Value<'_>) -> Value<'static> {
    match value {
        Value::Null | Value::Bytes(_) => Value::Null,
        Value::Bool(value) => Value::Bool(value),
        Value::Int(value) => Value::Int(value),
        Value::Time(value) => Value::Time(value),
        Value::Number(text) => Value::Number(Cow::Owned(text.into_owned())),
        Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
        Value::Json(text) => Value::Json(Cow::Owned(text.into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_numbered_as_they_are_listed() {
        for (at, column) in Column::ALL.iter().enumerate() {
            assert_eq!(*column as usize, at);
        }
    }
}

//! Decoded columns of some rows of a row group.
//!
//! Rule: texts borrow from the decoded pages; nothing is copied to look at a value.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BinaryViewArray, BooleanArray, Int64Array, RecordBatch, StringViewArray,
    TimestampMicrosecondArray,
};

use crate::model::{Column, Kind, Timestamp, Value};

/// Some columns of some rows, all of the same length.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    rows: usize,
    columns: Vec<(Column, Values)>,
}

/// The values of one column.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Time(TimestampMicrosecondArray),
    Text(StringViewArray),
    Int(Int64Array),
    Bool(BooleanArray),
    Bytes(BinaryViewArray),
}

impl Columns {
    pub(super) fn new(batch: &RecordBatch, columns: &[Column]) -> Option<Columns> {
        let values = columns.iter().map(|column| {
            let array = batch.column_by_name(column.name())?;
            Some((*column, Values::new(column.kind(), array)?))
        });
        Some(Columns {
            rows: batch.num_rows(),
            columns: values.collect::<Option<_>>()?,
        })
    }

    /// Adds a column of texts that has one value in all rows.
    pub(crate) fn add_constant(&mut self, column: Column, text: &str) {
        let texts = StringViewArray::from_iter_values(std::iter::repeat_n(text, self.rows));
        self.columns.push((column, Values::Text(texts)));
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns a column; `None` if it was not read.
    pub(crate) fn get(&self, column: Column) -> Option<&Values> {
        let found = self.columns.iter().find(|(c, _)| *c == column);
        found.map(|(_, values)| values)
    }

    pub(crate) fn value(&self, column: Column, row: usize) -> Value<'_> {
        self.get(column)
            .map_or(Value::Null, |values| values.value(row))
    }

    pub(crate) fn text(&self, column: Column, row: usize) -> Option<&str> {
        match self.get(column)? {
            Values::Text(array) if array.is_valid(row) => Some(array.value(row)),
            _ => None,
        }
    }

    pub(crate) fn int(&self, column: Column, row: usize) -> Option<i64> {
        match self.get(column)? {
            Values::Int(array) if array.is_valid(row) => Some(array.value(row)),
            _ => None,
        }
    }

    /// Returns the record as received; empty if `raw` was not read.
    pub(crate) fn raw(&self, row: usize) -> &[u8] {
        match self.get(Column::Raw) {
            Some(Values::Bytes(array)) => array.value(row),
            _ => &[],
        }
    }
}

impl Values {
    fn new(kind: Kind, array: &dyn Array) -> Option<Values> {
        Some(match kind {
            Kind::Time => Values::Time(
                array
                    .as_primitive_opt::<TimestampMicrosecondType>()?
                    .clone(),
            ),
            Kind::Text => Values::Text(array.as_string_view_opt()?.clone()),
            Kind::Int => Values::Int(array.as_primitive_opt::<Int64Type>()?.clone()),
            Kind::Bool => Values::Bool(array.as_boolean_opt()?.clone()),
            Kind::Bytes => Values::Bytes(array.as_binary_view_opt()?.clone()),
        })
    }

    pub(crate) fn array(&self) -> &dyn Array {
        match self {
            Values::Time(array) => array,
            Values::Text(array) => array,
            Values::Int(array) => array,
            Values::Bool(array) => array,
            Values::Bytes(array) => array,
        }
    }

    pub(super) fn to_array(&self) -> ArrayRef {
        match self {
            Values::Time(array) => Arc::new(array.clone()),
            Values::Text(array) => Arc::new(array.clone()),
            Values::Int(array) => Arc::new(array.clone()),
            Values::Bool(array) => Arc::new(array.clone()),
            Values::Bytes(array) => Arc::new(array.clone()),
        }
    }

    #[inline]
    pub(crate) fn value(&self, row: usize) -> Value<'_> {
        match self {
            Values::Time(array) if array.is_valid(row) => {
                Value::Time(Timestamp::from_micros(array.value(row)))
            }
            Values::Text(array) if array.is_valid(row) => Value::Text(array.value(row).into()),
            Values::Int(array) if array.is_valid(row) => Value::Int(array.value(row)),
            Values::Bool(array) if array.is_valid(row) => Value::Bool(array.value(row)),
            Values::Bytes(array) if array.is_valid(row) => Value::Bytes(array.value(row)),
            _ => Value::Null,
        }
    }
}

//! One row group: rows of one type, put in order and encoded, on a thread of the pool.
//!
//! Rule: rows are in order of time, newest first; equal times in order of their keys, so that the same records give
//! the same order however they arrived.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, StringViewArray, TimestampMicrosecondArray, new_null_array,
};
use arrow_schema::DataType;
use arrow_select::interleave::interleave;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::errors::ParquetError;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::batch::Rows;
use super::schema::{FEW_ROWS, MAX_GROUP_ROWS, field_of};

/// A row group ends when its records' bytes reach this, so that encoding needs a bounded amount of memory even where
/// single records are large.
pub(super) const MAX_GROUP_BYTES: usize = 24 << 20;

/// Rows of one type that wait to become a row group.
#[derive(Default)]
pub(super) struct Pending {
    parts: Vec<Rows>,
    rows: usize,
    pub(super) bytes: usize,
}

/// A row group being encoded.
pub(super) enum Encoding {
    Done(Encoded),
    Running(Receiver<Encoded>),
}

type Encoded = Result<Vec<ArrowColumnChunk>, ParquetError>;

impl Pending {
    pub(super) fn push(&mut self, rows: Rows) {
        self.rows += rows.times.len();
        self.bytes += rows.bytes;
        self.parts.push(rows);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Returns whether one more part of this size would make the group too large.
    pub(super) fn is_full_for(&self, rows: &Rows) -> bool {
        !self.is_empty()
            && (self.rows + rows.times.len() > MAX_GROUP_ROWS
                || self.bytes + rows.bytes > MAX_GROUP_BYTES)
    }

    /// Returns the rows in order, in the arrays in which files are read, leaving none.
    pub(super) fn take_in_order(&mut self) -> Result<Rows, ParquetError> {
        let Pending { parts, rows, bytes } = std::mem::take(self);
        let order = order(&parts, rows);
        let column = |position: usize| {
            let parts: Vec<&dyn Array> = parts
                .iter()
                .map(|part| part.columns[position].as_ref())
                .collect();
            Ok(as_read(in_order(&parts, &order)?))
        };
        let columns = parts.first().map_or(0, |part| part.columns.len());
        let columns = (0..columns).map(column);
        let times = order
            .iter()
            .map(|(part, row)| parts[*part].times.value(*row));
        let keys = order.iter().map(|(part, row)| parts[*part].keys[*row]);
        Ok(Rows {
            columns: columns.collect::<Result<_, ParquetError>>()?,
            times: TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"),
            keys: keys.collect(),
            bytes,
        })
    }

    /// Starts to encode the rows, leaving none. Few are encoded at once: other threads would take longer to begin.
    pub(super) fn encode(&mut self, factory: &Arc<ArrowRowGroupWriterFactory>) -> Encoding {
        let Pending { parts, rows, .. } = std::mem::take(self);
        if rows <= FEW_ROWS {
            return Encoding::Done(encode_here(parts, rows, factory));
        }
        let (sender, done) = sync_channel(1);
        let factory = Arc::clone(factory);
        rayon::spawn(move || {
            let _ = sender.send(encode(parts, rows, &factory));
        });
        Encoding::Running(done)
    }
}

impl Encoding {
    /// Waits for the encoded columns.
    pub(super) fn wait(self) -> Encoded {
        match self {
            Encoding::Done(encoded) => encoded,
            Encoding::Running(done) => done
                .recv()
                .map_err(|_| ParquetError::General("the encoding thread ended early".to_owned()))?,
        }
    }
}

/// Encodes rows on this thread alone.
fn encode_here(parts: Vec<Rows>, rows: usize, factory: &ArrowRowGroupWriterFactory) -> Encoded {
    let order = order(&parts, rows);
    // The number of the row group only matters to encryption, which is not used.
    let writers = factory.create_column_writers(0)?.into_iter().enumerate();
    let encode = |(position, mut writer): (usize, ArrowColumnWriter)| {
        let arrays: Vec<&dyn Array> = parts
            .iter()
            .map(|part| part.columns[position].as_ref())
            .collect();
        let sorted = in_order(&arrays, &order)?;
        for leaf in compute_leaves(&field_of(position, &sorted), &sorted)? {
            writer.write(&leaf)?;
        }
        writer.close()
    };
    writers.map(encode).collect()
}

fn encode(parts: Vec<Rows>, rows: usize, factory: &ArrowRowGroupWriterFactory) -> Encoded {
    let order = order(&parts, rows);
    let columns = parts.first().map_or(0, |part| part.columns.len());
    // By column, so that each is dropped as soon as it is encoded.
    let mut by_column: Vec<Vec<ArrayRef>> = (0..columns)
        .map(|_| Vec::with_capacity(parts.len()))
        .collect();
    for part in parts {
        for (column, array) in by_column.iter_mut().zip(part.columns) {
            column.push(array);
        }
    }
    // The number of the row group only matters to encryption, which is not used.
    let writers = factory.create_column_writers(0)?;
    let work: Vec<_> = by_column.into_iter().zip(writers).enumerate().collect();
    work.into_par_iter()
        .map(|(position, (arrays, mut writer))| {
            let parts: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
            let sorted = in_order(&parts, &order)?;
            drop(arrays);
            for leaf in compute_leaves(&field_of(position, &sorted), &sorted)? {
                writer.write(&leaf)?;
            }
            writer.close()
        })
        .collect()
}

/// Puts the rows of a column in order.
fn in_order(parts: &[&dyn Array], order: &[(usize, usize)]) -> Result<ArrayRef, ParquetError> {
    let is_empty = parts.iter().all(|part| part.null_count() == part.len());
    match parts.first() {
        Some(part) if is_empty => Ok(new_null_array(part.data_type(), order.len())),
        _ => Ok(interleave(parts, order)?),
    }
}

/// Turns a column as it is written to one as it is read, which borrows its bytes.
fn as_read(array: ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8 => Arc::new(StringViewArray::from(array.as_string::<i32>())),
        DataType::Binary => Arc::new(BinaryViewArray::from(array.as_binary::<i32>())),
        _ => array,
    }
}

/// Returns the place (part, row) of each row in order.
fn order(parts: &[Rows], rows: usize) -> Vec<(usize, usize)> {
    let mut keyed = Vec::with_capacity(rows);
    for (part, part_rows) in parts.iter().enumerate() {
        for (row, time) in part_rows.times.values().iter().enumerate() {
            keyed.push((std::cmp::Reverse(*time), part_rows.keys[row], part, row));
        }
    }
    keyed.sort_unstable();
    keyed
        .into_iter()
        .map(|(_, _, part, row)| (part, row))
        .collect()
}

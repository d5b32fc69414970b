//! One row group: rows of one type, put in order and encoded, on a thread of the pool.
//!
//! Rule: rows are in order of time, newest first; equal times in order of their keys, so that the same records give
//! the same order however they arrived.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use arrow_array::{Array, ArrayRef, new_null_array};
use arrow_select::interleave::interleave;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::batch::Rows;
use super::schema::{MAX_GROUP_ROWS, field_of};

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
pub(super) struct Encoding {
    done: Receiver<Result<Vec<ArrowColumnChunk>, ParquetError>>,
}

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

    /// Starts to encode the rows, leaving none.
    pub(super) fn encode(&mut self, factory: &Arc<ArrowRowGroupWriterFactory>) -> Encoding {
        let Pending { parts, rows, .. } = std::mem::take(self);
        let (sender, done) = sync_channel(1);
        let factory = Arc::clone(factory);
        rayon::spawn(move || {
            let _ = sender.send(encode(parts, rows, &factory));
        });
        Encoding { done }
    }
}

impl Encoding {
    /// Waits for the encoded columns.
    pub(super) fn wait(self) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
        self.done
            .recv()
            .map_err(|_| ParquetError::General("the encoding thread ended early".to_owned()))?
    }
}

fn encode(
    parts: Vec<Rows>,
    rows: usize,
    factory: &ArrowRowGroupWriterFactory,
) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
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
            let is_empty = parts.iter().all(|part| part.null_count() == part.len());
            let sorted = match parts.first() {
                Some(part) if is_empty => new_null_array(part.data_type(), order.len()),
                _ => interleave(&parts, &order)?,
            };
            drop(arrays);
            for leaf in compute_leaves(&field_of(position, &sorted), &sorted)? {
                writer.write(&leaf)?;
            }
            writer.close()
        })
        .collect()
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

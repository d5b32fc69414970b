//! Decoding what a file holds, however it was made.
//!
//! Rule: nonsense in a file is an error that names the file, never a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_array::{RecordBatch, RecordBatchReader};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::reader::ChunkReader;

use super::super::bytes::is_replaced;
use super::super::error::StoreError;

/// Decodes a part of a file. One with true checksums and nonsense under them can make the decoders panic.
pub(super) fn decoding<T>(
    path: &Path,
    decode: impl FnOnce() -> Result<T, ParquetError>,
) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(decoded) => decoded.map_err(|error| unreadable(path, error)),
        Err(_) => Err(damaged(path, "its pages cannot be decoded")),
    }
}

/// Reads the wanted rows of a row group as one batch.
pub(super) fn one_batch<R: ChunkReader + 'static>(
    builder: ParquetRecordBatchReaderBuilder<R>,
    group: usize,
    mask: ProjectionMask,
    rows: usize,
) -> Result<RecordBatch, ParquetError> {
    let builder = builder
        .with_row_groups(vec![group])
        .with_projection(mask)
        .with_batch_size(rows.max(1));
    let mut batches = builder.build()?;
    match batches.next() {
        Some(batch) => Ok(batch?),
        None => Ok(RecordBatch::new_empty(batches.schema())),
    }
}

pub(super) fn unreadable(path: &Path, error: ParquetError) -> StoreError {
    if is_replaced(&error) {
        return StoreError::Replaced {
            path: path.to_owned(),
        };
    }
    match error {
        ParquetError::General(reason) => damaged(path, reason),
        error => damaged(path, error),
    }
}

pub(super) fn damaged(path: &Path, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

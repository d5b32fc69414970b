//! Reading columns of chosen rows.
//!
//! Rule: nothing is decoded that was not asked for.

use std::ops::Range;
use std::sync::PoisonError;

use arrow_array::{RecordBatch, TimestampMicrosecondArray};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection};
use parquet::file::reader::ChunkReader;

use crate::model::Column;

use super::super::columns::{Columns, Values};
use super::super::error::StoreError;
use super::super::schema;
use super::decode::{damaged, decoding, one_batch, unreadable};
use super::guide::Guide;
use super::hour_file::HourFile;
use super::prefetched::Prefetched;

/// Which rows of a row group to read.
#[derive(Clone, Debug)]
pub(crate) enum Pick<'a> {
    Range(Range<usize>),
    /// Row numbers, ascending.
    Rows(&'a [u32]),
}

impl HourFile {
    /// Reads columns of some rows of a row group.
    pub(crate) fn read(
        &self,
        group: usize,
        columns: &[Column],
        pick: Pick<'_>,
    ) -> Result<Columns, StoreError> {
        let total = self.groups[group].rows;
        let (selection, rows) = match pick {
            Pick::Range(range) if range == (0..total) => (None, total),
            Pick::Range(range) => {
                let rows = range.len();
                let ranges = std::iter::once(range);
                (
                    Some(RowSelection::from_consecutive_ranges(ranges, total)),
                    rows,
                )
            }
            Pick::Rows(rows) => {
                let ranges = ranges_of(rows);
                let selection = RowSelection::from_consecutive_ranges(ranges.into_iter(), total);
                (Some(selection), rows.len())
            }
        };
        let leaves = columns
            .iter()
            .filter_map(|column| schema::position(*column));
        let guide = match selection {
            Some(_) => self.guide_to_rows(group)?,
            None => self.guide(group)?,
        };
        let batch = self.read_batch(guide, leaves, selection, rows)?;
        Columns::new(&batch, columns)
            .ok_or_else(|| damaged(&self.path, "a column has a wrong type"))
    }

    /// Returns the times of a row group's rows, in microseconds, never increasing.
    pub(crate) fn times(&self, group: usize) -> Result<TimestampMicrosecondArray, StoreError> {
        let mut kept = self.times[group]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(times) = &*kept {
            return Ok(times.clone());
        }
        let columns = self.read(
            group,
            &[Column::Time],
            Pick::Range(0..self.groups[group].rows),
        )?;
        let Some(Values::Time(times)) = columns.get(Column::Time) else {
            return Err(damaged(&self.path, "the times cannot be read"));
        };
        // All pairs, without a way out at the first wrong one, so that several are compared at once.
        let older = times.values().get(1..).unwrap_or_default();
        let pairs = times.values().iter().zip(older);
        if !pairs.fold(true, |is_sorted, (a, b)| is_sorted & (a >= b)) {
            return Err(damaged(&self.path, "its rows are not in order of time"));
        }
        Ok(kept.insert(times.clone()).clone())
    }

    /// Checks the bytes of a column in a row group and decodes nothing.
    pub(crate) fn check_column(&self, group: usize, column: Column) -> Result<(), StoreError> {
        let Some(chunk) = self.chunk(group, column) else {
            return Ok(());
        };
        let (start, length) = chunk.byte_range();
        let checked = self.bytes.get_bytes(start, length as usize);
        checked
            .map(drop)
            .map_err(|error| unreadable(&self.path, error))
    }

    /// Gives back the memory of a row group's times when a walk has passed it.
    pub(crate) fn forget_times(&self, group: usize) {
        *self.times[group]
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn read_batch(
        &self,
        guide: Guide,
        leaves: impl IntoIterator<Item = usize>,
        selection: Option<RowSelection>,
        rows: usize,
    ) -> Result<RecordBatch, StoreError> {
        let leaves: Vec<usize> = leaves.into_iter().collect();
        let Guide { metadata, group } = guide;
        let mask = ProjectionMask::leaves(metadata.parquet_schema(), leaves.iter().copied());
        let batch = decoding(&self.path, || match selection {
            // Each column is read at once: page by page would be many small reads.
            None => {
                let row_group = metadata.metadata().row_group(group);
                let chunk = |leaf: &usize| row_group.column(*leaf).byte_range();
                let input = Prefetched::of(&self.bytes, leaves.iter().map(chunk));
                let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(input?, metadata);
                one_batch(builder, group, mask, rows)
            }
            Some(selection) => {
                let input = self.bytes.clone();
                let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(input, metadata);
                one_batch(builder.with_row_selection(selection), group, mask, rows)
            }
        })?;
        match batch.num_rows() {
            read if read == rows => Ok(batch),
            read => Err(damaged(
                &self.path,
                format!("{read} rows where {rows} should be"),
            )),
        }
    }
}

/// Joins ascending row numbers to ranges.
fn ranges_of(rows: &[u32]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for row in rows.iter().map(|row| *row as usize) {
        match ranges.last_mut() {
            Some(last) if last.end == row => last.end += 1,
            _ => ranges.push(row..row + 1),
        }
    }
    ranges
}

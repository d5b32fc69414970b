//! Whole row groups of an hour's file, to be written again or checked.
//!
//! Rule: a column that is copied takes its bloom filter and page index along.

use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::reader::ChunkReader;

use crate::model::Column;

use super::super::batch::Rows;
use super::super::dedup::record_key;
use super::super::error::StoreError;
use super::super::schema::SCHEMA;
use super::decode::{damaged, unreadable};
use super::hour_file::HourFile;
use super::prefetched::Prefetched;
use super::rows::Pick;

impl HourFile {
    /// Reads whole rows of a row group, to write them again.
    pub(in crate::store) fn read_rows(&self, group: usize) -> Result<Rows, StoreError> {
        let leaves = 0..SCHEMA.fields().len();
        let rows = self.groups[group].rows;
        let batch = self.read_batch(self.guide(group)?, leaves, None, rows)?;
        let damage = || damaged(&self.path, "a column has a wrong type");
        Rows::of(batch.columns().to_vec(), batch.get_array_memory_size()).ok_or_else(damage)
    }

    /// Returns the keys of a row group's records, in the order of its rows.
    pub(in crate::store) fn record_keys(&self, group: usize) -> Result<Vec<u128>, StoreError> {
        let columns = [Column::Id, Column::Raw];
        let read = self.read(group, &columns, Pick::Range(0..self.groups[group].rows))?;
        let key = |row| record_key(read.text(Column::Id, row), read.raw(row));
        Ok((0..read.rows()).map(key).collect())
    }

    /// Returns an encoded column of a row group with all that belongs to it, to be copied as it is.
    pub(in crate::store) fn encoded(
        &self,
        group: usize,
        column: usize,
    ) -> Result<(impl ChunkReader, ColumnCloseResult), StoreError> {
        let damaged = |error: ParquetError| unreadable(&self.path, error);
        let paged = self.guide_to_pages(group)?;
        let metadata = self.footer.row_group(group).column(column).clone();
        let prefetched = Prefetched::of(&self.bytes, [metadata.byte_range()]).map_err(damaged)?;
        let index = paged.metadata.metadata();
        let index = index.page_index_for_row_group(paged.group);
        let close = ColumnCloseResult {
            bytes_written: u64::try_from(metadata.compressed_size()).unwrap_or_default(),
            rows_written: self.groups[group].rows as u64,
            bloom_filter: Sbbf::read_from_column_chunk(&metadata, &self.bytes).map_err(damaged)?,
            column_index: None,
            offset_index: index.offset_index(column).cloned(),
            metadata,
        };
        Ok((prefetched, close))
    }

    /// Returns whether another opening of the hour found the same file.
    pub(in crate::store) fn is_same(&self, other: &HourFile) -> bool {
        self.bytes.footer() == other.bytes.footer()
    }

    /// Checks every byte of the file.
    pub(in crate::store) fn check_bytes(&self) -> Result<(), StoreError> {
        let checked = self.bytes.check_all();
        checked.map_err(|error| unreadable(&self.path, error))
    }
}

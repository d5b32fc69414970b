//! Reading one hour's file: its footer once, then columns of chosen rows.
//!
//! Rule: what is read from disk is checked before it is believed; nothing is decoded that was not asked for. An open
//! file keeps reading the hour as it was when another process replaces it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::{RecordBatch, TimestampMicrosecondArray};
use arrow_schema::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::bloom_filter::Sbbf;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
    ParquetStatisticsPolicy,
};
use parquet::file::statistics::Statistics;

use crate::model::{Column, RecordType, Timestamp};

use super::batch::Rows;
use super::columns::{Columns, Values};
use super::dedup::record_key;
use super::error::StoreError;
use super::layout::{HourKey, Store};
use super::meta::HourMeta;
use super::positioned::PositionedFile;
use super::schema::{self, READ, WRITTEN};

/// Bytes read from the end of a file at first: the footer of all but the largest hours.
const FOOTER_GUESS: usize = 32 << 10;

/// Smaller row groups have few pages a column: finding out where they are takes longer than reading them.
const MIN_PAGED_ROWS: usize = 8 * 1024;

impl Store {
    /// Reads what an hour's file says of itself; `None` if the hour is not stored.
    pub(crate) fn meta(&self, key: &HourKey) -> Result<Option<HourMeta>, StoreError> {
        if !self.records_file(key).exists() {
            return Ok(None);
        }
        let statistics = [Column::Type, Column::Time].map(schema::position);
        let statistics: Vec<usize> = statistics.into_iter().flatten().collect();
        let options = footer_options()
            .with_column_stats_policy(ParquetStatisticsPolicy::skip_except(&statistics));
        HourFile::open_with(self.records_file(key), key, options).map(|file| Some(file.meta))
    }
}

/// An open hour.
pub(crate) struct HourFile {
    meta: HourMeta,
    path: PathBuf,
    file: PositionedFile,
    footer: Arc<ParquetMetaData>,
    groups: Vec<Group>,
    /// What a reader is made of, for small row groups.
    plain: OnceLock<ArrowReaderMetadata>,
    /// The same with the place of every page, read when rows of a large row group are first chosen.
    paged: OnceLock<ArrowReaderMetadata>,
    /// The times of each row group, decoded once: every question begins with them. A megabyte a group at most, given
    /// back by [`HourFile::forget_times`].
    times: Vec<Mutex<Option<TimestampMicrosecondArray>>>,
}

/// A row group: rows of one type, newest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) record_type: RecordType,
    pub(crate) rows: usize,
    pub(crate) newest: Timestamp,
    pub(crate) oldest: Timestamp,
}

/// Which rows of a row group to read.
#[derive(Clone, Debug)]
pub(crate) enum Pick<'a> {
    Range(Range<usize>),
    /// Row numbers, ascending.
    Rows(&'a [u32]),
}

impl HourFile {
    /// Opens a stored hour and reads its footer.
    pub(crate) fn open(store: &Store, key: &HourKey) -> Result<HourFile, StoreError> {
        HourFile::open_at(store.records_file(key), key)
    }

    /// Opens an hour's file under another name.
    pub(super) fn open_at(path: PathBuf, key: &HourKey) -> Result<HourFile, StoreError> {
        HourFile::open_with(path, key, footer_options())
    }

    fn open_with(
        path: PathBuf,
        key: &HourKey,
        options: ParquetMetaDataOptions,
    ) -> Result<HourFile, StoreError> {
        let file = PositionedFile::open(&path)?;
        let footer = ParquetMetaDataReader::new()
            .with_prefetch_hint(Some(FOOTER_GUESS))
            .with_page_index_policy(PageIndexPolicy::Skip)
            .with_metadata_options(Some(options))
            .parse_and_finish(&file)
            .map_err(|error| damaged(&path, error))?;
        let pairs = footer.file_metadata().key_value_metadata();
        let meta = HourMeta::from_key_values(pairs, key, &path)?;
        let names = footer.file_metadata().schema_descr().columns().iter();
        if !names
            .map(|column| column.name())
            .eq(Column::stored().map(Column::name))
        {
            return Err(damaged(&path, "its columns are not those of a record"));
        }
        let groups: Vec<Group> = (0..footer.num_row_groups())
            .map(|group| {
                read_group(&footer, group)
                    .ok_or_else(|| damaged(&path, "a row group lacks its type or times"))
            })
            .collect::<Result<_, _>>()?;
        Ok(HourFile {
            meta,
            path,
            file,
            footer: Arc::new(footer),
            times: groups.iter().map(|_| Mutex::new(None)).collect(),
            groups,
            plain: OnceLock::new(),
            paged: OnceLock::new(),
        })
    }

    pub(crate) fn key(&self) -> &HourKey {
        &self.meta.key
    }

    pub(crate) fn meta(&self) -> &HourMeta {
        &self.meta
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

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
        let metadata = if total < MIN_PAGED_ROWS {
            self.plain()?
        } else {
            self.paged()?
        };
        let batch = self.read_batch(group, metadata, leaves, selection, rows)?;
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
        if !times.values().is_sorted_by(|a, b| a >= b) {
            return Err(damaged(&self.path, "its rows are not in order of time"));
        }
        Ok(kept.insert(times.clone()).clone())
    }

    /// Gives back the memory of a row group's times when a walk has passed it.
    pub(crate) fn forget_times(&self, group: usize) {
        *self.times[group]
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Reads whole rows of a row group, in the shape in which they are written.
    pub(super) fn read_for_merge(&self, group: usize) -> Result<Rows, StoreError> {
        let leaves = 0..WRITTEN.fields().len();
        let rows = self.groups[group].rows;
        let metadata = self.reading(Arc::clone(&self.footer), &WRITTEN)?;
        let batch = self.read_batch(group, metadata, leaves, None, rows)?;
        let damage = || damaged(&self.path, "a column has a wrong type");
        let column = |column: Column| batch.column_by_name(column.name()).ok_or_else(damage);
        let raw = column(Column::Raw)?
            .as_binary_opt::<i32>()
            .ok_or_else(damage)?;
        let ids = column(Column::Id)?
            .as_string_opt::<i32>()
            .ok_or_else(damage)?;
        let keys = raw
            .iter()
            .zip(ids)
            .map(|(raw, id)| record_key(id, raw.unwrap_or_default()));
        Ok(Rows {
            keys: keys.collect(),
            times: column(Column::Time)?
                .as_primitive_opt()
                .ok_or_else(damage)?
                .clone(),
            bytes: batch.get_array_memory_size(),
            columns: batch.columns().to_vec(),
        })
    }

    fn read_batch(
        &self,
        group: usize,
        metadata: ArrowReaderMetadata,
        leaves: impl IntoIterator<Item = usize>,
        selection: Option<RowSelection>,
        rows: usize,
    ) -> Result<RecordBatch, StoreError> {
        let damaged = |error: ParquetError| damaged(&self.path, error);
        let mask = ProjectionMask::leaves(metadata.parquet_schema(), leaves);
        let mut builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), metadata)
                .with_row_groups(vec![group])
                .with_projection(mask)
                .with_batch_size(rows.max(1));
        if let Some(selection) = selection {
            builder = builder.with_row_selection(selection);
        }
        let mut batches = builder.build().map_err(damaged)?;
        let batch = match batches.next() {
            Some(batch) => batch.map_err(|error| damaged(error.into()))?,
            None => RecordBatch::new_empty(batches_schema(&batches)),
        };
        if batch.num_rows() != rows {
            return Err(self::damaged(
                &self.path,
                format!("{} rows where {rows} should be", batch.num_rows()),
            ));
        }
        Ok(batch)
    }

    fn plain(&self) -> Result<ArrowReaderMetadata, StoreError> {
        if let Some(plain) = self.plain.get() {
            return Ok(plain.clone());
        }
        let plain = self.reading(Arc::clone(&self.footer), &READ)?;
        Ok(self.plain.get_or_init(|| plain).clone())
    }

    fn paged(&self) -> Result<ArrowReaderMetadata, StoreError> {
        if let Some(paged) = self.paged.get() {
            return Ok(paged.clone());
        }
        let mut reader = ParquetMetaDataReader::new_with_metadata((*self.footer).clone())
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Optional);
        let paged = reader
            .read_page_indexes(&self.file)
            .and_then(|()| reader.finish())
            .map_err(|error| damaged(&self.path, error))?;
        let paged = self.reading(Arc::new(paged), &READ)?;
        Ok(self.paged.get_or_init(|| paged).clone())
    }

    /// Checks that the file's columns can be read in the shape of a schema.
    fn reading(
        &self,
        footer: Arc<ParquetMetaData>,
        schema: &SchemaRef,
    ) -> Result<ArrowReaderMetadata, StoreError> {
        let options = ArrowReaderOptions::new().with_schema(Arc::clone(schema));
        ArrowReaderMetadata::try_new(footer, options).map_err(|error| damaged(&self.path, error))
    }

    /// Returns whether a row group may hold any of these ids in a column, as its bloom filter says. "No" is certain.
    pub(crate) fn may_hold<'v>(
        &self,
        group: usize,
        column: Column,
        values: impl IntoIterator<Item = &'v str>,
    ) -> Result<bool, StoreError> {
        let Some(position) = schema::position(column) else {
            return Ok(true);
        };
        let chunk = self.footer.row_group(group).column(position);
        let filter = Sbbf::read_from_column_chunk(chunk, &self.file)
            .map_err(|error| damaged(&self.path, error))?;
        Ok(match filter {
            Some(filter) => values.into_iter().any(|value| filter.check(value)),
            None => true,
        })
    }

    /// Returns the statistics of a column in a row group.
    pub(super) fn statistics(&self, group: usize, column: Column) -> Option<&Statistics> {
        self.footer
            .row_group(group)
            .column(schema::position(column)?)
            .statistics()
    }
}

fn batches_schema(reader: &parquet::arrow::arrow_reader::ParquetRecordBatchReader) -> SchemaRef {
    use arrow_array::RecordBatchReader;
    reader.schema()
}

/// Leaves out what is never asked of a footer: how often each encoding and each size occurs.
fn footer_options() -> ParquetMetaDataOptions {
    ParquetMetaDataOptions::new()
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
}

fn damaged(path: &Path, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

/// Reads type and times of a row group from its statistics.
fn read_group(footer: &ParquetMetaData, group: usize) -> Option<Group> {
    let metadata = footer.row_group(group);
    let statistics = |column| metadata.column(schema::position(column)?).statistics();
    let Statistics::ByteArray(types) = statistics(Column::Type)? else {
        return None;
    };
    let Statistics::Int64(times) = statistics(Column::Time)? else {
        return None;
    };
    let record_type = std::str::from_utf8(types.min_opt()?.data())
        .ok()?
        .parse()
        .ok()?;
    (types.min_opt() == types.max_opt()).then_some(Group {
        record_type,
        rows: usize::try_from(metadata.num_rows()).ok()?,
        newest: Timestamp::from_micros(*times.max_opt()?),
        oldest: Timestamp::from_micros(*times.min_opt()?),
    })
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

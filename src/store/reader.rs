//! Reading one hour's file: its footer once, then columns of chosen rows.
//!
//! Rule: what is read from disk is checked before it is believed; nothing is decoded that was not asked for.

mod bloom;
mod bounds;
mod coded;
mod decode;
mod guide;
mod prefetched;
mod search;
mod whole;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arrow_array::{RecordBatch, TimestampMicrosecondArray};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
    ParquetStatisticsPolicy,
};
use parquet::file::reader::ChunkReader;
use parquet::file::statistics::Statistics;

use crate::model::{Column, RecordType, Timestamp};

use super::bytes::{HourBytes, is_replaced};
use super::columns::{Columns, Values};
use super::error::StoreError;
use super::layout::{HourKey, Store};
use super::meta::HourMeta;
use super::schema;
use super::seal;
pub(crate) use bounds::Bounds;
use decode::{decoding, one_batch};
use guide::Guide;
use prefetched::Prefetched;

impl Store {
    /// Reads what an hour's file says of itself; `None` if the hour is not stored.
    pub(crate) fn meta(&self, key: &HourKey) -> Result<Option<HourMeta>, StoreError> {
        if let Some(known) = self.known_metas().get(&self.records_file(key)) {
            return Ok(Some(known));
        }
        Ok(self.outline(key)?.map(|file| file.meta))
    }

    /// Opens an hour for what its footer says of its row groups, and no rows; `None` if the hour is not stored.
    pub(super) fn outline(&self, key: &HourKey) -> Result<Option<HourFile>, StoreError> {
        if !self.records_file(key).exists() {
            return Ok(None);
        }
        let statistics = [Column::Type, Column::Time].map(schema::position);
        let statistics: Vec<usize> = statistics.into_iter().flatten().collect();
        let options = footer_options()
            .with_column_stats_policy(ParquetStatisticsPolicy::skip_except(&statistics));
        let path = self.records_file(key);
        let bytes = HourBytes::open(&path, self.open_files())?;
        HourFile::of(bytes, path, key, options).map(Some)
    }
}

/// An open hour.
pub(crate) struct HourFile {
    meta: HourMeta,
    path: PathBuf,
    bytes: HourBytes,
    footer: Arc<ParquetMetaData>,
    groups: Vec<Group>,
    /// What a reader of whole row groups is made of.
    plain: OnceLock<ArrowReaderMetadata>,
    /// The same of each row group with the place of every page, read when rows of a large one are first chosen.
    paged: Vec<OnceLock<ArrowReaderMetadata>>,
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
        let path = store.records_file(key);
        let bytes = HourBytes::open(&path, store.open_files())?;
        let file = HourFile::of(bytes, path, key, footer_options())?;
        let known = store.known_metas();
        known.remember(&file.path, file.bytes.version(), &file.meta);
        Ok(file)
    }

    /// Opens an hour that is not in its place yet.
    pub(super) fn open_bytes(
        bytes: HourBytes,
        path: PathBuf,
        key: &HourKey,
    ) -> Result<HourFile, StoreError> {
        HourFile::of(bytes, path, key, footer_options())
    }

    fn of(
        bytes: HourBytes,
        path: PathBuf,
        key: &HourKey,
        options: ParquetMetaDataOptions,
    ) -> Result<HourFile, StoreError> {
        if !seal::is_sealed(bytes.footer()) {
            return Err(damaged(&path, "its footer is not the one that was written"));
        }
        let footer = bytes.footer().clone();
        let footer = ParquetMetaDataReader::decode_metadata_with_options(
            &footer[..footer.len() - seal::TAIL],
            Some(&options),
        )
        .map_err(|error| unreadable(&path, error))?;
        let pairs = footer.file_metadata().key_value_metadata();
        let (meta, checksums) = HourMeta::from_key_values(pairs, key, &path)?;
        let bytes = seal::read_checksums(&checksums)
            .and_then(|checksums| bytes.with_checksums(checksums))
            .ok_or_else(|| damaged(&path, "its checksums are not those of its size"))?;
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
                    .ok_or_else(|| damaged(&path, "a row group lacks its place, type or times"))
            })
            .collect::<Result<_, _>>()?;
        Ok(HourFile {
            meta,
            path,
            bytes,
            footer: Arc::new(footer),
            times: groups.iter().map(|_| Mutex::new(None)).collect(),
            paged: groups.iter().map(|_| OnceLock::new()).collect(),
            groups,
            plain: OnceLock::new(),
        })
    }

    pub(crate) fn key(&self) -> &HourKey {
        &self.meta.key
    }

    pub(crate) fn meta(&self) -> &HourMeta {
        &self.meta
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
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

    fn read_batch(
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

    /// Returns what the footer says of a column in a row group.
    fn chunk(&self, group: usize, column: Column) -> Option<&ColumnChunkMetaData> {
        let position = schema::position(column)?;
        Some(self.footer.row_group(group).column(position))
    }
}

/// Leaves out what is never asked of a footer: how often each encoding and each size occurs.
fn footer_options() -> ParquetMetaDataOptions {
    ParquetMetaDataOptions::new()
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
}

fn unreadable(path: &Path, error: ParquetError) -> StoreError {
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

fn damaged(path: &Path, reason: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

/// Reads type and times of a row group from its statistics; `None` also if a column of it lies nowhere.
fn read_group(footer: &ParquetMetaData, group: usize) -> Option<Group> {
    let metadata = footer.row_group(group);
    let is_placed = |column: &ColumnChunkMetaData| {
        let dictionary = column.dictionary_page_offset().unwrap_or_default();
        dictionary
            .min(column.data_page_offset())
            .min(column.compressed_size())
            >= 0
    };
    if !metadata.columns().iter().all(is_placed) {
        return None;
    }
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

//! An open hour: what its footer says, read once.
//!
//! Rule: what is read from disk is checked before it is believed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use arrow_array::TimestampMicrosecondArray;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
    ParquetStatisticsPolicy,
};
use parquet::file::statistics::Statistics;

use crate::model::{Column, RecordType, Timestamp};

use super::super::bytes::HourBytes;
use super::super::error::StoreError;
use super::super::hour_key::HourKey;
use super::super::layout::Store;
use super::super::meta::HourMeta;
use super::super::schema;
use super::super::seal;
use super::decode::{damaged, unreadable};

/// An open hour.
pub(crate) struct HourFile {
    pub(super) meta: HourMeta,
    pub(super) path: PathBuf,
    pub(super) bytes: HourBytes,
    pub(super) footer: Arc<ParquetMetaData>,
    pub(super) groups: Vec<Group>,
    /// What a reader of whole row groups is made of.
    pub(super) plain: OnceLock<ArrowReaderMetadata>,
    /// The same of each row group with the place of every page, read when rows of a large one are first chosen.
    pub(super) paged: Vec<OnceLock<ArrowReaderMetadata>>,
    /// The times of each row group, decoded once: every question begins with them. A megabyte a group at most, given
    /// back by [`HourFile::forget_times`].
    pub(super) times: Vec<Mutex<Option<TimestampMicrosecondArray>>>,
}

/// A row group: rows of one type, newest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) record_type: RecordType,
    pub(crate) rows: usize,
    pub(crate) newest: Timestamp,
    pub(crate) oldest: Timestamp,
}

impl Store {
    /// Reads what an hour's file says of itself; `None` if the hour is not stored.
    pub(crate) fn meta(&self, key: &HourKey) -> Result<Option<HourMeta>, StoreError> {
        if let Some(known) = self.known_metas().get(&self.records_file(key)) {
            return Ok(Some(known));
        }
        Ok(self.outline(key)?.map(|file| file.meta))
    }

    /// Opens an hour for what its footer says of its row groups, and no rows; `None` if the hour is not stored.
    pub(in crate::store) fn outline(&self, key: &HourKey) -> Result<Option<HourFile>, StoreError> {
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
    pub(in crate::store) fn open_bytes(
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

    /// Returns what the footer says of a column in a row group.
    pub(super) fn chunk(&self, group: usize, column: Column) -> Option<&ColumnChunkMetaData> {
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

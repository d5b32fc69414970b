//! A row group on its way into an hour: of a file, or rows that are so few that they wait in memory as they are.
//!
//! Rule: whoever reads one need not know where it lies; rows are in the order in which they will be stored.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;
use parquet::errors::ParquetError;

use crate::model::{Column, RecordType, Timestamp};

use super::batch::Rows;
use super::columns::Columns;
use super::error::StoreError;
use super::meta::Unresolved;
use super::reader::{Bounds, Group, HourFile, Pick};
use super::records_file::encode_error;
use super::schema::{SCHEMA, position};
use super::spool_memory::Reserved;
use super::wanted::Wanted;

/// A row group of an hour as it is stored or is about to be.
#[derive(Clone)]
pub(super) struct SourceGroup {
    place: Place,
    /// Marks the rows that stay; `None` for all.
    pub(super) keep: Option<Vec<bool>>,
}

#[derive(Clone)]
enum Place {
    File(Arc<HourFile>, usize),
    Memory(Arc<Held>),
}

/// Rows of one type in memory.
struct Held {
    info: Group,
    rows: Rows,
    batch: RecordBatch,
    /// For messages.
    path: PathBuf,
    _memory: Reserved,
}

impl SourceGroup {
    /// Returns the row groups of a file, with all rows.
    pub(super) fn all_of(file: &Arc<HourFile>) -> Vec<SourceGroup> {
        let group = |group| SourceGroup {
            place: Place::File(Arc::clone(file), group),
            keep: None,
        };
        (0..file.groups().len()).map(group).collect()
    }

    /// Takes rows in memory, newest first, in the arrays in which files are read; there is at least one.
    pub(super) fn held(
        record_type: RecordType,
        rows: Rows,
        path: &Path,
        memory: Reserved,
    ) -> Result<SourceGroup, ParquetError> {
        let batch = RecordBatch::try_new(Arc::clone(&SCHEMA), rows.columns.clone())?;
        let times = rows.times.values();
        let (Some(newest), Some(oldest)) = (times.first(), times.last()) else {
            return Err(ParquetError::General("a row group without rows".to_owned()));
        };
        let info = Group {
            record_type,
            rows: times.len(),
            newest: Timestamp::from_micros(*newest),
            oldest: Timestamp::from_micros(*oldest),
        };
        Ok(SourceGroup {
            place: Place::Memory(Arc::new(Held {
                info,
                rows,
                batch,
                path: path.to_owned(),
                _memory: memory,
            })),
            keep: None,
        })
    }

    /// Returns what the row group holds, those included that do not stay.
    pub(super) fn info(&self) -> &Group {
        match &self.place {
            Place::File(file, group) => &file.groups()[*group],
            Place::Memory(held) => &held.info,
        }
    }

    /// Returns how many rows stay.
    pub(super) fn rows(&self) -> usize {
        match &self.keep {
            Some(keep) => keep.iter().filter(|keep| **keep).count(),
            None => self.info().rows,
        }
    }

    /// Returns how many bytes the rows in memory take up; of rows in a file that is not known, and taken for much.
    pub(super) fn bytes(&self) -> usize {
        match &self.place {
            Place::File(..) => usize::MAX,
            Place::Memory(held) => held.rows.bytes,
        }
    }

    pub(super) fn record_type(&self) -> RecordType {
        self.info().record_type
    }

    /// Returns whether its rows are linked, or linked to.
    pub(super) fn is_linked(&self) -> bool {
        use RecordType::{Attempt, Error, Exchange};
        matches!(self.record_type(), Attempt | Error | Exchange)
    }

    /// Returns where it lies, for messages.
    pub(super) fn path(&self) -> &Path {
        match &self.place {
            Place::File(file, _) => file.path(),
            Place::Memory(held) => &held.path,
        }
    }

    /// Returns the file and the number in it; `None` for rows in memory.
    pub(super) fn in_file(&self) -> Option<(&HourFile, usize)> {
        match &self.place {
            Place::File(file, group) => Some((file, *group)),
            Place::Memory(_) => None,
        }
    }

    /// Returns what the rest of the file says that its rows lack.
    pub(super) fn unresolved(&self) -> Unresolved {
        let file = self.in_file();
        file.map_or_else(Unresolved::default, |(file, _)| file.meta().unresolved)
    }

    /// Reads columns of some rows.
    pub(super) fn read(&self, columns: &[Column], pick: Pick<'_>) -> Result<Columns, StoreError> {
        let held = match &self.place {
            Place::File(file, group) => return file.read(*group, columns, pick),
            Place::Memory(held) => held,
        };
        held.read(columns, pick)
            .map_err(|error| encode_error(&held.path, &error))
    }

    /// Reads whole rows.
    pub(super) fn read_rows(&self) -> Result<Rows, StoreError> {
        match &self.place {
            Place::File(file, group) => file.read_rows(*group),
            Place::Memory(held) => Ok(held.rows.clone()),
        }
    }

    /// Returns the keys of the records, in the order of the rows.
    pub(super) fn record_keys(&self) -> Result<Vec<u128>, StoreError> {
        match &self.place {
            Place::File(file, group) => file.record_keys(*group),
            Place::Memory(held) => Ok(held.rows.keys.clone()),
        }
    }

    /// Returns whether any row may have something in a column. "No" is certain.
    pub(super) fn may_have(&self, column: Column) -> bool {
        match &self.place {
            Place::File(file, group) => file.bounds(*group, column) != Bounds::Nothing,
            Place::Memory(held) => {
                let values = held.rows.column(column);
                values.is_some_and(|values| values.null_count() < values.len())
            }
        }
    }

    /// Returns whether any row may have one of these ids in a column. "No" is certain.
    pub(super) fn may_hold(&self, column: Column, wanted: &Wanted) -> Result<bool, StoreError> {
        match &self.place {
            Place::File(file, group) => wanted.may_be_in(file, *group, column),
            Place::Memory(_) => Ok(!wanted.keys.is_empty() && self.may_have(column)),
        }
    }

    /// Leaves out the rows that are not marked, beside those left out before.
    pub(super) fn keep_only(&mut self, marks: Vec<bool>) {
        let marks: Vec<bool> = match &self.keep {
            Some(keep) => keep.iter().zip(marks).map(|(a, b)| *a && b).collect(),
            None => marks,
        };
        self.keep = marks.iter().any(|keep| !keep).then_some(marks);
    }

    /// Returns the rows that stay, ascending; `None` for all.
    pub(super) fn kept_rows(&self) -> Option<Vec<u32>> {
        let keep = self.keep.as_ref()?;
        // OK because a row group has at most 128 Ki rows.
        let rows = (0..keep.len() as u32).zip(keep);
        Some(rows.filter_map(|(row, keep)| keep.then_some(row)).collect())
    }
}

impl Held {
    fn read(&self, columns: &[Column], pick: Pick<'_>) -> Result<Columns, ParquetError> {
        let places: Vec<usize> = columns.iter().filter_map(|it| position(*it)).collect();
        let batch = self.batch.project(&places)?;
        let batch = match pick {
            Pick::Range(range) => batch.slice(range.start, range.len()),
            Pick::Rows(rows) => take_record_batch(&batch, &UInt32Array::from(rows.to_vec()))?,
        };
        Columns::new(&batch, columns)
            .ok_or_else(|| ParquetError::General("a column has a wrong type".to_owned()))
    }
}

//! Records that change under the same id: which version of each is the newest in an hour.
//!
//! The version is the greater of `time` and `logged_at`. The same bytes are the same version whenever they came: a record
//! without a time of its own has the time of its arrival, and an export that is imported again is no news.
//!
//! Rule: 32 bytes a record, and next to nothing beside them.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use parquet::errors::ParquetError;
use twox_hash::XxHash3_64;

use crate::model::Column;

use super::batch::Rows;
use super::dedup::KeyMap;

/// Since when a record's id is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// Before the lock was taken, and unchanged.
    Before,
    /// Newly under this lock.
    Added,
    /// Before the lock was taken; a newer version came under it.
    Updated,
}

#[derive(Clone, Copy)]
struct Known {
    version: i64,
    /// A hash of the bytes, its two lowest bits taken by [`Since`].
    sealed: u64,
}

impl Known {
    fn new(version: i64, bytes: &[u8], since: Since) -> Known {
        Known {
            version,
            sealed: seal(bytes) << 2 | since as u64,
        }
    }

    fn since(self) -> Since {
        match self.sealed & 3 {
            0 => Since::Before,
            1 => Since::Added,
            _ => Since::Updated,
        }
    }

    fn is_of_same_bytes(self, other: Known) -> bool {
        self.sealed >> 2 == other.sealed >> 2
    }
}

/// Returns a number that is the same for the same bytes.
pub(super) fn seal(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}

/// The newest version of each record of an hour.
pub(super) struct Versions {
    known: KeyMap<Known>,
    /// Rows that were handed on and are superseded by now.
    pub(super) dead: u64,
    /// Ids that were stored before and have a newer version now.
    pub(super) updated: u64,
    pub(super) added: u64,
}

impl Versions {
    pub(super) fn new() -> Versions {
        Versions {
            known: KeyMap::new(),
            dead: 0,
            updated: 0,
            added: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Remembers rows that are stored. `since` tells of those that came under this lock, in order of their keys.
    pub(super) fn remember(
        &mut self,
        rows: &Rows,
        since: &[(u128, Since)],
    ) -> Result<(), ParquetError> {
        for (row, (version, bytes)) in looks(rows)?.enumerate() {
            let key = rows.keys[row];
            let known = since.binary_search_by_key(&key, |(known, _)| *known);
            let since = known.map_or(Since::Before, |at| since[at].1);
            self.known.entry(key, Known::new(version, bytes, since));
        }
        Ok(())
    }

    /// Leaves out the rows that are known in the same or a newer version, and remembers the others.
    pub(super) fn sift(&mut self, rows: Rows) -> Result<Rows, ParquetError> {
        let mut marks = Vec::with_capacity(rows.keys.len());
        for (row, (version, bytes)) in looks(&rows)?.enumerate() {
            let new = Known::new(version, bytes, Since::Added);
            let (known, is_new) = self.known.entry(rows.keys[row], new);
            let is_newer = !is_new && version > known.version && !known.is_of_same_bytes(new);
            if is_new {
                self.added += 1;
            } else if is_newer {
                let since = match known.since() {
                    Since::Added => Since::Added,
                    Since::Updated => Since::Updated,
                    Since::Before => {
                        self.updated += 1;
                        Since::Updated
                    }
                };
                *known = Known::new(version, bytes, since);
                self.dead += 1;
            }
            marks.push(is_new || is_newer);
        }
        rows.only(marks)
    }

    /// Marks the rows that were not superseded after they were handed on.
    pub(super) fn living(&self, rows: &Rows) -> Result<Vec<bool>, ParquetError> {
        let versions = looks(rows)?.map(|(version, _)| version);
        let marks = rows.keys.iter().zip(versions).map(|(key, version)| {
            let newest = self.known.get(*key);
            newest.is_none_or(|newest| newest.version == version)
        });
        Ok(marks.collect())
    }

    /// Lists the keys that came under this lock, in their order.
    pub(super) fn since(&self) -> Vec<(u128, Since)> {
        let all = self.known.iter().map(|(key, known)| (key, known.since()));
        let mut since: Vec<_> = all.filter(|(_, since)| *since != Since::Before).collect();
        since.sort_unstable_by_key(|(key, _)| *key);
        since
    }
}

/// Returns the version and the bytes of each row.
fn looks(rows: &Rows) -> Result<impl Iterator<Item = (i64, &[u8])>, ParquetError> {
    let wrong = || ParquetError::General("a column has a wrong type".to_owned());
    let logged = rows
        .column(Column::LoggedAt)
        .and_then(|array| array.as_primitive_opt::<TimestampMicrosecondType>())
        .ok_or_else(wrong)?;
    let raw = rows.column(Column::Raw).ok_or_else(wrong)?;
    // New rows stand in one kind of array, stored ones in the other.
    let (new, stored) = (raw.as_binary_opt::<i32>(), raw.as_binary_view_opt());
    if new.is_none() && stored.is_none() {
        return Err(wrong());
    }
    let raw = move |row: usize| match (new, stored) {
        (Some(new), _) => new.value(row),
        (None, Some(stored)) => stored.value(row),
        (None, None) => &[],
    };
    Ok((0..rows.keys.len()).map(move |row| {
        let time = rows.times.value(row);
        let logged = logged.is_valid(row).then(|| logged.value(row));
        (version(time, logged), raw(row))
    }))
}

/// Returns the version of a record from its two times, in microseconds.
pub(super) fn version(time: i64, logged_at: Option<i64>) -> i64 {
    logged_at.map_or(time, |logged_at| logged_at.max(time))
}

//! Finding records by their ids, wherever they are stored.
//!
//! Rule: an id is looked for where statistics and bloom filters do not rule it out, and nowhere else.

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::model::{Column, RecordType, Timestamp, Window};
use crate::store::{Columns, HourFile, HourKey, Pick, StoreError};

use super::keys::{IdKey, IdSet, KeyCache, id_key};

/// With more ids than this a bloom filter nearly always says "maybe", and reading it is wasted.
const MAX_BLOOM_IDS: usize = 4096;

/// Fewer rows than this are searched faster than many ids are looked for in a bloom filter.
const MIN_BLOOM_ROWS: usize = 16 * 1024;

/// With more rows than this for each id, a bloom filter is worth its reading however few they are.
const ROWS_A_BLOOM_ID: usize = 16;

/// Files that are searched at a time where what is found is condensed at once; bounds memory.
pub(super) const FILES: usize = 16;

/// Ids to look for.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) keys: IdSet,
    /// The ids as text, for bloom filters; only some of them when there are too many.
    texts: Vec<String>,
    pub(super) oldest: Option<Timestamp>,
    pub(super) newest: Option<Timestamp>,
}

impl Wanted {
    /// Adds an id that a record of this time names.
    pub(super) fn add(&mut self, id: &str, time: Timestamp) -> IdKey {
        let key = id_key(id);
        if self.keys.insert(key) && self.texts.len() < MAX_BLOOM_IDS {
            self.texts.push(id.to_owned());
        }
        self.oldest = Some(self.oldest.map_or(time, |oldest| oldest.min(time)));
        self.newest = Some(self.newest.map_or(time, |newest| newest.max(time)));
        key
    }

    /// Returns the ids as text; `None` if there were too many to keep them all.
    fn texts(&self) -> Option<impl Iterator<Item = &str>> {
        let has_all = self.texts.len() == self.keys.len();
        has_all.then(|| self.texts.iter().map(String::as_str))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns some of the ids.
    pub(super) fn only(&self, keys: IdSet) -> Wanted {
        let texts = self
            .texts
            .iter()
            .filter(|text| keys.contains(&id_key(text)));
        Wanted {
            texts: texts.cloned().collect(),
            keys,
            oldest: self.oldest,
            newest: self.newest,
        }
    }

    /// Takes out the ids that were found.
    pub(super) fn remove(&mut self, found: &IdSet) {
        self.keys.retain(|key| !found.contains(key));
        self.texts.retain(|text| !found.contains(&id_key(text)));
    }
}

/// Rows of one row group that have a wanted id, with the columns asked for.
pub(super) struct Found {
    pub(super) hour: HourKey,
    pub(super) record_type: RecordType,
    pub(super) keys: Vec<IdKey>,
    pub(super) columns: Columns,
}

/// Finds the rows of the given types whose `column` holds a wanted id, and reads `read` of them.
pub(super) fn find(
    cache: &KeyCache,
    files: &[Arc<HourFile>],
    types: &[RecordType],
    column: Column,
    wanted: &Wanted,
    window: Window,
    read: &[Column],
) -> Result<Vec<Found>, StoreError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut groups = Vec::new();
    for file in files {
        for (group, info) in file.groups().iter().enumerate() {
            let overlaps = info.newest >= window.start && info.oldest < window.end;
            if types.contains(&info.record_type) && overlaps {
                groups.push((file, group));
            }
        }
    }
    let found: Vec<Option<Found>> = groups
        .into_par_iter()
        .map(|(file, group)| find_in_group(cache, file, group, column, wanted, window, read))
        .collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

fn find_in_group(
    cache: &KeyCache,
    file: &HourFile,
    group: usize,
    column: Column,
    wanted: &Wanted,
    window: Window,
    read: &[Column],
) -> Result<Option<Found>, StoreError> {
    let info = file.groups()[group];
    let range = if window.start <= info.oldest && info.newest < window.end {
        0..info.rows
    } else {
        let times = file.times(group)?;
        let start = times
            .values()
            .partition_point(|time| *time >= window.end.micros());
        let end = times
            .values()
            .partition_point(|time| *time >= window.start.micros());
        start..end.max(start)
    };
    let known = match cache.kept(file, group, column) {
        // So many are looked for a part at a time, and each part would decode the ids anew.
        None if wanted.keys.len() > MAX_BLOOM_IDS => Some(cache.keys(file, group, column)?),
        known => known,
    };
    if known.is_none()
        && range.len() >= MIN_BLOOM_ROWS.min(wanted.keys.len().saturating_mul(ROWS_A_BLOOM_ID))
        && let Some(texts) = wanted.texts()
        && !file.may_hold(group, column, texts)?
    {
        return Ok(None);
    }
    // OK because a row group has at most 128 Ki rows.
    let first = range.start as u32;
    let mut rows = Vec::new();
    let mut keys = Vec::new();
    let mut look_at = |row: u32, key: IdKey| {
        if wanted.keys.contains(&key) {
            rows.push(row);
            keys.push(key);
        }
    };
    if let Some(all) = known {
        (first..)
            .zip(&all[range])
            .for_each(|(row, key)| look_at(row, *key));
    } else {
        let ids = file.read(group, &[column], Pick::Range(range))?;
        for row in 0..ids.rows() {
            if let Some(id) = ids.text(column, row) {
                look_at(first + row as u32, id_key(id));
            }
        }
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let columns = file.read(group, read, Pick::Rows(&rows))?;
    Ok(Some(Found {
        hour: file.key().clone(),
        record_type: info.record_type,
        keys,
        columns,
    }))
}

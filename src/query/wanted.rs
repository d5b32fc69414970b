//! Ids as numbers, and finding the rows that have some of them, wherever they are stored.
//!
//! Rule: a number stands for an id with 128 bits, so that no two ids of a store share one in practice. An id is looked for
//! where statistics and bloom filters do not rule it out, and nowhere else.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use twox_hash::{XxHash3_128, XxHash64};

use crate::model::Column;
use crate::store::{HourFile, Pick, StoreError, Values};

/// With more ids than this a bloom filter nearly always says "maybe", and reading it is wasted.
const MAX_FILTERED: usize = 4096;

/// A number that stands for an id; 0 for no id.
pub(super) type IdKey = u128;

pub(super) fn id_key(id: &str) -> IdKey {
    XxHash3_128::oneshot(id.as_bytes()).max(1)
}

pub(super) type IdSet = HashSet<IdKey, BuildHasherDefault<Unhashed>>;
pub(super) type IdMap<V> = HashMap<IdKey, V, BuildHasherDefault<Unhashed>>;

/// Takes a number as its own hash: id keys are hashes already.
#[derive(Default)]
pub(super) struct Unhashed(u64);

impl Hasher for Unhashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

/// Ids to look for.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) keys: IdSet,
    /// What bloom filters know them by; not all of them where there are many.
    hashes: Vec<u64>,
}

impl Wanted {
    pub(super) fn add(&mut self, id: &str) {
        if self.keys.insert(id_key(id)) && self.hashes.len() <= MAX_FILTERED {
            self.hashes.push(XxHash64::oneshot(0, id.as_bytes()));
        }
    }

    /// Returns the rows of a row group that have a wanted id in a column, ascending.
    pub(super) fn rows_in(
        &self,
        known: &KnownKeys,
        file: &HourFile,
        group: usize,
        column: Column,
    ) -> Result<Vec<u32>, StoreError> {
        if self.hashes.len() <= MAX_FILTERED
            && !file.may_hold_hashes(group, column, self.hashes.iter().copied())?
        {
            return Ok(Vec::new());
        }
        let keys = known.keys_of(file, group, column)?;
        let rows = (0..).zip(keys.iter());
        let wanted = rows.filter(|(_, key)| self.keys.contains(*key));
        Ok(wanted.map(|(row, _)| row).collect())
    }
}

/// Bytes of keys that are kept, 16 a row.
const MAX_KEPT_BYTES: usize = 32 << 20;

/// The keys of ids in row groups: those read first are kept, since a question about few hours looks at them twice.
#[derive(Default)]
pub(super) struct KnownKeys(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    keys: HashMap<(PathBuf, usize, Column), Arc<Vec<IdKey>>>,
    bytes: usize,
}

impl KnownKeys {
    /// Returns the keys of the ids in a column of a row group.
    pub(super) fn keys_of(
        &self,
        file: &HourFile,
        group: usize,
        column: Column,
    ) -> Result<Arc<Vec<IdKey>>, StoreError> {
        let name = (file.path().to_owned(), group, column);
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = lock().keys.get(&name) {
            return Ok(Arc::clone(keys));
        }
        let keys = Arc::new(read_keys(file, group, column)?);
        let mut kept = lock();
        let bytes = kept.bytes + size_of_val(keys.as_slice());
        if bytes <= MAX_KEPT_BYTES {
            kept.bytes = bytes;
            kept.keys.insert(name, Arc::clone(&keys));
        }
        Ok(keys)
    }

    /// Forgets a file that is written anew, or cannot be read.
    pub(super) fn forget(&self, path: &Path) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.keys.retain(|(of, _, _), _| of != path);
    }
}

fn read_keys(file: &HourFile, group: usize, column: Column) -> Result<Vec<IdKey>, StoreError> {
    if column == Column::MessageId {
        return Ok(file.message_ids(group)?.map(0, id_key));
    }
    let all = Pick::Range(0..file.groups()[group].rows);
    let read = file.read(group, &[column], all)?;
    Ok(match read.get(column) {
        Some(Values::Text(ids)) => ids.iter().map(|id| id.map_or(0, id_key)).collect(),
        _ => vec![0; read.rows()],
    })
}

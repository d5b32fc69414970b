//! Ids as numbers, and the decoded id columns that are kept while many ids are looked for.
//!
//! Rule: a number stands for an id with 128 bits, so that no two ids of a store share one in practice; what is kept is
//! bounded, and only ever spares decoding it again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use twox_hash::XxHash3_128;

use crate::model::Column;
use crate::store::{HourFile, HourKey, Pick, StoreError};

/// Bytes of decoded ids that are kept: those of four million rows.
const MAX_KEPT_BYTES: usize = 64 << 20;

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

/// Decoded id columns, the latest used of them.
#[derive(Default)]
pub(super) struct KeyCache {
    kept: Mutex<Kept>,
}

type Name = (HourKey, usize, Column);

#[derive(Default)]
struct Kept {
    columns: HashMap<Name, Arc<Vec<IdKey>>>,
    /// In the order in which they were decoded.
    order: VecDeque<Name>,
    bytes: usize,
}

impl KeyCache {
    /// Returns the keys of all rows of a row group if they are kept.
    pub(super) fn kept(
        &self,
        file: &HourFile,
        group: usize,
        column: Column,
    ) -> Option<Arc<Vec<IdKey>>> {
        let name = (file.key().clone(), group, column);
        self.lock().columns.get(&name).map(Arc::clone)
    }

    /// Returns the keys of all rows of a row group, and keeps them.
    pub(super) fn keys(
        &self,
        file: &HourFile,
        group: usize,
        column: Column,
    ) -> Result<Arc<Vec<IdKey>>, StoreError> {
        if let Some(keys) = self.kept(file, group, column) {
            return Ok(keys);
        }
        let name = (file.key().clone(), group, column);
        let ids = file.read(group, &[column], Pick::Range(0..file.groups()[group].rows))?;
        let key = |row| ids.text(column, row).map_or(0, id_key);
        let keys: Arc<Vec<IdKey>> = Arc::new((0..ids.rows()).map(key).collect());
        let mut kept = self.lock();
        kept.bytes += size_of_val(keys.as_slice());
        kept.columns.insert(name.clone(), Arc::clone(&keys));
        kept.order.push_back(name);
        while kept.bytes > MAX_KEPT_BYTES
            && let Some(oldest) = kept.order.pop_front()
        {
            if let Some(keys) = kept.columns.remove(&oldest) {
                kept.bytes -= size_of_val(keys.as_slice());
            }
        }
        Ok(keys)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

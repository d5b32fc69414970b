//! Numbers that stand for ids, and sets and maps of them.
//!
//! Rule: a number has 128 bits, so that no two ids of a store share one in practice; 0 is none.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use twox_hash::XxHash3_128;

/// A number that stands for an id; 0 for no id.
pub(crate) type IdKey = u128;

pub(crate) type IdSet = HashSet<IdKey, Unhashed>;
pub(crate) type IdMap<V> = HashMap<IdKey, V, Unhashed>;

/// For maps whose keys are hashes already.
pub(crate) type Unhashed = BuildHasherDefault<AsItIs>;

pub(crate) fn id_key(id: &str) -> IdKey {
    bytes_key(id.as_bytes())
}

/// Returns the number of what is told apart by its bytes.
pub(crate) fn bytes_key(bytes: &[u8]) -> IdKey {
    XxHash3_128::oneshot(bytes).max(1)
}

/// Takes a number as its own hash.
#[derive(Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
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

//! Ids that are looked for.
//!
//! Rule: an id is looked for where bloom filters do not rule it out, and nowhere else.

use twox_hash::XxHash64;

use crate::model::Column;

use super::error::StoreError;
use super::keys::{IdKey, IdSet, id_key};
use super::reader::HourFile;

/// With more ids than this a bloom filter nearly always says "maybe", and reading it is wasted.
const MAX_FILTERED: usize = 4096;

/// As many ids as this are compared one by one: that takes less than a hash of every id that they are compared to.
const MAX_FEW: usize = 8;

/// Ids that are looked for in a column.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) keys: IdSet,
    /// What bloom filters know the ids by; `None` where they are too many, or not known.
    hashes: Option<Vec<u64>>,
    /// The ids themselves; `None` where they are more than a few, or not known.
    few: Option<Vec<String>>,
}

impl Wanted {
    pub(super) fn of(keys: IdSet) -> Wanted {
        Wanted {
            keys,
            ..Wanted::default()
        }
    }

    pub(crate) fn add(&mut self, id: &str) {
        self.add_known(id_key(id), id);
    }

    /// Adds an id of which the key is known already.
    pub(super) fn add_known(&mut self, key: IdKey, id: &str) {
        let is_first = self.keys.is_empty();
        if self.keys.insert(key) {
            let hash = XxHash64::oneshot(0, id.as_bytes());
            match &mut self.hashes {
                Some(hashes) if hashes.len() < MAX_FILTERED => hashes.push(hash),
                hashes => *hashes = is_first.then(|| vec![hash]),
            }
            match &mut self.few {
                Some(few) if few.len() < MAX_FEW => few.push(id.to_owned()),
                few => *few = is_first.then(|| vec![id.to_owned()]),
            }
        }
    }

    pub(super) fn extend(&mut self, more: Wanted) {
        let hashes = match (self.keys.is_empty(), self.hashes.take(), more.hashes) {
            (true, _, theirs) => theirs,
            (false, Some(mut ours), Some(theirs)) => {
                ours.extend(theirs);
                (ours.len() <= MAX_FILTERED).then_some(ours)
            }
            (false, ours, None) if more.keys.is_empty() => ours,
            _ => None,
        };
        self.few = match self.keys.is_empty() {
            true => more.few,
            false => self.few.take().filter(|_| more.keys.is_empty()),
        };
        self.keys.extend(more.keys);
        self.hashes = hashes;
    }

    /// Returns the ids if they are only a few.
    pub(crate) fn few(&self) -> Option<&[String]> {
        self.few.as_deref()
    }

    /// Returns whether a row group may have one of the ids in a column.
    pub(crate) fn may_be_in(
        &self,
        file: &HourFile,
        group: usize,
        column: Column,
    ) -> Result<bool, StoreError> {
        match &self.hashes {
            Some(hashes) => file.may_hold_hashes(group, column, hashes.iter().copied()),
            None => Ok(!self.keys.is_empty()),
        }
    }
}

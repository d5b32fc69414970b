//! The ids of row groups as numbers, read once, and the rows that have some of them.
//!
//! Rule: what is kept is bounded; keys of a file that is written anew are forgotten before it is read again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::Column;
use crate::store::{HourFile, IdKey, Pick, StoreError, Values, Wanted, id_key};

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
    /// Returns the rows of a row group that have a wanted id in a column, ascending, and the key of each.
    pub(super) fn rows_with(
        &self,
        wanted: &Wanted,
        file: &HourFile,
        group: usize,
        column: Column,
    ) -> Result<(Vec<u32>, Vec<IdKey>), StoreError> {
        if !wanted.may_be_in(file, group, column)? {
            return Ok(Default::default());
        }
        // For a few ids no keys are made of all the others, unless that was done already.
        let few = wanted.few().filter(|_| column == Column::MessageId);
        let keys = match few.filter(|_| self.known(file, group, column).is_none()) {
            Some(few) => {
                let key = |id: &str| few.iter().find(|one| *one == id).map_or(0, |id| id_key(id));
                Arc::new(file.message_ids(group)?.map(0, key))
            }
            None => self.keys_of(file, group, column)?,
        };
        let rows = (0..).zip(keys.iter().copied());
        Ok(rows.filter(|(_, key)| wanted.keys.contains(key)).unzip())
    }

    /// Returns the keys of the ids in a column of a row group.
    pub(super) fn keys_of(
        &self,
        file: &HourFile,
        group: usize,
        column: Column,
    ) -> Result<Arc<Vec<IdKey>>, StoreError> {
        if let Some(keys) = self.known(file, group, column) {
            return Ok(keys);
        }
        let keys = Arc::new(read_keys(file, group, column)?);
        let mut kept = self.lock();
        let bytes = kept.bytes + size_of_val(keys.as_slice());
        if bytes <= MAX_KEPT_BYTES {
            kept.bytes = bytes;
            let name = (file.path().to_owned(), group, column);
            kept.keys.insert(name, Arc::clone(&keys));
        }
        Ok(keys)
    }

    fn known(&self, file: &HourFile, group: usize, column: Column) -> Option<Arc<Vec<IdKey>>> {
        let name = (file.path().to_owned(), group, column);
        self.lock().keys.get(&name).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a file that is written anew, or cannot be read.
    pub(super) fn forget(&self, path: &Path) {
        let mut kept = self.lock();
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

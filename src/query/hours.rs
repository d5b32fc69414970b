//! The hours a question is put to, opened once.
//!
//! Rule: an hour may be left out only if it certainly holds nothing that is asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::model::{Filter, Provider};
use crate::store::{HourFile, HourKey, Store, StoreError};

use super::keys::KeyCache;

/// How far from its hour a record's own time may lie. Segment buckets by the original event's hour and retries for
/// four hours; a week leaves room for clocks that are wrong, and still spares opening a year of files.
const STRAY_HOURS: i32 = 7 * 24;

/// Stored hours, each opened once, when it is first needed.
pub(super) struct Hours<'s> {
    store: &'s Store,
    open: Mutex<HashMap<HourKey, Arc<HourFile>>>,
    keys: KeyCache,
}

impl<'s> Hours<'s> {
    pub(super) fn of(store: &'s Store) -> Hours<'s> {
        Hours {
            store,
            open: Mutex::default(),
            keys: KeyCache::default(),
        }
    }

    /// Returns the ids that were decoded already.
    pub(super) fn keys(&self) -> &KeyCache {
        &self.keys
    }

    /// Opens the hours that can hold what the filter asks for.
    pub(super) fn matching(&self, filter: &Filter) -> Result<Vec<Arc<HourFile>>, StoreError> {
        let mut keys = self.store.hours(filter)?;
        keys.retain(|key| {
            key.hour.plus(STRAY_HOURS).end() > filter.window.start
                && key.hour.plus(-STRAY_HOURS).start() < filter.window.end
        });
        self.open(keys)
    }

    /// Opens all hours of a collection, whatever the filter says: what explains a record may lie outside of what was
    /// asked for.
    pub(super) fn of_collection(
        &self,
        provider: Provider,
        collection: &str,
    ) -> Result<Vec<Arc<HourFile>>, StoreError> {
        let keys = self.store.hours(&Filter {
            providers: vec![provider],
            collections: vec![collection.to_owned()],
            ..Filter::default()
        })?;
        self.open(keys)
    }

    fn open(&self, keys: Vec<HourKey>) -> Result<Vec<Arc<HourFile>>, StoreError> {
        keys.into_par_iter().map(|key| self.open_one(key)).collect()
    }

    fn open_one(&self, key: HourKey) -> Result<Arc<HourFile>, StoreError> {
        if let Some(file) = self.kept().get(&key) {
            return Ok(Arc::clone(file));
        }
        let file = Arc::new(HourFile::open(self.store, &key)?);
        self.kept().insert(key, Arc::clone(&file));
        Ok(file)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<HourKey, Arc<HourFile>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

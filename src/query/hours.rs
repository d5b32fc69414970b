//! The hours a question is put to, opened once.
//!
//! Rule: an hour may be left out only if it certainly holds nothing that is asked for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
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
    /// Every hour of the collections that were asked for, listed once.
    listed: Mutex<HashMap<Collections, Vec<HourKey>>>,
    keys: KeyCache,
}

/// Which collections were asked for; empty lists stand for all.
type Collections = (Vec<Provider>, Vec<String>);

impl<'s> Hours<'s> {
    pub(super) fn of(store: &'s Store) -> Hours<'s> {
        Hours {
            store,
            open: Mutex::default(),
            listed: Mutex::default(),
            keys: KeyCache::default(),
        }
    }

    /// Returns the ids that were decoded already.
    pub(super) fn keys(&self) -> &KeyCache {
        &self.keys
    }

    /// Opens the hours that can hold what the filter asks for.
    pub(super) fn matching(&self, filter: &Filter) -> Result<Vec<Arc<HourFile>>, StoreError> {
        let mut keys = self.list(filter)?;
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
        let keys = self.list(&Filter {
            providers: vec![provider],
            collections: vec![collection.to_owned()],
            ..Filter::default()
        })?;
        self.open(keys)
    }

    /// Lists the hours that a filter's providers, collections and hours allow. Folders are walked through once, so that
    /// the questions of one run see the same hours.
    fn list(&self, filter: &Filter) -> Result<Vec<HourKey>, StoreError> {
        let name = (filter.providers.clone(), filter.collections.clone());
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = match listed.entry(name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.store.hours(&Filter {
                hours: Vec::new(),
                ..filter.clone()
            })?),
        };
        let wanted = keys.iter().filter(|key| filter.wants_hour(key.hour));
        Ok(wanted.cloned().collect())
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

//! The hours a question is put to: listed once, each opened when it is first needed.
//!
//! Rule: an hour may be left out only if it certainly holds nothing that is asked for, or cannot be read; then it is named.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::model::{Filter, Provider};
use crate::store::{HourFile, HourKey, Store, StoreError};

use super::known_keys::KnownKeys;

/// How far from its hour a record's own time may lie. Segment buckets by the original event's hour and retries for
/// four hours; a week leaves room for clocks that are wrong, and still spares opening a year of files.
const STRAY_HOURS: i32 = 7 * 24;

/// Stored hours, each opened once, when it is first needed.
pub(crate) struct Hours {
    store: Store,
    open: Mutex<HashMap<HourKey, Arc<HourFile>>>,
    /// Every hour of the collections that were asked for, listed once.
    listed: Mutex<HashMap<Collections, Vec<HourKey>>>,
    left_out: Mutex<BTreeMap<HourKey, String>>,
    keys: KnownKeys,
}

/// Which collections were asked for; empty lists stand for all.
type Collections = (Vec<Provider>, Vec<String>);

impl Hours {
    pub(super) fn of(store: &Store) -> Hours {
        Hours {
            store: store.clone(),
            open: Mutex::default(),
            listed: Mutex::default(),
            left_out: Mutex::default(),
            keys: KnownKeys::default(),
        }
    }

    /// Returns the keys of ids that were read already.
    pub(super) fn keys(&self) -> &KnownKeys {
        &self.keys
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
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
        let mut listed = lock(&self.listed);
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
        let opened: Vec<Option<Arc<HourFile>>> = keys
            .into_par_iter()
            .map(|key| self.open_one(key))
            .collect::<Result<_, StoreError>>()?;
        Ok(opened.into_iter().flatten().collect())
    }

    /// Opens an hour; `None` if it cannot be read and so is left out.
    fn open_one(&self, key: HourKey) -> Result<Option<Arc<HourFile>>, StoreError> {
        if lock(&self.left_out).contains_key(&key) {
            return Ok(None);
        }
        if let Some(file) = lock(&self.open).get(&key) {
            return Ok(Some(Arc::clone(file)));
        }
        match HourFile::open(&self.store, &key) {
            Ok(file) => {
                let file = Arc::new(file);
                lock(&self.open).insert(key, Arc::clone(&file));
                Ok(Some(file))
            }
            Err(StoreError::Damaged { reason, .. }) => {
                lock(&self.left_out).insert(key, reason);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns what to do about an hour that could not be read: it is left out, or opened anew if it was written anew.
    /// `None` where nothing can be done.
    pub(super) fn recover(&self, error: StoreError) -> Result<Option<Arc<HourFile>>, StoreError> {
        let (path, reason) = match &error {
            StoreError::Damaged { path, reason } => (path, Some(reason.clone())),
            StoreError::Replaced { path } => (path, None),
            _ => return Err(error),
        };
        let Some(key) = self.key_of(path) else {
            return Err(error);
        };
        lock(&self.open).remove(&key);
        self.keys.forget(path);
        match reason {
            Some(reason) => {
                lock(&self.left_out).insert(key, reason);
                Ok(None)
            }
            None => self.open_one(key),
        }
    }

    fn key_of(&self, path: &Path) -> Option<HourKey> {
        let open = lock(&self.open);
        let mut keys = open.keys();
        keys.find(|key| self.store.records_file(key) == path)
            .cloned()
    }

    /// Returns the hours that cannot be read, and why.
    pub(super) fn left_out(&self) -> BTreeMap<HourKey, String> {
        lock(&self.left_out).clone()
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

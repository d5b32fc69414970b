//! One writer at a time for each collection, across processes.
//!
//! Rule: readers take no lock. The lock is the operating system's, so it ends with the process that held it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::model::{Filter, Hour, Provider};

use super::error::{OnPath, StoreError};
use super::hour_key::HourKey;
use super::layout::{LOCK, Store};
use super::leftovers::{sweep, sweep_temporary};
use super::pending::Pending;
use super::staged::{Mode, Staged};
use super::writer::HourWriter;

/// How long to wait for another writer, and how often to look.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

/// The right to write one collection, held until dropped.
pub(crate) struct CollectionLock {
    pub(super) store: Store,
    provider: Provider,
    collection: String,
    pub(super) pending: Pending,
    _file: File,
}

impl Store {
    /// Becomes the one writer of a collection; waits a few seconds for another to end, then fails and says so.
    pub(crate) fn lock(
        &self,
        provider: Provider,
        collection: &str,
    ) -> Result<CollectionLock, StoreError> {
        let file = self.hold(provider, collection)?;
        let folder = self.collection_folder(provider, collection);
        let pending = Pending::read(self, folder.clone())?;
        let lock = CollectionLock {
            store: self.clone(),
            provider,
            collection: collection.to_owned(),
            pending,
            _file: file,
        };
        lock.sweep(&folder)?;
        Ok(lock)
    }

    /// Takes a collection's lock and nothing else; it is held as long as the file is kept.
    pub(super) fn hold(&self, provider: Provider, collection: &str) -> Result<File, StoreError> {
        let folder = self.collection_folder(provider, collection);
        fs::create_dir_all(&folder).on("make the folder", &folder)?;
        let path = folder.join(LOCK);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .on("open", &path)?;
        acquire(&file, &path)?;
        Ok(file)
    }
}

fn acquire(file: &File, path: &Path) -> Result<(), StoreError> {
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if waited < PATIENCE => {
                thread::sleep(PAUSE);
                waited += PAUSE;
            }
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked {
                    path: path.parent().map(Path::to_owned).unwrap_or_default(),
                    waited_secs: waited.as_secs(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(error).on("lock", path),
        }
    }
}

impl CollectionLock {
    /// Removes what a killed writer left. An hour that is damaged is left as it is.
    fn sweep(&self, folder: &Path) -> Result<(), StoreError> {
        sweep_temporary(&self.store, folder)?;
        for hour in self.pending.left_by_another() {
            let key = self.key(hour);
            if let Ok(meta) = self.store.meta(&key) {
                sweep(&self.store, &key, meta.as_ref())?;
            }
        }
        Ok(())
    }

    /// Starts to write an hour. Nothing is visible until [`CollectionLock::commit`]; dropped, it leaves no trace.
    pub(crate) fn begin(&self, hour: Hour, mode: Mode) -> Result<HourWriter, StoreError> {
        HourWriter::begin(&self.store, self.key(hour), mode, &self.pending)
    }

    /// Goes on with an hour that was put aside.
    pub(crate) fn resume(&self, staged: Staged) -> Result<HourWriter, StoreError> {
        HourWriter::resume(&self.store, staged)
    }

    /// Removes a stored hour and its rejects; nothing is left of it.
    pub(crate) fn remove(&self, hour: Hour) -> Result<(), StoreError> {
        let key = self.key(hour);
        let folder = self.store.hour_folder(&key);
        let records: PathBuf = self.store.records_file(&key);
        // The records go first: what is left after a crash is no hour to any reader.
        fs::remove_file(&records).on("remove", &records)?;
        fs::remove_dir_all(&folder).on("remove", &folder)?;
        if let Some(date) = folder.parent() {
            // Not empty while other hours of the day are stored; then it stays.
            let _ = fs::remove_dir(date);
        }
        Ok(())
    }

    /// Lists the collection's stored hours, oldest first.
    pub(super) fn hours(&self) -> Result<Vec<Hour>, StoreError> {
        let filter = Filter {
            providers: vec![self.provider],
            collections: vec![self.collection.clone()],
            ..Filter::default()
        };
        let keys = self.store.hours(&filter)?;
        Ok(keys.into_iter().map(|key| key.hour).collect())
    }

    pub(super) fn key(&self, hour: Hour) -> HourKey {
        HourKey {
            provider: self.provider,
            collection: self.collection.clone(),
            hour,
        }
    }
}

//! What killed writers leave: temporary files, rejects that no footer names, folders without an hour.
//!
//! Rule: nothing is taken for left that a footer names, that someone else put there, or that a living writer may be at.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::model::{Hour, Provider};

use super::error::{OnPath, StoreError};
use super::hour_key::HourKey;
use super::layout::{LOCK, RECORDS, Store, TEMPORARY, partitions};
use super::meta::HourMeta;

impl Store {
    /// Counts what killed writers left of a collection; `None` while another process writes to it.
    pub(crate) fn leftovers(
        &self,
        provider: Provider,
        collection: &str,
    ) -> Result<Option<u64>, StoreError> {
        let folder = self.collection_folder(provider, collection);
        // Only looked at: nothing is made, so that a store that may not be written to can be checked.
        let lock = File::open(folder.join(LOCK)).ok();
        if lock.as_ref().is_some_and(|lock| lock.try_lock().is_err()) {
            return Ok(None);
        }
        Ok(Some(self.list(provider, collection)?.len() as u64))
    }

    /// Ends what killed writers began in a collection and removes what they left; returns how much that was.
    pub(crate) fn repair(&self, provider: Provider, collection: &str) -> Result<u64, StoreError> {
        let held = self.hold(provider, collection)?;
        let left = self.list(provider, collection)?;
        remove(self, &left)?;
        drop(held);
        let lock = self.lock(provider, collection)?;
        lock.commit(Vec::new())?;
        lock.settle()?;
        Ok(left.len() as u64)
    }

    /// Lists what is left of a collection, files before their folders.
    fn list(&self, provider: Provider, collection: &str) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.collection_folder(provider, collection);
        let mut left = files(&folder, is_temporary)?;
        for date in partitions(&folder, "date")? {
            let date_folder = folder.join(format!("date={date}"));
            let mut is_empty = true;
            for of_day in partitions(&date_folder, "hour")? {
                let Some(hour) = Hour::from_parts(&date, &of_day) else {
                    is_empty = false;
                    continue;
                };
                let key = HourKey {
                    provider,
                    collection: collection.to_owned(),
                    hour,
                };
                match self.meta(&key) {
                    Ok(meta) => left.extend(in_hour(self, &key, meta.as_ref())?),
                    // What its footer names cannot be known.
                    Err(StoreError::Damaged { .. }) => {}
                    Err(error) => return Err(error),
                }
                is_empty &= left
                    .last()
                    .is_some_and(|last| *last == self.hour_folder(&key));
            }
            if is_empty
                && entries(&date_folder)?
                    .iter()
                    .all(|entry| left.contains(entry))
            {
                left.push(date_folder);
            }
        }
        Ok(left)
    }
}

/// Removes what lies in an hour's folder and is not named by its footer, and the folder if it holds nothing then. `meta`
/// is what the stored footer says, `None` if there is no hour.
pub(super) fn sweep(
    store: &Store,
    key: &HourKey,
    meta: Option<&HourMeta>,
) -> Result<(), StoreError> {
    let folder = store.hour_folder(key);
    remove(store, &in_hour(store, key, meta)?)?;
    if let Some(date) = folder.parent().filter(|_| !folder.exists()) {
        // Stays while other hours of the day are stored.
        let _ = store.disk().remove_folder(date);
    }
    Ok(())
}

/// Removes temporary files from a collection's own folder.
pub(super) fn sweep_temporary(store: &Store, collection: &Path) -> Result<(), StoreError> {
    remove(store, &files(collection, is_temporary)?)
}

fn is_temporary(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(TEMPORARY)
}

/// Lists what is left in an hour's folder, at last the folder itself if nothing else is in it.
fn in_hour(
    store: &Store,
    key: &HourKey,
    meta: Option<&HourMeta>,
) -> Result<Vec<PathBuf>, StoreError> {
    let folder = store.hour_folder(key);
    let named = meta.and_then(|meta| meta.rejects.file_name());
    let is_left = |name: &str| {
        let is_ours = name.starts_with("_rejects-") || is_temporary(name);
        is_ours && named.as_deref() != Some(name)
    };
    let mut left = files(&folder, is_left)?;
    let is_hour = folder.join(RECORDS).exists();
    if !is_hour && folder.is_dir() && entries(&folder)?.len() == left.len() {
        left.push(folder);
    }
    Ok(left)
}

fn files(folder: &Path, is_left: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, StoreError> {
    let is_left = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(&is_left) && path.is_file()
    };
    Ok(entries(folder)?.into_iter().filter(is_left).collect())
}

fn entries(folder: &Path) -> Result<BTreeSet<PathBuf>, StoreError> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        entries => entries
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
            .on("read", folder),
    }
}

fn remove(store: &Store, left: &[PathBuf]) -> Result<(), StoreError> {
    for path in left {
        let removed = match path.is_dir() {
            true => store.disk().remove_folder(path),
            false => store.disk().remove_file(path),
        };
        removed.on("remove", path)?;
    }
    Ok(())
}

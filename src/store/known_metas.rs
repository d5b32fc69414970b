//! What the files of hours that were opened say of themselves, so that no footer is taken apart twice.
//!
//! Rule: what is known of a file counts only while the very same file is in its place.

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::meta::HourMeta;

/// What tells a file from the one that replaces it. A new version is written beside the old one, so that the two have
/// different numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileVersion {
    number: u64,
    len: u64,
    modified: SystemTime,
}

/// The hours of one store that were opened.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownMetas(Arc<Mutex<HashMap<PathBuf, (FileVersion, HourMeta)>>>);

impl FileVersion {
    /// Returns the version of a file; `None` where the platform does not tell.
    pub(super) fn of(metadata: &Metadata) -> Option<FileVersion> {
        Some(FileVersion {
            number: number_of(metadata)?,
            len: metadata.len(),
            modified: metadata.modified().ok()?,
        })
    }
}

impl KnownMetas {
    pub(super) fn remember(&self, path: &Path, version: Option<FileVersion>, meta: &HourMeta) {
        if let Some(version) = version {
            self.lock().insert(path.to_owned(), (version, meta.clone()));
        }
    }

    /// Returns what the file at a path says of itself, if it is known.
    pub(super) fn get(&self, path: &Path) -> Option<HourMeta> {
        // Without a question to the disk where nothing is known.
        if !self.lock().contains_key(path) {
            return None;
        }
        let now = FileVersion::of(&path.metadata().ok()?)?;
        let known = self.lock();
        let (_, meta) = known.get(path).filter(|(version, _)| *version == now)?;
        Some(meta.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, (FileVersion, HourMeta)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(unix)]
fn number_of(metadata: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(metadata))
}

#[cfg(not(unix))]
fn number_of(_: &Metadata) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use crate::model::{Hour, Provider};
    use crate::store::{HourFile, HourKey, Mode, Store};

    #[test]
    fn what_is_known_of_an_hour_is_forgotten_when_it_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path());
        let key = HourKey {
            provider: Provider::Segment,
            collection: "abc".to_owned(),
            hour: Hour::from_parts("2025-03-23", "20").unwrap(),
        };
        let path = store.records_file(&key);
        assert_eq!(store.known_metas().get(&path), None);
        for fetched_at in [key.hour.end(), key.hour.end().plus(1)] {
            let lock = store.lock(key.provider, &key.collection).unwrap();
            let writer = lock.begin(key.hour, Mode::Replace).unwrap();
            let staged = writer.finish(Some(fetched_at), Vec::new()).unwrap();
            lock.commit_one(staged).unwrap();
            assert_eq!(store.known_metas().get(&path), None);
            let file = HourFile::open(&store, &key).unwrap();
            assert_eq!(file.meta().fetched_at, Some(fetched_at));
            #[cfg(unix)]
            assert_eq!(store.known_metas().get(&path).as_ref(), Some(file.meta()));
            assert_eq!(store.meta(&key).unwrap().as_ref(), Some(file.meta()));
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(store.meta(&key).unwrap(), None);
    }
}

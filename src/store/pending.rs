//! What a commit has begun: on disk the hours that are about to change, in memory what came to those whose records supersede
//! others.
//!
//! Rule: an hour is on disk before it is seen by any reader, and until it is linked and settled.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::Hour;

use super::disk::Disk;
use super::error::{OnPath, StoreError};
use super::layout::Store;
use super::versions::Since;

/// What stands behind an hour that is to be linked; one without is to be settled.
const LINKS: &str = " links";

/// What is kept with the lock of a collection.
pub(super) struct Pending {
    disk: Disk,
    collection: PathBuf,
    /// One hour a line.
    path: PathBuf,
    is_lasting: bool,
    kept: Mutex<Kept>,
}

struct Kept {
    /// Hours that an earlier writer left to be settled; which of their records came is not known.
    left: BTreeSet<Hour>,
    /// Hours that an earlier writer left to be linked.
    left_to_link: BTreeSet<Hour>,
    /// What came under this lock, in order of the keys.
    came: BTreeMap<Hour, Vec<(u128, Since)>>,
}

impl Pending {
    /// Reads what an earlier writer left.
    pub(super) fn read(store: &Store, collection: PathBuf) -> Result<Pending, StoreError> {
        let path = collection.join(".pending");
        let bytes = if path.exists() {
            fs::read(&path).on("read", &path)?
        } else {
            Vec::new()
        };
        let mut kept = Kept {
            left: BTreeSet::new(),
            left_to_link: BTreeSet::new(),
            came: BTreeMap::new(),
        };
        // A line that a crash cut is of an hour that was not published.
        for line in String::from_utf8_lossy(&bytes).lines() {
            let (text, hours) = match line.strip_suffix(LINKS) {
                Some(text) => (text, &mut kept.left_to_link),
                None => (line, &mut kept.left),
            };
            let hour = text
                .split_once('T')
                .and_then(|(date, of_day)| Hour::from_parts(date, of_day));
            hours.extend(hour);
        }
        Ok(Pending {
            disk: store.disk().clone(),
            collection,
            kept: Mutex::new(kept),
            path,
            is_lasting: !store.is_temporary(),
        })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what came to an hour under this lock before.
    pub(super) fn since(&self, hour: Hour) -> Vec<(u128, Since)> {
        self.kept().came.get(&hour).cloned().unwrap_or_default()
    }

    /// Notes hours that are about to be published, and what came to those whose records supersede others.
    pub(super) fn note<'h>(
        &self,
        hours: impl Iterator<Item = (Hour, &'h [(u128, Since)])>,
    ) -> Result<(), StoreError> {
        let mut kept = self.kept();
        // Begins with a line end: the last line may have been cut by a crash.
        let mut lines = String::from("\n");
        for (hour, came) in hours {
            lines.push_str(&format!("{hour}{LINKS}\n"));
            if !came.is_empty() {
                lines.push_str(&format!("{hour}\n"));
                kept.came.insert(hour, came.to_vec());
            }
        }
        if !self.is_lasting {
            return Ok(());
        }
        let mut file = self.disk.append(&self.path).on("open", &self.path)?;
        file.write_all(lines.as_bytes()).on("write", &self.path)?;
        self.disk.sync(&self.path).on("sync", &self.path)?;
        self.disk
            .sync_folder(&self.collection)
            .on("sync", &self.collection)
    }

    /// Returns the hours that an earlier writer may have left half published.
    pub(super) fn left_by_another(&self) -> BTreeSet<Hour> {
        let kept = self.kept();
        kept.left.union(&kept.left_to_link).copied().collect()
    }

    /// Returns the hours that an earlier writer left to be linked.
    pub(super) fn left_to_link(&self) -> BTreeSet<Hour> {
        self.kept().left_to_link.clone()
    }

    /// Notes that all is linked. What is to be settled stays noted.
    pub(super) fn linked(&self) -> Result<(), StoreError> {
        self.kept().left_to_link.clear();
        let is_settled = {
            let kept = self.kept();
            kept.came.is_empty() && kept.left.is_empty()
        };
        if is_settled { self.clear() } else { Ok(()) }
    }

    /// Lists the hours to look at: those of this lock and those that an earlier writer left.
    pub(super) fn hours(&self) -> BTreeSet<Hour> {
        let kept = self.kept();
        kept.came.keys().chain(&kept.left).copied().collect()
    }

    pub(super) fn was_left(&self, hour: Hour) -> bool {
        self.kept().left.contains(&hour)
    }

    /// Returns since when a record of an hour is stored.
    pub(super) fn since_of(&self, hour: Hour, key: u128) -> Since {
        let kept = self.kept();
        let find = |came: &Vec<(u128, Since)>| {
            let at = came.binary_search_by_key(&key, |(known, _)| *known).ok()?;
            Some(came[at].1)
        };
        kept.came.get(&hour).and_then(find).unwrap_or(Since::Before)
    }

    /// Notes that all is settled.
    pub(super) fn clear(&self) -> Result<(), StoreError> {
        let mut kept = self.kept();
        if self.path.exists() {
            self.disk.remove_file(&self.path).on("remove", &self.path)?;
        }
        kept.came.clear();
        kept.left.clear();
        Ok(())
    }
}

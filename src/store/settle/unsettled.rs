//! The hours that records came to and that are not settled: in memory what came, on disk which hours.
//!
//! Rule: an hour is on disk before it is seen by any reader, and until it is settled.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::Hour;

use super::super::error::{OnPath, StoreError};
use super::super::versions::Since;

/// What is kept with the lock of a collection.
pub(in crate::store) struct Unsettled {
    /// One hour a line.
    path: PathBuf,
    kept: Mutex<Kept>,
}

struct Kept {
    /// Hours that an earlier writer left; which of their records came is not known.
    left: BTreeSet<Hour>,
    /// What came under this lock, in order of the keys.
    came: BTreeMap<Hour, Vec<(u128, Since)>>,
}

impl Unsettled {
    /// Reads what an earlier writer left.
    pub(in crate::store) fn read(collection: &Path) -> Result<Unsettled, StoreError> {
        let path = collection.join(".unsettled");
        let bytes = if path.exists() {
            fs::read(&path).on("read", &path)?
        } else {
            Vec::new()
        };
        // A line that a crash cut is of an hour that was not published.
        let text = String::from_utf8_lossy(&bytes);
        let left = text.lines().filter_map(|line| {
            let (date, of_day) = line.split_once('T')?;
            Hour::from_parts(date, of_day)
        });
        Ok(Unsettled {
            kept: Mutex::new(Kept {
                left: left.collect(),
                came: BTreeMap::new(),
            }),
            path,
        })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what came to an hour under this lock before.
    pub(in crate::store) fn since(&self, hour: Hour) -> Vec<(u128, Since)> {
        self.kept().came.get(&hour).cloned().unwrap_or_default()
    }

    /// Notes that an hour is about to be published, and what came to it under this lock.
    pub(in crate::store) fn keep(
        &self,
        hour: Hour,
        since: Vec<(u128, Since)>,
    ) -> Result<(), StoreError> {
        if since.is_empty() {
            return Ok(());
        }
        let mut kept = self.kept();
        if kept.came.insert(hour, since).is_none() {
            let mut options = OpenOptions::new();
            let mut file = options
                .create(true)
                .append(true)
                .open(&self.path)
                .on("open", &self.path)?;
            // Begins with a line end: the last line may have been cut by a crash.
            write!(file, "\n{hour}\n").on("write", &self.path)?;
            file.sync_all().on("sync", &self.path)?;
        }
        Ok(())
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
            fs::remove_file(&self.path).on("remove", &self.path)?;
        }
        kept.came.clear();
        kept.left.clear();
        Ok(())
    }
}

//! What others may see of a run, and how they stop it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What others may see of a run, and how they stop it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    interrupted: Arc<AtomicBool>,
    bytes: AtomicU64,
    records: AtomicU64,
}

impl Progress {
    pub(crate) fn new(interrupted: Arc<AtomicBool>) -> Self {
        Progress {
            interrupted,
            ..Progress::default()
        }
    }

    /// Returns the decompressed bytes read so far.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Returns the records decoded so far.
    #[cfg(test)]
    pub(crate) fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub(super) fn add_bytes(&self, count: usize) {
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(super) fn add_records(&self, count: u64) {
        self.records.fetch_add(count, Ordering::Relaxed);
    }
}

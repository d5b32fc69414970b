//! What is known of a download from outside, while it runs and afterwards.
//!
//! Rule: the download alone writes; whoever shows progress or stores the hour only reads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What is known of a download while it runs and afterwards; shared with whoever shows progress.
#[derive(Debug, Default)]
pub(crate) struct Transfer {
    received: AtomicU64,
    facts: Mutex<Facts>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) etag: Option<String>,
    pub(super) total: Option<u64>,
}

impl Transfer {
    /// Returns the bytes received so far.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Returns the size of the object, once and if the server told it.
    pub(crate) fn total(&self) -> Option<u64> {
        self.facts().total
    }

    /// Returns the object's ETag as sent, quotes and all, once and if the server told it.
    pub(crate) fn etag(&self) -> Option<String> {
        self.facts().etag
    }

    pub(super) fn set_received(&self, received: u64) {
        self.received.store(received, Ordering::Relaxed);
    }

    fn facts(&self) -> Facts {
        // A panic elsewhere leaves the facts whole: they are only ever replaced.
        self.facts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set(&self, facts: Facts) {
        *self.facts.lock().unwrap_or_else(PoisonError::into_inner) = facts;
    }
}

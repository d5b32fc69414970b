//! What others may see of a fetch while it runs.
//!
//! Rule: written by the fetch, read by whoever shows progress; nothing here decides anything.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::download::Transfer;

/// How far a fetch has come.
#[derive(Default)]
pub(crate) struct Watch {
    hours_done: AtomicU64,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    doing: String,
    transfers: Vec<Arc<Transfer>>,
    /// Bytes of hours that are done.
    bytes_before: u64,
}

/// A reading of a [`Watch`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) hours_done: u64,
    /// What is being done, for a person: `2025-03-23T20 of braze`.
    pub(crate) doing: String,
    /// Bytes received in all hours.
    pub(crate) bytes: u64,
    /// Bytes still to come in this hour, if the server told the sizes.
    pub(crate) bytes_left: Option<u64>,
}

impl Watch {
    pub(super) fn begin(&self, doing: String) {
        self.current().doing = doing;
    }

    pub(super) fn transfer(&self, transfers: &[Arc<Transfer>]) {
        self.current().transfers = transfers.to_vec();
    }

    /// Counts bytes that came whole, without a transfer to watch.
    pub(super) fn received(&self, bytes: u64) {
        self.current().bytes_before += bytes;
    }

    pub(super) fn end_hour(&self) {
        let mut current = self.current();
        let bytes: u64 = current.transfers.iter().map(|t| t.received()).sum();
        current.bytes_before += bytes;
        current.transfers.clear();
        self.hours_done.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Reading {
        let current = self.current();
        let received: u64 = current.transfers.iter().map(|t| t.received()).sum();
        let total: Option<u64> = current.transfers.iter().map(|t| t.total()).sum();
        Reading {
            hours_done: self.hours_done.load(Ordering::Relaxed),
            doing: current.doing.clone(),
            bytes: current.bytes_before + received,
            bytes_left: total.map(|total| total.saturating_sub(received)),
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

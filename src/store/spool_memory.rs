//! What the spools of one store keep in memory together.
//!
//! Rule: what was taken is given back when it is no longer held.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that the spools of a store keep in memory.
pub(super) const MAX_MEMORY: usize = 64 << 20;

/// Bytes that the spools of one store keep in memory, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct SpoolMemory(pub(super) Arc<AtomicUsize>);

/// A part of what the spools of a store may keep in memory, for as long as it is held.
pub(super) struct Reserved {
    memory: SpoolMemory,
    bytes: usize,
}

impl SpoolMemory {
    /// Takes bytes from what may be kept in memory; `None` if that is too much.
    pub(super) fn reserve(&self, bytes: usize) -> Option<Reserved> {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        let reserved = Reserved {
            memory: self.clone(),
            bytes,
        };
        (before + bytes <= MAX_MEMORY).then_some(reserved)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let SpoolMemory(all) = &self.memory;
        all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

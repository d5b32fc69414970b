//! What the threads of a scan share: the files, what is known of them, and whether to go on.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::Provider;
use crate::providers::Outlined;

use super::super::ingest::Origin;
use super::super::progress::Progress;
use super::file::ScanFile;
use super::ranking::Page;

/// Files being looked through.
pub(super) struct Scan<'s> {
    pub(super) provider: Provider,
    pub(super) outline: Outlined,
    pub(super) page: Page,
    pub(super) files: Vec<ScanFile>,
    pub(super) origins: Vec<Origin>,
    pub(super) progress: &'s Progress,
    /// Something was met that this cannot answer.
    pub(super) is_beyond: AtomicBool,
}

impl Scan<'_> {
    /// Gives up: the files hold what can only be told when all of them is stored.
    pub(super) fn is_beyond_this(&self) {
        self.is_beyond.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_beyond.load(Ordering::Relaxed) || self.progress.is_interrupted()
    }
}

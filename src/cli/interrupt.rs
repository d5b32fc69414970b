//! Ctrl-C: the first asks the verb to end well, the second ends the process.
//!
//! Rule: ending at once is safe at any moment, because the store shows whole hours only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::commands::Kind;

/// Sets `interrupted` at the first Ctrl-C or request to end, and ends the process at the second. While `paging`, Ctrl-C
/// is meant for the pager, and leaving that ends the run.
pub(super) fn install(interrupted: &Arc<AtomicBool>, paging: &Arc<AtomicBool>) {
    let (interrupted, paging) = (Arc::clone(interrupted), Arc::clone(paging));
    let installed = ctrlc::set_handler(move || {
        if !paging.load(Ordering::Relaxed) && interrupted.swap(true, Ordering::Relaxed) {
            end_now();
        }
    });
    // Without a handler the first Ctrl-C ends the process, which is as safe as the second.
    let _: Result<(), ctrlc::Error> = installed;
}

#[expect(
    clippy::exit,
    reason = "the verb did not heed the first Ctrl-C; nothing it holds needs an orderly end"
)]
fn end_now() {
    std::process::exit(i32::from(Kind::Interrupted.exit_code()));
}

//! The one integration binary: the program as a user and a script see it, and rules about the source itself.
//!
//! Rule: every file under `tests/` is a module listed here or in a listed one; a test says so.

#![expect(
    clippy::expect_used,
    reason = "all of this crate is tests, and their shared functions fail them just so"
)]

mod architecture;
mod cli;
mod count;
mod cycles;
mod explain;
mod fetch;
mod forward;
mod import;
mod incidents;
mod notificationapi;
mod readme;
mod show;
mod support;
mod trace;

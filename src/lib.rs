//! faillog: explore failed event deliveries.
//!
//! The map, top to bottom; a layer uses only those below it, and `tests/architecture.rs` holds it to that.
//!
//! | layer | what it is |
//! | --- | --- |
//! | `cli` | clap tree, settings, terminal, exit codes: alone touches environment, clock, stdout, stderr |
//! | `commands` | one verb a file: its arguments, and a `run` that reads like a summary |
//! | `fetch` | which hours or pages to ask for, what that costs, downloading, files, decoding into the store |
//! | `query` | pages, the join of attempts to exchanges, fates, folds, messages, counts, traces |
//! | `render` | tables, CSV, JSON, Markdown, Parquet, raw; drawings, texts of traces |
//! | `demo` | made-up data and a loopback server that behaves like the documented API |
//! | `providers` | what each system sends and expects; HTTP, secrets, retries |
//! | `store` | Parquet files, one an hour; see `store/FORMAT.md` |
//! | `model` | record, column, time, filter, pattern: the shared words, no I/O |

mod cli;
mod commands;
mod demo;
mod fetch;
#[cfg(any(feature = "fuzzing", test))]
pub mod fuzzing;
mod model;
mod providers;
mod query;
mod render;
mod store;

pub use cli::{command, run};

//! Getting logs into the store: which hours are due, what they cost, downloading and decoding.
//!
//! Rule: a request is paid for once: it is written down before it is made, and what it bought is kept whole or not at
//! all.

mod course;
mod decompress;
mod download;
mod fault;
mod import;
mod ingest;
mod ingest_error;
mod ledger;
mod pages;
mod pause;
mod pipeline;
mod plan;
mod progress;
mod recognise;
mod report;
mod run;
mod scan;
mod watch;

pub(crate) use import::{FileImport, Imported, import_files};
pub(crate) use ingest_error::IngestError;
#[cfg(test)]
pub(crate) use ledger::Report;
pub(crate) use ledger::{Budget, Ledger, LedgerError};
pub(crate) use pages::{PATIENCE, PageStop, Pages, PagesReport};
pub(crate) use pause::{Interrupted, beside, jitter, pause};
pub(crate) use pipeline::Source;
pub(crate) use plan::{
    Action, Asked, Hours, Plan, PlanError, Planned, Policy, Skip, State, Stored, due_at,
    expires_at, expires_soon, has_fetched, lateness, of_imports, read_stored, settles_at, state,
    stretches_of,
};
pub(crate) use progress::Progress;
pub(crate) use recognise::{RecogniseError, Recognised, recognise};
#[cfg(test)]
pub(crate) use report::HourReport;
pub(crate) use report::{Failure, FetchReport, HourResult, Stop};
pub(crate) use run::{Limits, Run};
pub(crate) use scan::{CHUNK_BYTES, Page, Sought, find};
pub(crate) use watch::{Reading, Watch};

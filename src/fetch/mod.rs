//! Getting logs into the store: which hours are due, what they cost, downloading and decoding.
//!
//! Rule: a request is paid for once: it is written down before it is made, and what it bought is kept whole or not at
//! all.

mod decompress;
mod import;
mod ingest;
mod ledger;
mod pipeline;
mod plan;
mod recognise;
mod report;

pub(crate) use import::{FileImport, Imported, import_files};
pub(crate) use ingest::{IngestError, Ingested, Progress, ingest_hour};
pub(crate) use ledger::{Basis, Budget, Ledger, LedgerError, Report, Ticket};
pub(crate) use pipeline::Source;
pub(crate) use plan::{
    Action, Asked, Hours, Plan, PlanError, Planned, Policy, Skip, State, Stored, due_at,
    expires_at, expires_soon, read_stored, settles_at, state,
};
pub(crate) use recognise::{RecogniseError, recognise};
pub(crate) use report::{Failure, FetchReport, HourReport, HourResult, Stop};

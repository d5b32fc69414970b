//! Getting logs into the store: which hours are due, what they cost, downloading and decoding.

mod ledger;
mod plan;
mod report;

pub(crate) use ledger::{Budget, Ledger, LedgerError, Report, Source, Ticket};
pub(crate) use plan::{
    Action, Asked, Hours, Plan, PlanError, Planned, Policy, Skip, State, Stored, due_at,
    expires_at, expires_soon, read_stored, settles_at, state,
};
pub(crate) use report::{Failure, FetchReport, HourReport, HourResult, Stop};

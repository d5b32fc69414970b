//! How a fetch went, told by the one who fetched to the one who tells the user.
//!
//! Rule: every hour that a request was spent on is in the report; no URL and no token is.

use crate::model::Timestamp;
use crate::store::HourKey;

/// Everything a fetch did before it ended or was stopped.
#[derive(Clone, Debug, Default)]
pub(crate) struct FetchReport {
    /// In the order of the requests.
    pub(crate) hours: Vec<HourReport>,
    /// Why hours of the plan were left undone; `None`: all were tried.
    pub(crate) stopped: Option<Stop>,
}

/// What became of one hour.
#[derive(Clone, Debug)]
pub(crate) struct HourReport {
    pub(crate) key: HourKey,
    pub(crate) result: HourResult,
    /// Something worth saying of it, a lowercase fragment.
    pub(crate) note: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum HourResult {
    /// It is in the store, whole.
    Stored { records: u64, rejects: u64 },
    /// The store is as it was; the message is a lowercase fragment.
    Failed { failure: Failure, message: String },
}

/// What kind of failure cost an hour, where the others could go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The provider or the network failed, or the provider knows no such collection.
    Remote,
    /// It could not be written.
    Store,
}

/// Why no further request was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Interrupted,
    /// The budget is spent, by the ledger's count or the provider's word.
    Spent {
        next_at: Option<Timestamp>,
        left: u64,
        kept_back: u64,
    },
    /// As many requests were made as `--max-requests` allows.
    MaxRequests,
    /// The token was refused; the message, and what to do.
    Unauthorised(String, Option<String>),
    /// The provider cannot be reached, or answers nothing that makes sense; the message, and what to do.
    Remote(String, Option<String>),
    /// The disk, the store or the ledger.
    Local(String),
}

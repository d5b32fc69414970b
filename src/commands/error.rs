//! How a verb fails: a kind that decides the exit code, the fact, and advice apart from it.
//!
//! Rule: the message is a lowercase fragment that says what and where; what to do next is a hint.

use std::fmt;
use std::io;

use crate::providers::segment::ApiError;
use crate::render::RenderError;
use crate::store::StoreError;

/// Why a run ended otherwise than well.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    /// What to do next, each a sentence.
    pub(crate) hints: Vec<String>,
}

/// The endings a script can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Failure,
    Usage,
    NoRows,
    Unauthorised,
    BudgetSpent,
    Remote,
    Incomplete,
    Interrupted,
    /// The reader of our output left; no failure.
    BrokenPipe,
}

impl Kind {
    /// Returns the exit code, part of the contract with scripts.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Kind::BrokenPipe => 0,
            Kind::Failure => 1,
            Kind::Usage => 2,
            Kind::NoRows => 3,
            Kind::Unauthorised => 4,
            Kind::BudgetSpent => 5,
            Kind::Remote => 6,
            Kind::Incomplete => 7,
            Kind::Interrupted => 130,
        }
    }

    /// Returns the name that `-o json` gives the kind.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::BrokenPipe => "broken_pipe",
            Kind::Failure => "failure",
            Kind::Usage => "usage",
            Kind::NoRows => "no_rows",
            Kind::Unauthorised => "unauthorised",
            Kind::BudgetSpent => "budget_spent",
            Kind::Remote => "remote",
            Kind::Incomplete => "incomplete",
            Kind::Interrupted => "interrupted",
        }
    }
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl fmt::Display) -> Self {
        Error {
            kind,
            message: message.to_string(),
            hints: Vec::new(),
        }
    }

    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Error::new(Kind::Usage, message)
    }

    pub(crate) fn failure(message: impl fmt::Display) -> Self {
        Error::new(Kind::Failure, message)
    }

    /// Adds a sentence of advice.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hints.push(hint.to_string());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Every write of a verb goes to standard output, so a failed one is told as such.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => {
                Error::new(Kind::BrokenPipe, "the reader of the output left")
            }
            _ => Error::failure(format!("cannot write the output: {error}")),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let failure = Error::failure(&error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<RenderError> for Error {
    fn from(error: RenderError) -> Self {
        let hint = error.hint();
        let usage = Error::usage(&error);
        match (error, hint) {
            (RenderError::Write(error), _) => error.into(),
            (_, Some(hint)) => usage.hint(hint),
            (_, None) => usage,
        }
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        let kind = match error {
            ApiError::Unauthorised { .. }
            | ApiError::Forbidden { .. }
            | ApiError::WrongRegion { .. } => Kind::Unauthorised,
            ApiError::Address { .. } | ApiError::Refused(_) => Kind::Usage,
            ApiError::RateLimited { .. } => Kind::BudgetSpent,
            ApiError::Invalid { .. }
            | ApiError::Server { .. }
            | ApiError::Redirect { .. }
            | ApiError::Unexpected { .. }
            | ApiError::NoAnswer { .. }
            | ApiError::Unreadable { .. } => Kind::Remote,
        };
        let failed = Error::new(kind, &error);
        match error.hint() {
            Some(hint) => failed.hint(hint),
            None => failed,
        }
    }
}

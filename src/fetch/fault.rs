//! Why an hour is not stored, whichever step failed.
//!
//! Rule: the message and the hint are fit to be shown; the steps' own errors have seen to that.

use crate::providers::segment::ApiError;
use crate::store::StoreError;

use super::download::{DownloadError, download_error};
use super::ingest_error::IngestError;
use super::ledger::LedgerError;

/// Why an hour is not stored, for the run and for the user.
pub(super) enum Fault {
    Api(ApiError),
    Download(DownloadError),
    /// What was transferred whole is no whole data.
    Data(IngestError),
    Local(StoreError),
    /// No request may be made.
    Budget(LedgerError),
    MaxRequests,
    Interrupted,
}

impl Fault {
    pub(super) fn message(&self) -> String {
        match self {
            Fault::Api(error) => error.to_string(),
            Fault::Download(error) => error.to_string(),
            Fault::Data(error) => error.to_string(),
            Fault::Local(error) => error.to_string(),
            Fault::Budget(error) => error.to_string(),
            Fault::MaxRequests => "--max-requests are made".to_owned(),
            Fault::Interrupted => "interrupted".to_owned(),
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Fault::Api(error) => error.hint(),
            Fault::Local(error) => error.hint(),
            _ => None,
        }
    }
}

impl From<IngestError> for Fault {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Interrupted => Fault::Interrupted,
            IngestError::Store(error) => Fault::Local(error),
            IngestError::Read { error, name } => match download_error(&error) {
                Some(DownloadError::Interrupted) => Fault::Interrupted,
                Some(error) => Fault::Download(error.clone()),
                None => Fault::Data(IngestError::Read { error, name }),
            },
            IngestError::Truncated { .. }
            | IngestError::Corrupt { .. }
            | IngestError::TooLong { .. }
            | IngestError::NothingDecoded { .. } => Fault::Data(error),
        }
    }
}

//! How a download fails: one variant for each thing a fetch does differently.
//!
//! Rule: names the host and nothing else of the link.

use std::io;

use crate::model::bytes;
use crate::providers::Failure;
use crate::providers::http::HttpError;

/// Why an object could not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DownloadError {
    /// A new link has to be asked for.
    #[error("the download link of `{host}` has expired")]
    Expired { host: String },
    #[error("`{host}` refuses the download with status {status}{}", said(.reason))]
    Refused {
        host: String,
        status: u16,
        reason: String,
    },
    #[error("the object is gone from `{host}`")]
    Gone { host: String },
    /// What was read so far belongs to another version.
    #[error("the object at `{host}` changed while it was downloaded")]
    Changed { host: String },
    #[error("`{host}` failed with status {status}{} after {}", said(.reason), bytes(*.received))]
    Server {
        host: String,
        status: u16,
        reason: String,
        received: u64,
    },
    #[error("the download from `{host}` broke off after {}: {failure}", bytes(*.received))]
    Broken {
        host: String,
        failure: Failure,
        received: u64,
    },
    #[error("`{host}` sent another part of the object than was asked for")]
    WrongPart { host: String },
    #[error("`{host}` answered the download with an unexpected status {status}")]
    Unexpected { host: String, status: u16 },
    /// The request was not made, or led astray.
    #[error(transparent)]
    Http(HttpError),
    #[error("interrupted")]
    Interrupted,
}

fn said(reason: &str) -> String {
    match reason {
        "" => String::new(),
        reason => format!(" ({reason})"),
    }
}

/// Returns the download's error if that is what a read failed of, however often it was wrapped in `io::Error`.
pub(crate) fn download_error(error: &io::Error) -> Option<&DownloadError> {
    let inner = error.get_ref()?;
    inner
        .downcast_ref::<DownloadError>()
        .or_else(|| download_error(inner.downcast_ref::<io::Error>()?))
}

//! How sending fails: one variant for each thing a sender does differently.
//!
//! Rule: text of the server gets in only redacted and as one line; nothing here holds the write key.

use std::time::Duration;

use crate::providers::Failure;
use crate::providers::http::HttpError;
use crate::providers::retry::Kind;

/// Why a batch was not taken. `message` is the server's own, empty if it had none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TrackingError {
    #[error("the Tracking API's address cannot be used: {reason}")]
    Address { reason: String },
    /// 401 or 403, which the API itself never answers, but a proxy may.
    #[error("`{host}` does not accept the write key (status {status}){}", said(.message))]
    Unauthorised {
        host: String,
        status: u16,
        message: String,
    },
    /// 400, 413, or a 200 that says otherwise: something in this batch is not accepted; a part of it may be.
    #[error("`{host}` does not accept what was sent (status {status}){}", said(.message))]
    Refused {
        host: String,
        status: u16,
        message: String,
    },
    /// 429; `wait` is how long until the server will take more, if it said so.
    #[error("`{host}` takes no more events for now")]
    RateLimited {
        host: String,
        wait: Option<Duration>,
    },
    /// 5xx, or 408 of a proxy; the same may work later.
    #[error("`{host}` failed with status {status}{}", said(.message))]
    Server {
        host: String,
        status: u16,
        message: String,
    },
    /// Anything else: this is not the Tracking API.
    #[error("`{host}` answered with an unexpected status {status}{}", said(.message))]
    Unexpected {
        host: String,
        status: u16,
        message: String,
    },
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl TrackingError {
    /// Tells whether the same batch may be taken later, and after what time the server would have it.
    pub(crate) fn retry(&self) -> (Kind, Option<Duration>) {
        match self {
            TrackingError::RateLimited { wait, .. } => (Kind::Throttled, *wait),
            // A certificate that is not trusted will not be in a moment either.
            TrackingError::Http(HttpError::NoAnswer {
                failure: Failure::Tls(_),
                ..
            }) => (Kind::Permanent, None),
            TrackingError::Server { .. } | TrackingError::Http(HttpError::NoAnswer { .. }) => {
                (Kind::Transient, None)
            }
            TrackingError::Address { .. }
            | TrackingError::Unauthorised { .. }
            | TrackingError::Refused { .. }
            | TrackingError::Unexpected { .. }
            | TrackingError::Http(_) => (Kind::Permanent, None),
        }
    }
}

fn said(message: &str) -> String {
    match message {
        "" => String::new(),
        message => format!(": {message}"),
    }
}

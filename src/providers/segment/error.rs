//! How a call of the API fails: one variant for each thing a user or a fetch does differently.
//!
//! Rule: text of the server gets in only redacted and as one line; no variant holds a URL.

use std::time::Duration;

use crate::model::format_span;
use crate::providers::Failure;
use crate::providers::http::HttpError;

use super::quota::Quota;
use super::region::Region;

/// Why the API gave nothing. `message` is the server's own, empty if it had none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("the API address cannot be used: {reason}")]
    Address { reason: &'static str },
    /// 401.
    #[error("`{host}` does not accept the token{}", said(.message))]
    Unauthorised { host: String, message: String },
    /// 403.
    #[error("`{host}` does not allow this to the token{}", said(.message))]
    Forbidden { host: String, message: String },
    /// Told by the message, whatever the status.
    #[error("the workspace is in the {} region, but `{host}` was asked", .needed.title())]
    WrongRegion { host: String, needed: Region },
    /// 422.
    #[error("`{host}` does not accept the request{}{}", about(.field), said(.message))]
    Invalid {
        host: String,
        field: Option<String>,
        message: String,
    },
    /// 429. `wait` is how long until the server will answer again, if it said so.
    #[error("`{host}` has had enough requests{}", for_now(.wait))]
    RateLimited {
        host: String,
        wait: Option<Duration>,
        quota: Quota,
    },
    /// 5xx.
    #[error("`{host}` failed with status {status}{}", said(.message))]
    Server {
        host: String,
        status: u16,
        message: String,
    },
    /// 3xx. Not followed: the token is for one host.
    #[error("`{host}` redirects to {}, which is not followed with a token", place(.to))]
    Redirect { host: String, to: Option<String> },
    #[error("`{host}` answered with an unexpected status {status}{}", said(.message))]
    Unexpected {
        host: String,
        status: u16,
        message: String,
    },
    #[error("no answer from `{host}`: {failure}; the request {}", counted(.failure))]
    NoAnswer { host: String, failure: Failure },
    /// A success that says nothing we understand.
    #[error("the answer of `{host}` cannot be read: {reason}{}", said(.seen))]
    Unreadable {
        host: String,
        reason: &'static str,
        /// The beginning of the answer.
        seen: String,
    },
    /// The call was not made.
    #[error(transparent)]
    Refused(HttpError),
}

impl ApiError {
    /// Says what to do next.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            ApiError::Address { .. } => {
                "give the address as https://HOST, with a path if there is one".to_owned()
            }
            ApiError::Unauthorised { .. } => {
                "make a Public API token in the workspace settings and store it with `faillog auth login`; a token of \
                 the other region is not accepted either"
                    .to_owned()
            }
            ApiError::Forbidden { .. } => {
                "failure logs need a Business plan with log collection switched on, and a token of a workspace owner"
                    .to_owned()
            }
            ApiError::WrongRegion { needed, .. } => {
                format!("set `region = \"{}\"` in the config", needed.name())
            }
            ApiError::Invalid { .. } => {
                "check the Collection ID: it is shown where log collection is switched on".to_owned()
            }
            ApiError::RateLimited { .. } => {
                "the limit is shared by everyone in the workspace; `faillog quota` shows what is left".to_owned()
            }
            ApiError::Redirect { .. } => "check the API address".to_owned(),
            ApiError::NoAnswer { .. } => "check the network, and the proxy if there is one".to_owned(),
            ApiError::Refused(HttpError::PlainToken { .. }) => {
                "use https in the API address".to_owned()
            }
            ApiError::Server { .. }
            | ApiError::Unexpected { .. }
            | ApiError::Unreadable { .. }
            | ApiError::Refused(_) => return None,
        };
        Some(hint)
    }

    /// Tells whether the server may have counted the request.
    pub(crate) fn may_be_counted(&self) -> bool {
        match self {
            ApiError::NoAnswer { failure, .. } => failure.may_have_arrived(),
            ApiError::Address { .. } | ApiError::Refused(_) => false,
            ApiError::Unauthorised { .. }
            | ApiError::Forbidden { .. }
            | ApiError::WrongRegion { .. }
            | ApiError::Invalid { .. }
            | ApiError::RateLimited { .. }
            | ApiError::Server { .. }
            | ApiError::Redirect { .. }
            | ApiError::Unexpected { .. }
            | ApiError::Unreadable { .. } => true,
        }
    }
}

impl From<HttpError> for ApiError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NoAnswer { host, failure } => ApiError::NoAnswer { host, failure },
            other => ApiError::Refused(other),
        }
    }
}

fn said(message: &str) -> String {
    match message {
        "" => String::new(),
        message => format!(": {message}"),
    }
}

fn about(field: &Option<String>) -> String {
    field
        .as_ref()
        .map_or_else(String::new, |field| format!(" because of `{field}`"))
}

fn place(to: &Option<String>) -> String {
    to.as_ref()
        .map_or_else(|| "somewhere else".to_owned(), |host| format!("`{host}`"))
}

fn for_now(wait: &Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| {
        let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        format!("; more in {}", format_span(micros))
    })
}

fn counted(failure: &Failure) -> &'static str {
    if failure.may_have_arrived() {
        "may have been counted"
    } else {
        "was not counted"
    }
}

//! How a run over pages went, told by the one who fetched to the one who tells the user.
//!
//! Rule: what may be missing is in the report; no URL and no token is.

use crate::model::{Hour, Timestamp};
use crate::providers::feed::{Coverage, FeedError};
use crate::providers::http::HttpError;
use crate::store::StoreError;

/// Everything a run over pages did before it ended or was stopped.
#[derive(Clone, Debug, Default)]
pub(crate) struct PagesReport {
    pub(crate) pages: u64,
    /// Records on the pages, those known before among them.
    pub(crate) records: u64,
    /// Records that were not stored before.
    pub(crate) added: u64,
    /// Records that were stored before in an older version.
    pub(crate) updated: u64,
    /// Records of the times that were asked for; a server may send others too.
    pub(crate) within: u64,
    /// Records that could not be decoded.
    pub(crate) rejects: u64,
    /// Hours of which something that was stored could not be read any more.
    pub(crate) damaged: Vec<Hour>,
    /// Steps that were taken again.
    pub(crate) retries: u64,
    /// The hours that count as fetched now, and when they were asked for.
    pub(crate) whole: Vec<Hour>,
    pub(crate) asked_at: Option<Timestamp>,
    /// What the feed said at its end; `None`: it did not come to its end.
    pub(crate) coverage: Option<Coverage>,
    /// Why it did not.
    pub(crate) stopped: Option<PageStop>,
}

/// Why no further page was asked for. Messages are lowercase fragments, hints sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageStop {
    Interrupted,
    /// As many pages came as `--max-requests` allows.
    MaxPages,
    /// The credentials were refused; the message, and what to do.
    Unauthorised(String, Option<String>),
    /// The vendor wants a longer pause than a run sits out.
    RateLimited {
        message: String,
        again_at: Option<Timestamp>,
    },
    /// The call cannot be made as it was set up; the message, and what to do.
    Setup(String, Option<String>),
    /// The provider cannot be reached, or answers nothing that makes sense.
    Remote(String, Option<String>),
    /// The disk or the store.
    Local(String, Option<String>),
}

impl PageStop {
    /// Sorts the error of a step that is not taken again.
    pub(crate) fn of(error: FeedError, now: Timestamp) -> PageStop {
        let message = error.to_string();
        let hint = |text: &str| Some(text.to_owned());
        match error {
            FeedError::Unauthorised { hint, .. } => {
                PageStop::Unauthorised(message, (!hint.is_empty()).then_some(hint))
            }
            FeedError::RateLimited { wait, .. } => PageStop::RateLimited {
                message,
                again_at: wait.map(|wait| {
                    // OK because no server asks for 292,000 years; one that does is told of the end of time.
                    now.plus(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX))
                }),
            },
            FeedError::Address { .. } => PageStop::Setup(
                message,
                hint("Give the address as https://HOST, with a path if there is one."),
            ),
            FeedError::Http(HttpError::PlainToken { .. }) => {
                PageStop::Setup(message, hint("Use https in the API address."))
            }
            FeedError::Http(HttpError::NoAnswer { .. }) => PageStop::Remote(
                message,
                hint("Check the network, and the proxy if there is one."),
            ),
            FeedError::Refused { .. }
            | FeedError::Server { .. }
            | FeedError::Query { .. }
            | FeedError::Unreadable { .. }
            | FeedError::Http(_) => PageStop::Remote(message, None),
        }
    }
}

impl From<StoreError> for PageStop {
    fn from(error: StoreError) -> Self {
        PageStop::Local(error.to_string(), error.hint())
    }
}

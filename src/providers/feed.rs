//! Logs that come page by page: what a provider's API is asked next, and what it gave.
//!
//! Rule: a feed neither sleeps nor stores. A step that failed changes nothing, so that it can be taken again; a page is
//! handed over before the next one is asked for.

use std::time::Duration;

use crate::model::Window;

use super::http::HttpError;

/// Which logs a feed is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Bounded: a feed never guesses where to begin.
    pub(crate) window: Window,
    /// Further parameters of the vendor's, as the user named them; passed on as they are.
    pub(crate) params: Vec<(String, String)>,
}

/// What came of a step.
pub(crate) enum Step {
    Page(Page),
    /// The answer is not ready; take the next step after this long.
    Wait(Duration),
    /// There are no more pages.
    End(Coverage),
}

/// One answer with records. It has no Debug: an answer is shown only once it is decoded.
pub(crate) struct Page {
    /// The answer's body as received, an envelope.
    pub(crate) body: Vec<u8>,
    /// Records in it.
    pub(crate) records: u64,
}

/// Which times were seen whole, as far as the answers tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// No record of these times can have been missed; `None`: nothing can be said of any time.
    pub(crate) window: Option<Window>,
    /// What may be missing and why, for people: "the answer was full and names no next page".
    pub(crate) gap: Option<String>,
}

/// Why a step failed. Text of the server is redacted and on one line; nothing here holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FeedError {
    #[error("the API address cannot be used: {reason}")]
    Address { reason: String },
    /// 401 or 403.
    #[error("`{host}` does not accept the credentials{}", said(.message))]
    Unauthorised {
        host: String,
        message: String,
        hint: String,
    },
    /// 400, 404, 422 and the like: the same request will fail again.
    #[error("`{host}` does not accept the request (status {status}){}", said(.message))]
    Refused {
        host: String,
        status: u16,
        message: String,
    },
    /// 429; `wait` is how long until the server will answer again, if it said so.
    #[error("`{host}` has had enough requests for now{}", said(.message))]
    RateLimited {
        host: String,
        wait: Option<Duration>,
        message: String,
    },
    /// A query that was started came to nothing; whether another start may do better.
    #[error("the query failed at `{host}`: {message}")]
    Query {
        host: String,
        message: String,
        again: bool,
    },
    /// 5xx; the same may work later.
    #[error("`{host}` failed with status {status}{}", said(.message))]
    Server {
        host: String,
        status: u16,
        message: String,
    },
    /// A success that says nothing we understand.
    #[error("the answer of `{host}` cannot be read: {reason}")]
    Unreadable { host: String, reason: String },
    #[error(transparent)]
    Http(#[from] HttpError),
}

fn said(message: &str) -> String {
    match message {
        "" => String::new(),
        message => format!(": {message}"),
    }
}

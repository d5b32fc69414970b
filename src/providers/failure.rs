//! Why a call had no answer, and whether it may have arrived all the same.
//!
//! Rule: only what is certain not to have left this machine counts as not arrived; a request may be one of 120 a day.

use super::redact_line;

/// Characters of an underlying error that are shown.
const DETAIL_CHARS: usize = 160;

/// Why a call had no answer, in the order in which a call proceeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("its name could not be looked up")]
    Lookup,
    #[error("the connection was refused")]
    Refused,
    #[error("no connection within the time limit")]
    ConnectTimeout,
    #[error("TLS failed: {0}")]
    Tls(String),
    #[error("no connection: {0}")]
    Connect(String),
    #[error("nothing came within the time limit")]
    Timeout,
    #[error("the connection broke: {0}")]
    Broken(String),
}

impl Failure {
    /// Tells whether the other side may have seen the request, and counted it.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Failure::Lookup
            | Failure::Refused
            | Failure::ConnectTimeout
            | Failure::Tls(_)
            | Failure::Connect(_) => false,
            Failure::Timeout | Failure::Broken(_) => true,
        }
    }
}

/// Sorts an error of the HTTP client.
pub(super) fn failure_of(error: &(dyn std::error::Error + 'static)) -> Failure {
    let causes = causes(error);
    let io_kind = |kind| {
        causes
            .iter()
            .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
            .any(|io| io.kind() == kind)
    };
    let is = |test: fn(&reqwest::Error) -> bool| {
        causes
            .iter()
            .filter_map(|cause| cause.downcast_ref::<reqwest::Error>())
            .any(test)
    };
    let timed_out = is(reqwest::Error::is_timeout) || io_kind(std::io::ErrorKind::TimedOut);
    if is(reqwest::Error::is_dns) {
        Failure::Lookup
    } else if is(reqwest::Error::is_connect) {
        let tls = causes
            .iter()
            .find_map(|cause| cause.downcast_ref::<rustls::Error>());
        match tls {
            Some(tls) => Failure::Tls(redact_line(&tls.to_string(), DETAIL_CHARS)),
            None if io_kind(std::io::ErrorKind::ConnectionRefused) => Failure::Refused,
            None if timed_out => Failure::ConnectTimeout,
            None => Failure::Connect(innermost(error)),
        }
    } else if timed_out {
        Failure::Timeout
    } else {
        Failure::Broken(innermost(error))
    }
}

/// Lists an error and what lies under it. An `io::Error` hides the error it carries from `source`; it is listed too.
fn causes<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> Vec<&'e (dyn std::error::Error + 'static)> {
    let mut found = vec![error];
    let mut last = error;
    // Some chains could be cyclic in theory; none is this long in practice.
    while found.len() < 32 {
        let inner = last
            .downcast_ref::<std::io::Error>()
            .and_then(|io| io.get_ref())
            .map(|inner| inner as &(dyn std::error::Error + 'static));
        match inner.or_else(|| last.source()) {
            Some(next) => {
                found.push(next);
                last = next;
            }
            None => break,
        }
    }
    found
}

/// Returns the text of the error that lies deepest, fit to be shown.
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let text = causes(error)
        .last()
        .map_or_else(String::new, |cause| cause.to_string());
    redact_line(&text, DETAIL_CHARS)
}

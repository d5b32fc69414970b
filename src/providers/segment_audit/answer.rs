//! Reading the answers of `GET /audit-events`.
//!
//! Rule: an answer that is not understood is an error, never an end: times that count as seen are not asked for again.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::providers::envelope;
use crate::providers::feed::FeedError;
use crate::providers::http::{Answered, HttpError};
use crate::providers::object::Object;
use crate::providers::segment::{ApiError, Asked, has_complaint};

use super::SPEC;

/// What an answer says.
pub(super) struct Read {
    /// What tells events apart, for each one.
    pub(super) keys: Vec<u128>,
    /// Where the next page is; `None` on the last.
    pub(super) next: Option<String>,
}

/// Reads a page.
pub(super) fn read(asked: &Asked, answer: &Answered) -> Result<Read, FeedError> {
    let status = answer.status;
    let fail = |error| failed(error, status);
    match status {
        204 | 205 => {
            return Ok(Read {
                keys: Vec::new(),
                next: None,
            });
        }
        200..=299 => {}
        _ => return Err(fail(asked.failed(answer))),
    }
    let unreadable = |reason| fail(asked.unreadable(answer, reason));
    let body: Value =
        serde_json::from_slice(&answer.body).map_err(|_| unreadable("it is no JSON"))?;
    if has_complaint(&body) {
        return Err(fail(asked.failed(answer)));
    }
    let events = envelope::elements(&answer.body, SPEC.envelopes)
        .filter(|_| !body.is_null())
        .ok_or_else(|| unreadable("it has no place for events"))?;
    // A cursor is text; a page's number, if it were one, is as good.
    let next = [&body["data"]["pagination"], &body["pagination"]]
        .into_iter()
        .find_map(|pagination| match &pagination["next"] {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
    Ok(Read {
        keys: events.into_iter().map(key).collect(),
        next,
    })
}

/// Tells events apart by their id, else by their bytes.
fn key(event: &[u8]) -> u128 {
    let object = Object::read(event).unwrap_or_default();
    let hash = match object.text("id") {
        Some(id) => Sha256::digest(id.as_bytes()),
        None => Sha256::digest(event),
    };
    hash.iter()
        .take(16)
        .fold(0, |key, byte| key << 8 | u128::from(*byte))
}

/// Sorts an error of Segment's API as feeds do; `status` is that of the answer.
pub(super) fn failed(error: ApiError, status: u16) -> FeedError {
    let unauthorised = |host, message, hint: &str| FeedError::Unauthorised {
        host,
        message,
        hint: hint.to_owned(),
    };
    match error {
        ApiError::Address { reason } => FeedError::Address {
            reason: reason.to_owned(),
        },
        ApiError::Unauthorised { host, message } => unauthorised(
            host,
            message,
            "make a Public API token in the workspace settings and store it with `faillog auth login`; a token of the \
             other region is not accepted either",
        ),
        ApiError::Forbidden { host, message } => unauthorised(
            host,
            message,
            "the audit trail needs a Business plan, and a token of a workspace owner",
        ),
        ApiError::WrongRegion { host, needed } => unauthorised(
            host,
            format!("the workspace is in the {} region", needed.title()),
            &format!("set `region = \"{}\"` in the config", needed.name()),
        ),
        ApiError::Invalid {
            host,
            field,
            message,
        } => FeedError::Refused {
            host,
            status,
            message: match field {
                Some(field) => format!("`{field}`: {message}"),
                None => message,
            },
        },
        ApiError::RateLimited { host, wait, .. } => FeedError::RateLimited {
            host,
            wait,
            message: String::new(),
        },
        ApiError::Server {
            host,
            status,
            message,
        } => FeedError::Server {
            host,
            status,
            message,
        },
        ApiError::Redirect { host, to } => FeedError::Refused {
            host,
            status,
            message: match to {
                Some(to) => format!("it redirects to `{to}`, which is not followed with a token"),
                None => "it redirects, which is not followed with a token".to_owned(),
            },
        },
        ApiError::Unexpected {
            host,
            status,
            message,
        } => FeedError::Refused {
            host,
            status,
            message,
        },
        ApiError::NoAnswer { host, failure } => HttpError::NoAnswer { host, failure }.into(),
        ApiError::Unreadable { host, reason, seen } => FeedError::Unreadable {
            host,
            reason: if seen.is_empty() {
                reason.to_owned()
            } else {
                format!("{reason}: {seen}")
            },
        },
        ApiError::Refused(error) => error.into(),
    }
}

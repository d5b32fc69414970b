//! What the API answers: a query to come back for, logs, patience, or why not.
//!
//! The words of a query's state are not published. Those of AWS CloudWatch, which is under it, and their kin are known;
//! a word that is not is waited on as long as no logs come with it.
//!
//! Rule: an answer that is not understood is an error, never an empty one; text of the server is redacted and on one
//! line.

use serde_json::Value;

use crate::model::Timestamp;

use super::super::envelope::{self, Place};
use super::super::feed::FeedError;
use super::super::http::Answered;
use super::super::object::Object;
use super::super::redact_line;
use super::super::segment::retry_after;
use super::access::{Api, Host};

/// Characters of a server's message that are shown.
const MESSAGE_CHARS: usize = 300;

/// Characters of an answer that is not understood that are shown.
const SEEN_CHARS: usize = 80;

/// Where an answer has its logs: as documented, as CloudWatch has them.
const LOGS: &[Place] = &[&["logs"], &["results"]];

/// What an answer says of a query.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It was started under this id.
    Started(String),
    /// It goes on.
    Pending,
    /// It ended with so many logs.
    Logs {
        records: u64,
        /// The word for its state, if it is not known to mean the end.
        odd: Option<String>,
    },
    /// It came to nothing.
    Failed(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Ended,
    Failed,
    Running,
    Unknown,
}

fn word(status: &str) -> Word {
    match status.trim().to_ascii_lowercase().as_str() {
        "complete" | "completed" | "success" | "succeeded" | "done" | "finished" | "ready" => {
            Word::Ended
        }
        "failed" | "failure" | "error" | "cancelled" | "canceled" | "timeout" | "timedout"
        | "timed_out" | "expired" | "aborted" => Word::Failed,
        "running" | "scheduled" | "pending" | "queued" | "started" | "processing"
        | "in_progress" | "inprogress" | "unknown" => Word::Running,
        _ => Word::Unknown,
    }
}

/// Reads an answer to the start of a query or to a question for its state.
pub(super) fn read(api: &Api, answer: &Answered, now: Timestamp) -> Result<Said, FeedError> {
    if !(200..=299).contains(&answer.status) {
        return Err(failed(api, answer, now));
    }
    let items = envelope::elements(&answer.body, LOGS).filter(|_| answer.body != b"null");
    let records = |items: &[&[u8]]| items.len() as u64;
    if let Some(items) = &items
        && answer.body.trim_ascii_start().starts_with(b"[")
    {
        return Ok(Said::Logs {
            records: records(items),
            odd: None,
        });
    }
    let object =
        Object::read(&answer.body).map_err(|_| unreadable(api, answer, "it is no JSON object"))?;
    if object
        .json("error")
        .is_some_and(|json| json != "\"\"" && json != "false")
    {
        return Ok(Said::Failed(message(api, &answer.body)));
    }
    let status = object.text("status");
    let state = status.as_deref().map(word);
    if state == Some(Word::Failed) {
        let status = api.clean(&status.unwrap_or_default());
        let message = message(api, &answer.body);
        let ended = format!("it ended as `{status}`");
        return Ok(Said::Failed(match message.as_str() {
            "" => ended,
            message => format!("{ended}: {message}"),
        }));
    }
    let query = object.text("queryId").map(|id| id.into_owned());
    match (state, items) {
        // A query that has just been started may come with `"logs": null`.
        (None, Some(items)) if items.is_empty() && query.is_some() => {
            Ok(Said::Started(query.unwrap_or_default()))
        }
        (None | Some(Word::Ended), Some(items)) => Ok(Said::Logs {
            records: records(&items),
            odd: None,
        }),
        (Some(Word::Unknown), Some(items)) if !items.is_empty() => Ok(Said::Logs {
            records: records(&items),
            odd: status.as_deref().map(|status| api.clean(status)),
        }),
        (_, _) if query.is_some() => Ok(Said::Started(query.unwrap_or_default())),
        (Some(Word::Ended), None)
            if !object.keys().any(|key| key == "logs" || key == "results") =>
        {
            Ok(Said::Logs {
                records: 0,
                odd: None,
            })
        }
        (Some(Word::Running | Word::Unknown), _) => Ok(Said::Pending),
        _ => Err(unreadable(api, answer, "it has neither logs nor a query")),
    }
}

impl Api {
    /// Makes a text of the server's fit to be shown.
    fn clean(&self, text: &str) -> String {
        redact_line(&self.masked_in(text), MESSAGE_CHARS)
    }
}

fn failed(api: &Api, answer: &Answered, now: Timestamp) -> FeedError {
    let host = api.name();
    let message = message(api, &answer.body);
    let status = answer.status;
    match status {
        401 | 403 => FeedError::Unauthorised {
            host,
            message,
            hint: match api.host {
                Host::Current => {
                    "Give a server key of the account (pingram_sk_…); a key of another region is not accepted, and a \
                     client id with its secret needs `legacy = true` in the profile."
                }
                Host::Legacy => {
                    "Give the client id and its secret, both as the dashboard shows them for this environment and region."
                }
            }
            .to_owned(),
        },
        429 => FeedError::RateLimited {
            host,
            wait: answer
                .header("retry-after")
                .and_then(|text| retry_after(text, now)),
            message,
        },
        408 | 425 | 500..=599 => FeedError::Server {
            host,
            status,
            message,
        },
        300..=399 => FeedError::Refused {
            host,
            status,
            message: "it redirects, which is not followed with a key".to_owned(),
        },
        _ => FeedError::Refused {
            host,
            status,
            message,
        },
    }
}

/// Returns what a server says of a failure: `{"error": {"code", "message", "fix"}}`, `{"message"}` or `{"messages"}`;
/// else the beginning of its answer, unless that is a page for browsers.
fn message(api: &Api, body: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        let text = String::from_utf8_lossy(&body[..body.len().min(4 * SEEN_CHARS)]);
        let is_page = text.trim_start().starts_with('<');
        return if is_page {
            String::new()
        } else {
            short(api, &text)
        };
    };
    let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
    let mut parts: Vec<String> = Vec::new();
    match value.get("error") {
        Some(Value::String(error)) => parts.push(error.clone()),
        Some(error @ Value::Object(_)) => {
            parts.extend(["message", "fix"].iter().filter_map(|key| text(error, key)));
            if let Some(code) = text(error, "code") {
                parts.push(format!("({code})"));
            }
        }
        _ => {}
    }
    let named = text(&value, "message").filter(|message| !parts.contains(message));
    parts.extend(named);
    if let Some(Value::Array(messages)) = value.get("messages") {
        parts.extend(messages.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    api.clean(&parts.join(" "))
}

pub(super) fn unreadable(api: &Api, answer: &Answered, reason: &str) -> FeedError {
    let body = &answer.body[..answer.body.len().min(4 * SEEN_CHARS)];
    let seen = short(api, &String::from_utf8_lossy(body));
    FeedError::Unreadable {
        host: api.name(),
        reason: match seen.as_str() {
            "" => format!("{reason} but empty"),
            seen => format!("{reason} but `{seen}`"),
        },
    }
}

fn short(api: &Api, text: &str) -> String {
    redact_line(&api.masked_in(text), SEEN_CHARS)
}

/// Reads how many days the account keeps logs.
pub(super) fn retention_days(answer: &Answered) -> Option<i64> {
    if answer.status != 200 {
        return None;
    }
    let days = Object::read(&answer.body).ok()?.int("retentionInDays")?;
    (1..=36_500).contains(&days).then_some(days)
}

//! Reading an answer of the API: which logs it holds, how far back they reach, and whether it names a next page.
//!
//! Rule: a way on is only what the answer itself spells out as a link; it is followed on the host that was asked and
//! nowhere else, since the token goes along.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;
use url::Url;

use crate::model::Timestamp;
use crate::providers::http::Answered;

use super::super::envelope;
use super::super::object::Object;
use super::{SPEC, decode};

/// Where answers of other APIs have the link to their next page; this vendor's is not published.
const NEXT: &[&[&str]] = &[
    &["next"],
    &["next_url"],
    &["next_page"],
    &["next_page_url"],
    &["links", "next"],
    &["links", "next", "href"],
    &["_links", "next"],
    &["_links", "next", "href"],
    &["pagination", "next"],
    &["pagination", "next_url"],
    &["paging", "next"],
    &["meta", "next"],
];

/// Names of a mark to go on from. Which parameter would take it is nowhere said, so it is only told of.
const CURSORS: &[&[&str]] = &[
    &["next_cursor"],
    &["nextCursor"],
    &["cursor"],
    &["next_page_token"],
    &["nextPageToken"],
    &["search_after"],
    &["pagination", "next_cursor"],
    &["pagination", "cursor"],
    &["meta", "next_cursor"],
];

/// What an answer holds.
pub(super) struct Logs {
    pub(super) records: u64,
    /// A hash of each log's id, else of its bytes.
    pub(super) keys: Vec<u64>,
    /// The times of the logs that have one, in the order sent.
    pub(super) times: Vec<Timestamp>,
    pub(super) way: Way,
}

/// How to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Next(Url),
    /// The answer has a place for a link, and there is none: it says that it is the last.
    Last,
    /// The answer says nothing of further pages.
    Unsaid,
    /// It says something that is not followed; why, for people.
    Barred(String),
}

impl Logs {
    /// Reads a success.
    ///
    /// # Errors
    /// Why it is no answer of this API.
    pub(super) fn read(answer: &Answered, asked: &Url) -> Result<Logs, &'static str> {
        let items = items(&answer.body).ok_or("it holds no list of logs")?;
        let mut logs = Logs {
            records: items.len() as u64,
            keys: Vec::with_capacity(items.len()),
            times: Vec::with_capacity(items.len()),
            way: way(answer, asked),
        };
        for item in items {
            let object = Object::read(item).ok();
            let id = object.as_ref().and_then(|object| object.text("log_id"));
            let mut hasher = DefaultHasher::new();
            match id {
                Some(id) => id.hash(&mut hasher),
                None => item.hash(&mut hasher),
            }
            logs.keys.push(hasher.finish());
            let time = object.and_then(|object| object.time("timestamp").ok()?);
            logs.times.extend(time);
        }
        Ok(logs)
    }
}

/// Returns the logs in a body: wrapped, bare, or one a line; `None` if it is something else.
fn items(body: &[u8]) -> Option<Vec<&[u8]>> {
    if body.trim_ascii().is_empty() {
        return Some(Vec::new());
    }
    if let Some(items) = envelope::elements(body, SPEC.envelopes) {
        return Some(items);
    }
    if decode::is_log(body) {
        return Some(vec![body]);
    }
    let lines: Vec<&[u8]> = body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .collect();
    lines
        .iter()
        .all(|line| decode::is_log(line))
        .then_some(lines)
}

fn way(answer: &Answered, asked: &Url) -> Way {
    if let Some(link) = answer.header("link").and_then(next_in_header) {
        return follow(link, asked);
    }
    let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(&answer.body) else {
        return Way::Unsaid;
    };
    let mut is_last = false;
    for place in NEXT {
        match at(&body, place) {
            Some(Value::String(link)) if !link.is_empty() => return follow(link, asked),
            Some(Value::Null | Value::String(_) | Value::Bool(false)) => is_last = true,
            _ => {}
        }
    }
    for place in CURSORS {
        match at(&body, place) {
            Some(Value::Null) => is_last = true,
            Some(Value::String(text)) if text.is_empty() => is_last = true,
            Some(_) => {
                return Way::Barred(format!(
                    "the answer goes on from a `{}`, and how to send it is not documented",
                    place.join(".")
                ));
            }
            None => {}
        }
    }
    // HAL leaves the link out on the last page.
    is_last |= body.get("_links").is_some_and(Value::is_object);
    if is_last { Way::Last } else { Way::Unsaid }
}

fn at<'v>(body: &'v Value, place: &[&str]) -> Option<&'v Value> {
    place.iter().try_fold(body, |value, key| value.get(key))
}

/// Reads `Link: <URL>; rel="next"`.
fn next_in_header(text: &str) -> Option<&str> {
    text.split(',').find_map(|link| {
        let (url, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = rest.split(';').any(|parameter| {
            let parameter = parameter.trim().to_ascii_lowercase();
            matches!(parameter.as_str(), "rel=next" | "rel=\"next\"")
        });
        is_next.then_some(url)
    })
}

/// Takes a link if it is one and leads to where the answer came from.
fn follow(link: &str, asked: &Url) -> Way {
    let is_link = link.contains("://") || link.starts_with(['/', '?']);
    let Some(url) = asked.join(link).ok().filter(|_| is_link) else {
        return Way::Barred(
            "the answer names a next page by something that is no link, and how to send it is not documented".to_owned(),
        );
    };
    let is_same =
        url.origin() == asked.origin() && url.username().is_empty() && url.password().is_none();
    if is_same {
        Way::Next(url)
    } else {
        Way::Barred(
            "the answer names a next page at another address, where the token is not sent"
                .to_owned(),
        )
    }
}

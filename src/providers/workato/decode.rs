//! One row of the export, as the JSON object of its cells, to one record.
//!
//! - `outcome` follows Type (`Success`, `Error`), else Code.
//! - `reason` is Status details, else Status: only failed requests have details.
//! - Timing and Delay are whole milliseconds; what else is read, see [`duration`].
//!
//! Rule: only what has no time, is no JSON object, or is nested too deep is rejected.

use std::borrow::Cow;

use crate::model::{Outcome, Record, RecordType};

use super::super::decode_error::{DecodeError, quote};
use super::super::object::Object;
use super::super::scalar::Scalar;
use super::date::{self, DateError};
use super::duration;

/// The columns that no other log has; Date and two of them tell an export.
const TELLING: [&str; 5] = [
    "gatewaycode",
    "statusdetails",
    "apicollection",
    "endpoint",
    "jobdetails",
];

pub(super) fn decode(raw: &[u8], keep: &mut dyn FnMut(&Record<'_>)) -> Result<(), DecodeError> {
    let object = Object::read(raw)?;
    let text = |name: &str| text(&object, name);
    let date = text("date").ok_or(DecodeError::NoTime("no `Date`"))?;
    let time = date::parse(&date).map_err(|error| match error {
        DateError::Unknown => DecodeError::BadTime {
            key: "Date",
            text: quote(&date),
        },
        DateError::Unclear(why) => DecodeError::UnclearTime {
            key: "Date",
            text: quote(&date),
            why,
        },
    })?;
    let mut record = Record::new(time, RecordType::Request, raw);
    record.status = text("code").and_then(|code| Scalar::Text(code).status());
    record.outcome = text("type")
        .and_then(|word| outcome(&word))
        .or_else(|| record.status.and_then(outcome_of_status));
    record.code = text("gatewaycode");
    record.reason = text("statusdetails")
        .or_else(|| text("status"))
        .map(on_one_line);
    record.actor = text("client");
    record.resource = text("apicollection");
    record.operation = text("endpoint");
    record.duration_ms = text("timing").and_then(|span| duration::milliseconds(&span));
    record.delay_ms = text("delay").and_then(|span| duration::milliseconds(&span));
    record.ip = text("ip");
    record.url = text("jobdetails");
    keep(&record);
    Ok(())
}

/// Whether a value looks like a row of the export.
pub(super) fn is_log(raw: &[u8]) -> bool {
    Object::read(raw).is_ok_and(|object| is_telling(object.keys()))
}

pub(super) fn is_header(names: &[&str]) -> bool {
    is_telling(names.iter().copied())
}

fn is_telling<'n>(names: impl Iterator<Item = &'n str>) -> bool {
    let (mut has_date, mut telling) = (false, 0);
    for name in names {
        has_date = has_date || is_named(name, "date");
        telling += usize::from(TELLING.iter().any(|known| is_named(name, known)));
    }
    has_date && telling >= 2
}

/// Whether a column's name is this one, but for case, spaces, `_` and `-`.
fn is_named(name: &str, plain: &str) -> bool {
    name.chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-'))
        .map(|c| c.to_ascii_lowercase())
        .eq(plain.chars())
}

/// Returns the cell of a column; an empty one says as little as none.
fn text<'a>(object: &Object<'a>, name: &str) -> Option<Cow<'a, str>> {
    let mut keys = object.keys().filter(|key| is_named(key, name));
    keys.find_map(|key| object.text(key))
}

fn outcome(word: &str) -> Option<Outcome> {
    match word.trim().to_ascii_lowercase().as_str() {
        "success" => Some(Outcome::Success),
        "error" | "failure" | "failed" => Some(Outcome::Failure),
        _ => None,
    }
}

fn outcome_of_status(status: i64) -> Option<Outcome> {
    match status {
        200..400 => Some(Outcome::Success),
        400..600 => Some(Outcome::Failure),
        _ => None,
    }
}

/// Folds line ends; whatever else was sent stays, and is made harmless where it is shown.
fn on_one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(['\n', '\r', '\t']) {
        Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        text
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;

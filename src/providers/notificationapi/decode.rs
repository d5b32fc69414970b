//! One JSON value to its records, and what makes a value one of ours.
//!
//! A value is a log row, a webhook (`eventType`), a webhook beside its headers (`{"headers", "body"}`), or a row of the
//! log store under the API, AWS CloudWatch, whose `@message` is a log row as text: as an object, or as the list of
//! `{"field", "value"}` that CloudWatch answers with.
//!
//! Rule: only what has no time, is no JSON object, or is nested too deep is rejected; `raw` is the outermost value.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::model::{Record, Timestamp};

use super::super::decode_error::{DecodeError, object_text};
use super::super::envelope::{Place, elements};
use super::names::{snake, split_channel};
use super::row::Row;
use super::webhook::{self, Delivery, is_webhook};
use super::{log_row, native};

/// Where an answer has its rows.
pub(super) const ENVELOPES: &[Place] = &[&["logs"], &["messages"], &["results"]];

/// Decodes one value.
pub(super) fn decode(raw: &[u8], keep: &mut dyn FnMut(&Record<'_>)) -> Result<(), DecodeError> {
    if let Some(pairs) = pairs(raw) {
        let row = Row::read(object_text(pairs.as_bytes())?)?;
        return decode_row(&row, raw, keep);
    }
    let row = Row::read(object_text(raw)?)?;
    decode_row(&row, raw, keep)
}

fn decode_row(
    row: &Row<'_>,
    raw: &[u8],
    keep: &mut dyn FnMut(&Record<'_>),
) -> Result<(), DecodeError> {
    if let Some((text, wrapped)) = unwrapped(row)
        && let Ok(inner) = Row::read(&text)
    {
        return match wrapped {
            Wrapped::Captured => decode_plain(&inner, Delivery::read(row), raw, keep),
            Wrapped::Stored(time) => decode_plain(&inner, Delivery { id: None, time }, raw, keep),
        };
    }
    decode_plain(row, Delivery::default(), raw, keep)
}

fn decode_plain(
    row: &Row<'_>,
    delivery: Delivery,
    raw: &[u8],
    keep: &mut dyn FnMut(&Record<'_>),
) -> Result<(), DecodeError> {
    if is_webhook(row) {
        webhook::decode(row, delivery, raw, keep);
        return Ok(());
    }
    // An answer may have times of its own, which must not make it a row and its rows nothing.
    if !row.has("tracking_id") && elements(raw, ENVELOPES).is_some() {
        return Err(DecodeError::NoTime("it holds rows and is none itself"));
    }
    log_row::decode(row, delivery.time, raw, keep)
}

/// What a value is wrapped in.
enum Wrapped {
    /// In a request that someone caught.
    Captured,
    /// In an entry of the log store, written at this time.
    Stored(Option<Timestamp>),
}

fn unwrapped<'a>(row: &Row<'a>) -> Option<(Cow<'a, str>, Wrapped)> {
    if row.has("headers") {
        for name in ["body", "payload"] {
            if let Some(text) = row.object_text(name) {
                return Some((text, Wrapped::Captured));
            }
        }
    }
    let text = row.object_text("@message")?;
    Some((text, Wrapped::Stored(row.time("@timestamp"))))
}

/// Makes an object of a list of `{"field", "value"}`; `None` if it is no such list.
fn pairs(raw: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Pair<'a> {
        field: String,
        #[serde(borrow)]
        value: Option<&'a RawValue>,
    }
    let text = std::str::from_utf8(raw).ok()?.trim_ascii_start();
    if !text.starts_with('[') {
        return None;
    }
    let pairs: Vec<Pair<'_>> = serde_json::from_str(text).ok()?;
    if pairs.is_empty() {
        return None;
    }
    let object: BTreeMap<_, _> = pairs
        .iter()
        .filter_map(|pair| Some((&pair.field, pair.value?)))
        .collect();
    serde_json::to_string(&object).ok()
}

/// Whether a value looks like one of ours. A `trackingId` alone is nobody's.
pub(super) fn is_log(raw: &[u8]) -> bool {
    if let Some(pairs) = pairs(raw) {
        return Row::read(&pairs).is_ok_and(|row| is_ours(&row));
    }
    let text = object_text(raw);
    text.is_ok_and(|text| Row::read(text).is_ok_and(|row| is_ours(&row)))
}

fn is_ours(row: &Row<'_>) -> bool {
    if let Some((text, _)) = unwrapped(row) {
        return Row::read(&text).is_ok_and(|inner| is_plain(&inner));
    }
    is_plain(row)
}

fn is_plain(row: &Row<'_>) -> bool {
    is_webhook(row)
        || (row.has("tracking_id")
            && (row.object_text("request").is_some()
                || row.entries().any(|(name, _)| is_column(name))))
}

/// Whether the header of a CSV file is that of the dashboard's export.
pub(super) fn is_header(cells: &[&str]) -> bool {
    let names: Vec<_> = cells.iter().map(|cell| snake(cell)).collect();
    names.iter().any(|name| name == "tracking_id") && names.iter().any(|name| is_column(name))
}

/// Whether a name is a column of log rows that says something beside the `trackingId`.
fn is_column(name: &str) -> bool {
    name != "tracking_id"
        && (split_channel(name).is_some()
            || native::NATIVE.iter().any(|(known, _)| snake(known) == name)
            || name == "notification_id")
}

//! One log, or one status notification, to one record.
//!
//! - `time` is the `timestamp`: of an error the vendor moves it to the last of equal ones. `logged_at` is the time in the
//!   log's id (UUIDv7), so of the first; it is left out where the id holds none, or one that cannot be.
//! - `code` is `error_reason`, else `error_type` (logs before July 2026 have no reason), which is kept beside it in either
//!   case. `status` is `error_code` as sent: for destinations that are not HTTPS the vendor puts a number of its own there.
//! - An empty text is absent: an error without subscriber was published with `""`.
//! - A status notification (webhook) is an `event`. It has no id of its own, so that it is given one of its fields.
//!
//! Rule: only what has no time, is no JSON object, or is nested too deep is rejected. `request` and `response` may be
//! anything.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::model::{Outcome, Record, RecordType, Timestamp};

use super::super::decode_error::DecodeError;
use super::super::object::Object;

/// Ids made before this are none of the vendor's: 2015-01-01, years before UUIDv7 and the platform were.
const EARLIEST_ID_MS: i64 = 1_420_070_400_000;

/// How far the time in an id may be after `timestamp`, which is cut to whole seconds: within the same second.
const CUT_MICROS: i64 = 1_000_000;

pub(super) fn decode(raw: &[u8], keep: &mut dyn FnMut(&Record<'_>)) -> Result<(), DecodeError> {
    let object = Object::read(raw)?;
    let record = if object.text("notification_type").is_some() {
        notification(&object, raw)?
    } else {
        log(&object, raw)?
    };
    keep(&record);
    Ok(())
}

/// Whether a value looks like a log of the platform, or like a status notification.
pub(super) fn is_log(raw: &[u8]) -> bool {
    let Ok(object) = Object::read(raw) else {
        return false;
    };
    let is_log = object.text("log_id").is_some()
        && object
            .text("log_type")
            .is_some_and(|log_type| record_type(&log_type) != RecordType::Other);
    let is_notification = object.text("subscription_id").is_some()
        && object
            .text("notification_type")
            .is_some_and(|kind| kind.starts_with("subscription."));
    is_log || is_notification
}

fn record_type(log_type: &str) -> RecordType {
    if log_type.eq_ignore_ascii_case("error") {
        RecordType::Error
    } else if log_type.eq_ignore_ascii_case("action") {
        RecordType::Action
    } else {
        RecordType::Other
    }
}

fn log<'a>(object: &Object<'a>, raw: &'a [u8]) -> Result<Record<'a>, DecodeError> {
    let id = object.text("log_id");
    // An answer of the API may say when it was made; it is no log for that.
    if id.is_none() && object.json("items").is_some() {
        return Err(DecodeError::NoTime("no `log_id`"));
    }
    let time = object
        .time("timestamp")?
        .ok_or(DecodeError::NoTime("no `timestamp`"))?;
    let log_type = object.text("log_type");
    let mut record = Record::new(
        time,
        log_type.as_deref().map_or(RecordType::Other, record_type),
        raw,
    );
    record.outcome = match record.record_type {
        RecordType::Error => Some(Outcome::Failure),
        RecordType::Action => Some(Outcome::Success),
        _ => None,
    };
    record.logged_at = id
        .as_deref()
        .and_then(time_in_id)
        .filter(|first| *first < time.plus(CUT_MICROS));
    record.error_type = object.text("error_type");
    record.code = object
        .text("error_reason")
        .or_else(|| record.error_type.clone());
    record.status = object.status("error_code");
    record.reason = object.text("error_message").map(one_line);
    record.operation = object.text("operation");
    record.destination = object.text("subscription_id");
    record.subscriber = object.text("subscriber_id");
    if let Some(request) = object.object("request") {
        record.method = request.text("method");
        record.url = request.text("url");
    }
    record.id = id;
    Ok(record)
}

fn notification<'a>(object: &Object<'a>, raw: &'a [u8]) -> Result<Record<'a>, DecodeError> {
    let time = object.time("timestamp")?;
    let mut record = Record::new(time.unwrap_or(Record::NO_TIME), RecordType::Event, raw);
    record.operation = object.text("notification_type");
    let kind = record.operation.as_deref().unwrap_or_default();
    record.outcome = if kind.contains(".suspended") || kind.ends_with(".revoked") {
        Some(Outcome::Failure)
    } else if kind.ends_with(".resumed") {
        Some(Outcome::Success)
    } else {
        None
    };
    record.destination = object.text("subscription_id");
    // The same notification, delivered again, is the same record; without a time only its bytes can tell.
    let when = time.map_or_else(|| digest(raw), Timestamp::to_rfc3339);
    let subscription = record.destination.as_deref().unwrap_or_default();
    record.id = Some(format!("{kind}/{subscription}/{when}").into());
    record.reason = object.text("reason").map(one_line);
    record.subscriber = object.text("subscriber_id");
    record.source = object.text("subject");
    record.url = object.text("destination");
    Ok(record)
}

fn digest(raw: &[u8]) -> String {
    let digest = Sha256::digest(raw.trim_ascii());
    digest[..16].iter().map(|b| format!("{b:02x}")).collect()
}

/// Returns the time in a UUIDv7: its first 48 bits are milliseconds since 1970.
fn time_in_id(id: &str) -> Option<Timestamp> {
    let bytes = id.as_bytes();
    let is_uuid = bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    // The version, and the variant of RFC 9562.
    let is_version_7 = is_uuid
        && bytes[14] == b'7'
        && matches!(bytes[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
    if !is_version_7 {
        return None;
    }
    let high = i64::from_str_radix(&id[..8], 16).ok()?;
    let low = i64::from_str_radix(&id[9..13], 16).ok()?;
    let millis = high << 16 | low;
    // OK because 48 bits of milliseconds fit as microseconds.
    (millis >= EARLIEST_ID_MS).then(|| Timestamp::from_micros(millis * 1000))
}

/// Folds line ends; whatever else was sent stays.
fn one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(['\n', '\r', '\t']) {
        Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        text
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;

//! One observability event to one record.
//!
//! The published examples, the first drafts of the docs and the prose disagree about the keys; all of them are read, and what is
//! of the wrong type counts as absent. Where they leave a choice:
//!
//! - `code` is `code` or `errorCode` if sent, else a `reason` that is one word (`ETIMEDOUT`); `reason` is the text as
//!   sent, on one line; `operation` is `featureName`.
//! - Keys of `properties` may stand beside it or instead of it; those inside count more. A `messageId` beside
//!   `properties` is the record's own id, inside it is the message's.
//! - An exchange takes its `reason` from the response's body, and has no `code`: the vendor sends none.
//! - `subscriber` is the entry of type `subscription` in `routed.to`.
//!
//! Rule: only what has no time, is no JSON object, or is nested too deep is rejected.

use std::borrow::Cow;

use crate::model::{Outcome, Record, RecordType, Timestamp};

use super::super::decode_error::{DecodeError, object_text, parse_time};
use super::super::reason;
use super::super::scalar::Scalar;
use super::fields::Fields;

/// Decodes one JSON value. The record borrows from `raw` whatever has no escapes.
pub(crate) fn decode(raw: &[u8]) -> Result<Record<'_>, DecodeError> {
    let mut fields = read(raw)?;
    let time = match fields.occurred_at.take() {
        Some(text) => parse_time("occurredAt", &text)?,
        None => match &fields.logged_at {
            Some(text) => parse_time("loggedAt", text)?,
            None => return Err(DecodeError::NoTime("neither `occurredAt` nor `loggedAt`")),
        },
    };
    Ok(to_record(time, fields, raw))
}

/// Whether a value looks like a record of a failure log, by its type or its event.
pub(crate) fn is_failure_log(raw: &[u8]) -> bool {
    read(raw).is_ok_and(|fields| {
        fields.kind.as_deref() == Some("observability") || record_type(&fields) != RecordType::Other
    })
}

fn read(raw: &[u8]) -> Result<Fields<'_>, DecodeError> {
    Ok(Fields::read(object_text(raw)?)?)
}

fn record_type(fields: &Fields<'_>) -> RecordType {
    let name = fields.event.as_deref().or(fields.kind.as_deref());
    match name {
        Some("Error Logged") => RecordType::Error,
        Some("Delivery Attempt Logged") => RecordType::Attempt,
        Some("Destination Exchange Logged" | "Delivery Exchange Logged") => RecordType::Exchange,
        _ => RecordType::Other,
    }
}

fn to_record<'a>(time: Timestamp, fields: Fields<'a>, raw: &'a [u8]) -> Record<'a> {
    let mut record = Record::new(time, record_type(&fields), raw);
    record.logged_at = fields.logged_at.as_deref().and_then(Timestamp::parse);
    record.attempt = fields.attempt;
    record.discarded = fields.discarded;
    record.status = fields.status;
    record.operation = fields.feature;
    record.exchange_id = fields.exchange_id;
    record.method = fields.method;
    record.url = fields.url;
    (record.id, record.message_id) = if fields.has_properties {
        (fields.id.or(fields.outer_message_id), fields.message_id)
    } else {
        (fields.id, fields.outer_message_id)
    };
    let mut to = fields.to;
    record.subscriber = to.subscription.take();
    record.destination = to.into_id();
    record.source = fields.from.into_id();
    let one_word = |text: &Cow<'_, str>| !text.contains(char::is_whitespace);
    let code = match record.record_type {
        RecordType::Exchange => None,
        _ => fields.code.or_else(|| {
            fields
                .reason
                .as_ref()
                .filter(|text| one_word(text))
                .cloned()
        }),
    };
    let body = fields.response_body.map(serde_json::value::RawValue::get);
    // Line ends are folded; whatever else was sent stays, and is made harmless where it is shown.
    let sent = fields.reason.map(|text| {
        if text.contains(['\n', '\r', '\t']) {
            Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
        } else {
            text
        }
    });
    record.reason = body.and_then(body_reason).map(Cow::Owned).or(sent);
    record.code = code;
    record.outcome = match record.record_type {
        RecordType::Error => Some(Outcome::Failure),
        RecordType::Exchange => fields.status.map(outcome_of_status),
        _ => fields.outcome.as_deref().and_then(outcome),
    };
    record
}

/// Only `failure` is documented; the other words are what such logs say elsewhere.
fn outcome(text: &str) -> Option<Outcome> {
    match text.trim().to_ascii_lowercase().as_str() {
        "success" | "succeeded" | "successful" | "delivered" => Some(Outcome::Success),
        "failure" | "failed" | "error" => Some(Outcome::Failure),
        "pending" | "retry" | "retrying" => Some(Outcome::Pending),
        _ => None,
    }
}

fn outcome_of_status(status: i64) -> Outcome {
    if (200..400).contains(&status) {
        Outcome::Success
    } else {
        Outcome::Failure
    }
}

/// Finds the text for a person in a body given as it stands in the record: a JSON string, object or other value.
fn body_reason(json: &str) -> Option<String> {
    if json.starts_with(['{', '[']) {
        return reason::human_text(json);
    }
    reason::human_text(&Scalar::read(json).ok()?.text()?)
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;

//! One observability event to one record.
//!
//! The published examples, the first drafts of the docs and the prose disagree about the keys; all of them are read, and what is
//! of the wrong type counts as absent. Where they leave a choice:
//!
//! - `code` is `code` or `errorCode` if sent, else a `reason` that is one word (`ETIMEDOUT`); `reason` is the text as
//!   sent, on one line; `operation` is `featureName`.
//! - Keys of `properties` may stand beside it or instead of it; those inside count more. A `messageId` beside
//!   `properties` is the record's own id, inside it is the message's.
//! - An exchange takes its `reason` from the response's body, and has no `code`: the vendor sends none. Only a 2xx is a
//!   success, and an answer that never came is a failure; a status that cannot be read says nothing.
//! - `subscriber` is the entry of type `subscription` in `routed.to`; of several entries of a type the first is shown, and
//!   the further ones are kept beside it.
//!
//! Rule: only what has no time, is no JSON object, or is nested too deep is rejected.

use std::borrow::Cow;

use crate::model::{Outcome, Record, RecordType, Timestamp};

use super::super::decode_error::{self, DecodeError, parse_time};
use super::super::reason;
use super::super::scalar::Scalar;
use super::fields::Fields;

/// Decodes one JSON value. The record borrows from `raw` whatever has no escapes.
pub(crate) fn decode(raw: &[u8]) -> Result<Record<'_>, DecodeError> {
    let fields = read(raw)?;
    let time = time(fields.occurred_at.as_deref(), fields.logged_at.as_deref())?;
    Ok(to_record(time, fields, raw))
}

/// Returns the time of a record from the two that it may state.
pub(super) fn time(
    occurred_at: Option<&str>,
    logged_at: Option<&str>,
) -> Result<Timestamp, DecodeError> {
    match (occurred_at, logged_at) {
        (Some(text), _) => parse_time("occurredAt", text),
        (None, Some(text)) => parse_time("loggedAt", text),
        (None, None) => Err(DecodeError::NoTime("neither `occurredAt` nor `loggedAt`")),
    }
}

/// Whether a value looks like a record of a failure log, by its type or its event.
pub(crate) fn is_failure_log(raw: &[u8]) -> bool {
    read(raw).is_ok_and(|fields| {
        fields.kind.as_deref() == Some("observability")
            || record_type(fields.event.as_deref(), fields.kind.as_deref()) != RecordType::Other
    })
}

fn read(raw: &[u8]) -> Result<Fields<'_>, DecodeError> {
    std::str::from_utf8(raw)
        .ok()
        .and_then(Fields::read)
        .ok_or_else(|| decode_error::refusal(raw))
}

/// Returns the type of a record from its event, or for want of one from its kind.
pub(super) fn record_type(event: Option<&str>, kind: Option<&str>) -> RecordType {
    let name = event.or(kind);
    let is = |known: &str| name.is_some_and(|name| name.eq_ignore_ascii_case(known));
    if is("Error Logged") {
        RecordType::Error
    } else if is("Delivery Attempt Logged") {
        RecordType::Attempt
    } else if is("Destination Exchange Logged") || is("Delivery Exchange Logged") {
        RecordType::Exchange
    } else {
        RecordType::Other
    }
}

fn to_record<'a>(time: Timestamp, fields: Fields<'a>, raw: &'a [u8]) -> Record<'a> {
    let mut record = Record::new(
        time,
        record_type(fields.event.as_deref(), fields.kind.as_deref()),
        raw,
    );
    record.logged_at = fields.logged_at.as_deref().and_then(Timestamp::parse);
    record.attempt = fields.attempt;
    record.discarded = fields.discarded;
    record.status = fields.status;
    record.operation = fields.feature;
    record.exchange_id = fields.exchange_id;
    record.method = fields.method;
    record.url = fields.url;
    (record.id, record.message_id) = ids(
        fields.has_properties,
        fields.id,
        fields.outer_message_id,
        fields.message_id,
    );
    let (from, to) = (fields.from.into_ids(), fields.to.into_ids());
    (record.source, record.more_sources) = (from.id, from.further);
    (record.destination, record.more_destinations) = (to.id, to.further);
    (record.subscriber, record.more_subscribers) = (to.subscription, to.further_subscriptions);
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
    // Line ends are folded; whatever else was sent stays, and is made harmless where it is shown.
    let sent = fields.reason.map(|text| {
        if text.contains(['\n', '\r', '\t']) {
            Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
        } else {
            text
        }
    });
    let answer = fields.response_body.and_then(body_reason);
    record.reason = answer
        .or_else(|| {
            fields
                .response_error
                .and_then(|(_, json)| body_reason(json))
        })
        .map(Cow::Owned)
        .or(sent);
    record.code = code;
    record.outcome = match record.record_type {
        RecordType::Error => Some(Outcome::Failure),
        RecordType::Exchange => match (fields.status, fields.unread_status) {
            (Some(200..300), _) => Some(Outcome::Success),
            (None, Some(text)) => outcome(&text),
            _ => Some(Outcome::Failure),
        },
        _ => fields.outcome.as_deref().and_then(outcome),
    };
    record
}

pub(super) type Text<'a> = Option<Cow<'a, str>>;

/// Returns the record's own id and that of its message.
pub(super) fn ids<'a>(
    has_properties: bool,
    id: Text<'a>,
    outer_message_id: Text<'a>,
    message_id: Text<'a>,
) -> (Text<'a>, Text<'a>) {
    if has_properties {
        (id.or(outer_message_id), message_id)
    } else {
        (id, outer_message_id)
    }
}

/// Only `failure` is documented; the other words are what such logs say elsewhere.
const OUTCOMES: [(Outcome, &[&str]); 3] = [
    (
        Outcome::Failure,
        &[
            "failure",
            "failed",
            "error",
            "rejected",
            "timeout",
            "timed out",
            "timed_out",
            "dropped",
            "discarded",
        ],
    ),
    (
        Outcome::Success,
        &["success", "succeeded", "successful", "delivered", "ok"],
    ),
    (Outcome::Pending, &["pending", "retry", "retrying"]),
];

fn outcome(text: &str) -> Option<Outcome> {
    let text = text.trim();
    OUTCOMES.iter().find_map(|(outcome, words)| {
        let mut words = words.iter();
        words
            .any(|word| text.eq_ignore_ascii_case(word))
            .then_some(*outcome)
    })
}

/// Finds the text for a person in a body given as it stands in the record: a JSON string, object or other value.
fn body_reason(json: &str) -> Option<String> {
    if json.starts_with(['{', '[']) {
        return reason::human_text(json);
    }
    reason::human_text(&Scalar::read(json).text()?)
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;

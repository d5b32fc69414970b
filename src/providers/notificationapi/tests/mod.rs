//! Rows, webhooks, messages and queries as documented, and as they may come.
//!
//! Rule: expected values are reckoned by hand.

use std::borrow::Cow;

use crate::model::{Outcome, Record, RecordType, Timestamp};

use super::SPEC;
use super::decode::decode;

mod anything;
mod feed;
mod legacy;
mod rows;
mod webhooks;

/// The documented shape with made-up values.
const BOUNCE: &str = include_str!("../../../../tests/data/notificationapi/bounce.json");
const ANSWER: &str = include_str!("../../../../tests/data/notificationapi/query-answer.json");
const WEBHOOKS: &str = include_str!("../../../../tests/data/notificationapi/webhooks.ndjson");
const MESSAGES: &str = include_str!("../../../../tests/data/notificationapi/messages.json");
const LEGACY: &str = include_str!("../../../../tests/data/notificationapi/legacy.ndjson");

/// One record with what the tests look at; `-` stands for null.
#[derive(Debug)]
struct Kept {
    record_type: RecordType,
    time: Timestamp,
    logged_at: Option<Timestamp>,
    outcome: Option<Outcome>,
    id: String,
    message_id: String,
    operation: String,
    code: String,
    reason: String,
    channel: String,
    destination: String,
    actor: String,
    resource: String,
    source: String,
    url: String,
    ip: String,
    delay_ms: Option<i64>,
    raw: Vec<u8>,
}

fn kept(record: &Record<'_>) -> Kept {
    let text = |text: &Option<Cow<'_, str>>| text.as_deref().unwrap_or("-").to_owned();
    Kept {
        record_type: record.record_type,
        time: record.time,
        logged_at: record.logged_at,
        outcome: record.outcome,
        id: text(&record.id),
        message_id: text(&record.message_id),
        operation: text(&record.operation),
        code: text(&record.code),
        reason: text(&record.reason),
        channel: text(&record.channel),
        destination: text(&record.destination),
        actor: text(&record.actor),
        resource: text(&record.resource),
        source: text(&record.source),
        url: text(&record.url),
        ip: text(&record.ip),
        delay_ms: record.delay_ms,
        raw: record.raw.to_vec(),
    }
}

fn decoded(raw: &str) -> Vec<Kept> {
    let mut found = Vec::new();
    decode(raw.as_bytes(), &mut |record| found.push(kept(record))).unwrap();
    found
}

/// Decodes every element of an envelope.
fn all(envelope: &str) -> Vec<Vec<Kept>> {
    let rows = SPEC.elements(envelope.as_bytes()).unwrap();
    rows.iter()
        .map(|row| decoded(std::str::from_utf8(row).unwrap()))
        .collect()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The events of a row as `id operation code`, without the beginning of the id.
fn events(kept: &[Kept]) -> Vec<String> {
    let line = |event: &Kept| {
        let key = event.id.split_once('/').unwrap().1;
        format!("{key} {} {}", event.operation, event.code)
    };
    kept[1..].iter().map(line).collect()
}

//! One audit event to one record, as the API gives it or as it was forwarded to a source.
//!
//! - An event of the API: `operation` is its `type`, `resource` is `resourceType/resourceId`, `reason` is `resourceName`.
//!   The actor's e-mail address and the bare `resourceId` are kept beside.
//! - A forwarded one, a `track` named `Audit`: `operation` is `properties.type`, `actor` is `details.subject` else the
//!   `userId`, `resource` is `details.resource_type/resource_id`, `reason` is `details.target`, `id` is the `messageId`.
//! - One forwarded by faillog, a `track` named `Segment Audit`: its `properties` are our columns.
//!
//! Rule: only what has no time or is no JSON object is rejected; `outcome` is said only where the event's own words say it.

use std::borrow::Cow;

use crate::model::{Outcome, Record, RecordType, Timestamp};

use super::super::decode_error::{DecodeError, parse_time};
use super::super::object::Object;

/// The names of forwarded events, in lower case.
const FORWARDED: [&str; 2] = ["audit", "segment audit"];

/// Where a forwarded event has its time, the one its sender meant first.
const TIMES: [&str; 4] = ["timestamp", "originalTimestamp", "receivedAt", "sentAt"];

pub(super) fn decode(raw: &[u8], keep: &mut dyn FnMut(&Record<'_>)) -> Result<(), DecodeError> {
    let object = Object::read(raw)?;
    let record = match forwarded(&object) {
        Some(properties) => of_forwarded(&object, &properties, raw)?,
        None => of_api(&object, raw)?,
    };
    keep(&record);
    Ok(())
}

/// Whether a value looks like an audit event: all but one of the keys that every event of the API has, or a forwarded one.
pub(super) fn is_log(raw: &[u8]) -> bool {
    let Ok(object) = Object::read(raw) else {
        return false;
    };
    if let Some(properties) = forwarded(&object) {
        return ["type", "operation"]
            .iter()
            .any(|key| properties.text(key).is_some());
    }
    ["timestamp", "type", "actor", "resourceType"]
        .iter()
        .all(|key| object.text(key).is_some())
}

/// Returns the properties of what is a forwarded event.
fn forwarded<'a>(object: &Object<'a>) -> Option<Object<'a>> {
    let kind = object.text("type")?;
    let event = object.text("event")?.trim().to_ascii_lowercase();
    if !kind.eq_ignore_ascii_case("track") || !FORWARDED.contains(&event.as_str()) {
        return None;
    }
    object.object("properties")
}

fn of_api<'a>(object: &Object<'a>, raw: &'a [u8]) -> Result<Record<'a>, DecodeError> {
    let time = object
        .time("timestamp")?
        .ok_or(DecodeError::NoTime("no `timestamp`"))?;
    let mut record = Record::new(time, RecordType::Audit, raw);
    record.operation = object.text("type");
    record.outcome = record.operation.as_deref().and_then(outcome);
    record.actor = object.text("actor");
    record.actor_email = object.text("actorEmail");
    record.resource_id = object.text("resourceId");
    record.resource = resource(object.text("resourceType"), record.resource_id.clone());
    record.reason = object.text("resourceName").map(on_one_line);
    record.id = object.text("id");
    Ok(record)
}

fn of_forwarded<'a>(
    object: &Object<'a>,
    properties: &Object<'a>,
    raw: &'a [u8],
) -> Result<Record<'a>, DecodeError> {
    let time = forwarded_time(object)?;
    let mut record = Record::new(time, RecordType::Audit, raw);
    let details = properties.object("details").unwrap_or_default();
    record.operation = properties
        .text("operation")
        .or_else(|| properties.text("type"));
    record.outcome = record.operation.as_deref().and_then(outcome);
    record.actor = details
        .text("subject")
        .or_else(|| properties.text("actor"))
        .or_else(|| object.text("userId"));
    record.actor_email = ["actor_email", "actorEmail"]
        .iter()
        .find_map(|key| details.text(key).or_else(|| properties.text(key)));
    record.resource = resource(details.text("resource_type"), details.text("resource_id"))
        .or_else(|| properties.text("resource"));
    record.resource_id = details
        .text("resource_id")
        .or_else(|| properties.text("resource_id"))
        .or_else(|| {
            let resource = properties.text("resource")?;
            let (_, id) = resource.split_once('/')?;
            Some(id.to_owned().into())
        });
    record.reason = details
        .text("target")
        .or_else(|| properties.text("reason"))
        .map(on_one_line);
    record.id = object.text("messageId").or_else(|| properties.text("id"));
    Ok(record)
}

/// Reads the first time that is there; a pipeline adds further ones.
fn forwarded_time(object: &Object<'_>) -> Result<Timestamp, DecodeError> {
    for key in TIMES {
        if let Some(text) = object.text(key) {
            return parse_time(key, &text);
        }
    }
    Err(DecodeError::NoTime(
        "neither `timestamp` nor `originalTimestamp` nor `receivedAt`",
    ))
}

/// Puts a resource's type before its id, which as sent may be a path of its own.
fn resource<'a>(kind: Option<Cow<'a, str>>, id: Option<Cow<'a, str>>) -> Option<Cow<'a, str>> {
    match (kind, id) {
        (Some(kind), Some(id)) => Some(format!("{kind}/{id}").into()),
        (one, other) => one.or(other),
    }
}

/// Reads `Audience Run Failed` and the like; most events tell of a change, which neither succeeds nor fails.
fn outcome(operation: &str) -> Option<Outcome> {
    let mut words = operation.split(|c: char| !c.is_alphanumeric());
    words.find_map(|word| match word.to_ascii_lowercase().as_str() {
        "failed" | "failure" => Some(Outcome::Failure),
        "succeeded" | "completed" => Some(Outcome::Success),
        _ => None,
    })
}

fn on_one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(['\n', '\r', '\t']) {
        Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        text
    }
}

#[cfg(test)]
mod tests;

//! What rows of the first API have that today's have not: the request as an object, the state in a word, a list of
//! tracked events.
//!
//! Only `trackingId`, `request.notificationId`, `request.user` and the words of the state are known of them, from the
//! queries in the old documentation; no answer was ever published. Everything here is therefore read if it is there and
//! missed by nobody.
//!
//! Rule: what a list of events says stays in the words it came in; only the name before ` - ` is made one of ours.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::scalar::Scalar;
use super::events::{Event, one_line};
use super::names;
use super::row::Row;

/// Names under which a row may list its events, and the keys of an entry.
const LISTS: [&str; 3] = ["events", "tracked_events", "history"];
const LABELS: [&str; 7] = [
    "event",
    "event_type",
    "name",
    "type",
    "state",
    "status",
    "label",
];
const TIMES: [&str; 5] = ["timestamp", "time", "at", "date", "epoch_ms"];
const CODES: [&str; 4] = ["code", "failure_code", "failed_code", "sub_event"];
const REASONS: [&str; 5] = ["reason", "message", "description", "error", "details"];

/// The request that asked for a notification.
pub(super) struct Request<'r> {
    pub(super) kind: Option<Cow<'r, str>>,
    pub(super) user_id: Option<Cow<'r, str>>,
    pub(super) email: Option<Cow<'r, str>>,
    pub(super) number: Option<Cow<'r, str>>,
}

impl<'r> Request<'r> {
    /// Reads the request of the first API, `{notificationId, user: {id, email, number}}`, or of the second,
    /// `{type, to: {…}}`.
    pub(super) fn read(text: &'r str) -> Option<Self> {
        let request = Row::read(text).ok()?;
        let user = ["user", "to"].iter().find_map(|name| {
            let json = request.json(name)?;
            Row::read(json).ok()
        });
        let user = user.unwrap_or_default();
        Some(Request {
            kind: request.first(&["notification_id", "type"]),
            user_id: user.text("id").or_else(|| request.text("user_id")),
            email: user.text("email"),
            number: user.text("number"),
        })
    }
}

/// Finds the events that a row lists.
pub(super) fn events<'r>(row: &Row<'r>) -> Vec<Event<'r>> {
    let lists = LISTS.iter().filter_map(|name| row.json(name));
    let items = lists.filter_map(|json| serde_json::from_str::<Vec<&RawValue>>(json).ok());
    items
        .flatten()
        .filter_map(|item| event(item.get()))
        .collect()
}

fn event(json: &str) -> Option<Event<'_>> {
    if !json.starts_with('{') {
        let label = Scalar::read(json).text()?;
        return Some(labelled(&label, None));
    }
    let entry = Row::read(json).ok()?;
    let label = entry.first(&LABELS)?;
    let mut event = labelled(&label, entry.text("channel").as_deref());
    event.time = entry.first_time(&TIMES);
    event.code = entry.first(&CODES).or(event.code);
    event.reason = entry.first(&REASONS).as_deref().and_then(one_line);
    event.destination = entry.first(&["recipient", "to"]);
    Some(event)
}

fn labelled<'r>(label: &str, channel: Option<&str>) -> Event<'r> {
    let (name, sub) = names::tracked(label);
    let channel = channel
        .map(names::channel)
        .or_else(|| names::channel_of(&name, sub?).map(Cow::Borrowed));
    let key = match &channel {
        Some(channel) => format!("{channel}/{name}"),
        None => name.to_string(),
    };
    Event {
        code: sub.map(|sub| sub.to_owned().into()),
        ..Event::new(key, channel, name)
    }
}

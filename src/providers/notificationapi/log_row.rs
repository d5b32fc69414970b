//! One log row to its records: the notification, and each tracked event.
//!
//! All records of a row share its `raw` and `message_id`; the notification's `id` is the `trackingId`, an event's is
//! that and what the event is called in the row (`…/email/sent`), so that a row met again stores each once. `logged_at`
//! is the latest time in the row: the row was written no earlier, and the greater one is the newer state of the same
//! notification.
//!
//! Rule: the time of the notification is `received_at`, else the earliest time in the row, else that in a `trackingId`
//! of UUID version 7; an event whose own time is missing or cannot be read has the notification's.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::model::{Record, RecordType, Timestamp};

use super::super::decode_error::{DecodeError, parse_time};
use super::events::{self, Event};
use super::legacy::Request;
use super::row::{Row, uuid_time, written_time};
use super::{legacy, names, state};

/// Where rows of other sources than the documented one have their time, best first.
const OTHER_TIMES: [&str; 8] = [
    "timestamp",
    "@timestamp",
    "epoch_ms",
    "received",
    "time",
    "date",
    "created_at",
    "updated_at",
];

/// Where rows of the first API, and exports, have their state.
const STATUS: [&str; 2] = ["status", "state"];

/// Decodes a row. `written` is the time of whatever it was wrapped in.
pub(super) fn decode(
    row: &Row<'_>,
    written: Option<Timestamp>,
    raw: &[u8],
    keep: &mut dyn FnMut(&Record<'_>),
) -> Result<(), DecodeError> {
    let received = received(row)?;
    let request = row.object_text("request");
    let request = request.as_deref().and_then(Request::read);
    let mut events = events::of_row(row);
    events.extend(legacy::events(row));
    number_repeated(&mut events);
    let tracking_id = row.text("tracking_id");
    let time = received
        .or_else(|| events.iter().filter_map(|event| event.time).min())
        .or_else(|| row.first_time(&OTHER_TIMES))
        .or(written)
        .or_else(|| uuid_time(tracking_id.as_deref()?))
        .ok_or(DecodeError::NoTime(
            "no `received_at`, no other time, and no `trackingId` with a time in it",
        ))?;
    events.sort_by_key(|event| (event.time.unwrap_or(time), rank(&event.name)));
    let shared = Shared::new(row, request.as_ref(), &events, raw);
    keep(&shared.notification(row, time, &events));
    for event in &events {
        keep(&shared.event(event, time));
    }
    Ok(())
}

fn received(row: &Row<'_>) -> Result<Option<Timestamp>, DecodeError> {
    match (row.time("received_at"), row.text("received_at")) {
        (None, Some(text)) => match written_time(&text) {
            Some(time) => Ok(Some(time)),
            None => parse_time("received_at", &text).map(Some),
        },
        (time, _) => Ok(time),
    }
}

/// Events of one time in the order in which they come about.
fn rank(name: &str) -> usize {
    const ORDER: [&str; 8] = [
        "received",
        "processed",
        "ignored",
        "scheduled",
        "sending",
        "sent",
        "delivered",
        "opened",
    ];
    let mut known = ORDER.iter();
    known
        .position(|known| *known == name)
        .unwrap_or(ORDER.len())
}

/// Gives the second of two events that are called the same a name of its own.
fn number_repeated(events: &mut [Event<'_>]) {
    let mut seen = std::collections::HashMap::new();
    for event in events {
        let count = seen.entry(event.key.clone()).or_insert(0u32);
        *count += 1;
        if *count > 1 {
            event.key.push_str(&format!("/{count}"));
        }
    }
}

/// What all records of one row have in common.
struct Shared<'r> {
    /// The `trackingId`, else a hash of the row.
    id: Cow<'r, str>,
    message_id: Option<Cow<'r, str>>,
    /// The notification's type.
    kind: Option<Cow<'r, str>>,
    source: Option<Cow<'r, str>>,
    actor: Option<Cow<'r, str>>,
    email: Option<Cow<'r, str>>,
    number: Option<Cow<'r, str>>,
    logged_at: Option<Timestamp>,
    raw: &'r [u8],
}

impl<'r> Shared<'r> {
    fn new(
        row: &'r Row<'_>,
        request: Option<&Request<'r>>,
        events: &[Event<'r>],
        raw: &'r [u8],
    ) -> Self {
        let message_id = row.text("tracking_id");
        let asked = |of: fn(&Request<'r>) -> Option<Cow<'r, str>>| request.and_then(of);
        Shared {
            id: message_id.clone().unwrap_or_else(|| hash_of(row).into()),
            message_id,
            kind: row
                .first(&["type", "notification_id"])
                .or_else(|| asked(|request| request.kind.clone())),
            source: row.first(&["env_id", "client_id"]),
            actor: row
                .first(&["user_id", "user"])
                .or_else(|| asked(|request| request.user_id.clone())),
            email: row
                .text("user_email")
                .or_else(|| asked(|request| request.email.clone())),
            number: row
                .text("user_number")
                .or_else(|| asked(|request| request.number.clone())),
            logged_at: events.iter().filter_map(|event| event.time).max(),
            raw,
        }
    }

    fn start(&self, time: Timestamp, record_type: RecordType) -> Record<'_> {
        let mut record = Record::new(time, record_type, self.raw);
        record.logged_at = self.logged_at;
        record.message_id = self.message_id.as_deref().map(Cow::Borrowed);
        record.resource = self.kind.as_deref().map(Cow::Borrowed);
        record.source = self.source.as_deref().map(Cow::Borrowed);
        record.actor = self.actor.as_deref().map(Cow::Borrowed);
        record
    }

    /// Returns where a channel reaches the user.
    fn address(&self, channel: Option<&str>) -> Option<&str> {
        match channel {
            Some("email") => self.email.as_deref(),
            Some("sms" | "call") => self.number.as_deref(),
            Some(_) => None,
            None => self.email.as_deref().or(self.number.as_deref()),
        }
    }

    fn notification<'s>(
        &'s self,
        row: &Row<'s>,
        time: Timestamp,
        events: &[Event<'s>],
    ) -> Record<'s> {
        let state = state::conclude(events, row.first(&STATUS));
        let mut record = self.start(time, RecordType::Notification);
        record.id = Some(Cow::Borrowed(&self.id));
        record.operation = self.kind.as_deref().map(Cow::Borrowed);
        record.outcome = state.outcome;
        record.code = state.code;
        record.reason = state.reason.map(Cow::Owned);
        let listed = || row.text("channel").as_deref().map(names::channel);
        record.channel = state.channel.or_else(listed);
        record.destination = state.destination.or_else(|| {
            let address = self.address(record.channel.as_deref())?;
            Some(Cow::Borrowed(address))
        });
        record.ip = row.text("ip");
        record
    }

    fn event(&self, event: &Event<'_>, notified: Timestamp) -> Record<'_> {
        let owned =
            |text: &Option<Cow<'_, str>>| text.as_deref().map(|text| text.to_owned().into());
        let mut record = self.start(event.time.unwrap_or(notified), RecordType::Event);
        record.id = Some(format!("{}/{}", self.id, event.key).into());
        record.operation = Some(event.name.to_string().into());
        record.outcome = state::outcome_of(&event.name);
        record.code = owned(&event.code);
        record.reason = event.reason.clone().map(Cow::Owned);
        record.channel = owned(&event.channel);
        record.destination = owned(&event.destination).or_else(|| {
            let is_outward = matches!(&*event.name, "sent" | "delivered" | "failed" | "sending");
            let channel = event.channel.as_deref().filter(|_| is_outward)?;
            self.address(Some(channel)).map(Cow::Borrowed)
        });
        if record.actor.is_none() {
            record.actor = owned(&event.actor);
        }
        record.url = owned(&event.url);
        record.ip = owned(&event.ip);
        // The `…_after` columns have no known unit: only what two times tell is a span.
        record.delay_ms = event
            .time
            .filter(|_| event.channel.is_some())
            .map(|own| own.since(notified) / 1000)
            .filter(|millis| *millis >= 0);
        record
    }
}

/// Returns a name for a row made of what is in it, for rows that have none.
pub(super) fn hash_of(row: &Row<'_>) -> String {
    let mut digest = Sha256::new();
    for (name, value) in row.entries() {
        for part in [name, value] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part.as_bytes());
        }
    }
    digest.finalize()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

//! The tracked events of a log row, read from its columns: `<channel>_<event>_<attribute>`.
//!
//! An event is a column that ends in `_at`, whatever its name, so that new ones of the vendor's are found as well.
//! Beside those: a code without a time (`email_failed_code`), `ignored`, `scheduled_for` and `<channel>_routing` tell
//! of an event too, which then stands at `processed_at` or the time of the row.
//!
//! Rule: no event is dropped for want of a time that can be read; a failure must be found.

use std::borrow::Cow;

use crate::model::Timestamp;

use super::super::{line, reason};
use super::names::split_channel;
use super::row::Row;

/// The longest reason, in characters; that of the other providers.
const REASON_CHARS: usize = 300;

/// Columns that name a time and no event.
const NO_EVENTS: [&str; 2] = ["created_at", "updated_at"];

/// One tracked event.
#[derive(Clone, Debug)]
pub(super) struct Event<'r> {
    /// What tells it from the row's others: `email/sent`.
    pub(super) key: String,
    /// Its own time; `None`: that of the row.
    pub(super) time: Option<Timestamp>,
    pub(super) channel: Option<Cow<'r, str>>,
    pub(super) name: Cow<'r, str>,
    pub(super) code: Option<Cow<'r, str>>,
    pub(super) reason: Option<String>,
    pub(super) destination: Option<Cow<'r, str>>,
    pub(super) actor: Option<Cow<'r, str>>,
    pub(super) url: Option<Cow<'r, str>>,
    pub(super) ip: Option<Cow<'r, str>>,
}

impl<'r> Event<'r> {
    pub(super) fn new(key: String, channel: Option<Cow<'r, str>>, name: Cow<'r, str>) -> Self {
        Event {
            key,
            time: None,
            channel,
            name,
            code: None,
            reason: None,
            destination: None,
            actor: None,
            url: None,
            ip: None,
        }
    }
}

/// Finds the events of a row.
pub(super) fn of_row<'r>(row: &'r Row<'_>) -> Vec<Event<'r>> {
    let mut events = Vec::new();
    for (column, _) in row.entries() {
        match split_channel(column) {
            Some((channel, rest)) => of_channel(row, channel, rest, &mut events),
            None => of_whole(row, column, &mut events),
        }
    }
    events
}

/// Reads a column that belongs to no channel.
fn of_whole<'r>(row: &'r Row<'_>, column: &'r str, events: &mut Vec<Event<'r>>) {
    let event = |name: &'r str| Event::new(name.to_owned(), None, Cow::Borrowed(name));
    let failed = || Event {
        code: row.text("failed_code"),
        reason: row.text("failed_internal").as_deref().and_then(one_line),
        time: row.time("failed_at"),
        ..event("failed")
    };
    match column {
        "ignored" if is_set(row, column) => events.push(Event {
            time: row.time("processed_at"),
            code: row.text(column).filter(|text| text != "true"),
            ..event(column)
        }),
        // The row says with `ignored` what came of it.
        "processed_at" if is_set(row, "ignored") => {}
        "scheduled_for" => events.push(Event {
            time: row.time("processed_at"),
            reason: row.text(column).map(|time| format!("for {time}")),
            ..event("scheduled")
        }),
        "failed_at" => events.push(failed()),
        "failed_code" if !row.has("failed_at") => events.push(failed()),
        "received_at" => events.push(Event {
            time: row.time(column),
            ip: row.text("ip"),
            ..event("received")
        }),
        "schedule_updated_at" => events.push(Event {
            time: row.time(column),
            reason: row
                .text("schedule_updated_to")
                .map(|time| format!("to {time}")),
            ..event("schedule_updated")
        }),
        _ => {
            if let Some(name) = column.strip_suffix("_at")
                && !name.is_empty()
                && !NO_EVENTS.contains(&column)
            {
                events.push(Event {
                    time: row.time(column),
                    ..event(name)
                });
            }
        }
    }
}

/// Reads a column of a channel, given without the channel's name.
fn of_channel<'r>(
    row: &'r Row<'_>,
    channel: &'static str,
    rest: &'r str,
    events: &mut Vec<Event<'r>>,
) {
    if rest == "routing" {
        events.extend(routing(row, channel));
        return;
    }
    let name = match rest.strip_suffix("_at") {
        Some(name) => name,
        None => match rest.strip_suffix("_code") {
            // A diagnostic code belongs to the failure, and tells of none by itself.
            Some(name) if !name.contains('_') && !row.has(&format!("{channel}_{name}_at")) => name,
            _ => return,
        },
    };
    if name.is_empty() {
        return;
    }
    let of = |attribute: &str| row.text(&format!("{channel}_{name}_{attribute}"));
    let any = |attributes: &[&str]| attributes.iter().find_map(|attribute| of(attribute));
    let address = match channel {
        "email" => row.text("user_email"),
        "sms" | "call" => row.text("user_number"),
        _ => None,
    };
    events.push(Event {
        time: row.time(&format!("{channel}_{name}_at")),
        code: any(&["code", "keyword", "resolution_type"]),
        reason: any(&[
            "diagnostic_code",
            "internal",
            "subject",
            "text",
            "body_text",
        ])
        .as_deref()
        .and_then(one_line),
        destination: any(&["recipient", "recipients", "token", "to", "inbox"]).or_else(|| {
            // What came in or was tapped was not sent to the user.
            let is_outward = !matches!(name, "inbound" | "unsubscribe" | "subscribe");
            address.filter(|_| is_outward)
        }),
        // The sender of an SMS of one's own is a number, not who acted.
        actor: any(&["from"]).filter(|_| name != "sent"),
        url: of("link"),
        ip: of("ip"),
        ..Event::new(
            format!("{channel}/{name}"),
            Some(Cow::Borrowed(channel)),
            Cow::Borrowed(name),
        )
    });
}

/// Reads what was decided for a channel before anything was sent.
fn routing<'r>(row: &'r Row<'_>, channel: &'static str) -> Option<Event<'r>> {
    let code = row.text(&format!("{channel}_routing"))?;
    let name = match &*code.to_ascii_uppercase() {
        "SEND" => "sending",
        "BATCH" | "SCHEDULE" => "scheduled",
        "OFF" | "IGNORE" | "THROTTLED" | "DEDUPLICATED" => "ignored",
        _ => "routed",
    };
    let why = row.text(&format!("{channel}_routing_reason"));
    Some(Event {
        time: row.time("processed_at"),
        code: Some(code),
        reason: why.as_deref().and_then(one_line),
        ..Event::new(
            format!("{channel}/routing"),
            Some(Cow::Borrowed(channel)),
            Cow::Borrowed(name),
        )
    })
}

fn is_set(row: &Row<'_>, column: &str) -> bool {
    row.text(column)
        .is_some_and(|text| !text.eq_ignore_ascii_case("false"))
}

/// Returns a free text as one line, or what JSON in it says to a person.
pub(super) fn one_line(text: &str) -> Option<String> {
    let line = if text.trim_start().starts_with(['{', '[']) {
        reason::human_text(text)?
    } else {
        line::one_line(text.chars(), REASON_CHARS)
    };
    (!line.is_empty()).then_some(line)
}

//! The timeline of a message: its fate at each destination, then every record in order of time.
//!
//! Rule: an exchange stands below the attempt that it carried, in full once; what belongs to no attempt stands at its own time.

use std::collections::HashSet;

use crate::model::{Column, RecordType, Value, format_span};
use crate::query::Entry;
use crate::render::{Report, Tone};

use super::{Story, fate, talk};

pub(super) fn tell(report: &mut Report, story: &Story<'_>, id: &str, records: &[Entry]) {
    report.line(0, &[(Tone::Title, "message "), (Tone::Title, id)]);
    let routes = fate::by_route(records);
    for (route, fate) in &routes {
        let of_route: Vec<&Entry> = records
            .iter()
            .filter(|entry| entry.record_type != RecordType::Exchange && entry.route() == *route)
            .collect();
        let Some(first) = of_route.first() else {
            continue;
        };
        report.line(2, &[(Tone::Plain, &way(story, first))]);
        let said = fate::sentence(story, &of_route, *fate);
        report.line(2, &[(fate::tone(*fate), &said)]);
    }
    if routes.is_empty() {
        notified(report, story, records);
    }
    report.blank();
    timeline(report, story, records, routes.len() > 1);
}

/// `segment prod, src_web → dst_braze`.
pub(super) fn way(story: &Story<'_>, entry: &Entry) -> String {
    let place = story.place(entry);
    match (entry.text(Column::Source), entry.text(Column::Destination)) {
        (Some(source), Some(destination)) => format!("{place}, {source} → {destination}"),
        (None, Some(destination)) => format!("{place}, to {destination}"),
        (Some(source), None) => format!("{place}, from {source}"),
        (None, None) => place,
    }
}

/// Says how a notification ended, which has no attempts to judge by.
fn notified(report: &mut Report, story: &Story<'_>, records: &[Entry]) {
    let notification = records
        .iter()
        .find(|entry| entry.record_type == RecordType::Notification);
    let Some(entry) = notification.or_else(|| records.first()) else {
        return;
    };
    let mut parts = vec![story.place(entry)];
    for column in [Column::Operation, Column::Subscriber] {
        parts.extend(entry.text(column).map(str::to_owned));
    }
    report.line(2, &[(Tone::Plain, &parts.join(", "))]);
    if let Some(outcome) = entry.text(Column::Outcome) {
        let why = [Column::Code, Column::Reason].map(|column| entry.text(column));
        let why: Vec<&str> = why.into_iter().flatten().collect();
        let said = match why.as_slice() {
            [] => outcome.to_owned(),
            why => format!("{outcome}: {}", why.join(", ")),
        };
        report.line(2, &[(outcome_tone(outcome), &said)]);
    }
}

fn timeline(report: &mut Report, story: &Story<'_>, records: &[Entry], has_routes: bool) {
    let named: HashSet<(&str, &str)> = records
        .iter()
        .filter(|entry| entry.record_type == RecordType::Attempt)
        .filter_map(|entry| Some((entry.route().collection, entry.text(Column::ExchangeId)?)))
        .collect();
    let mut told = HashSet::new();
    let mut seen: Vec<&Entry> = Vec::new();
    for (channel, entry) in by_channel(records) {
        if let Some(channel) = channel {
            report.line(0, &[(Tone::Title, channel)]);
        }
        let exchange = entry.text(Column::ExchangeId);
        match entry.record_type {
            RecordType::Exchange
                if exchange.is_some_and(|id| named.contains(&(entry.route().collection, id))) =>
            {
                continue;
            }
            RecordType::Exchange => {
                headline(
                    report,
                    story,
                    entry,
                    exchange.unwrap_or_default(),
                    Tone::Quiet,
                    "",
                );
                talk::tell(report, story, 2, entry);
            }
            RecordType::Attempt => {
                attempt(report, story, entry, &seen, has_routes);
                let carried = records.iter().find(|other| {
                    other.record_type == RecordType::Exchange
                        && other.text(Column::ExchangeId) == exchange
                        && other.route().collection == entry.route().collection
                });
                match (exchange, carried) {
                    (Some(id), Some(carried)) if told.insert((carried.route(), id)) => {
                        report.line(2, &[(Tone::Label, "exchange "), (Tone::Plain, id)]);
                        talk::tell(report, story, 4, carried);
                    }
                    (Some(id), Some(_)) => {
                        report.line(
                            2,
                            &[
                                (Tone::Label, "exchange "),
                                (Tone::Plain, id),
                                (Tone::Quiet, ", as above"),
                            ],
                        );
                    }
                    (Some(id), None) => {
                        report.line(
                            2,
                            &[
                                (Tone::Label, "exchange "),
                                (Tone::Plain, id),
                                (Tone::Doubtful, " is not stored"),
                            ],
                        );
                    }
                    (None, _) => why(report, entry),
                }
                seen.push(entry);
            }
            RecordType::Error => error(report, story, entry, !seen.is_empty(), has_routes),
            _ => other(report, story, entry),
        }
    }
}

/// Returns records in order of time; events of channels after the others, channel by channel, each group's first record with
/// its channel.
fn by_channel(records: &[Entry]) -> Vec<(Option<&str>, &Entry)> {
    let channel = |entry: &'_ Entry| match entry.record_type {
        RecordType::Event => entry.text(Column::Channel).map(str::to_owned),
        _ => None,
    };
    let mut channels: Vec<Option<String>> = vec![None];
    for entry in records {
        let channel = channel(entry);
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    let mut ordered = Vec::with_capacity(records.len());
    for wanted in &channels {
        let of_channel = records.iter().filter(|entry| channel(entry) == *wanted);
        for (at, entry) in of_channel.enumerate() {
            let heading = entry.text(Column::Channel);
            let is_first = at == 0 && wanted.is_some();
            ordered.push((heading.filter(|_| is_first), entry));
        }
    }
    ordered
}

fn attempt(
    report: &mut Report,
    story: &Story<'_>,
    entry: &Entry,
    seen: &[&Entry],
    has_routes: bool,
) {
    let what = match entry.int(Column::Attempt) {
        Some(number) => format!("attempt {number}"),
        None => "attempt".to_owned(),
    };
    let outcome = entry.text(Column::Outcome).unwrap_or("outcome unknown");
    let before = seen
        .iter()
        .rev()
        .find(|other| other.route() == entry.route());
    let wait = before.map_or(String::new(), |before| wait(before, entry));
    let mut after = format!("  {outcome}{wait}");
    if has_routes {
        after.push_str(&at_destination(entry));
    }
    headline(report, story, entry, &what, outcome_tone(outcome), &after);
}

/// `  12 min after attempt 1`.
pub(super) fn wait(before: &Entry, entry: &Entry) -> String {
    let span = format_span(entry.time().since(before.time()));
    match before.int(Column::Attempt) {
        Some(number) => format!("  {span} after attempt {number}"),
        None => format!("  {span} after the last"),
    }
}

fn at_destination(entry: &Entry) -> String {
    let destination = entry.text(Column::Destination);
    destination.map_or(String::new(), |id| format!("  → {id}"))
}

fn error(
    report: &mut Report,
    story: &Story<'_>,
    entry: &Entry,
    has_attempts: bool,
    has_routes: bool,
) {
    let (said, tone) = match entry.value(Column::Discarded) {
        Value::Bool(true) => ("discarded", Tone::Bad),
        Value::Bool(false) => ("not discarded", Tone::Plain),
        _ => ("", Tone::Plain),
    };
    let mut after = match (said, entry.text(Column::Code)) {
        ("", Some(code)) => format!("  {code}"),
        (said, Some(code)) => format!("  {said}: {code}"),
        ("", None) => String::new(),
        (said, None) => format!("  {said}"),
    };
    if has_routes {
        after.push_str(&at_destination(entry));
    }
    headline(report, story, entry, "error", tone, &after);
    // With attempts there, status and reason are those of the last of them, and stand above.
    if !has_attempts {
        why(report, entry);
    }
}

fn other(report: &mut Report, story: &Story<'_>, entry: &Entry) {
    let columns = [
        Column::Channel,
        Column::Operation,
        Column::Outcome,
        Column::Code,
    ];
    let parts = columns.map(|column| entry.text(column));
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    let after = if parts.is_empty() {
        String::new()
    } else {
        format!("  {}", parts.join("  "))
    };
    let outcome = entry.text(Column::Outcome).unwrap_or_default();
    let what = entry.record_type.name();
    headline(report, story, entry, what, outcome_tone(outcome), &after);
    why(report, entry);
    talk::tell(report, story, 2, entry);
}

/// The line that a record begins with: its time, what it is, how it ended.
fn headline(
    report: &mut Report,
    story: &Story<'_>,
    entry: &Entry,
    what: &str,
    tone: Tone,
    after: &str,
) {
    let time = story.time(entry.time());
    report.line(
        0,
        &[
            (Tone::Quiet, &time),
            (Tone::Plain, "  "),
            (Tone::Title, what),
            (tone, after),
        ],
    );
}

/// Says the status and the reason of a record by itself.
fn why(report: &mut Report, entry: &Entry) {
    let said = talk::status_and_reason(entry);
    if !said.is_empty() {
        report.line(2, &[(Tone::Plain, &said)]);
    }
}

pub(super) fn outcome_tone(outcome: &str) -> Tone {
    match outcome {
        "success" => Tone::Good,
        "failure" => Tone::Bad,
        "pending" => Tone::Doubtful,
        _ => Tone::Plain,
    }
}

//! What became of a message, in one sentence.
//!
//! Rule: the fate itself is judged by `query`; here it is only put into words, with the records it follows from.

use crate::model::{Column, Fate, Outcome, RecordType, Timestamp, Value, count, format_span};
use crate::query::{Entry, RETRY_MICROS, Route, Trace};
use crate::render::Tone;

use super::story::Story;

/// Returns the routes of a message's attempts and errors, each with its fate, in the order of their first record.
pub(super) fn by_route(records: &[Entry]) -> Vec<(Route<'_>, Option<Fate>)> {
    let mut routes: Vec<(Route<'_>, Option<Fate>)> = Vec::new();
    for entry in records.iter().filter(|entry| is_judged(entry)) {
        let route = entry.route();
        match routes.iter_mut().find(|(known, _)| *known == route) {
            // All say the same of one route; the last counts if they do not.
            Some((_, fate)) => *fate = entry.fate.or(*fate),
            None => routes.push((route, entry.fate)),
        }
    }
    routes
}

/// Returns the fate of all: that of every route, else the one that needs attention most.
pub(super) fn overall(fates: impl Iterator<Item = Option<Fate>>) -> Option<Fate> {
    let weight = |fate: &Fate| match fate {
        Fate::Discarded => 3,
        Fate::Unknown => 2,
        Fate::Retrying => 1,
        Fate::Delivered => 0,
    };
    fates.flatten().max_by_key(weight)
}

/// Returns whether there may be more to come.
pub(super) fn is_open(trace: &Trace) -> bool {
    let of_routes = by_route(&trace.records).into_iter().map(|(_, fate)| fate);
    let of_batch = trace.batch.iter().map(|member| member.fate);
    of_routes
        .chain(of_batch)
        .any(|fate| matches!(fate, Some(Fate::Retrying | Fate::Unknown)))
}

pub(super) fn tone(fate: Option<Fate>) -> Tone {
    match fate {
        Some(Fate::Delivered) => Tone::Good,
        Some(Fate::Discarded) => Tone::Bad,
        Some(Fate::Retrying) => Tone::Doubtful,
        Some(Fate::Unknown) | None => Tone::Plain,
    }
}

fn is_judged(entry: &Entry) -> bool {
    matches!(entry.record_type, RecordType::Attempt | RecordType::Error)
}

/// Says what became of a message at one route, from its records there, oldest first.
pub(super) fn sentence(story: &Story<'_>, records: &[&Entry], fate: Option<Fate>) -> String {
    let attempts: Vec<&Entry> = records
        .iter()
        .copied()
        .filter(|entry| entry.record_type == RecordType::Attempt)
        .collect();
    let failed = |entry: &&&Entry| has_outcome(entry, Outcome::Failure);
    let first_failure = records.iter().find(failed).map(|entry| entry.time());
    let last_failure = records.iter().rev().find(failed).map(|entry| entry.time());
    match fate {
        Some(Fate::Delivered) => delivered(&attempts, first_failure),
        Some(Fate::Discarded) => {
            let discard = records
                .iter()
                .rev()
                .find(|entry| *entry.value(Column::Discarded) == Value::Bool(true));
            let when = discard.map_or(String::new(), |entry| {
                format!(" at {}", story.time(entry.time()))
            });
            format!(
                "discarded{when}{}{}",
                after(&attempts),
                last_words(&attempts)
            )
        }
        Some(Fate::Retrying) => {
            let until = last_failure.map_or(String::new(), |time| {
                let ago = format_span(story.now.since(time));
                let end = story.time(time.plus(RETRY_MICROS));
                format!(": the last failure was {ago} ago, retries may go on until {end}")
            });
            format!("being retried{until}{}", last_words(&attempts))
        }
        Some(Fate::Unknown) | None => {
            let why = match last_failure {
                Some(time) => format!(
                    "the last failure was {} ago, and neither a success nor a discard is stored",
                    format_span(story.now.since(time))
                ),
                None => "nothing that is stored tells how it ended".to_owned(),
            };
            format!("fate unknown: {why}{}", last_words(&attempts))
        }
    }
}

fn has_outcome(entry: &Entry, outcome: Outcome) -> bool {
    entry.text(Column::Outcome) == Some(outcome.name())
}

fn delivered(attempts: &[&Entry], first_failure: Option<Timestamp>) -> String {
    let is_success = |entry: &&&Entry| has_outcome(entry, Outcome::Success);
    let Some(success) = attempts.iter().find(is_success) else {
        return "delivered".to_owned();
    };
    let at = match success.int(Column::Attempt) {
        Some(number) => format!("delivered at attempt {number}"),
        None => "delivered".to_owned(),
    };
    match first_failure.filter(|time| *time <= success.time()) {
        Some(first) => format!(
            "{at}, {} after the first failure",
            format_span(success.time().since(first))
        ),
        None => at,
    }
}

/// ` after 6 attempts in 3 h 51 min`, as far as attempts are stored.
fn after(attempts: &[&Entry]) -> String {
    let [first, .., last] = attempts else {
        let one = count(attempts.len() as u64, "attempt");
        return if attempts.is_empty() {
            String::new()
        } else {
            format!(" after {one}")
        };
    };
    format!(
        " after {} in {}",
        count(attempts.len() as u64, "attempt"),
        format_span(last.time().since(first.time()))
    )
}

/// What the destination answered last: `; the last answer: 503 Service Unavailable`.
fn last_words(attempts: &[&Entry]) -> String {
    let Some(last) = attempts.last() else {
        return String::new();
    };
    let said = super::talk::status_and_reason(last);
    if said.is_empty() {
        String::new()
    } else {
        format!("; the last answer: {said}")
    }
}

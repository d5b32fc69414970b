//! An exchange: what was said, and what became of everyone it carried.
//!
//! Rule: the counts are of messages, by their last stored attempt at this destination.

use std::collections::BTreeMap;

use crate::model::{Fate, RecordType, count};
use crate::query::{Entry, Member, Trace};
use crate::render::{Report, Tone};

use super::story::Story;
use super::{fate, message, talk};

/// Messages that are listed; the others are counted.
const MOST_LISTED: usize = 20;

/// Where what is said of a message stands, unless its id is longer.
const VALUES: usize = 40;

pub(super) fn tell(report: &mut Report, story: &Story<'_>, id: &str, trace: &Trace) {
    report.line(0, &[(Tone::Title, "exchange "), (Tone::Title, id)]);
    let is_exchange = |entry: &&Entry| entry.record_type == RecordType::Exchange;
    let exchanges: Vec<&Entry> = trace.records.iter().filter(is_exchange).collect();
    if exchanges.is_empty() {
        if let Some(attempt) = trace.records.first() {
            report.line(2, &[(Tone::Plain, &message::way(story, attempt))]);
        }
        let said = "only attempts name it: the exchange itself is not stored";
        report.line(2, &[(Tone::Doubtful, said)]);
    }
    for entry in exchanges {
        report.line(2, &[(Tone::Plain, &message::way(story, entry))]);
        report.line(2, &[(Tone::Quiet, &story.time(entry.time()))]);
        talk::tell(report, story, 2, entry);
    }
    report.blank();
    batch(report, story, trace);
}

fn batch(report: &mut Report, story: &Story<'_>, trace: &Trace) {
    let messages = count(trace.batch.len() as u64, "message");
    if trace.batch.is_empty() {
        report.line(
            0,
            &[(Tone::Plain, "no attempt that is stored names this exchange")],
        );
        return;
    }
    report.line(0, &[(Tone::Title, &format!("{messages} in the batch"))]);
    for Part {
        fate,
        status,
        messages,
    } in by_fate_and_status(&trace.batch)
    {
        let said = format!(
            "{}  {}{}",
            count(messages, "message"),
            name(fate),
            status.map_or(String::new(), |status| format!(
                ", the last attempt with {status}"
            ))
        );
        report.line(2, &[(fate::tone(fate), &said)]);
    }
    report.blank();
    let members = worst_first(&trace.batch);
    let listed = &members[..members.len().min(MOST_LISTED)];
    let widest = listed
        .iter()
        .map(|member| member.message_id.len())
        .max()
        .unwrap_or(0);
    let column = (widest + 4).min(VALUES);
    for member in listed {
        let attempt = member
            .attempt
            .map_or(String::new(), |number| format!("attempt {number} here, "));
        let attempts = count(member.attempts, "attempt");
        let rest = match member.attempts {
            0 | 1 => format!(" after {attempts}"),
            _ => format!(
                " after {attempts}, the last at {}",
                story.time(member.last_time)
            ),
        };
        let parts = [
            (Tone::Plain, attempt.as_str()),
            (fate::tone(member.fate), name(member.fate)),
            (Tone::Plain, rest.as_str()),
        ];
        report.field(2, column, &member.message_id, &parts);
    }
    if trace.batch.len() > MOST_LISTED {
        let more = trace.batch.len() - MOST_LISTED;
        let said = format!(
            "… and {}; -o csv lists all",
            count(more as u64, "more message")
        );
        report.line(2, &[(Tone::Quiet, &said)]);
    }
}

/// Puts what was delivered last: who looks at a batch wants to know what was lost, however much else it carried.
pub(super) fn worst_first(batch: &[Member]) -> Vec<&Member> {
    let mut members: Vec<&Member> = batch.iter().collect();
    members.sort_by_key(|member| match member.fate {
        Some(Fate::Discarded) => 0,
        Some(Fate::Retrying) => 1,
        Some(Fate::Unknown) | None => 2,
        Some(Fate::Delivered) => 3,
    });
    members
}

/// Messages of a batch that came to the same.
pub(super) struct Part {
    pub(super) fate: Option<Fate>,
    /// Of the last attempt.
    pub(super) status: Option<i64>,
    pub(super) messages: u64,
}

/// Counts messages, the most first.
pub(super) fn by_fate_and_status(batch: &[Member]) -> Vec<Part> {
    let mut counts: BTreeMap<(Option<Fate>, Option<i64>), u64> = BTreeMap::new();
    for member in batch {
        *counts.entry((member.fate, member.last_status)).or_default() += 1;
    }
    let part = |((fate, status), messages)| Part {
        fate,
        status,
        messages,
    };
    let mut parts: Vec<Part> = counts.into_iter().map(part).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.messages));
    parts
}

fn name(fate: Option<Fate>) -> &'static str {
    fate.map_or("fate unknown", |fate| match fate {
        Fate::Unknown => "fate unknown",
        known => known.name(),
    })
}

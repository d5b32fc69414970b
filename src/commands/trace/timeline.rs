//! The records of a message, one below the other.
//!
//! Rule: an exchange stands below the attempt that it carried, in full once; what belongs to no attempt stands at its own
//! time. What a record says itself is told from what was joined to it.

use std::collections::HashSet;

use crate::model::{Column, RecordType, Value, format_span};
use crate::query::{Entry, Route};
use crate::render::{Report, Tone};

use super::story::Story;
use super::talk;

/// Shows the records, which are in order of time; `has_routes`: they went to several destinations.
pub(super) fn tell(report: &mut Report, story: &Story<'_>, records: &[Entry], has_routes: bool) {
    let mut timeline = Timeline {
        report,
        story,
        records,
        has_routes,
        told: HashSet::new(),
        attempts: Vec::new(),
    };
    for (channel, entry) in by_channel(records) {
        if let Some(channel) = channel {
            timeline.report.line(0, &[(Tone::Title, channel)]);
        }
        timeline.entry(entry);
    }
}

struct Timeline<'t> {
    report: &'t mut Report,
    story: &'t Story<'t>,
    records: &'t [Entry],
    has_routes: bool,
    /// Exchanges that were shown in full.
    told: HashSet<(Route<'t>, &'t str)>,
    /// Those that were shown, the last one last.
    attempts: Vec<&'t Entry>,
}

impl<'t> Timeline<'t> {
    fn entry(&mut self, entry: &'t Entry) {
        match entry.record_type {
            RecordType::Exchange if self.has_attempt_of(entry) => {}
            RecordType::Exchange => {
                let id = entry.text(Column::ExchangeId).unwrap_or_default();
                self.headline(entry, "exchange", &[(Tone::Plain, &format!("  {id}"))]);
                talk::tell(self.report, self.story, 2, entry);
            }
            RecordType::Attempt => self.attempt(entry),
            RecordType::Error => self.error(entry),
            _ => self.other(entry),
        }
    }

    fn attempt(&mut self, entry: &'t Entry) {
        let what = match entry.int(Column::Attempt) {
            Some(number) => format!("attempt {number}"),
            None => "attempt".to_owned(),
        };
        let outcome = entry.text(Column::Outcome).unwrap_or("outcome unknown");
        let ended = match entry.text(Column::Code) {
            Some(code) => format!("  {outcome}: {code}"),
            None => format!("  {outcome}"),
        };
        let before = self.attempts.iter().rev();
        let before = before.copied().find(|other| other.route() == entry.route());
        let wait = before.map_or(String::new(), |before| wait(before, entry));
        let to = self.to(entry);
        let after = [
            (outcome_tone(outcome), ended.as_str()),
            (Tone::Plain, &wait),
            (Tone::Quiet, &to),
        ];
        self.headline(entry, &what, &after);
        self.carrier(entry);
        self.attempts.push(entry);
    }

    /// Shows the exchange that carried an attempt.
    fn carrier(&mut self, attempt: &'t Entry) {
        let Some(id) = attempt.text(Column::ExchangeId) else {
            return self.why(attempt);
        };
        let exchange = self.records.iter().find(|other| {
            other.record_type == RecordType::Exchange && is_carried_by(attempt, other)
        });
        let name = [(Tone::Label, "exchange "), (Tone::Plain, id)];
        let noted = |note| [name[0], name[1], note];
        match exchange {
            Some(exchange) => {
                if attempt.text(Column::Reason) != exchange.text(Column::Reason) {
                    self.why(attempt);
                }
                if self.told.insert((exchange.route(), id)) {
                    self.report.line(2, &name);
                    talk::tell(self.report, self.story, 4, exchange);
                } else {
                    self.report.line(2, &noted((Tone::Quiet, ", as above")));
                }
            }
            None => {
                self.why(attempt);
                self.report
                    .line(2, &noted((Tone::Doubtful, " is not stored")));
            }
        }
    }

    fn error(&mut self, entry: &'t Entry) {
        let (said, tone) = match entry.value(Column::Discarded) {
            Value::Bool(true) => (Some("discarded"), Tone::Bad),
            Value::Bool(false) => (Some("not discarded"), Tone::Plain),
            _ => (None, Tone::Plain),
        };
        let parts: Vec<&str> = [said, entry.text(Column::Code)]
            .into_iter()
            .flatten()
            .collect();
        let mut ended = parts.join(": ");
        if let Some(operation) = entry.text(Column::Operation) {
            ended.push_str(&format!("  {operation}"));
        }
        let to = self.to(entry);
        let after = [
            (Tone::Plain, "  "),
            (tone, ended.as_str()),
            (Tone::Quiet, &to),
        ];
        self.headline(entry, "error", &after);
        // An error without a reason of its own shows that of its message's last attempt, which stands there.
        let is_joined = self.records.iter().any(|other| {
            other.record_type == RecordType::Attempt
                && other.text(Column::Reason) == entry.text(Column::Reason)
        });
        if !is_joined {
            self.why(entry);
        }
    }

    fn other(&mut self, entry: &'t Entry) {
        let columns = [
            Column::Channel,
            Column::Operation,
            Column::Outcome,
            Column::Code,
        ];
        let parts = columns.map(|column| entry.text(column));
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        let after = format!("  {}", parts.join("  "));
        let outcome = entry.text(Column::Outcome).unwrap_or_default();
        let what = entry.record_type.name();
        self.headline(entry, what, &[(outcome_tone(outcome), &after)]);
        self.why(entry);
        // The events of a notification are told of by the very row that the notification is.
        let is_told =
            |other: &Entry| other.record_type == RecordType::Notification && other.raw == entry.raw;
        if entry.record_type != RecordType::Event || !self.records.iter().any(is_told) {
            talk::tell(self.report, self.story, 2, entry);
        }
    }

    /// The line that a record begins with: its time, what it is, how it ended.
    fn headline(&mut self, entry: &Entry, what: &str, after: &[(Tone, &str)]) {
        let time = self.story.time(entry.time());
        let mut parts = vec![
            (Tone::Quiet, time.as_str()),
            (Tone::Plain, "  "),
            (Tone::Title, what),
        ];
        parts.extend_from_slice(after);
        self.report.line(0, &parts);
    }

    /// Says the status and the reason of a record by itself.
    fn why(&mut self, entry: &Entry) {
        let said = talk::status_and_reason(entry);
        if !said.is_empty() {
            self.report.line(2, &[(Tone::Plain, &said)]);
        }
    }

    fn to(&self, entry: &Entry) -> String {
        let destination = entry.text(Column::Destination);
        let destination = destination.filter(|_| self.has_routes);
        destination.map_or(String::new(), |id| format!("  ({id})"))
    }

    fn has_attempt_of(&self, exchange: &Entry) -> bool {
        self.records
            .iter()
            .any(|other| other.record_type == RecordType::Attempt && is_carried_by(other, exchange))
    }
}

fn is_carried_by(attempt: &Entry, exchange: &Entry) -> bool {
    let id = attempt.text(Column::ExchangeId);
    id.is_some()
        && id == exchange.text(Column::ExchangeId)
        && attempt.route().collection == exchange.route().collection
}

/// `  12 min after attempt 1`.
fn wait(before: &Entry, entry: &Entry) -> String {
    let span = format_span(entry.time().since(before.time()));
    match before.int(Column::Attempt) {
        Some(number) => format!("  {span} after attempt {number}"),
        None => format!("  {span} after the last"),
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

pub(super) fn outcome_tone(outcome: &str) -> Tone {
    match outcome {
        "success" => Tone::Good,
        "failure" => Tone::Bad,
        "pending" => Tone::Doubtful,
        _ => Tone::Plain,
    }
}

//! A message: its fate at each destination, then its timeline.
//!
//! Rule: every destination is told of by itself; what one of them took says nothing about another.

use crate::model::{Column, RecordType};
use crate::query::Entry;
use crate::render::{Report, Tone};

use super::story::Story;
use super::{fate, timeline};

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
    timeline::tell(report, story, records, routes.len() > 1);
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
        report.line(2, &[(timeline::outcome_tone(outcome), &said)]);
    }
}

//! One record by itself: the provider's own fields, request and response, and what is around it.
//!
//! Rule: of a provider that folds equal failures the first and the last sight are both shown, and the count as a lower bound.

use crate::model::{Column, Field, RecordType, Value};
use crate::providers::spec;
use crate::query::{Entry, Trace};
use crate::render::{Report, Tone};

use super::story::Story;
use super::{exchange, message, talk};

/// Where values stand below each other.
const VALUES: usize = 20;

pub(super) fn tell(report: &mut Report, story: &Story<'_>, trace: &Trace) {
    let is_it = |entry: &&Entry| entry.text(Column::Id) == Some(&trace.id);
    let (own, around): (Vec<&Entry>, Vec<&Entry>) = trace.records.iter().partition(is_it);
    for entry in own {
        one(report, story, &trace.id, entry);
    }
    let text = |column| {
        let mut values = trace.records.iter();
        values.find_map(|entry: &Entry| entry.text(column))
    };
    match (text(Column::MessageId), text(Column::ExchangeId)) {
        _ if around.is_empty() => {}
        (_, Some(id)) if !trace.batch.is_empty() => {
            report.blank();
            exchange::tell(report, story, id, trace);
        }
        (Some(id), _) => {
            report.blank();
            message::tell(report, story, id, &trace.records);
        }
        (None, _) => {}
    }
}

fn one(report: &mut Report, story: &Story<'_>, id: &str, entry: &Entry) {
    report.line(0, &[(Tone::Title, "record "), (Tone::Title, id)]);
    let kind = entry.record_type.name();
    let way = format!("{}, {kind}", message::way(story, entry));
    report.line(2, &[(Tone::Plain, &way)]);
    times(report, story, entry);
    let talks = entry.record_type == RecordType::Exchange || has_talk(entry);
    if native(report, story, entry) == 0 {
        columns(report, story, entry);
        if !talks {
            let raw = String::from_utf8_lossy(&entry.raw);
            talk::body(report, 2, "as received", &raw, story.bodies);
        }
    }
    if talks {
        talk::tell(report, story, 2, entry);
    }
}

fn has_talk(entry: &Entry) -> bool {
    crate::providers::conversation(&entry.raw) != Default::default()
}

/// Says when; of a provider that folds, both ends of what one record stands for.
fn times(report: &mut Report, story: &Story<'_>, entry: &Entry) {
    let time = story.time(entry.time());
    let logged = match entry.value(Column::LoggedAt) {
        Value::Time(logged) => Some(story.time(*logged)),
        _ => None,
    };
    if !spec(entry.provider).folds {
        report.field(2, VALUES, "time", &[(Tone::Plain, &time)]);
        if let Some(logged) = logged.filter(|logged| *logged != time) {
            report.field(2, VALUES, "logged at", &[(Tone::Plain, &logged)]);
        }
        return;
    }
    // The id tells milliseconds, the log whole seconds: of a single sight the first may seem the later one.
    let is_later = match entry.value(Column::LoggedAt) {
        Value::Time(logged) => *logged > entry.time(),
        _ => false,
    };
    let first = logged.map(|logged| if is_later { time.clone() } else { logged });
    if let Some(first) = first {
        report.field(2, VALUES, "first seen", &[(Tone::Plain, &first)]);
    }
    report.field(2, VALUES, "last seen", &[(Tone::Plain, &time)]);
    if entry.record_type == RecordType::Error {
        let said = "≥ 1: the vendor folds equal errors of five minutes into one record";
        report.field(2, VALUES, "occurred", &[(Tone::Plain, said)]);
    }
}

/// Shows the provider's own fields under its own names, but for those that hold more than one value; returns how many.
fn native(report: &mut Report, story: &Story<'_>, entry: &Entry) -> usize {
    let mut shown = 0;
    for (name, path) in spec(entry.provider).native {
        // OK to pass over what is no path: a test of the providers reads them all.
        let Ok(Field::Path(path)) = Field::parse(path) else {
            continue;
        };
        let value = match path.lookup(&entry.raw) {
            Value::Json(_) | Value::Null => continue,
            value => text(story, &value),
        };
        report.field(2, VALUES, name, &[(Tone::Plain, &value)]);
        shown += 1;
    }
    shown
}

fn columns(report: &mut Report, story: &Story<'_>, entry: &Entry) {
    const SAID: [Column; 7] = [
        Column::Provider,
        Column::Collection,
        Column::Time,
        Column::LoggedAt,
        Column::Type,
        Column::Id,
        Column::Raw,
    ];
    for column in Column::ALL.iter().filter(|column| !SAID.contains(column)) {
        let value = entry.value(*column);
        if !value.is_null() {
            report.field(
                2,
                VALUES,
                column.name(),
                &[(Tone::Plain, &text(story, value))],
            );
        }
    }
}

fn text(story: &Story<'_>, value: &Value<'_>) -> String {
    match value {
        Value::Null | Value::Bytes(_) => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Time(time) => story.time(*time),
        Value::Number(text) | Value::Text(text) | Value::Json(text) => text.to_string(),
    }
}

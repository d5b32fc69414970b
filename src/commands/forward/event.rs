//! One record to one event of the Tracking API.
//!
//! - `event` is named for the record's type; `properties` are the record's columns under their own names, without those
//!   it lacks. `userId` is the record's actor, as in Segment's own audit forwarding; others have the `anonymousId`
//!   `faillog`, so that a delivery failure makes no person of anyone.
//! - `messageId` is `faillog-PROVIDER-HASH`, the same whenever the same record is sent. It is never the failed message's own:
//!   Segment would take the report for the message and drop one of them.
//!
//! Rule: an event is never larger than the API takes; what is cut to make it fit is named in its `truncated`.

use std::borrow::Cow;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::model::{Column, Field, Hour, RecordType, Timestamp, Value};
use crate::providers::segment_tracking::MAX_EVENT;

/// Bytes, as written in JSON, that every text keeps, whatever else has to be cut; with all columns at that, and the
/// rest of the event, it still fits.
const KEPT: usize = 1_000;

/// Room for naming what was cut.
const ROOM: usize = 500;

/// Stands for whoever did what no record says.
const NOBODY: &str = "faillog";

/// An event, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// The same for the same record alone.
    pub(super) key: u128,
    /// The hour in which the record occurred.
    pub(super) hour: Hour,
    pub(super) text: String,
    /// Whether something had to be cut.
    pub(super) is_cut: bool,
    /// Whether it is an attempt whose exchange is not stored, and so has no status.
    pub(super) is_bare: bool,
}

/// Returns what must be read of each record, in the order that [`make`] takes it: every column.
pub(super) fn fields() -> Vec<Field> {
    Column::ALL.iter().copied().map(Field::Column).collect()
}

/// Makes the event of a record.
pub(super) fn make(cells: &[Value<'_>], with_raw: bool) -> Event {
    let cell = |column: Column| {
        let at = Column::ALL.iter().position(|known| *known == column);
        at.and_then(|at| cells.get(at)).unwrap_or(&Value::Null)
    };
    let text = |column| match cell(column) {
        Value::Text(text) => text.as_ref(),
        _ => "",
    };
    let time = match cell(Column::Time) {
        Value::Time(time) => *time,
        // OK because every record has a time.
        _ => Timestamp::MIN,
    };
    let key = key(&cell, time);
    let provider = text(Column::Provider);
    let (who, whose) = match text(Column::Actor) {
        "" => ("anonymousId", NOBODY),
        actor => ("userId", actor),
    };
    let mut head = format!(
        r#"{{"type":"track","event":{},"{who}":{},"messageId":"faillog-{provider}-{key:032x}","timestamp":"{time}","properties":{{"#,
        quoted(name(text(Column::Type))),
        quoted(beginning(whose, KEPT)),
    );
    let mut properties: Vec<Property<'_>> = Column::ALL
        .iter()
        .zip(cells)
        .filter(|(column, _)| with_raw || **column != Column::Raw)
        .filter_map(|(column, cell)| Property::of(*column, cell))
        .collect();
    let cut = fit(&mut properties, head.len());
    for property in &properties {
        head.push_str(&property.written);
        head.push(',');
    }
    if cut.is_empty() {
        // The comma after the last; there is always one, since every record has a time.
        head.pop();
    } else {
        let names: Vec<String> = cut.iter().map(|column| quoted(column.name())).collect();
        // OK because writing to a string does not fail.
        let _ = write!(head, r#""truncated":[{}]"#, names.join(","));
    }
    head.push_str("}}");
    Event {
        key,
        hour: time.hour(),
        text: head,
        is_cut: !cut.is_empty(),
        is_bare: text(Column::Type) == RecordType::Attempt.name()
            && !cell(Column::ExchangeId).is_null()
            && cell(Column::Status).is_null(),
    }
}

/// What the events of a record's type are called.
fn name(record_type: &str) -> &'static str {
    match record_type.parse() {
        Ok(RecordType::Error) => "Delivery Error",
        Ok(RecordType::Attempt) => "Delivery Attempt",
        Ok(RecordType::Exchange) => "Delivery Exchange",
        Ok(RecordType::Action) => "Delivery Action",
        Ok(RecordType::Audit) => "Segment Audit",
        Ok(RecordType::Notification) => "Notification",
        Ok(RecordType::Event) => "Notification Event",
        Ok(RecordType::Request) => "API Request",
        Ok(RecordType::Other) | Err(_) => "Log Entry",
    }
}

/// Tells records apart by where they are from, their type, and their id or else their bytes. A record that changes under
/// the same id has a later time then, and so is sent anew.
fn key<'c>(cell: &impl Fn(Column) -> &'c Value<'c>, time: Timestamp) -> u128 {
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    for column in [Column::Provider, Column::Collection, Column::Type] {
        if let Value::Text(text) = cell(column) {
            add(text.as_bytes());
        }
    }
    match (cell(Column::Id), cell(Column::Raw)) {
        (Value::Text(id), _) => {
            let version = match cell(Column::LoggedAt) {
                Value::Time(logged_at) => time.max(*logged_at),
                _ => time,
            };
            add(b"id");
            add(id.as_bytes());
            add(&version.micros().to_be_bytes());
        }
        (_, Value::Bytes(raw)) => {
            add(b"raw");
            add(raw);
        }
        _ => {}
    }
    let hash = digest.finalize();
    hash.iter()
        .take(16)
        .fold(0, |key, byte| key << 8 | u128::from(*byte))
}

/// One property, written out.
struct Property<'c> {
    column: Column,
    /// What may be cut.
    text: Option<Cow<'c, str>>,
    /// Name, colon and value, as JSON.
    written: String,
}

impl<'c> Property<'c> {
    fn of(column: Column, cell: &'c Value<'c>) -> Option<Self> {
        let (text, value) = match cell {
            Value::Null => return None,
            Value::Bool(value) => (None, value.to_string()),
            Value::Int(value) => (None, value.to_string()),
            Value::Number(number) => (None, number.clone().into_owned()),
            Value::Time(time) => (None, quoted(&time.to_rfc3339())),
            Value::Text(text) | Value::Json(text) => {
                (Some(Cow::Borrowed(text.as_ref())), quoted(text))
            }
            Value::Bytes(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                let value = quoted(&text);
                (Some(text), value)
            }
        };
        Some(Property {
            column,
            text,
            written: format!("{}:{value}", quoted(column.name())),
        })
    }

    /// Cuts the text to at most so many bytes as written.
    fn cut(&mut self, most: usize) {
        if let Some(text) = &self.text {
            let text = beginning(text, most);
            self.written = format!("{}:{}", quoted(self.column.name()), quoted(text));
        }
    }
}

/// Cuts texts until the event fits; returns the columns that were cut. The raw record goes first: the other columns are
/// read from it.
fn fit(properties: &mut [Property<'_>], head: usize) -> Vec<Column> {
    // A comma after each, and the two braces at the end.
    let size = |properties: &[Property<'_>]| {
        let written = properties.iter().map(|property| property.written.len() + 1);
        head + written.sum::<usize>() + 2
    };
    let mut cut = Vec::new();
    if size(properties) <= MAX_EVENT {
        return cut;
    }
    while size(properties) + ROOM > MAX_EVENT {
        let excess = size(properties) + ROOM - MAX_EVENT;
        let longest = properties
            .iter_mut()
            .filter(|property| property.text.is_some() && !cut.contains(&property.column))
            .max_by_key(|property| (property.column == Column::Raw, property.written.len()));
        let Some(longest) = longest else {
            break;
        };
        longest.cut(longest.written.len().saturating_sub(excess + 32).max(KEPT));
        cut.push(longest.column);
    }
    cut.sort_unstable();
    cut
}

/// Writes a JSON string.
fn quoted(text: &str) -> String {
    // OK because a string can always be written.
    serde_json::to_string(text).unwrap_or_default()
}

/// Returns as much of a text as has at most so many bytes within the quotes of a JSON string.
fn beginning(text: &str, most: usize) -> &str {
    let mut written = 0;
    for (at, c) in text.char_indices() {
        written += match c {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            c if c < ' ' => 6,
            c => c.len_utf8(),
        };
        if written > most {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests;

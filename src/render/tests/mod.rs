//! Whole outputs, from the first byte to the last.

mod formats;
mod hostile;
mod parallel;
mod parquet;
mod round_trip;

use crate::model::{Column, Kind, Timestamp, Value, Zone};

use super::{Fit, Format, Heading, Options, Output};

/// Options of an output to a file or pipe.
pub(super) const TO_FILE: Options = Options {
    zone: Zone::Utc,
    formula_guard: true,
    color: false,
    width: None,
    is_terminal: false,
    fit: Fit::Choose,
};

pub(super) const TO_TERMINAL: Options = Options {
    width: Some(80),
    is_terminal: true,
    ..TO_FILE
};

pub(super) fn headings(columns: &[Column]) -> Vec<Heading> {
    let heading = |column: &Column| Heading::new(column.name(), Some(column.kind()));
    columns.iter().map(heading).collect()
}

pub(super) fn text_headings<const N: usize>(names: [&str; N]) -> Vec<Heading> {
    names
        .map(|name| Heading::new(name, Some(Kind::Text)))
        .into()
}

pub(super) fn bytes(
    format: Format,
    headings: Vec<Heading>,
    rows: &[Vec<Value<'_>>],
    options: Options,
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut output = Output::new(format, headings, options, &mut out).unwrap();
    for row in rows {
        output.row(row).unwrap();
    }
    output.finish().unwrap();
    out
}

pub(super) fn render(
    format: Format,
    headings: Vec<Heading>,
    rows: &[Vec<Value<'_>>],
    options: Options,
) -> String {
    String::from_utf8(bytes(format, headings, rows, options)).unwrap()
}

pub(super) fn text(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

pub(super) fn time(text: &str) -> Value<'static> {
    Value::Time(Timestamp::parse(text).unwrap())
}

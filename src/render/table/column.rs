//! One column of the table: its cells as text, its header, how wide it wants to be.
//!
//! Rule: a time may be written without date and offset only if the header says both for every row.

use crate::model::{Kind, Timestamp, Value};

use super::super::number::{write_int, write_time};
use super::super::sanitize::visible;
use super::super::{Heading, Options};
use super::lines;

/// A cell as it is kept until the table is laid out.
pub(super) enum Cell {
    Empty,
    Time(Timestamp),
    Number(String),
    Text(String),
}

impl Cell {
    pub(super) fn new(value: &Value<'_>, options: &Options) -> Self {
        let text = |text: &str| {
            Cell::Text(if options.is_terminal {
                visible(text).into_owned()
            } else {
                text.to_owned()
            })
        };
        match value {
            Value::Null => Cell::Empty,
            Value::Bool(value) => Cell::Text(value.to_string()),
            Value::Int(number) => {
                let mut digits = Vec::new();
                write_int(*number, &mut digits);
                Cell::Number(String::from_utf8_lossy(&digits).into_owned())
            }
            Value::Number(number) => Cell::Number(number.clone().into_owned()),
            Value::Time(time) => Cell::Time(*time),
            Value::Text(value) | Value::Json(value) => text(value),
            Value::Bytes(bytes) => text(&String::from_utf8_lossy(bytes)),
        }
    }
}

/// A column ready to be measured and drawn.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Option<Kind>,
    /// Lines of the header; the last one names the column.
    pub(super) header: Vec<String>,
    pub(super) cells: Vec<String>,
    pub(super) is_right: bool,
    /// The width at which nothing is cut; never below the header's.
    pub(super) natural: usize,
    /// No row has anything here.
    pub(super) is_empty: bool,
    /// There are several rows, and all say the same.
    pub(super) is_constant: bool,
    /// It holds nothing but times and numbers, which are never cut or wrapped.
    pub(super) is_rigid: bool,
    /// It tells when each record was first seen, where `time` tells when it was last.
    pub(super) is_first_seen: bool,
}

impl Column {
    pub(super) fn new(heading: &Heading, cells: Vec<Cell>, options: &Options) -> Self {
        let is_number = |cell: &Cell| matches!(cell, Cell::Number(_));
        let is_text = |cell: &Cell| matches!(cell, Cell::Text(_));
        let is_rigid = !cells.iter().any(is_text);
        let is_right = heading.kind == Some(Kind::Int)
            || (is_rigid
                && cells.iter().any(is_number)
                && cells.iter().all(|cell| !matches!(cell, Cell::Time(_))));
        let name = if options.is_terminal {
            visible(&heading.name).into_owned()
        } else {
            heading.name.clone()
        };
        let has_times = cells.iter().any(|cell| matches!(cell, Cell::Time(_)));
        let mut cells: Vec<String> = cells.into_iter().map(|cell| text(cell, options)).collect();
        let mut header = vec![name.clone()];
        // A line of any length has room for the whole time.
        if has_times
            && options.width.is_some()
            && let Some(said) = shorten(&mut cells)
        {
            header = vec![said.date, format!("{name} ({})", said.zone)];
        }
        let widths = cells.iter().flat_map(|cell| cell.split('\n'));
        let natural = widths
            .chain(header.iter().map(String::as_str))
            .map(lines::width)
            .max()
            .unwrap_or(0);
        Column {
            kind: heading.kind,
            is_empty: cells.iter().all(String::is_empty),
            is_constant: cells.len() > 1 && cells.iter().all(|cell| *cell == cells[0]),
            name,
            header,
            cells,
            is_right,
            natural,
            is_rigid,
            is_first_seen: false,
        }
    }
}

impl Column {
    /// Whether most rows have something here.
    pub(super) fn is_mostly_filled(&self) -> bool {
        let filled = self.cells.iter().filter(|cell| !cell.is_empty()).count();
        2 * filled > self.cells.len()
    }
}

fn text(cell: Cell, options: &Options) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Number(text) | Cell::Text(text) => text,
        Cell::Time(time) => {
            let mut text = Vec::new();
            write_time(time, options.zone, &mut text);
            String::from_utf8_lossy(&text).into_owned()
        }
    }
}

/// What all times of a column have in common.
struct Said {
    date: String,
    zone: String,
}

/// Leaves only the time of day in the cells, if all are times of one date and offset; returns these.
fn shorten(cells: &mut [String]) -> Option<Said> {
    let mut common: Option<(&str, &str)> = None;
    for cell in cells.iter().filter(|cell| !cell.is_empty()) {
        let (date, _, zone) = parts(cell)?;
        if *common.get_or_insert((date, zone)) != (date, zone) {
            return None;
        }
    }
    let (date, zone) = common?;
    let said = Said {
        date: date.to_owned(),
        zone: if zone == "Z" { "UTC" } else { zone }.to_owned(),
    };
    for cell in cells {
        if let Some((_, of_day, _)) = parts(cell) {
            *cell = of_day.to_owned();
        }
    }
    Some(said)
}

/// Splits an RFC 3339 instant into date, time of day and offset.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (date, rest) = text.split_once('T')?;
    let of_day = rest.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.')?;
    (date.len() == 10).then_some((date, &rest[..of_day], &rest[of_day..]))
}

//! The header of CSV, and the JSON object that it makes of a row.
//!
//! Rule: every cell of a row is in its object, as text, in the order of the row: a name that stands twice is numbered (`Status`,
//! `Status (2)`), and a column without a name is `column 3`.

use std::collections::HashSet;

use super::scan::{Rest, Scan, end_of_quoted, scan};
use super::{BYTE_ORDER_MARK, RowError};

/// Delimiters, likeliest first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// How many lines of a stream are looked at to tell whether it is CSV.
const GUESSED_LINES: usize = 20;

/// A header that rows are read by.
#[derive(Debug)]
pub(super) struct Header {
    delimiter: u8,
    /// What stands before each cell in an object: `{"Date":`, `,"Type":`.
    keys: Vec<String>,
    /// The row of the header itself.
    row: Vec<u8>,
}

impl Header {
    /// Takes a row for the header; a column gets the one of `names` that differs from its own in nothing but case,
    /// spaces, `_` and `-`.
    pub(super) fn new(row: &[u8], delimiter: u8, names: &[String]) -> Header {
        let row = row.strip_prefix(BYTE_ORDER_MARK).unwrap_or(row);
        let mut taken = HashSet::new();
        let keys = cells_of(row, delimiter).into_iter().enumerate();
        let keys = keys
            .map(|(at, cell)| {
                let key = unused(&named(cell.trim(), at, names), &mut taken);
                let open = if at == 0 { '{' } else { ',' };
                format!("{open}{}:", serde_json::Value::String(key))
            })
            .collect();
        Header {
            delimiter,
            keys,
            row: row.to_owned(),
        }
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    pub(super) fn columns(&self) -> usize {
        self.keys.len()
    }

    /// Whether a row says nothing: a blank line, or the header again, as where files were put together.
    pub(super) fn is_passed_over(&self, row: &[u8]) -> bool {
        let row = row.strip_prefix(BYTE_ORDER_MARK).unwrap_or(row);
        row == self.row || (!row.contains(&self.delimiter) && row.trim_ascii().is_empty())
    }

    /// Writes a row as a JSON object of its cells. The row must have as many cells as the header.
    pub(super) fn write_object(&self, row: &[u8], out: &mut Vec<u8>) -> Result<(), RowError> {
        let text = std::str::from_utf8(row).map_err(|error| RowError::Utf8 {
            offset: error.valid_up_to(),
        })?;
        let mut keys = self.keys.iter();
        each_cell(text, self.delimiter, &mut |cell| {
            if let Some(key) = keys.next() {
                out.extend_from_slice(key.as_bytes());
                // Text written to memory cannot fail.
                let _: Result<(), serde_json::Error> = serde_json::to_writer(&mut *out, cell);
            }
        });
        out.push(b'}');
        Ok(())
    }
}

fn named(cell: &str, at: usize, names: &[String]) -> String {
    if cell.is_empty() {
        return format!("column {}", at + 1);
    }
    let known = names.iter().find(|name| is_same_name(name, cell));
    known.map_or(cell, String::as_str).to_owned()
}

fn is_same_name(a: &str, b: &str) -> bool {
    fn plain(name: &str) -> impl Iterator<Item = char> {
        name.chars()
            .filter(|c| !matches!(c, ' ' | '_' | '-'))
            .flat_map(char::to_lowercase)
    }
    plain(a).eq(plain(b))
}

fn unused(name: &str, taken: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name} ({number})"));
    let mut candidates = std::iter::once(name.to_owned()).chain(numbered);
    // OK because there are more numbers than columns.
    let free = candidates.find(|candidate| !taken.contains(candidate));
    let free = free.unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// Hands over the cells of a row.
fn each_cell(row: &str, delimiter: u8, take: &mut dyn FnMut(&str)) {
    let bytes = row.as_bytes();
    let mut at = 0;
    loop {
        let start = at;
        let mut quoted = None;
        if bytes.get(at) == Some(&b'"') {
            at = end_of_quoted(bytes, at + 1).unwrap_or(bytes.len());
            quoted = Some(
                row[start + 1..at]
                    .strip_suffix('"')
                    .unwrap_or(&row[start + 1..at]),
            );
        }
        let after = at;
        let end = memchr::memchr(delimiter, &bytes[at..]).map_or(bytes.len(), |found| at + found);
        match quoted {
            None => take(&row[start..end]),
            Some(inner) if after == end && !inner.contains('"') => take(inner),
            Some(inner) => take(&(inner.replace("\"\"", "\"") + &row[after..end])),
        }
        if end == bytes.len() {
            return;
        }
        at = end + 1;
    }
}

fn cells_of(row: &[u8], delimiter: u8) -> Vec<String> {
    let mut cells = Vec::new();
    each_cell(&String::from_utf8_lossy(row), delimiter, &mut |cell| {
        cells.push(cell.to_owned());
    });
    cells
}

/// Reads the names in the header that a stream begins with; `None` if it is blank or no header.
pub(crate) fn read_header(head: &[u8], delimiter: u8) -> Option<Vec<String>> {
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let Scan::Row(ending) = scan(head.trim_ascii_start(), delimiter, Rest::None) else {
        return None;
    };
    let row = &head.trim_ascii_start()[..ending.length];
    let text = std::str::from_utf8(row).ok()?;
    let cells = cells_of(text.as_bytes(), delimiter);
    Some(cells.iter().map(|cell| cell.trim().to_owned()).collect())
}

/// Guesses the delimiter of what looks like CSV: it begins with a row of several cells, and none of its first lines is JSON.
pub(crate) fn guess_delimiter(head: &[u8]) -> Option<u8> {
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let mut lines = head.split(|byte| *byte == b'\n').take(GUESSED_LINES);
    if lines.any(|line| matches!(line.trim_ascii_start().first(), Some(b'{' | b'['))) {
        return None;
    }
    let cells = |delimiter: u8| read_header(head, delimiter).map_or(0, |names| names.len());
    // Of several that fit alike the first, which `max_by_key` would not give.
    let best = DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|delimiter| cells(*delimiter))?;
    (cells(best) > 1).then_some(best)
}

//! CSV and TSV.
//!
//! CSV is RFC 4180: comma, CRLF, quotes doubled; a field is quoted when it holds a comma, quote, CR or LF, or begins or
//! ends with a space. TSV has one row a line, LF, and writes tab, line feed, carriage return and backslash inside a
//! cell as `\t \n \r \\`. A null is an empty cell; a text cell that a spreadsheet would run gets a leading `'`.
//!
//! Rule: this is the path of a million rows; nothing is allocated per cell unless the output is a terminal.

use memchr::{memchr, memchr_iter, memchr3};

use crate::model::{Value, Zone};

use super::formula::{GUARD, is_formula};
use super::number::{write_int, write_time};
use super::sanitize::visible_bytes;
use super::{Heading, Options};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Csv,
    Tsv,
}

/// How rows are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    dialect: Dialect,
    zone: Zone,
    is_guarded: bool,
    is_terminal: bool,
}

impl Layout {
    pub(super) fn new(dialect: Dialect, options: &Options) -> Self {
        Layout {
            dialect,
            zone: options.zone,
            is_guarded: options.formula_guard,
            is_terminal: options.is_terminal,
        }
    }

    pub(super) fn header(&self, headings: &[Heading], out: &mut Vec<u8>) {
        for (index, heading) in headings.iter().enumerate() {
            self.separate(index, out);
            self.text(heading.name.as_bytes(), out);
        }
        self.end_line(out);
    }

    pub(super) fn cell(&self, index: usize, cell: &Value<'_>, out: &mut Vec<u8>) {
        self.separate(index, out);
        match cell {
            Value::Null => {}
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Int(number) => write_int(*number, out),
            Value::Number(number) => out.extend_from_slice(number.as_bytes()),
            Value::Time(time) => write_time(*time, self.zone, out),
            Value::Text(text) | Value::Json(text) => self.text(text.as_bytes(), out),
            Value::Bytes(bytes) => self.text(bytes, out),
        }
    }

    /// Ends the row that began at `start`.
    pub(super) fn end(&self, start: usize, out: &mut Vec<u8>) {
        // Readers take an empty line for no row at all.
        if out.len() == start && self.dialect == Dialect::Csv {
            out.extend_from_slice(b"\"\"");
        }
        self.end_line(out);
    }

    fn separate(&self, index: usize, out: &mut Vec<u8>) {
        if index > 0 {
            out.push(match self.dialect {
                Dialect::Csv => b',',
                Dialect::Tsv => b'\t',
            });
        }
    }

    fn end_line(&self, out: &mut Vec<u8>) {
        match self.dialect {
            Dialect::Csv => out.extend_from_slice(b"\r\n"),
            Dialect::Tsv => out.push(b'\n'),
        }
    }

    fn text(&self, text: &[u8], out: &mut Vec<u8>) {
        let is_guarded = self.is_guarded && is_formula(text);
        match self.dialect {
            Dialect::Csv if self.is_terminal => write_field(is_guarded, &visible_bytes(text), out),
            Dialect::Csv => write_field(is_guarded, text, out),
            Dialect::Tsv => {
                if is_guarded {
                    out.push(GUARD);
                }
                let start = out.len();
                write_escaped(text, out);
                if self.is_terminal {
                    let shown = visible_bytes(&out[start..]).into_owned();
                    out.truncate(start);
                    out.extend_from_slice(&shown);
                }
            }
        }
    }
}

fn write_field(is_guarded: bool, text: &[u8], out: &mut Vec<u8>) {
    let is_quoted = needs_quotes(text);
    if is_quoted {
        out.push(b'"');
    }
    if is_guarded {
        out.push(GUARD);
    }
    if !is_quoted {
        out.extend_from_slice(text);
        return;
    }
    let mut copied = 0;
    for quote in memchr_iter(b'"', text) {
        out.extend_from_slice(&text[copied..=quote]);
        out.push(b'"');
        copied = quote + 1;
    }
    out.extend_from_slice(&text[copied..]);
    out.push(b'"');
}

fn needs_quotes(text: &[u8]) -> bool {
    // All that needs quotes lies below `-`, and most ids, codes and times do not. No early exit here, so that the loop
    // becomes vector instructions.
    if text.iter().fold(u8::MAX, |least, b| least.min(*b)) >= b'-' {
        return false;
    }
    text.starts_with(b" ")
        || text.ends_with(b" ")
        || memchr3(b',', b'"', b'\n', text).is_some()
        || memchr(b'\r', text).is_some()
}

fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    let is_special = |b: u8| matches!(b, b'\t' | b'\n' | b'\r' | b'\\');
    // As above: one pass without early exit, since most text needs no escape.
    if !text.iter().fold(false, |found, b| found | is_special(*b)) {
        out.extend_from_slice(text);
        return;
    }
    let mut copied = 0;
    for (index, byte) in text.iter().enumerate() {
        let escape = match byte {
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\\' => b"\\\\",
            _ => continue,
        };
        out.extend_from_slice(&text[copied..index]);
        out.extend_from_slice(escape);
        copied = index + 1;
    }
    out.extend_from_slice(&text[copied..]);
}

//! JSON, one array of objects, and NDJSON, one object a line.
//!
//! Keys are the heading names; nulls are left out; times are RFC 3339 strings; whole numbers, booleans and numbers are
//! written as such; an object or array of the raw record stands as it is, folded onto one line; bytes are a string, in
//! which invalid UTF-8 is replaced.
//!
//! Rule: every line is valid JSON, also on a terminal: there hostile characters become `\u` escapes, which mean the same.

use std::sync::Arc;

use crate::model::{Value, Zone};

use super::number::{write_int, write_time};
use super::sanitize::is_hostile;
use super::{Heading, Options};

/// How objects are written.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Each key quoted and with its colon.
    keys: Arc<[Box<[u8]>]>,
    zone: Zone,
    is_terminal: bool,
}

impl Layout {
    pub(super) fn new(headings: &[Heading], options: &Options) -> Self {
        let key = |heading: &Heading| {
            let mut key = Vec::new();
            write_string(&heading.name, options.is_terminal, &mut key);
            key.push(b':');
            key.into_boxed_slice()
        };
        Layout {
            keys: headings.iter().map(key).collect(),
            zone: options.zone,
            is_terminal: options.is_terminal,
        }
    }

    /// Appends a member of an object that was begun.
    pub(super) fn cell(&self, index: usize, cell: &Value<'_>, out: &mut Vec<u8>) {
        if cell.is_null() {
            return;
        }
        // Only an object that has no member yet ends so: what a member ends with is its own.
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        out.extend_from_slice(&self.keys[index]);
        self.value(cell, out);
    }

    fn value(&self, cell: &Value<'_>, out: &mut Vec<u8>) {
        match cell {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Int(number) => write_int(*number, out),
            Value::Number(number) => out.extend_from_slice(number.as_bytes()),
            Value::Time(time) => {
                out.push(b'"');
                write_time(*time, self.zone, out);
                out.push(b'"');
            }
            Value::Text(text) => write_string(text, self.is_terminal, out),
            Value::Json(json) => write_folded(json, self.is_terminal, out),
            Value::Bytes(bytes) => {
                write_string(&String::from_utf8_lossy(bytes), self.is_terminal, out);
            }
        }
    }
}

/// Appends a JSON string.
fn write_string(text: &str, is_terminal: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    if is_terminal && text.chars().any(is_hostile) {
        for c in text.chars() {
            if is_hostile(c) {
                write_escape(c, out);
            } else {
                write_escaped(c.encode_utf8(&mut [0; 4]), out);
            }
        }
    } else {
        write_escaped(text, out);
    }
    out.push(b'"');
}

fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let is_special = |b: u8| b < b' ' || b == b'"' || b == b'\\';
    // No early exit, so that the loop becomes vector instructions; most text needs no escape.
    if !bytes.iter().fold(false, |found, b| found | is_special(*b)) {
        out.extend_from_slice(bytes);
        return;
    }
    let mut copied = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        if is_special(byte) {
            out.extend_from_slice(&bytes[copied..index]);
            write_escape(char::from(byte), out);
            copied = index + 1;
        }
    }
    out.extend_from_slice(&bytes[copied..]);
}

fn write_escape(c: char, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        c => {
            for &unit in c.encode_utf16(&mut [0; 2]).iter() {
                out.extend_from_slice(b"\\u");
                out.extend([12, 8, 4, 0].map(|shift| HEX[usize::from(unit >> shift & 0xf)]));
            }
        }
    }
}

/// Appends JSON that is already written, on one line.
///
/// A raw line feed or control character cannot stand inside a JSON string, so those found here lie between tokens.
fn write_folded(json: &str, is_terminal: bool, out: &mut Vec<u8>) {
    if is_terminal && json.chars().any(is_hostile) {
        for c in json.chars() {
            match c {
                '\n' | '\r' | '\t' => out.push(b' '),
                // OK because in valid JSON such a character stands inside a string.
                c if is_hostile(c) => write_escape(c, out),
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        return;
    }
    let start = out.len();
    out.extend_from_slice(json.as_bytes());
    for byte in &mut out[start..] {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

//! A table in GitHub's Markdown.
//!
//! Rule: text from logs stays text when rendered: what Markdown or HTML would act on is escaped, a line feed becomes
//! `<br>`, control characters are shown as on a terminal.

use crate::model::{Kind, Value, Zone};

use super::number::{write_int, write_time};
use super::sanitize::visible;
use super::{Heading, Options};

/// How rows are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    zone: Zone,
    is_terminal: bool,
}

impl Layout {
    pub(super) fn new(options: &Options) -> Self {
        Layout {
            zone: options.zone,
            is_terminal: options.is_terminal,
        }
    }

    pub(super) fn header(&self, headings: &[Heading], out: &mut Vec<u8>) {
        for heading in headings {
            out.extend_from_slice(b"| ");
            self.text(&heading.name, out);
            out.push(b' ');
        }
        out.extend_from_slice(b"|\n");
        for heading in headings {
            out.extend_from_slice(match heading.kind {
                Some(Kind::Int) => b"| ---: ".as_slice(),
                _ => b"| --- ".as_slice(),
            });
        }
        out.extend_from_slice(b"|\n");
    }

    pub(super) fn cell(&self, cell: &Value<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"| ");
        match cell {
            Value::Null => {}
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Int(number) => write_int(*number, out),
            Value::Number(number) => out.extend_from_slice(number.as_bytes()),
            Value::Time(time) => write_time(*time, self.zone, out),
            Value::Text(text) | Value::Json(text) => self.text(text, out),
            Value::Bytes(bytes) => self.text(&String::from_utf8_lossy(bytes), out),
        }
        if out.last() != Some(&b' ') {
            out.push(b' ');
        }
    }

    fn text(&self, text: &str, out: &mut Vec<u8>) {
        let text = text.trim();
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-'..=b':');
        if text.bytes().all(is_plain) {
            out.extend_from_slice(text.as_bytes());
            return;
        }
        let mut chars = text.chars().peekable();
        let mut previous = ' ';
        while let Some(c) = chars.next() {
            let is_in_word =
                previous.is_alphanumeric() && chars.peek().is_some_and(|c| c.is_alphanumeric());
            match c {
                '\r' if chars.peek() == Some(&'\n') => {}
                '\n' | '\r' => out.extend_from_slice(b"<br>"),
                '<' => out.extend_from_slice(b"&lt;"),
                '>' => out.extend_from_slice(b"&gt;"),
                '&' => out.extend_from_slice(b"&amp;"),
                // `destination_timeout` is no emphasis, and reads better unescaped.
                '_' if is_in_word => out.push(b'_'),
                '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '$' => {
                    out.extend([b'\\', c as u8]);
                }
                c if c.is_control() || self.is_terminal => {
                    let mut utf8 = [0; 4];
                    out.extend_from_slice(visible(c.encode_utf8(&mut utf8)).as_bytes());
                }
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            previous = c;
        }
    }
}

//! Rows to bytes for the formats that stream, usable on many threads at once.
//!
//! Rule: a row depends on its cells alone, so that rows rendered elsewhere and in any split are the same bytes; only
//! JSON has something *between* rows, and [`Encoder::begin`] and `Output::chunk` share the care for it.

use crate::model::Value;

use super::csv::Dialect;
use super::sanitize::visible_record;
use super::{Format, Heading, Options, RenderError, csv, json, markdown};

/// Renders rows into buffers.
#[derive(Clone, Debug)]
pub(crate) struct Encoder {
    layout: Layout,
}

#[derive(Clone, Debug)]
enum Layout {
    Delimited(csv::Layout),
    Json(json::Layout),
    Ndjson(json::Layout),
    Markdown(markdown::Layout),
    /// The record's bytes and a line feed.
    Raw {
        /// Where among the cells the raw record stands.
        index: usize,
        is_terminal: bool,
    },
}

impl Encoder {
    /// Returns the encoder of a format, or `None` if the format cannot write a row without knowing the others.
    pub(super) fn new(
        format: Format,
        headings: &[Heading],
        options: &Options,
    ) -> Result<Option<Self>, RenderError> {
        let layout = match format {
            Format::Table | Format::Parquet => return Ok(None),
            Format::Csv => Layout::Delimited(csv::Layout::new(Dialect::Csv, options)),
            Format::Tsv => Layout::Delimited(csv::Layout::new(Dialect::Tsv, options)),
            Format::Json => Layout::Json(json::Layout::new(headings, options)),
            Format::Ndjson => Layout::Ndjson(json::Layout::new(headings, options)),
            Format::Markdown => Layout::Markdown(markdown::Layout::new(options)),
            Format::Raw => Layout::Raw {
                index: headings
                    .iter()
                    .position(|heading| heading.name == "raw")
                    .ok_or(RenderError::NoRaw)?,
                is_terminal: options.is_terminal,
            },
        };
        Ok(Some(Encoder { layout }))
    }

    /// Begins a row after the rows in `out`, which must hold nothing else; returns what [`Encoder::end`] is to be told.
    /// Give the buffer to `Output::chunk`.
    pub(crate) fn begin(&self, out: &mut Vec<u8>) -> usize {
        if !out.is_empty() {
            self.between(out);
        }
        self.open(out)
    }

    /// Appends what comes before all rows.
    pub(super) fn before(&self, headings: &[Heading], out: &mut Vec<u8>) {
        match &self.layout {
            Layout::Delimited(layout) => layout.header(headings, out),
            Layout::Markdown(layout) => layout.header(headings, out),
            Layout::Json(_) => out.push(b'['),
            Layout::Ndjson(_) | Layout::Raw { .. } => {}
        }
    }

    /// Appends what comes before the first row, if there is one.
    pub(super) fn before_first(&self, out: &mut Vec<u8>) {
        if let Layout::Json(_) = self.layout {
            out.push(b'\n');
        }
    }

    /// Appends what comes between two rows.
    pub(super) fn between(&self, out: &mut Vec<u8>) {
        if let Layout::Json(_) = self.layout {
            out.extend_from_slice(b",\n");
        }
    }

    /// Appends what comes after all rows.
    pub(super) fn after(&self, has_rows: bool, out: &mut Vec<u8>) {
        if let Layout::Json(_) = self.layout {
            out.extend_from_slice(if has_rows { b"\n]\n" } else { b"]\n" });
        }
    }

    /// Appends one row and nothing around it.
    pub(super) fn one(&self, cells: &[Value<'_>], out: &mut Vec<u8>) {
        let start = self.open(out);
        for (index, cell) in cells.iter().enumerate() {
            self.cell(index, cell, out);
        }
        self.end(start, out);
    }

    fn open(&self, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        if let Layout::Json(_) | Layout::Ndjson(_) = self.layout {
            out.push(b'{');
        }
        start
    }

    /// Appends the next cell of a row, by its place among the headings.
    pub(crate) fn cell(&self, index: usize, cell: &Value<'_>, out: &mut Vec<u8>) {
        match &self.layout {
            Layout::Delimited(layout) => layout.cell(index, cell, out),
            Layout::Json(layout) | Layout::Ndjson(layout) => layout.cell(index, cell, out),
            Layout::Markdown(layout) => layout.cell(cell, out),
            Layout::Raw {
                index: raw,
                is_terminal,
            } => {
                // Every record has its raw bytes; a row without them has nothing to show.
                let (true, Value::Bytes(bytes)) = (index == *raw, cell) else {
                    return;
                };
                if *is_terminal {
                    out.extend_from_slice(&visible_record(bytes));
                } else {
                    out.extend_from_slice(bytes);
                }
                out.push(b'\n');
            }
        }
    }

    /// Ends a row; `start` is what its beginning returned.
    pub(crate) fn end(&self, start: usize, out: &mut Vec<u8>) {
        match &self.layout {
            Layout::Delimited(layout) => layout.end(start, out),
            Layout::Json(_) => out.push(b'}'),
            Layout::Ndjson(_) => out.extend_from_slice(b"}\n"),
            Layout::Markdown(_) => out.extend_from_slice(b"|\n"),
            Layout::Raw { .. } => {}
        }
    }
}

//! Rows to bytes for the formats that stream, usable on many threads at once.
//!
//! Rule: a row depends on its cells alone, so that rows rendered elsewhere and in any split are the same bytes; only
//! JSON has something *between* rows, and [`Encoder::row`] and `Output::chunk` share the care for it.

use std::borrow::Borrow;

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

    /// Appends a row to the rows in `out`, which must hold nothing else. Give the buffer to `Output::chunk`.
    pub(crate) fn row<'v>(
        &self,
        cells: impl IntoIterator<Item = impl Borrow<Value<'v>>>,
        out: &mut Vec<u8>,
    ) {
        if !out.is_empty() {
            self.between(out);
        }
        self.one(cells, out);
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
    pub(super) fn one<'v>(
        &self,
        cells: impl IntoIterator<Item = impl Borrow<Value<'v>>>,
        out: &mut Vec<u8>,
    ) {
        let mut cells = cells.into_iter();
        match &self.layout {
            Layout::Delimited(layout) => layout.row(cells, out),
            Layout::Json(layout) => layout.object(cells, out),
            Layout::Ndjson(layout) => {
                layout.object(cells, out);
                out.push(b'\n');
            }
            Layout::Markdown(layout) => layout.row(cells, out),
            Layout::Raw { index, is_terminal } => {
                // Every record has its raw bytes; a row without them has nothing to show.
                let cell = cells.nth(*index);
                let Some(Value::Bytes(bytes)) = cell.as_ref().map(Borrow::borrow) else {
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
}

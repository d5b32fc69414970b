//! Rows to bytes: tables for people, formats for programs.
//!
//! Rule: everything here takes a writer or a buffer; nothing prints. Cells come in the order of the headings.

mod body;
mod chart;
mod csv;
mod encoder;
mod format;
mod formula;
mod json;
mod markdown;
mod number;
mod output;
mod parquet;
mod report;
mod sanitize;
mod sparkline;
mod table;
#[cfg(test)]
mod tests;

use std::io;

use crate::model::{Field, Kind, Zone};

pub(crate) use body::Body;
pub(crate) use chart::{Chart, Cover, Precision, Series, draw};
pub(crate) use encoder::Encoder;
pub(crate) use format::Format;
pub(crate) use formula::unguarded;
pub(crate) use output::{Output, Summary};
pub(crate) use report::{Report, Tone};
pub(crate) use sanitize::visible;
pub(crate) use sparkline::{Ink, sparkline};
pub(crate) use table::text_width;

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) name: String,
    /// `None` where a column can hold anything: a path into the raw record.
    pub(crate) kind: Option<Kind>,
}

impl Heading {
    pub(crate) fn new(name: impl Into<String>, kind: Option<Kind>) -> Self {
        Heading {
            name: name.into(),
            kind,
        }
    }
}

impl From<&Field> for Heading {
    fn from(field: &Field) -> Self {
        Heading::new(field.to_string(), field.kind())
    }
}

/// How rows are to look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Where times are shown, in every format but Parquet.
    pub(crate) zone: Zone,
    /// Whether text that a spreadsheet would run is made harmless, in CSV and TSV.
    pub(crate) formula_guard: bool,
    /// Whether the table is coloured.
    pub(crate) color: bool,
    /// Columns the table must fit; `None`: lines may be as long as they like, and nothing is cut.
    pub(crate) width: Option<usize>,
    /// Whether the output ends in a terminal, be it through a pager: then hostile characters are shown, not sent.
    pub(crate) is_terminal: bool,
    /// Which columns the table shows.
    pub(crate) fit: Fit,
}

/// Which columns the table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Those that tell most.
    Choose,
    /// All that were asked for, nothing cut.
    All,
}

/// Why an output could not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    #[error("`parquet` is binary, and standard output is a terminal")]
    ParquetOnTerminal,
    #[error("`raw` writes records as received, and these rows are no records")]
    NoRaw,
    #[error("cannot write the output: {0}")]
    Write(#[from] io::Error),
}

impl RenderError {
    /// Returns what to do next, a sentence.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            RenderError::ParquetOnTerminal => {
                Some("Redirect it to a file: `-o parquet > records.parquet`.")
            }
            RenderError::NoRaw => Some("Take another format: `-o csv`, `-o json`, `-o table`."),
            RenderError::Write(_) => None,
        }
    }
}

//! Rows to bytes: tables for people, formats for programs.
//!
//! Rule: everything here takes a writer or a buffer; nothing prints.

use std::io::{self, Write};
use std::str::FromStr;

use crate::model::{UnknownName, Value, Zone};

/// A way to write rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Table,
    Csv,
    Tsv,
    Json,
    Ndjson,
    Markdown,
    Parquet,
    Raw,
}

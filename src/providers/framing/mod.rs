//! Turns a stream of bytes into blocks of whole values, which threads decode independently.
//!
//! Whether a stream is JSON or CSV is known to the caller (see [`Form`]). How JSON objects are framed nobody says, so
//! the beginning of the stream decides (see [`detect`]):
//!
//! | the stream begins with | taken for | a value ends |
//! | --- | --- | --- |
//! | `{…}` and a line's end | NDJSON | with its line, or where its brackets close in a later one (see [`spanning`](mod@spanning)) |
//! | `[{`, `[]` | one array, compact or pretty | where its brackets close |
//! | `{` whose value spans lines, or is followed by `{` or `,` | concatenated values | where its brackets close |
//! | anything else | NDJSON | the same |
//!
//! A CSV stream begins with its header; after that a value is a row, which is made a JSON object of its cells (see
//! [`header`]).
//!
//! Rule: no byte is lost silently. Every byte that is not white space, a bracket or comma of a list, a header, or a byte order
//! mark is part of exactly one value handed out, whether or not that value can be decoded; and how the stream happens to be cut
//! into reads and blocks changes nothing. The one exception is a line too long to be held: its beginning is handed out, and that the
//! rest is not kept.

mod block;
mod blocks;
mod depth;
mod detect;
mod header;
mod row;
mod scan;
mod spanning;

use crate::model::{bytes, count};

pub(crate) use block::{Block, Content};
pub(crate) use blocks::{Blocks, FramingError};
pub(crate) use depth::split_line;
pub(crate) use detect::is_by_lines;
pub(crate) use header::{guess_delimiter, read_header};
pub(crate) use spanning::{Spanning, is_open, spanning};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How the values of a stream are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    #[default]
    Json,
    Csv {
        delimiter: u8,
        /// Names that columns are to have where theirs differ in case, spaces, `_` and `-` alone.
        names: Vec<String>,
    },
}

/// Why a row is no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowError {
    #[error("{} where the header has {columns}", count(*.cells as u64, "cell"))]
    Ragged { cells: usize, columns: usize },
    #[error("a quote is opened and never closed")]
    Unclosed,
    #[error("no valid UTF-8 at byte {offset}")]
    Utf8 { offset: usize },
    #[error(
        "longer than {}: {}, of which only the first {} are kept",
        bytes(*.limit as u64), bytes(*.size), bytes(*.kept as u64)
    )]
    TooLong {
        limit: usize,
        size: u64,
        kept: usize,
    },
}

//! A piece of a stream that holds whole values, and how it hands them to a decoder.
//!
//! Rule: a block is read by one thread that knows no other block.

use std::sync::Arc;

use super::RowError;
use super::depth::Span;
use super::header::Header;
use super::row::RowSpan;

/// A piece of a stream that holds whole values only.
#[derive(Debug)]
pub(crate) struct Block {
    pub(super) bytes: Vec<u8>,
    pub(super) cut: Cut,
}

#[derive(Debug)]
pub(super) enum Cut {
    Lines {
        first: u64,
    },
    /// One value over several lines.
    Value {
        line: u64,
    },
    Spans(Vec<Span>),
    Rows {
        spans: Vec<RowSpan>,
        header: Arc<Header>,
    },
    /// The block has the beginning of a line that was too long.
    Skipped {
        line: u64,
        size: u64,
        limit: usize,
    },
}

/// What a block holds.
pub(crate) enum Content<'a> {
    /// JSON values with the line each begins on, byte for byte but for the white space around them.
    Values(Values<'a>),
    Rows(Rows<'a>),
    Skipped(Skipped<'a>),
}

/// A row of CSV, with the line it begins on.
pub(crate) struct Row<'a> {
    pub(crate) line: u64,
    /// As it was read, without the line's end.
    pub(crate) bytes: &'a [u8],
    problem: Option<&'a RowError>,
    header: &'a Header,
}

/// A line that was passed over because it is too long to be held.
pub(crate) struct Skipped<'a> {
    pub(crate) line: u64,
    /// Its beginning.
    pub(crate) bytes: &'a [u8],
    pub(crate) problem: RowError,
}

impl Block {
    pub(crate) fn content(&self) -> Content<'_> {
        match &self.cut {
            Cut::Lines { .. } | Cut::Value { .. } | Cut::Spans(_) => Content::Values(self.values()),
            Cut::Rows { spans, header } => Content::Rows(Rows {
                bytes: &self.bytes,
                spans: spans.iter(),
                header,
            }),
            Cut::Skipped { line, size, limit } => Content::Skipped(Skipped {
                line: *line,
                bytes: &self.bytes,
                problem: RowError::TooLong {
                    limit: *limit,
                    size: *size,
                    kept: self.bytes.len(),
                },
            }),
        }
    }

    /// Returns the JSON values; none if the block has something else.
    pub(crate) fn values(&self) -> Values<'_> {
        match &self.cut {
            Cut::Lines { first } => Values::Lines {
                rest: &self.bytes,
                line: *first,
            },
            Cut::Value { line } => Values::One(Some((*line, self.bytes.trim_ascii()))),
            Cut::Spans(spans) => Values::Spans {
                bytes: &self.bytes,
                spans: spans.iter(),
            },
            Cut::Rows { .. } | Cut::Skipped { .. } => Values::Spans {
                bytes: &[],
                spans: [].iter(),
            },
        }
    }

    /// Returns whether a value may be several in one, to be taken apart by [`super::split_line`].
    pub(crate) fn is_lines(&self) -> bool {
        matches!(self.cut, Cut::Lines { .. } | Cut::Value { .. })
    }

    /// Returns the number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// The values of a block.
pub(crate) enum Values<'a> {
    Lines {
        rest: &'a [u8],
        line: u64,
    },
    One(Option<(u64, &'a [u8])>),
    Spans {
        bytes: &'a [u8],
        spans: std::slice::Iter<'a, Span>,
    },
}

impl<'a> Iterator for Values<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Values::Lines { rest, line } => {
                while !rest.is_empty() {
                    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                    let value = rest[..end].trim_ascii();
                    let here = *line;
                    *rest = rest.get(end + 1..).unwrap_or_default();
                    *line += 1;
                    if !value.is_empty() {
                        return Some((here, value));
                    }
                }
                None
            }
            Values::One(value) => value.take(),
            Values::Spans { bytes, spans } => spans
                .next()
                .map(|span| (span.line, &bytes[span.start..span.end])),
        }
    }
}

/// The rows of a block.
pub(crate) struct Rows<'a> {
    bytes: &'a [u8],
    spans: std::slice::Iter<'a, RowSpan>,
    header: &'a Header,
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let span = self.spans.next()?;
        Some(Row {
            line: span.line,
            bytes: &self.bytes[span.start..span.end],
            problem: span.problem.as_ref(),
            header: self.header,
        })
    }
}

impl Row<'_> {
    /// Makes `out` the JSON object of the row's cells, in their order.
    pub(crate) fn to_object(&self, out: &mut Vec<u8>) -> Result<(), RowError> {
        out.clear();
        match self.problem {
            Some(problem) => Err(problem.clone()),
            None => self.header.write_object(self.bytes, out),
        }
    }
}

//! Finds the rows of CSV in a block.
//!
//! A quote that is never closed must not swallow the rows after it. Where a row that spans lines has a wrong number of cells or
//! a quote out of place, or does not end, reading goes on at the first of its lines that begins a row with the right number.
//!
//! Rule: every byte is part of one span, a line's end, a blank line, or a repetition of the header; nothing is decided by
//! bytes that are still to come.

use super::RowError;
use super::header::Header;
use super::scan::{Ending, Rest, Scan, end_of_quoted, scan};

/// How many lines of a broken row are tried for the beginning of a whole one.
const RESUME_LINES: usize = 100;

/// Where a row stands in its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowSpan {
    pub(super) start: usize,
    /// Without the line's end; always > `start`.
    pub(super) end: usize,
    /// The line of its first byte, counted from 1.
    pub(super) line: u64,
    /// Why it is no value, as far as its cells tell.
    pub(super) problem: Option<RowError>,
}

/// Finds the rows in `bytes`, which begin on `line`; returns them with where the first that is not whole begins.
pub(super) fn rows(
    bytes: &[u8],
    mut line: u64,
    header: &Header,
    rest: Rest,
) -> (Vec<RowSpan>, usize) {
    let mut spans = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let Some((length, next, problem)) = row(&bytes[start..], header, rest) else {
            break;
        };
        let end = start + length;
        if !header.is_passed_over(&bytes[start..end]) {
            spans.push(RowSpan {
                start,
                end,
                line,
                problem,
            });
        }
        line += lines(&bytes[start..start + next]);
        start += next;
    }
    (spans, start)
}

/// Returns length, beginning of the next, and problem of the row that `bytes` begin with.
fn row(bytes: &[u8], header: &Header, rest: Rest) -> Option<(usize, usize, Option<RowError>)> {
    match scan(bytes, header.delimiter(), rest) {
        Scan::More => None,
        Scan::Row(ending) => {
            let is_whole = ending.cells == header.columns();
            if ending.has_breaks {
                let has_stray = has_stray_quote(&bytes[..ending.length], header.delimiter());
                if !is_whole || has_stray {
                    let (resumed, is_row) = resume(bytes, ending.next, header, has_stray, rest)?;
                    if is_row {
                        return Some(broken(bytes, resumed));
                    }
                }
            }
            let problem = (!is_whole).then(|| RowError::Ragged {
                cells: ending.cells,
                columns: header.columns(),
            });
            Some((ending.length, ending.next, problem))
        }
        Scan::Open => {
            let (resumed, _) = resume(bytes, bytes.len(), header, true, rest)?;
            Some(broken(bytes, resumed))
        }
    }
}

/// Cuts off the beginning of a row too long to be held: where whole ones begin again, else after a few lines; `None` if it
/// has no line's end at all.
pub(super) fn broken_off(bytes: &[u8], line: u64, header: &Header) -> Option<(RowSpan, usize)> {
    let (resumed, _) = resume(bytes, bytes.len(), header, true, Rest::None)?;
    let (end, next, problem) = broken(bytes, resumed);
    let span = RowSpan {
        start: 0,
        end,
        line,
        problem,
    };
    (next < bytes.len()).then_some((span, next))
}

/// The row that is cut off where whole ones begin again.
fn broken(bytes: &[u8], next: usize) -> (usize, usize, Option<RowError>) {
    let length = bytes[..next].trim_ascii_end().len().max(1);
    (length, next, Some(RowError::Unclosed))
}

/// Looks for the line of a broken row, after its first and before `end`, that begins a whole row. Returns where it
/// begins, or how far was looked; `None` if what follows decides.
///
/// Where the quotes of the broken row are in order, the line must have none out of place: it may be the rest of a cell.
fn resume(
    bytes: &[u8],
    end: usize,
    header: &Header,
    has_stray: bool,
    rest: Rest,
) -> Option<(usize, bool)> {
    let is_row = |line: &[u8], ending: Ending| {
        ending.cells == header.columns()
            && (has_stray || !has_stray_quote(&line[..ending.length], header.delimiter()))
    };
    let mut at = 0;
    for _ in 0..RESUME_LINES {
        at += match memchr::memchr(b'\n', &bytes[at..end]) {
            Some(found) => found + 1,
            None => return Some((end, false)),
        };
        if at == end {
            break;
        }
        match scan(&bytes[at..], header.delimiter(), rest) {
            Scan::More => return None,
            Scan::Row(ending) if is_row(&bytes[at..], ending) => return Some((at, true)),
            Scan::Row(_) | Scan::Open => {}
        }
    }
    Some((at, false))
}

/// Whether a quote stands where it is a character like any other: what follows a line break in a quoted cell has one.
fn has_stray_quote(row: &[u8], delimiter: u8) -> bool {
    let mut at = 0;
    loop {
        if row.get(at) == Some(&b'"') {
            at = end_of_quoted(row, at + 1).unwrap_or(row.len());
        }
        match memchr::memchr2(delimiter, b'"', &row[at..]) {
            None => return false,
            Some(found) if row[at + found] == b'"' => return true,
            Some(found) => at += found + 1,
        }
    }
}

/// Counts the line ends in bytes.
pub(super) fn lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

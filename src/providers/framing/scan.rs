//! Finds the end of the row of CSV that bytes begin with: RFC 4180, and as lenient as spreadsheets about quotes.
//!
//! A cell that begins with a quote ends at the next quote that is not doubled; what stands between that and the delimiter is
//! part of the cell. A quote anywhere else is a character like any other.
//!
//! Rule: nothing is decided by bytes that are still to come.

/// What the beginning of some bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scan {
    Row(Ending),
    /// They end inside a quote.
    Open,
    /// What follows decides.
    More,
}

/// How a row ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    /// Its length without the line's end.
    pub(super) length: usize,
    /// Where the next row begins.
    pub(super) next: usize,
    pub(super) cells: usize,
    pub(super) has_breaks: bool,
}

/// Whether bytes are all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    None,
    Some,
}

/// Looks at the row that `bytes` begin with.
pub(super) fn scan(bytes: &[u8], delimiter: u8, rest: Rest) -> Scan {
    let (mut at, mut cells, mut has_breaks) = (0, 1, false);
    loop {
        if bytes.get(at) == Some(&b'"') {
            let start = at;
            match end_of_quoted(bytes, at + 1) {
                Some(end) if end < bytes.len() || rest == Rest::None => at = end,
                None if rest == Rest::None => return Scan::Open,
                Some(_) | None => return Scan::More,
            }
            has_breaks = has_breaks || memchr::memchr(b'\n', &bytes[start..at]).is_some();
        }
        let Some(found) = memchr::memchr2(delimiter, b'\n', &bytes[at..]) else {
            if rest == Rest::Some {
                return Scan::More;
            }
            return Scan::Row(Ending {
                length: without_return(bytes, bytes.len()),
                next: bytes.len(),
                cells,
                has_breaks,
            });
        };
        at += found + 1;
        if bytes[at - 1] == b'\n' {
            return Scan::Row(Ending {
                length: without_return(bytes, at - 1),
                next: at,
                cells,
                has_breaks,
            });
        }
        cells += 1;
    }
}

/// Returns where a quoted cell is closed, after the quote; `None` if it is not.
pub(super) fn end_of_quoted(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr(b'"', &bytes[at..])? + 1;
        if bytes.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

fn without_return(bytes: &[u8], end: usize) -> usize {
    match bytes[..end].last() {
        Some(b'\r') => end - 1,
        _ => end,
    }
}

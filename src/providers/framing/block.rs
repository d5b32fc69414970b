//! Reads a stream and cuts it into blocks of whole values.
//!
//! Rule: memory is bounded by one block and one value; what cannot be bounded is an error that names the line.

use std::io::{self, Read};

use super::depth::{Scanner, Span};
use super::detect::{Framing, detect};

/// About how many bytes a block has: large enough that handing it over costs nothing, small enough that a few in
/// flight fit the cache.
const BLOCK_BYTES: usize = 1 << 20;

/// The longest value that is read, 64 MiB: thousands of times what a vendor sends, and still held in memory a few times.
const VALUE_BYTES: usize = 64 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why a stream could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FramingError {
    #[error(transparent)]
    Read(io::Error),
    #[error("line {line} holds a value longer than {}", crate::model::bytes(*limit as u64))]
    TooLong { line: u64, limit: usize },
}

/// A piece of a stream that holds whole values only.
#[derive(Debug)]
pub(crate) struct Block {
    bytes: Vec<u8>,
    cut: Cut,
}

#[derive(Debug)]
enum Cut {
    Lines { first: u64 },
    Spans(Vec<Span>),
}

impl Block {
    /// Returns the values with the line each begins on, counted from 1, byte for byte but for the white space around them.
    pub(crate) fn values(&self) -> impl Iterator<Item = (u64, &[u8])> {
        match &self.cut {
            Cut::Lines { first } => Values::Lines {
                rest: &self.bytes,
                line: *first,
            },
            Cut::Spans(spans) => Values::Spans {
                bytes: &self.bytes,
                spans: spans.iter(),
            },
        }
    }

    /// Returns whether a value may be several on one line, to be taken apart by [`super::split_line`].
    pub(crate) fn is_lines(&self) -> bool {
        matches!(self.cut, Cut::Lines { .. })
    }

    /// Returns the number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// The values of a block.
enum Values<'a> {
    Lines {
        rest: &'a [u8],
        line: u64,
    },
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
            Values::Spans { bytes, spans } => spans
                .next()
                .map(|span| (span.line, &bytes[span.start..span.end])),
        }
    }
}

/// The blocks of a stream, in order. Whole values read before an error come before the error.
pub(crate) struct Blocks<R> {
    reader: R,
    /// Read, and not handed out.
    buffer: Vec<u8>,
    state: State,
    /// The line of the first byte of `buffer`; used by lines alone.
    line: u64,
    at_end: bool,
    error: Option<io::Error>,
    block_bytes: usize,
    value_bytes: usize,
}

enum State {
    Beginning,
    Lines,
    Depth(Scanner),
    Done,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(reader: R) -> Self {
        Blocks::with_sizes(reader, BLOCK_BYTES, VALUE_BYTES)
    }

    /// Sets the size of blocks and of the longest value, in bytes.
    pub(crate) fn with_sizes(reader: R, block_bytes: usize, value_bytes: usize) -> Self {
        Blocks {
            reader,
            buffer: Vec::new(),
            state: State::Beginning,
            line: 1,
            at_end: false,
            error: None,
            block_bytes: block_bytes.max(1),
            value_bytes: value_bytes.max(block_bytes),
        }
    }

    /// Returns the reader, to ask it what it counted.
    pub(crate) fn into_reader(self) -> R {
        self.reader
    }

    /// Whether the stream ended as it should; an unfinished value at a failure is no value.
    fn is_complete(&self) -> bool {
        self.at_end && self.error.is_none()
    }

    /// Reads until the buffer holds `wanted` bytes or the stream ends.
    fn fill(&mut self, wanted: usize) {
        let Some(missing) = wanted.checked_sub(self.buffer.len()) else {
            return;
        };
        if self.at_end || missing == 0 {
            return;
        }
        self.buffer.reserve(missing);
        let mut piece = self.reader.by_ref().take(missing as u64);
        match piece.read_to_end(&mut self.buffer) {
            Ok(read) => self.at_end = read < missing,
            Err(error) => {
                self.at_end = true;
                self.error = Some(error);
            }
        }
    }

    /// Reads on when a block's worth of bytes did not suffice; twice as much each time, up to one byte past the longest value.
    fn grow(&mut self) {
        let wanted = (self.buffer.len() * 2).clamp(self.block_bytes, self.value_bytes + 1);
        self.fill(wanted.max(self.buffer.len() + 1));
    }

    fn begin(&mut self) {
        self.fill(self.block_bytes.max(BYTE_ORDER_MARK.len()));
        if self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
        let framing = loop {
            let is_all = self.at_end || self.buffer.len() > self.value_bytes;
            match detect(&self.buffer, is_all) {
                Some(framing) => break framing,
                None => self.grow(),
            }
        };
        self.state = match framing {
            Framing::Lines => State::Lines,
            Framing::Depth => State::Depth(Scanner::new(1)),
        };
    }

    /// Keeps the bytes from `cut` on and returns those before it.
    fn split_off(&mut self, cut: usize) -> Vec<u8> {
        let rest = &self.buffer[cut..];
        let mut kept = Vec::with_capacity(self.block_bytes.max(rest.len()));
        kept.extend_from_slice(rest);
        let mut bytes = std::mem::replace(&mut self.buffer, kept);
        bytes.truncate(cut);
        bytes
    }

    fn next_lines(&mut self) -> Option<Result<Block, FramingError>> {
        self.fill(self.block_bytes);
        let mut searched = 0;
        let cut = loop {
            match memchr::memrchr(b'\n', &self.buffer[searched..]) {
                Some(found) => break searched + found + 1,
                None if self.is_complete() => break self.buffer.len(),
                None if self.at_end => break 0,
                None if self.buffer.len() > self.value_bytes => {
                    return Some(Err(self.too_long(self.line)));
                }
                None => {
                    searched = self.buffer.len();
                    self.grow();
                }
            }
        };
        if cut == 0 {
            return self.end();
        }
        let bytes = self.split_off(cut);
        let first = self.line;
        self.line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Some(Ok(Block {
            bytes,
            cut: Cut::Lines { first },
        }))
    }

    fn next_spans(&mut self, mut scanner: Scanner) -> Option<Result<Block, FramingError>> {
        self.fill(self.block_bytes);
        loop {
            scanner.scan(&self.buffer, self.is_complete());
            if let Some((length, line)) = scanner.unfinished()
                && length > self.value_bytes
            {
                return Some(Err(self.too_long(line)));
            }
            if scanner.has_spans() {
                let (spans, cut) = scanner.take();
                let bytes = self.split_off(cut);
                self.state = State::Depth(scanner);
                return Some(Ok(Block {
                    bytes,
                    cut: Cut::Spans(spans),
                }));
            }
            if self.at_end {
                return self.end();
            }
            // White space and brackets between values need no room.
            let (_, cut) = scanner.take();
            self.buffer.drain(..cut);
            self.grow();
        }
    }

    fn too_long(&mut self, line: u64) -> FramingError {
        self.state = State::Done;
        FramingError::TooLong {
            line,
            limit: self.value_bytes,
        }
    }

    fn end(&mut self) -> Option<Result<Block, FramingError>> {
        self.state = State::Done;
        self.error
            .take()
            .map(|error| Err(FramingError::Read(error)))
    }
}

impl<R: Read> Iterator for Blocks<R> {
    type Item = Result<Block, FramingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.state, State::Beginning) {
            self.begin();
        }
        match std::mem::replace(&mut self.state, State::Done) {
            State::Beginning | State::Done => None,
            State::Lines => {
                self.state = State::Lines;
                self.next_lines()
            }
            State::Depth(scanner) => self.next_spans(scanner),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

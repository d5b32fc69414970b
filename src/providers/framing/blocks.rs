//! Reads a stream and cuts it into blocks of whole values.
//!
//! Rule: memory is bounded by one block and one value. A line or row that is longer is passed over and told as such; any other value
//! that long is an error that names its line.

use std::io::{self, Read};
use std::sync::Arc;

use super::block::{Block, Cut};
use super::depth::Scanner;
use super::detect::{Framing, detect};
use super::header::Header;
use super::row;
use super::scan::{Rest, Scan, scan};
use super::spanning::{self, Open};
use super::{BYTE_ORDER_MARK, Form};

/// About how many bytes a block has: large enough that handing it over costs nothing, small enough that a few in
/// flight fit the cache.
const BLOCK_BYTES: usize = 1 << 20;

/// The longest value that is read, 64 MiB: thousands of times what a vendor sends, and still held in memory a few times.
const VALUE_BYTES: usize = 64 << 20;

/// How much is kept of a line that is longer than that, 1 KiB: enough to see what it is.
const SKIPPED_BYTES: usize = 1 << 10;

/// Why a stream could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FramingError {
    #[error(transparent)]
    Read(io::Error),
    #[error("line {line} holds a value longer than {}", crate::model::bytes(*limit as u64))]
    TooLong { line: u64, limit: usize },
}

/// The blocks of a stream, in order. Whole values read before an error come before the error.
pub(crate) struct Blocks<R> {
    reader: R,
    /// Read, and not handed out.
    buffer: Vec<u8>,
    form: Form,
    state: State,
    /// The line of the first byte of `buffer`; brackets count their own.
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
    Rows(Arc<Header>),
    /// On the way to the end of a line that is too long.
    Skipping(Long),
    Done,
}

/// A line that is too long, as far as it was read.
struct Long {
    head: Vec<u8>,
    size: u64,
    /// What goes on after it.
    then: Box<State>,
}

impl<R: Read> Blocks<R> {
    pub(crate) fn new(reader: R, form: Form) -> Self {
        Blocks::with_sizes(reader, form, BLOCK_BYTES, VALUE_BYTES)
    }

    /// Sets the size of blocks and of the longest value, in bytes.
    pub(crate) fn with_sizes(
        reader: R,
        form: Form,
        block_bytes: usize,
        value_bytes: usize,
    ) -> Self {
        Blocks {
            reader,
            form,
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
        self.state = match self.form.clone() {
            Form::Json => self.begin_json(),
            Form::Csv { delimiter, names } => self.begin_rows(delimiter, &names),
        };
    }

    fn begin_json(&mut self) -> State {
        let framing = loop {
            let is_all = self.at_end || self.buffer.len() > self.value_bytes;
            match detect(&self.buffer, is_all) {
                Some(framing) => break framing,
                None => self.grow(),
            }
        };
        match framing {
            Framing::Lines => State::Lines,
            Framing::Depth => State::Depth(Scanner::new(1)),
        }
    }

    /// Reads the header. One that never ends is its first line.
    fn begin_rows(&mut self, delimiter: u8, names: &[String]) -> State {
        let (length, next) = loop {
            let blank = self.buffer.len() - self.buffer.trim_ascii_start().len();
            self.line += row::lines(&self.buffer[..blank]);
            self.buffer.drain(..blank);
            let is_all = self.at_end || self.buffer.len() > self.value_bytes;
            let rest = if is_all { Rest::None } else { Rest::Some };
            match scan(&self.buffer, delimiter, rest) {
                Scan::Row(ending) => break (ending.length, ending.next),
                Scan::Open => {
                    let end = memchr::memchr(b'\n', &self.buffer);
                    let end = end.unwrap_or(self.buffer.len());
                    break (end, (end + 1).min(self.buffer.len()));
                }
                Scan::More => self.grow(),
            }
        };
        let header = Header::new(&self.buffer[..length], delimiter, names);
        self.line += row::lines(&self.buffer[..next]);
        self.buffer.drain(..next);
        State::Rows(Arc::new(header))
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
                None if self.buffer.len() > self.value_bytes => return Some(Ok(self.skip())),
                None => {
                    searched = self.buffer.len();
                    self.grow();
                }
            }
        };
        let is_long = self.buffer.len() > self.value_bytes;
        let (cut, is_value) = match spanning::find(&self.buffer, cut, self.is_complete(), is_long) {
            Open::None => (cut, false),
            Open::At(start) => (start, false),
            Open::Value(length) => (length, true),
            // What is cut off by a failure is no value.
            Open::More if self.at_end => return self.end(),
            Open::More => {
                self.grow();
                return self.next_lines();
            }
        };
        if cut == 0 {
            return self.end();
        }
        let bytes = self.split_off(cut);
        let line = self.line;
        self.line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        let cut = match is_value {
            true => Cut::Value { line },
            false => Cut::Lines { first: line },
        };
        Some(Ok(Block { bytes, cut }))
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

    fn next_rows(&mut self, header: &Arc<Header>) -> Option<Result<Block, FramingError>> {
        self.fill(self.block_bytes);
        let (spans, cut) = loop {
            let is_long = self.buffer.len() > self.value_bytes;
            let rest = if self.is_complete() {
                Rest::None
            } else {
                Rest::Some
            };
            let (spans, cut) = row::rows(&self.buffer, self.line, header, rest);
            if cut > 0 {
                break (spans, cut);
            }
            if self.at_end {
                return self.end();
            }
            if is_long {
                // A row that does not end in all these bytes is broken, and whole ones follow its first lines.
                match row::broken_off(&self.buffer, self.line, header) {
                    Some((span, cut)) => break (vec![span], cut),
                    None => return Some(Ok(self.skip())),
                }
            }
            self.grow();
        };
        let bytes = self.split_off(cut);
        self.line += row::lines(&bytes);
        let header = Arc::clone(header);
        Some(Ok(Block {
            bytes,
            cut: Cut::Rows { spans, header },
        }))
    }

    /// Begins to pass over the line that the buffer begins with.
    fn skip(&mut self) -> Block {
        let mut head = self.buffer[..self.buffer.len().min(SKIPPED_BYTES)].to_vec();
        // A letter is not cut in two.
        if let Err(error) = std::str::from_utf8(&head)
            && error.error_len().is_none()
        {
            head.truncate(error.valid_up_to());
        }
        let then = Box::new(std::mem::replace(&mut self.state, State::Done));
        let long = Long {
            head,
            size: 0,
            then,
        };
        self.next_skipped(long)
    }

    /// Passes over one block's worth of a line; the block has nothing until the line has ended. So whoever takes blocks
    /// can stop in the midst of a line without end.
    fn next_skipped(&mut self, mut long: Long) -> Block {
        if self.buffer.is_empty() {
            self.fill(self.block_bytes);
        }
        let end = memchr::memchr(b'\n', &self.buffer);
        long.size += end.unwrap_or(self.buffer.len()) as u64;
        self.buffer
            .drain(..end.map_or(self.buffer.len(), |end| end + 1));
        if end.is_none() && !self.at_end {
            self.state = State::Skipping(long);
            return Block {
                bytes: Vec::new(),
                cut: Cut::Lines { first: self.line },
            };
        }
        let line = self.line;
        self.line += u64::from(end.is_some());
        self.state = *long.then;
        Block {
            bytes: long.head,
            cut: Cut::Skipped {
                line,
                size: long.size,
                limit: self.value_bytes,
            },
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
            State::Rows(header) => {
                self.state = State::Rows(Arc::clone(&header));
                self.next_rows(&header)
            }
            State::Skipping(long) => Some(Ok(self.next_skipped(long))),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
#[path = "csv_tests.rs"]
mod csv_tests;

//! A file that is looked through: where lines start in it, and reading from there.
//!
//! Rule: what is appended meanwhile is not read.

use std::fs::File;
use std::io::{self, Read};

use crate::providers::framing::{Form, is_by_lines};
use crate::store::read_at;

use super::super::decompress::is_plain;
use super::super::pipeline::Source;

/// How much of a file tells how it is framed, 1 MiB.
const HEAD_BYTES: u64 = 1 << 20;

/// A place of a line: the number of its file, and where in it the line starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: u32,
    pub(super) start: u64,
}

pub(super) struct ScanFile {
    pub(super) file: File,
    /// In bytes; what is appended meanwhile is not looked at.
    pub(super) size: u64,
}

impl ScanFile {
    /// Opens a file that is neither compressed nor framed other than by lines; `None` if it is.
    pub(super) fn open(source: &Source<'_>) -> io::Result<Option<ScanFile>> {
        let (Some(path), Form::Json) = (&source.file, &source.form) else {
            return Ok(None);
        };
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut head = Vec::new();
        (&file).take(HEAD_BYTES).read_to_end(&mut head)?;
        let is_all = head.len() as u64 == size;
        let is_usual = is_plain(&head) && is_by_lines(&head, is_all) == Some(true);
        Ok(is_usual.then_some(ScanFile { file, size }))
    }
}

/// Reads up to `length` bytes of a file into the buffer, fewer only at its end; returns how many.
pub(super) fn fill(
    file: &ScanFile,
    from: u64,
    length: usize,
    buffer: &mut Vec<u8>,
) -> io::Result<usize> {
    let length = (file.size - from).min(length as u64) as usize;
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    let mut filled = 0;
    while filled < length {
        match read_at(
            &file.file,
            &mut buffer[filled..length],
            from + filled as u64,
        ) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Reads the line at a place, without its end.
pub(super) fn line(file: &ScanFile, start: u64) -> io::Result<Vec<u8>> {
    let mut buffer = Vec::new();
    let mut wanted = 4096;
    loop {
        let length = fill(file, start, wanted, &mut buffer)?;
        let end = memchr::memchr(b'\n', &buffer[..length]);
        if end.is_some() || start + length as u64 >= file.size {
            buffer.truncate(end.unwrap_or(length));
            return Ok(buffer);
        }
        wanted *= 4;
    }
}

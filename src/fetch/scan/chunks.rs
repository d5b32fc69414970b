//! The threads that go through files, and the lines of each chunk.
//!
//! Rule: a line belongs to the chunk in which it starts, so that each is looked at once, by one thread that knows no other.

use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::file::{Place, ScanFile, fill};
use super::look::{Chunk, Look, Seen};
use super::own::Judge;
use super::shared::Scan;

/// What is read beyond a chunk for the end of its last line, and to see what follows a broken one: 16 KiB.
const AHEAD_BYTES: usize = 16 << 10;

/// The longest line that is looked at, 8 MiB; an import reads longer ones.
const MAX_LINE_BYTES: usize = 8 << 20;

/// More threads than this wait for memory.
const MAX_THREADS: usize = 8;

/// Looks at every line; `None` where a file cannot be read or has a line that is too long.
pub(super) fn each(scan: &Scan<'_>, judge: &Judge<'_>, chunk_bytes: usize) -> Option<Seen> {
    let mut work = Vec::new();
    for (number, file) in (0..).zip(&scan.files) {
        let starts = (0..file.size).step_by(chunk_bytes);
        work.extend(starts.map(|start| Place {
            file: number,
            start,
        }));
    }
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.min(MAX_THREADS).min(work.len()).max(1);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut look = Look::new(scan, judge);
        let mut buffer = Vec::new();
        while !scan.is_stopped()
            && let Some(place) = work.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let file = &scan.files[place.file as usize];
            match read(file, *place, chunk_bytes, &mut buffer) {
                Ok(Some(chunk)) => look.at(&chunk),
                Ok(None) => {}
                Err(_) => scan.is_beyond_this(),
            }
        }
        look.finish()
    };
    let seen: Vec<Seen> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut seen = vec![run()];
        // A thread that panicked passes it on when the scope ends.
        seen.extend(others.into_iter().filter_map(|other| other.join().ok()));
        seen
    });
    let is_whole = seen.len() == threads && !scan.is_stopped();
    is_whole.then(|| Seen::all(seen)).flatten()
}

/// Reads the lines that start in a chunk; `None` if none does.
fn read<'b>(
    file: &ScanFile,
    place: Place,
    chunk_bytes: usize,
    buffer: &'b mut Vec<u8>,
) -> io::Result<Option<Chunk<'b>>> {
    // The byte before tells whether a line starts at the first one.
    let before = usize::from(place.start > 0);
    let from = place.start - before as u64;
    let own = before + (file.size - place.start).min(chunk_bytes as u64) as usize;
    let mut length = fill(file, from, own + AHEAD_BYTES, buffer)?;
    let first = match before {
        0 => Some(0),
        _ => memchr::memchr(b'\n', &buffer[..own.min(length) - 1]).map(|at| at + 1),
    };
    let Some(first) = first else {
        return Ok(None);
    };
    let last = own.min(length) - 1;
    let end = loop {
        if let Some(found) = memchr::memchr(b'\n', &buffer[last..length]) {
            break last + found + 1;
        }
        if from + length as u64 >= file.size {
            break length;
        }
        if length > own + MAX_LINE_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        length = fill(file, from, length * 2, buffer)?;
    };
    Ok(Some(Chunk {
        place: Place {
            file: place.file,
            start: from + first as u64,
        },
        lines: &buffer[first..end],
        ahead: &buffer[first..length],
        is_all: from + length as u64 >= file.size,
    }))
}

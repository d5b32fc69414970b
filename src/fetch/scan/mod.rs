//! Finds in files the newest records that meet a filter, or all around an id, without storing all that is in them.
//!
//! Threads go through the files once, a chunk at a time. Every line is looked at, so that what cannot be decoded is told as
//! ever; but of each record only as much is read as it is found by. What meets the filter is counted, and of the newest
//! it is remembered where they stand. An index of ids then leads to the lines that decide over what these take from others.
//!
//! - [`chunks`]: the threads, and the lines of each chunk.
//! - [`look`]: what becomes of a line; [`own`]: whether a record is what is sought by what it says itself.
//! - [`ranking`]: the newest records. [`kin`]: the lines that belong to them.
//!
//! Memory: a chunk for each thread, 8 bytes for each record and 16 for each that meets the filter.
//!
//! Rule: a store of the lines that are found answers as one of all lines would. Where that is not certain nothing is
//! found, and all lines are to be stored.

mod chunks;
mod kin;
mod look;
mod own;
mod ranking;

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::{Filter, Provider, Timestamp};
use crate::providers::framing::{Form, is_by_lines};
use crate::providers::{Outlined, spec};

use super::decompress::is_plain;
use super::import::FileImport;
use super::ingest::{Origin, Progress, origins_of};
use super::pipeline::Source;

use look::Seen;
use own::Judge;

/// How much one thread takes at a time, 1 MiB: what it looks at stays in the cache.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

/// How much of a file tells how it is framed, 1 MiB.
const HEAD_BYTES: u64 = 1 << 20;

/// The most records that meet a filter, or have an id of their own, of which it is remembered which they are: 128 MiB.
const MAX_REMEMBERED: usize = 8 << 20;

/// The most records that the index leads to, 256 MiB.
const MAX_INDEXED: usize = 32 << 20;

/// What is to be found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sought<'s> {
    /// The newest records that meet a filter.
    Newest { filter: &'s Filter, page: Page },
    /// The records of the message, exchange or record with this id, if there are any.
    Around(&'s str),
}

/// Which of the records that meet a filter are wanted: the newest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// How many at most; those of the same time as the last of them come in addition.
    pub(crate) rows: usize,
    /// No newer ones than of this time.
    pub(crate) until: Option<Timestamp>,
}

impl Page {
    const ALL: Page = Page {
        rows: usize::MAX,
        until: None,
    };
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// How many records are what is sought, equal ones counted once.
    pub(crate) total: u64,
    /// What became of each file, in the order given.
    pub(crate) files: Vec<FileImport>,
    /// The lines of the wanted records and of those that they take something from, in order, each with its end.
    pub(crate) lines: Vec<u8>,
}

/// A place of a line: the number of its file, and where in it the line starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: u32,
    start: u64,
}

/// Files being looked through.
struct Scan<'s> {
    provider: Provider,
    outline: Outlined,
    page: Page,
    files: Vec<ScanFile>,
    origins: Vec<Origin>,
    progress: &'s Progress,
    /// Something was met that this cannot answer.
    is_beyond: AtomicBool,
}

struct ScanFile {
    file: File,
    /// In bytes; what is appended meanwhile is not looked at.
    size: u64,
}

/// Finds records in files of one provider, `chunk_bytes` at a time for each thread. `None`: all that is in the files must
/// be stored to tell.
pub(crate) fn find(
    sources: &[Source<'_>],
    provider: Provider,
    collection: &str,
    sought: Sought<'_>,
    chunk_bytes: usize,
    progress: &Progress,
) -> Option<Found> {
    let of_provider = spec(provider);
    if of_provider.supersedes {
        return None;
    }
    let (judge, page) = match sought {
        Sought::Newest { filter, page } => {
            let conditions = own::Conditions::of(filter, provider, collection)?;
            (Judge::Conditions(conditions), page)
        }
        Sought::Around(id) => (Judge::Id(id), Page::ALL),
    };
    let files = sources.iter().map(|source| ScanFile::open(source).ok()?);
    let scan = Scan {
        provider,
        outline: of_provider.outline?,
        page,
        files: files.collect::<Option<_>>()?,
        origins: origins_of(sources),
        progress,
        is_beyond: AtomicBool::new(false),
    };
    let seen = chunks::each(&scan, &judge, chunk_bytes.max(1))?;
    let found = scan.found(seen, sources)?;
    // What nothing has may be the beginning of an id.
    let is_there = found.total > 0 || matches!(sought, Sought::Newest { .. });
    is_there.then_some(found)
}

impl Scan<'_> {
    /// Gives up: the files hold what can only be told when all of them is stored.
    fn is_beyond_this(&self) {
        self.is_beyond.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.is_beyond.load(Ordering::Relaxed) || self.progress.is_interrupted()
    }

    fn found(&self, mut seen: Seen, sources: &[Source<'_>]) -> Option<Found> {
        let files: Vec<FileImport> = sources
            .iter()
            .enumerate()
            .map(|(number, source)| seen.told(number, source))
            .collect();
        // Of a file without any record, an import says what is wrong with it.
        let is_odd = files.iter().any(|file| file.records == 0) || seen.is_hardly_a_log();
        if is_odd || seen.has_unlike_namesakes() {
            return None;
        }
        let Seen {
            matched,
            ranking,
            index,
            ..
        } = seen;
        let chosen = ranking.finish()?;
        let lines = kin::with_kin(self, &index, chosen)?;
        Some(Found {
            total: look::distinct(matched),
            files,
            lines,
        })
    }
}

impl ScanFile {
    /// Opens a file that is neither compressed nor framed other than by lines; `None` if it is.
    fn open(source: &Source<'_>) -> io::Result<Option<ScanFile>> {
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

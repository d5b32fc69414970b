//! Finds in files the newest records that meet a filter, or all around an id, without storing all that is in them.
//!
//! Threads go through the files once, a chunk at a time. Every line is looked at, so that what cannot be decoded is told as
//! ever; but of each record only as much is read as it is found by. What meets the filter is counted, and of the newest
//! it is remembered where they stand. An index of ids then leads to the lines that decide over what these take from others.
//!
//! - [`file`](mod@file): the files; [`shared`]: what all threads know.
//! - [`chunks`]: the threads, and the lines of each chunk.
//! - [`look`]: what becomes of a line; [`own`]: whether a record is what is sought by what it says itself.
//! - [`ranking`]: the newest records. [`kin`]: the lines that belong to them.
//!
//! Memory: a chunk for each thread, 8 bytes for each record and 16 for each that meets the filter.
//!
//! Rule: a store of the lines that are found answers as one of all lines would. Where that is not certain nothing is
//! found, and all lines are to be stored.

mod chunks;
mod file;
mod kin;
mod look;
mod own;
mod ranking;
mod shared;

use std::sync::atomic::AtomicBool;

use crate::model::{Filter, Provider};
use crate::providers::spec;

use super::import::FileImport;
use super::ingest::origins_of;
use super::pipeline::Source;
use super::progress::Progress;

use file::ScanFile;
use look::Seen;
use own::Judge;
pub(crate) use ranking::Page;
use shared::Scan;

/// How much one thread takes at a time, 1 MiB: what it looks at stays in the cache.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

/// What is to be found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sought<'s> {
    /// The newest records that meet a filter.
    Newest { filter: &'s Filter, page: Page },
    /// The records of the message, exchange or record with this id, if there are any.
    Around(&'s str),
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

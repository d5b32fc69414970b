//! Decodes sources into the store: the records of one hour as they were fetched.
//!
//! Rule: the same sources always give the same hour, record for record; a source that cannot be read to its end fails
//! the whole hour, since half an hour would look like a whole one.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::model::{Provider, Record, Reject, Timestamp};
use crate::providers::framing::{Block, FramingError, split_line};
use crate::providers::{Decode, DecodeError, spec};
use crate::store::{Batch, HourWriter, Object, StoreError};

use super::pipeline::{self, Event, Source};

/// Why sources could not be turned into records.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IngestError {
    #[error("cannot read `{name}`: {error}")]
    Read {
        name: String,
        #[source]
        error: io::Error,
    },
    #[error("`{name}` ends before its compressed data does")]
    Truncated { name: String },
    #[error("`{name}` holds damaged compressed data: {error}")]
    Corrupt {
        name: String,
        #[source]
        error: io::Error,
    },
    #[error("`{name}`: {error}")]
    TooLong {
        name: String,
        #[source]
        error: FramingError,
    },
    #[error("`{name}` has no line that could be decoded; line {line}: {reason}")]
    NothingDecoded {
        name: String,
        line: u64,
        reason: String,
    },
    #[error("interrupted")]
    Interrupted,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What others may see of a run, and how they stop it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    interrupted: Arc<AtomicBool>,
    bytes: AtomicU64,
    records: AtomicU64,
}

impl Progress {
    pub(crate) fn new(interrupted: Arc<AtomicBool>) -> Self {
        Progress {
            interrupted,
            ..Progress::default()
        }
    }

    /// Returns the decompressed bytes read so far.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Returns the records decoded so far.
    #[cfg(test)]
    pub(crate) fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub(super) fn add_bytes(&self, count: usize) {
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn add_records(&self, count: u64) {
        self.records.fetch_add(count, Ordering::Relaxed);
    }
}

/// What became of an hour's sources.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ingested {
    /// One for each source, in order; without ETag, which only the caller knows.
    pub(crate) objects: Vec<Object>,
    pub(crate) records: u64,
    pub(crate) rejects: u64,
    /// The first and last times of the records; `None` if there are none.
    pub(crate) earliest: Option<Timestamp>,
    pub(crate) latest: Option<Timestamp>,
}

/// Reads sources to their ends and appends their records to an hour, in order of source and line.
///
/// The hour is not finished here. Ends with the first source that fails.
pub(crate) fn ingest_hour(
    provider: Provider,
    sources: Vec<Source<'_>>,
    writer: &mut HourWriter,
    progress: &Progress,
) -> Result<Ingested, IngestError> {
    let names = names_of(&sources);
    let mut ingested = Ingested::default();
    let work = |source: usize, block: &Block| {
        let mut batch = Batch::new();
        let told = decode_block(provider, &names[source], block, progress, |record| {
            batch.push(record)
        });
        (batch, told)
    };
    pipeline::run(sources, progress, work, |event| match event {
        Event::Block {
            made: (batch, told),
            ..
        } => {
            ingested.add(&told);
            writer.append(batch)?;
            told.rejects
                .iter()
                .try_for_each(|reject| Ok(writer.reject(reject)?))
        }
        Event::End {
            object, failure, ..
        } => {
            ingested.objects.push(object);
            failure.map_or(Ok(()), Err)
        }
    })?;
    Ok(ingested)
}

impl Ingested {
    fn add(&mut self, told: &Told) {
        self.records += told.records;
        self.rejects += told.rejects.len() as u64;
        self.earliest = [self.earliest, told.earliest].into_iter().flatten().min();
        self.latest = self.latest.max(told.latest);
    }
}

/// What a block told beside its records.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) records: u64,
    pub(super) earliest: Option<Timestamp>,
    pub(super) latest: Option<Timestamp>,
    pub(super) rejects: Vec<Reject>,
}

pub(super) fn names_of(sources: &[Source<'_>]) -> Vec<String> {
    sources.iter().map(|source| source.name.clone()).collect()
}

/// Decodes a block. A value that is no record is taken apart first, as an envelope or as a line of several values; if
/// none of its parts is one, it is rejected whole.
pub(super) fn decode_block(
    provider: Provider,
    origin: &str,
    block: &Block,
    progress: &Progress,
    mut keep: impl FnMut(&Record<'_>),
) -> Told {
    let spec = spec(provider);
    let mut told = Told::default();
    for (line, raw) in block.values() {
        let Err(error) = told.decode(spec.decode, raw, &mut keep) else {
            continue;
        };
        let parts = match spec.elements(raw) {
            Some(items) if items.is_empty() => continue,
            Some(items) => items,
            None if block.is_lines() => split_line(raw),
            None => Vec::new(),
        };
        let failures: Vec<_> = parts
            .iter()
            .filter_map(|part| Some((part, told.decode(spec.decode, part, &mut keep).err()?)))
            .collect();
        if failures.len() == parts.len() {
            told.reject(origin, line, &error, raw);
        } else {
            for (part, error) in failures {
                told.reject(origin, line, &error, part);
            }
        }
    }
    progress.add_records(told.records);
    told
}

impl Told {
    fn decode(
        &mut self,
        decode: Decode,
        raw: &[u8],
        keep: &mut impl FnMut(&Record<'_>),
    ) -> Result<(), DecodeError> {
        decode(raw, &mut |record| self.keep(record, keep))
    }

    fn keep(&mut self, record: &Record<'_>, keep: &mut impl FnMut(&Record<'_>)) {
        self.records += 1;
        self.earliest = Some(
            self.earliest
                .map_or(record.time, |known| known.min(record.time)),
        );
        self.latest = self.latest.max(Some(record.time));
        keep(record);
    }

    fn reject(&mut self, origin: &str, line: u64, error: &DecodeError, raw: &[u8]) {
        self.rejects.push(Reject {
            origin: origin.to_owned(),
            line,
            reason: error.to_string(),
            raw: raw.to_vec(),
        });
    }
}

#[cfg(test)]
#[path = "ingest_tests.rs"]
mod tests;

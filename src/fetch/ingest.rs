//! Decodes sources into the store: the records of one hour as they were fetched.
//!
//! Rule: the same sources always give the same hour, record for record; a source that cannot be read to its end fails
//! the whole hour, since half an hour would look like a whole one.

use crate::model::{Provider, Record, Reject, Timestamp};
use crate::providers::framing::{Block, Content, split_line};
use crate::providers::{DecodeError, Spec, spec};
use crate::store::{Batch, HourWriter, Object};

use super::ingest_error::IngestError;
use super::pipeline::{self, Event, Source};
use super::progress::Progress;

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
    let origins = origins_of(&sources);
    let mut ingested = Ingested::default();
    let work = |source: usize, block: &Block| {
        let mut batch = Batch::new();
        let told = decode_block(provider, &origins[source], block, progress, |record, _| {
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
    /// How many of them had no time of their own.
    pub(super) timeless: u64,
    pub(super) earliest: Option<Timestamp>,
    pub(super) latest: Option<Timestamp>,
    pub(super) rejects: Vec<Reject>,
}

/// What is known of a source beside its bytes.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) name: String,
    /// Stands for the time of records that have none.
    pub(super) arrived: Timestamp,
}

pub(super) fn origins_of(sources: &[Source<'_>]) -> Vec<Origin> {
    let origin = |source: &Source<'_>| Origin {
        name: source.name.clone(),
        // Finer than this, clocks and file systems differ.
        arrived: Timestamp::from_micros(source.arrived.micros() / 1000 * 1000),
    };
    sources.iter().map(origin).collect()
}

/// Decodes a block. A value that is no record is taken apart first, as an envelope or as a line of several values; if
/// none of its parts is one, it is rejected whole. A row of CSV is decoded as the object of its cells.
///
/// `keep` is told of each record whether it has the time of its arrival for want of one of its own.
pub(super) fn decode_block(
    provider: Provider,
    origin: &Origin,
    block: &Block,
    progress: &Progress,
    keep: impl FnMut(&Record<'_>, bool),
) -> Told {
    let mut decoding = Decoding {
        spec: spec(provider),
        origin,
        told: Told::default(),
        keep,
    };
    match block.content() {
        Content::Values(values) => {
            let is_lines = block.is_lines();
            values.for_each(|(line, raw)| decoding.value(line, raw, is_lines));
        }
        Content::Rows(rows) => {
            let mut object = Vec::new();
            for row in rows {
                match row.to_object(&mut object) {
                    Ok(()) => {
                        if let Err(error) = decoding.decode(&object) {
                            decoding.reject(row.line, &error, row.bytes);
                        }
                    }
                    Err(error) => decoding.reject(row.line, &error, row.bytes),
                }
            }
        }
        Content::Skipped(skipped) => {
            decoding.reject(skipped.line, &skipped.problem, skipped.bytes);
        }
    }
    progress.add_records(decoding.told.records);
    decoding.told
}

/// Takes a line of a block that is no record by itself for what else it may be; returns what it came to.
pub(super) fn decode_line(provider: Provider, origin: &Origin, line: u64, raw: &[u8]) -> Told {
    let mut decoding = Decoding {
        spec: spec(provider),
        origin,
        told: Told::default(),
        keep: |_: &Record<'_>, _| {},
    };
    decoding.value(line, raw, true);
    decoding.told
}

/// A block on its way to records.
struct Decoding<'a, K> {
    spec: &'static Spec,
    origin: &'a Origin,
    told: Told,
    keep: K,
}

impl<K: FnMut(&Record<'_>, bool)> Decoding<'_, K> {
    fn value(&mut self, line: u64, raw: &[u8], is_lines: bool) {
        let Err(error) = self.decode(raw) else {
            return;
        };
        let parts = match self.spec.elements(raw) {
            Some(items) if items.is_empty() => return,
            Some(items) => items,
            None if is_lines => split_line(raw),
            None => Vec::new(),
        };
        let failures: Vec<_> = parts
            .iter()
            .filter_map(|part| Some((part, self.decode(part).err()?)))
            .collect();
        if failures.len() == parts.len() {
            self.reject(line, &error, raw);
        } else {
            for (part, error) in failures {
                self.reject(line, &error, part);
            }
        }
    }

    fn decode(&mut self, raw: &[u8]) -> Result<(), DecodeError> {
        let Decoding {
            spec,
            origin,
            told,
            keep,
        } = self;
        (spec.decode)(raw, &mut |record| {
            if record.time == Record::NO_TIME {
                told.timeless += 1;
                let arrived = Record {
                    time: origin.arrived,
                    ..record.clone()
                };
                told.count(&arrived);
                keep(&arrived, true);
            } else {
                told.count(record);
                keep(record, false);
            }
        })
    }

    fn reject(&mut self, line: u64, error: &dyn std::fmt::Display, raw: &[u8]) {
        self.told.rejects.push(Reject {
            origin: self.origin.name.clone(),
            line,
            reason: error.to_string(),
            raw: raw.to_vec(),
        });
    }
}

impl Told {
    fn count(&mut self, record: &Record<'_>) {
        let time = record.time;
        self.records += 1;
        self.earliest = Some(self.earliest.map_or(time, |known| known.min(time)));
        self.latest = self.latest.max(Some(time));
    }
}

#[cfg(test)]
#[path = "ingest_tests.rs"]
mod tests;

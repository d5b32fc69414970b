//! Decodes files into the hours their records belong to, each record once.
//!
//! A record without a time of its own has that of its file's arrival, which is another one whenever the file comes again; so it is
//! looked for by its id in all hours of the collection (see [`known`]).
//!
//! Rule: a file that fails takes no other with it; what was decoded of it is kept, and the failure is told. Rejects have no time:
//! they are kept beside the hour of the last record before them, or the first after.

mod hours;
mod known;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Hour, Provider, Record, Reject, Timestamp};
use crate::providers::framing::Block;
use crate::providers::spec;
use crate::store::{Batch, HourMeta, Lost, Mode, Object, Store};

use super::ingest::{Told, decode_block, origins_of};
use super::ingest_error::IngestError;
use super::pipeline::{self, Event, Source};
use super::progress::Progress;

use hours::Hours;
use known::{Known, Timeless};

/// Rejects that wait for the first record of their file, 64 MiB; a file with more is no log.
pub(super) const MAX_HOMELESS_BYTES: usize = 64 << 20;

/// How many rejects of a file are told one by one.
pub(super) const TOLD_REJECTS: usize = 3;

/// What became of an import.
#[derive(Debug)]
pub(crate) struct Imported {
    /// In the order given.
    pub(crate) files: Vec<FileImport>,
    /// What the hours that were touched say of themselves now.
    pub(crate) hours: BTreeMap<Hour, HourMeta>,
    pub(crate) records: u64,
    /// Records that were not stored before; those neither added nor updated were known already.
    pub(crate) added: u64,
    /// Records that were stored before in an older version.
    pub(crate) updated: u64,
    /// What was stored of the hours and could not be read any more.
    pub(crate) lost: BTreeMap<Hour, Lost>,
}

/// What became of one file.
#[derive(Debug, Default)]
pub(crate) struct FileImport {
    pub(crate) name: String,
    pub(crate) records: u64,
    pub(crate) rejects: u64,
    /// How many of its records have the time of its arrival for want of one of their own, and that time.
    pub(crate) timeless: u64,
    pub(crate) arrived: Option<Timestamp>,
    /// Line and reason of the first rejects.
    pub(crate) first_rejects: Vec<(u64, String)>,
    /// Why it was not read to its end; records before that are stored.
    pub(crate) failure: Option<IngestError>,
}

/// A file on its way.
#[derive(Default)]
struct Reading {
    file: FileImport,
    /// The hours its records went to.
    hours: BTreeSet<Hour>,
    /// Known at its end.
    object: Option<Object>,
    /// The hour that takes the next rejects.
    last_hour: Option<Hour>,
    /// Rejects before the first record.
    homeless: Vec<Reject>,
    homeless_bytes: usize,
}

/// Reads files into a collection, each record into the hour of its own time.
///
/// Fails only if the store does, or if interrupted; a file's failure is in the result.
pub(crate) fn import_files(
    sources: Vec<Source<'_>>,
    store: &Store,
    provider: Provider,
    collection: &str,
    progress: &Progress,
) -> Result<Imported, IngestError> {
    let origins = origins_of(&sources);
    let mut files: Vec<Reading> = origins
        .iter()
        .map(|origin| Reading::new(origin.name.clone(), origin.arrived))
        .collect();
    let mode = if spec(provider).supersedes {
        Mode::Supersede
    } else {
        Mode::Merge
    };
    let mut hours = Hours::new(store.lock(provider, collection)?, mode);
    let mut known = Known::new(store, provider, collection);
    let work = |source: usize, block: &Block| {
        let mut made = Made::default();
        made.told = decode_block(
            provider,
            &origins[source],
            block,
            progress,
            |record, is_timeless| {
                if is_timeless {
                    made.timeless.push(Timeless::from(record));
                } else {
                    let hour = record.time.hour();
                    made.batches.entry(hour).or_default().push(record);
                }
            },
        );
        made
    };
    pipeline::run(sources, progress, work, |event| match event {
        Event::Block { source, mut made } => {
            let arrived = origins[source].arrived;
            let new = known.new_of(std::mem::take(&mut made.timeless))?;
            if !new.is_empty() {
                let batch = made.batches.entry(arrived.hour()).or_default();
                add_timeless(batch, provider, &new, arrived);
            }
            files[source].add(made, &mut hours)
        }
        // Half an import that nobody waits for any more is not published.
        Event::End {
            failure: Some(IngestError::Interrupted),
            ..
        } => Err(IngestError::Interrupted),
        Event::End {
            source,
            object,
            failure,
        } => {
            files[source].end(object, failure);
            Ok(())
        }
    })?;
    hours.finish(|hour| {
        let came_from = files.iter().filter(|file| file.hours.contains(&hour));
        came_from.filter_map(|file| file.object.clone()).collect()
    })?;
    Ok(Imported {
        records: files.iter().map(|reading| reading.file.records).sum(),
        added: hours.added,
        updated: hours.updated,
        lost: hours.lost,
        hours: hours.published,
        files: files.into_iter().map(|reading| reading.file).collect(),
    })
}

/// What was made of a block.
#[derive(Default)]
struct Made {
    batches: BTreeMap<Hour, Batch>,
    timeless: Vec<Timeless>,
    told: Told,
}

/// Puts records without time into a batch at the time of their arrival.
fn add_timeless(batch: &mut Batch, provider: Provider, records: &[Timeless], arrived: Timestamp) {
    for timeless in records {
        // They were decoded before; only those that are new are worth keeping in columns.
        let _: Result<(), _> = (spec(provider).decode)(timeless.raw(), &mut |record| {
            if record.time == Record::NO_TIME && timeless.is(record) {
                batch.push(&Record {
                    time: arrived,
                    ..record.clone()
                });
            }
        });
    }
}

impl Reading {
    fn new(name: String, arrived: Timestamp) -> Self {
        Reading {
            file: FileImport {
                name,
                arrived: Some(arrived),
                ..FileImport::default()
            },
            ..Reading::default()
        }
    }

    fn add(&mut self, made: Made, hours: &mut Hours) -> Result<(), IngestError> {
        if self.file.failure.is_some() {
            return Ok(());
        }
        self.count(&made.told);
        for (hour, batch) in made.batches {
            self.hours.insert(hour);
            hours.append(hour, batch)?;
        }
        self.house(made.told, hours)
    }

    fn count(&mut self, told: &Told) {
        self.file.records += told.records;
        self.file.rejects += told.rejects.len() as u64;
        self.file.timeless += told.timeless;
        let missing = TOLD_REJECTS.saturating_sub(self.file.first_rejects.len());
        self.file.first_rejects.extend(
            told.rejects
                .iter()
                .take(missing)
                .map(|reject| (reject.line, reject.reason.clone())),
        );
    }

    /// Gives rejects to an hour, or keeps them until there is one.
    fn house(&mut self, told: Told, hours: &mut Hours) -> Result<(), IngestError> {
        self.last_hour = told.latest.map(|time| time.hour()).or(self.last_hour);
        let rejects = told.rejects;
        let Some(hour) = self.last_hour else {
            self.homeless_bytes += rejects.iter().map(|reject| reject.raw.len()).sum::<usize>();
            self.homeless.extend(rejects);
            if self.homeless_bytes > MAX_HOMELESS_BYTES {
                self.file.failure = self.nothing_decoded();
                self.homeless = Vec::new();
            }
            return Ok(());
        };
        std::mem::take(&mut self.homeless)
            .iter()
            .chain(&rejects)
            .try_for_each(|reject| hours.reject(hour, reject))
    }

    fn end(&mut self, object: Object, failure: Option<IngestError>) {
        self.file.failure = self
            .file
            .failure
            .take()
            .or(failure)
            .or_else(|| self.nothing_decoded());
        self.homeless = Vec::new();
        self.object = Some(Object {
            imported: true,
            ..object
        });
    }

    /// Without a single record there is no hour to keep the rejects beside: that is no import.
    fn nothing_decoded(&self) -> Option<IngestError> {
        let (line, reason) = self.file.first_rejects.first()?;
        (self.file.records == 0).then(|| IngestError::NothingDecoded {
            name: self.file.name.clone(),
            line: *line,
            reason: reason.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: std::ops::Range<u64>, records: u64) -> Told {
        Told {
            records,
            rejects: lines
                .map(|line| Reject {
                    origin: "a.ndjson".to_owned(),
                    line,
                    reason: format!("reason {line}"),
                    raw: b"x".to_vec(),
                })
                .collect(),
            ..Told::default()
        }
    }

    #[test]
    fn the_first_rejects_are_told_and_all_are_counted() {
        let mut reading = Reading::new("a.ndjson".into(), Timestamp::MIN);
        reading.count(&told(2..4, 5));
        reading.count(&told(4..9, 1));
        assert_eq!((reading.file.records, reading.file.rejects), (6, 7));
        let lines: Vec<_> = reading
            .file
            .first_rejects
            .iter()
            .map(|(line, _)| *line)
            .collect();
        assert_eq!(lines, [2, 3, 4]);
        assert!(reading.nothing_decoded().is_none());
    }

    #[test]
    fn a_file_without_a_single_record_fails_and_an_empty_one_does_not() {
        let object = || Object {
            name: "a.ndjson".into(),
            etag: None,
            size: 1,
            sha256: String::new(),
            imported: false,
        };
        let mut reading = Reading::new("a.ndjson".into(), Timestamp::MIN);
        reading.count(&told(3..5, 0));
        reading.end(object(), None);
        assert_eq!(
            reading.file.failure.unwrap().to_string(),
            "`a.ndjson` has no line that could be decoded; line 3: reason 3"
        );
        assert!(reading.object.unwrap().imported);

        let mut reading = Reading::new("a.ndjson".into(), Timestamp::MIN);
        reading.end(object(), None);
        assert!(reading.file.failure.is_none());
    }
}

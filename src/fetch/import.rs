//! Decodes files into the hours their records belong to, each record once.
//!
//! Memory: what the hours buffer is kept below [`MAX_BUFFERED_BYTES`] by writing out the fullest, and at most [`MAX_OPEN_HOURS`] are
//! written at a time; one that has to make room is published early, and opened again if more of it comes.
//!
//! Rule: a file that fails takes no other with it; what was decoded of it is kept, and the failure is told. Rejects have no time:
//! they are kept beside the hour of the last record before them, or the first after.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Hour, Provider, Reject};
use crate::providers::framing::Block;
use crate::providers::spec;
use crate::store::{Batch, CollectionLock, HourMeta, HourWriter, Mode, Object, Store};

use super::ingest::{IngestError, Progress, Told, decode_block, names_of};
use super::pipeline::{self, Event, Source};

/// What all hours together hold in memory before one is written out: 128 MiB.
const MAX_BUFFERED_BYTES: usize = 128 << 20;

/// Each hour being written holds a file open, and some systems allow no more than 256.
const MAX_OPEN_HOURS: usize = 64;

/// Rejects that wait for the first record of their file, 64 MiB; a file with more is no log.
const MAX_HOMELESS_BYTES: usize = 64 << 20;

/// How many rejects of a file are told one by one.
const TOLD_REJECTS: usize = 3;

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
}

/// What became of one file.
#[derive(Debug, Default)]
pub(crate) struct FileImport {
    pub(crate) name: String,
    pub(crate) records: u64,
    pub(crate) rejects: u64,
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
    let names = names_of(&sources);
    let mut files: Vec<Reading> = names.iter().cloned().map(Reading::new).collect();
    let mut hours = Hours {
        lock: store.lock(provider, collection)?,
        mode: if spec(provider).supersedes {
            Mode::Supersede
        } else {
            Mode::Merge
        },
        open: BTreeMap::new(),
        turns: 0,
        touched: BTreeSet::new(),
        added: 0,
        updated: 0,
        published: BTreeMap::new(),
    };
    let work = |source: usize, block: &Block| {
        let mut batches: BTreeMap<Hour, Batch> = BTreeMap::new();
        let told = decode_block(provider, &names[source], block, progress, |record| {
            batches.entry(record.time.hour()).or_default().push(record);
        });
        (batches, told)
    };
    pipeline::run(sources, progress, work, |event| match event {
        Event::Block {
            source,
            made: (batches, told),
        } => files[source].add(batches, told, &mut hours),
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
    hours.finish(&files)?;
    Ok(Imported {
        records: files.iter().map(|reading| reading.file.records).sum(),
        added: hours.added,
        updated: hours.updated,
        hours: hours.published,
        files: files.into_iter().map(|reading| reading.file).collect(),
    })
}

impl Reading {
    fn new(name: String) -> Self {
        Reading {
            file: FileImport {
                name,
                ..FileImport::default()
            },
            ..Reading::default()
        }
    }

    fn add(
        &mut self,
        batches: BTreeMap<Hour, Batch>,
        told: Told,
        hours: &mut Hours,
    ) -> Result<(), IngestError> {
        if self.file.failure.is_some() {
            return Ok(());
        }
        self.count(&told);
        for (hour, batch) in batches {
            self.hours.insert(hour);
            hours.append(hour, batch)?;
        }
        self.house(told, hours)
    }

    fn count(&mut self, told: &Told) {
        self.file.records += told.records;
        self.file.rejects += told.rejects.len() as u64;
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

/// The hours being written.
struct Hours {
    lock: CollectionLock,
    mode: Mode,
    open: BTreeMap<Hour, OpenHour>,
    /// Counts appends, to know which hour was left longest.
    turns: u64,
    touched: BTreeSet<Hour>,
    /// Records that were not stored before.
    added: u64,
    /// Records that were stored before in an older version.
    updated: u64,
    published: BTreeMap<Hour, HourMeta>,
}

struct OpenHour {
    writer: HourWriter,
    last_turn: u64,
}

impl Hours {
    fn append(&mut self, hour: Hour, batch: Batch) -> Result<(), IngestError> {
        self.writer(hour)?.append(batch)?;
        let buffered: usize = self.open.values().map(OpenHour::buffered).sum();
        if buffered > MAX_BUFFERED_BYTES
            && let Some(fullest) = self.open.values_mut().max_by_key(|open| open.buffered())
        {
            fullest.writer.flush()?;
        }
        Ok(())
    }

    fn reject(&mut self, hour: Hour, reject: &Reject) -> Result<(), IngestError> {
        Ok(self.writer(hour)?.reject(reject)?)
    }

    fn writer(&mut self, hour: Hour) -> Result<&mut HourWriter, IngestError> {
        self.turns += 1;
        if !self.open.contains_key(&hour) && self.open.len() >= MAX_OPEN_HOURS {
            self.make_room()?;
        }
        let open = match self.open.entry(hour) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                self.touched.insert(hour);
                entry.insert(OpenHour {
                    writer: self.lock.begin(hour, self.mode)?,
                    last_turn: 0,
                })
            }
        };
        open.last_turn = self.turns;
        Ok(&mut open.writer)
    }

    /// Publishes the hour left longest. The files it came from are added when they are known.
    fn make_room(&mut self) -> Result<(), IngestError> {
        let oldest = self.open.iter().min_by_key(|(_, open)| open.last_turn);
        let Some((&hour, _)) = oldest else {
            return Ok(());
        };
        self.publish(hour, Vec::new())
    }

    fn publish(&mut self, hour: Hour, objects: Vec<Object>) -> Result<(), IngestError> {
        if let Some(open) = self.open.remove(&hour) {
            let written = open.writer.finish(None, objects)?;
            self.added += written.added;
            self.updated += written.updated;
            self.published.insert(hour, written.meta);
        }
        Ok(())
    }

    /// Publishes every hour with the files it came from, those too that were published early.
    fn finish(&mut self, files: &[Reading]) -> Result<(), IngestError> {
        for hour in self.touched.clone() {
            let objects = files
                .iter()
                .filter(|file| file.hours.contains(&hour))
                .filter_map(|file| file.object.clone())
                .collect();
            self.writer(hour)?;
            self.publish(hour, objects)?;
        }
        self.settle()
    }

    /// Has older versions taken out of other hours, and sets the counts right.
    fn settle(&mut self) -> Result<(), IngestError> {
        let settled = self.lock.settle()?;
        self.added = self.added.saturating_add_signed(settled.added);
        self.updated = self.updated.saturating_add_signed(settled.updated);
        for (hour, meta) in settled.hours {
            if self.touched.contains(&hour) {
                match meta {
                    Some(meta) => self.published.insert(hour, meta),
                    None => self.published.remove(&hour),
                };
            }
        }
        Ok(())
    }
}

impl OpenHour {
    fn buffered(&self) -> usize {
        self.writer.buffered_bytes()
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
        let mut reading = Reading::new("a.ndjson".into());
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
        let mut reading = Reading::new("a.ndjson".into());
        reading.count(&told(3..5, 0));
        reading.end(object(), None);
        assert_eq!(
            reading.file.failure.unwrap().to_string(),
            "`a.ndjson` has no line that could be decoded; line 3: reason 3"
        );
        assert!(reading.object.unwrap().imported);

        let mut reading = Reading::new("a.ndjson".into());
        reading.end(object(), None);
        assert!(reading.file.failure.is_none());
    }
}

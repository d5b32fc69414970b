//! The hours that an import writes, several at a time.
//!
//! Memory: what the hours buffer is kept below [`MAX_BUFFERED_BYTES`] by writing out the fullest, and at most [`MAX_OPEN_HOURS`] are
//! written at a time; one that has to make room is published early, and opened again if more of it comes.
//!
//! Rule: an hour that was touched is published by [`Hours::finish`] with everything it came from.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Hour, Reject};
use crate::store::{Batch, CollectionLock, HourMeta, HourWriter, Mode, Object};

use super::super::ingest::IngestError;

/// What all hours together hold in memory before one is written out: 128 MiB.
const MAX_BUFFERED_BYTES: usize = 128 << 20;

/// Each hour being written holds a file open, and some systems allow no more than 256.
const MAX_OPEN_HOURS: usize = 64;

/// The hours being written.
pub(super) struct Hours {
    lock: CollectionLock,
    mode: Mode,
    open: BTreeMap<Hour, OpenHour>,
    /// Counts appends, to know which hour was left longest.
    turns: u64,
    touched: BTreeSet<Hour>,
    /// Records that were not stored before.
    pub(super) added: u64,
    /// Records that were stored before in an older version.
    pub(super) updated: u64,
    /// What the hours say of themselves.
    pub(super) published: BTreeMap<Hour, HourMeta>,
}

struct OpenHour {
    writer: HourWriter,
    last_turn: u64,
}

impl Hours {
    pub(super) fn new(lock: CollectionLock, mode: Mode) -> Self {
        Hours {
            lock,
            mode,
            open: BTreeMap::new(),
            turns: 0,
            touched: BTreeSet::new(),
            added: 0,
            updated: 0,
            published: BTreeMap::new(),
        }
    }

    pub(super) fn append(&mut self, hour: Hour, batch: Batch) -> Result<(), IngestError> {
        self.writer(hour)?.append(batch)?;
        let buffered: usize = self.open.values().map(OpenHour::buffered).sum();
        if buffered > MAX_BUFFERED_BYTES
            && let Some(fullest) = self.open.values_mut().max_by_key(|open| open.buffered())
        {
            fullest.writer.flush()?;
        }
        Ok(())
    }

    pub(super) fn reject(&mut self, hour: Hour, reject: &Reject) -> Result<(), IngestError> {
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
    pub(super) fn finish(
        &mut self,
        objects: impl Fn(Hour) -> Vec<Object>,
    ) -> Result<(), IngestError> {
        for hour in self.touched.clone() {
            self.writer(hour)?;
            self.publish(hour, objects(hour))?;
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

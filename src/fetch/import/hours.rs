//! The hours that an import writes, several at a time.
//!
//! Memory: what the hours buffer is kept below [`MAX_BUFFERED_BYTES`] by encoding the fullest, and at most
//! [`MAX_REMEMBERED`] records are remembered; the hour left longest is put aside, and taken up again if more of it comes.
//!
//! Rule: nothing is published until everything was read.

use std::collections::BTreeMap;

use crate::model::{Hour, Reject};
use crate::store::{Batch, CollectionLock, HourMeta, HourWriter, Lost, Mode, Object, Staged};

use super::super::ingest_error::IngestError;

/// What all hours together hold in memory before one is encoded: 96 MiB.
const MAX_BUFFERED_BYTES: usize = 96 << 20;

/// Records that are remembered to store each once, 18 bytes each: 72 MB.
const MAX_REMEMBERED: usize = 4 << 20;

/// The hours being written.
pub(super) struct Hours {
    lock: CollectionLock,
    mode: Mode,
    open: BTreeMap<Hour, OpenHour>,
    aside: BTreeMap<Hour, Staged>,
    /// Counts appends, to know which hour was left longest.
    turns: u64,
    /// Records that were not stored before.
    pub(super) added: u64,
    /// Records that were stored before in an older version.
    pub(super) updated: u64,
    /// What was stored and could not be read any more.
    pub(super) lost: BTreeMap<Hour, Lost>,
    /// What the hours say of themselves.
    pub(super) published: BTreeMap<Hour, HourMeta>,
}

struct OpenHour {
    writer: HourWriter,
    last_turn: u64,
    buffered: usize,
    remembered: usize,
}

impl Hours {
    pub(super) fn new(lock: CollectionLock, mode: Mode) -> Self {
        Hours {
            lock,
            mode,
            open: BTreeMap::new(),
            aside: BTreeMap::new(),
            turns: 0,
            added: 0,
            updated: 0,
            lost: BTreeMap::new(),
            published: BTreeMap::new(),
        }
    }

    pub(super) fn append(&mut self, hour: Hour, batch: Batch) -> Result<(), IngestError> {
        let open = self.writer(hour)?;
        open.writer.append(batch)?;
        open.measure();
        let buffered: usize = self.open.values().map(|open| open.buffered).sum();
        if buffered > MAX_BUFFERED_BYTES
            && let Some(fullest) = self.open.values_mut().max_by_key(|open| open.buffered)
        {
            fullest.writer.flush()?;
            fullest.measure();
        }
        self.put_aside(hour)
    }

    pub(super) fn reject(&mut self, hour: Hour, reject: &Reject) -> Result<(), IngestError> {
        Ok(self.writer(hour)?.writer.reject(reject)?)
    }

    fn writer(&mut self, hour: Hour) -> Result<&mut OpenHour, IngestError> {
        self.turns += 1;
        let writer = match (self.open.remove(&hour), self.aside.remove(&hour)) {
            (Some(open), _) => open.writer,
            (None, Some(staged)) => self.lock.resume(staged)?,
            (None, None) => self.lock.begin(hour, self.mode)?,
        };
        let mut open = OpenHour {
            writer,
            last_turn: self.turns,
            buffered: 0,
            remembered: 0,
        };
        open.measure();
        Ok(self.open.entry(hour).or_insert(open))
    }

    /// Puts the hours left longest aside, but not the one at hand, while too many records are remembered.
    fn put_aside(&mut self, at_hand: Hour) -> Result<(), IngestError> {
        let mut remembered: usize = self.open.values().map(|open| open.remembered).sum();
        while remembered > MAX_REMEMBERED {
            let others = self.open.iter().filter(|(hour, _)| **hour != at_hand);
            let oldest = others.min_by_key(|(_, open)| open.last_turn);
            let Some(hour) = oldest.map(|(hour, _)| *hour) else {
                break;
            };
            if let Some(open) = self.open.remove(&hour) {
                remembered -= open.remembered;
                self.aside
                    .insert(hour, open.writer.finish(None, Vec::new())?);
            }
        }
        Ok(())
    }

    /// Publishes every hour with the files it came from, and has older versions taken out of other hours.
    pub(super) fn finish(
        &mut self,
        objects: impl Fn(Hour) -> Vec<Object>,
    ) -> Result<(), IngestError> {
        let mut staged = std::mem::take(&mut self.aside);
        for (hour, open) in std::mem::take(&mut self.open) {
            staged.insert(hour, open.writer.finish(None, Vec::new())?);
        }
        for (hour, staged) in &mut staged {
            staged.add_objects(objects(*hour));
        }
        for written in self.lock.commit(staged.into_values().collect())? {
            self.lost
                .extend(written.lost.map(|lost| (written.meta.key.hour, lost)));
            self.added += written.added;
            self.updated += written.updated;
            self.published.insert(written.meta.key.hour, written.meta);
        }
        let settled = self.lock.settle()?;
        self.added = self.added.saturating_add_signed(settled.added);
        self.updated = self.updated.saturating_add_signed(settled.updated);
        for (hour, meta) in settled.hours {
            match (self.published.get_mut(&hour), meta) {
                (Some(published), Some(meta)) => *published = meta,
                (Some(_), None) => {
                    self.published.remove(&hour);
                }
                (None, _) => {}
            }
        }
        Ok(())
    }
}

impl OpenHour {
    fn measure(&mut self) {
        self.buffered = self.writer.buffered_bytes();
        self.remembered = self.writer.remembered();
    }
}

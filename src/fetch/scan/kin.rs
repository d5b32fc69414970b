//! The lines that decide over what records take from others: those of the same message, and the exchanges that any of
//! these names. For a fate too no others are needed.
//!
//! The oldest and the newest linked line of each hour come along, since hours are near one another by their times.
//!
//! Rule: a line too many changes nothing, since all lines are true; one too few may.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use twox_hash::XxHash3_64;

use crate::model::{Hour, RecordType, Timestamp};
use crate::providers::Outline;

use super::file::{Place, line};
use super::shared::Scan;

/// More lines than this are not taken out one by one.
const MAX_LINES: usize = 400_000;

/// Whose id leads to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Exchange,
}

/// Where records stand by the ids that lead to them, and what of each hour was seen first and last.
#[derive(Default)]
pub(super) struct Index {
    /// A chunk's place, and the number of its first entry.
    chunks: Vec<(Place, usize)>,
    /// A hash of the id, and where in its chunk the line starts.
    entries: Vec<(u32, u32)>,
    extremes: BTreeMap<Hour, Extremes>,
    /// The extremes of the hour of the last record.
    last: Option<(Hour, Extremes)>,
}

/// The oldest and the newest linked record of an hour.
#[derive(Clone, Copy, Debug)]
struct Extremes {
    oldest: (Timestamp, Place),
    newest: (Timestamp, Place),
}

impl Extremes {
    fn add(&mut self, other: Extremes) {
        self.oldest = self.oldest.min(other.oldest);
        self.newest = self.newest.max(other.newest);
    }
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Says to which chunk the records that are added next belong.
    pub(super) fn begin(&mut self, chunk: Place) {
        self.chunks.push((chunk, self.entries.len()));
    }

    /// Adds the record of a line that starts at `start` in its chunk.
    pub(super) fn add(&mut self, outline: &Outline<'_>, place: Place, start: usize) {
        for (kind, id) in kinds(outline) {
            // OK because a chunk and the line that goes beyond it are smaller than 4 GiB.
            self.entries.push((hash(kind, id), start as u32));
        }
        if is_linked(outline.record_type) {
            self.widen(hour_of(outline), (outline.time, place));
        }
    }

    fn widen(&mut self, hour: Hour, at: (Timestamp, Place)) {
        match &mut self.last {
            Some((last, extremes)) if *last == hour => {
                if at.0 < extremes.oldest.0 {
                    extremes.oldest = at;
                }
                if at.0 > extremes.newest.0 {
                    extremes.newest = at;
                }
            }
            _ => {
                self.settle();
                let extremes = Extremes {
                    oldest: at,
                    newest: at,
                };
                self.last = Some((hour, extremes));
            }
        }
    }

    /// Puts the extremes of the last hour with the others.
    fn settle(&mut self) {
        if let Some((hour, extremes)) = self.last.take() {
            self.extremes.entry(hour).or_insert(extremes).add(extremes);
        }
    }

    pub(super) fn extend(&mut self, mut other: Index) {
        self.settle();
        other.settle();
        let entries = self.entries.len();
        let chunks = other.chunks.into_iter();
        self.chunks
            .extend(chunks.map(|(chunk, first)| (chunk, entries + first)));
        self.entries.append(&mut other.entries);
        for (hour, extremes) in other.extremes {
            self.extremes.entry(hour).or_insert(extremes).add(extremes);
        }
    }

    /// Finds the places to which ids with these hashes lead.
    fn find(&self, hashes: &HashSet<u32>) -> BTreeSet<Place> {
        // Nearly every entry is told by these bits not to be wanted.
        let mut marks = vec![0u64; 1 << 12];
        for hash in hashes {
            marks[*hash as usize >> 20] |= 1 << (hash >> 14 & 63);
        }
        let mut found = BTreeSet::new();
        for (number, (chunk, first)) in self.chunks.iter().enumerate() {
            let end = self
                .chunks
                .get(number + 1)
                .map_or(self.entries.len(), |(_, end)| *end);
            for (hash, start) in &self.entries[*first..end] {
                if marks[*hash as usize >> 20] >> (hash >> 14 & 63) & 1 == 1
                    && hashes.contains(hash)
                {
                    found.insert(Place {
                        start: chunk.start + u64::from(*start),
                        ..*chunk
                    });
                }
            }
        }
        found
    }
}

fn is_linked(record_type: RecordType) -> bool {
    use RecordType::{Attempt, Error, Exchange};
    matches!(record_type, Attempt | Error | Exchange)
}

fn hash(kind: Kind, id: &str) -> u32 {
    let hash = XxHash3_64::oneshot(id.as_bytes());
    match kind {
        Kind::Message => hash as u32,
        // Other bits, so that what is equal by chance as a message is not so as an exchange.
        Kind::Exchange => (hash >> 32) as u32,
    }
}

/// Lines that were taken out, and what they name.
#[derive(Default)]
struct Taken {
    lines: BTreeMap<Place, Vec<u8>>,
    hours: BTreeSet<Hour>,
    messages: HashSet<u32>,
    exchanges: HashSet<u32>,
}

impl Taken {
    fn take(&mut self, scan: &Scan<'_>, places: impl IntoIterator<Item = Place>) -> Option<()> {
        for place in places {
            if self.lines.contains_key(&place) {
                continue;
            }
            let line = line(&scan.files[place.file as usize], place.start).ok()?;
            let outline = (scan.outline)(line.trim_ascii())?;
            self.hours.insert(hour_of(&outline));
            let hashed = |kind, id: &Option<_>| id.as_deref().map(|id: &str| hash(kind, id));
            self.messages
                .extend(hashed(Kind::Message, &outline.message_id));
            self.exchanges
                .extend(hashed(Kind::Exchange, &outline.exchange_id));
            self.lines.insert(place, line);
            if self.lines.len() > MAX_LINES {
                return None;
            }
        }
        Some(())
    }
}

/// Returns the lines at places and all that belong to them, in order; `None` if they cannot be read or are too many.
pub(super) fn with_kin(scan: &Scan<'_>, index: &Index, chosen: Vec<Place>) -> Option<Vec<u8>> {
    let mut taken = Taken::default();
    taken.take(scan, chosen)?;
    let messages = std::mem::take(&mut taken.messages);
    taken.take(scan, index.find(&messages))?;
    let exchanges = std::mem::take(&mut taken.exchanges);
    taken.take(scan, index.find(&exchanges))?;
    let hours = std::mem::take(&mut taken.hours);
    let last = index.last.iter().map(|(hour, extremes)| (hour, extremes));
    let extremes = index.extremes.iter().chain(last);
    let extremes = extremes.filter(|(hour, _)| hours.contains(hour));
    let ends = extremes.flat_map(|(_, extremes)| [extremes.oldest.1, extremes.newest.1]);
    taken.take(scan, ends.collect::<Vec<_>>())?;
    let mut lines = Vec::new();
    for line in taken.lines.values() {
        lines.extend_from_slice(line.trim_ascii());
        lines.push(b'\n');
    }
    Some(lines)
}

/// Returns the kind of an id that leads to a record of a type, and that of the message's.
fn kinds<'o>(outline: &'o Outline<'_>) -> impl Iterator<Item = (Kind, &'o str)> {
    let exchange = outline.exchange_id.as_deref();
    let exchange = exchange.filter(|_| outline.record_type == RecordType::Exchange);
    let message = outline.message_id.as_deref();
    let exchange = exchange.map(|id| (Kind::Exchange, id));
    exchange
        .into_iter()
        .chain(message.map(|id| (Kind::Message, id)))
}

/// The hour under which a record is stored.
fn hour_of(outline: &Outline<'_>) -> Hour {
    outline.time.hour()
}

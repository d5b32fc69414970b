//! What is kept of a message at a destination while records are gathered.
//!
//! Rule: the order in which records are added changes nothing.

use crate::model::Column;
use crate::store::IdKey;

use super::end::NEVER;
use super::told::Told;

/// What is kept of a message at a destination. The name of the destination is a number, 0 where none is named.
pub(in crate::query) trait Entry: Copy + Send + Sync {
    /// What is read of a record to add it, besides its message and destination.
    const COLUMNS: &'static [Column];

    fn new(message: IdKey, part: u64) -> Self;

    fn message(&self) -> IdKey;

    fn part(&self) -> u64;

    fn add(&mut self, record: &Told);
}

/// When a message was heard of at a destination.
#[derive(Clone, Copy, Debug)]
pub(in crate::query) struct Seen {
    pub(in crate::query) message: IdKey,
    pub(in crate::query) part: u64,
    pub(in crate::query) first: i64,
    pub(in crate::query) last: i64,
    /// The latest record: the number of its file, its row group, and its row.
    pub(in crate::query) latest: (u32, u16, u32),
}

impl Entry for Seen {
    const COLUMNS: &'static [Column] = &[Column::Time];

    fn new(message: IdKey, part: u64) -> Seen {
        Seen {
            message,
            part,
            first: i64::MAX,
            last: NEVER,
            latest: (0, 0, 0),
        }
    }

    fn message(&self) -> IdKey {
        self.message
    }

    fn part(&self) -> u64 {
        self.part
    }

    fn add(&mut self, record: &Told) {
        self.first = self.first.min(record.time);
        if (record.time, record.place) > (self.last, self.latest) {
            (self.last, self.latest) = (record.time, record.place);
        }
    }
}

impl Seen {
    /// Adds when it was heard of elsewhere.
    pub(in crate::query) fn merge(&mut self, other: &Seen) {
        self.first = self.first.min(other.first);
        if (other.last, other.latest) > (self.last, self.latest) {
            (self.last, self.latest) = (other.last, other.latest);
        }
    }
}

//! What is asked of records, and what is known beside the rows that answer it: data.

use std::collections::BTreeMap;

use crate::model::{Column, Field, Filter, Hour, Timestamp};
use crate::store::HourKey;

use super::cursor::Cursor;

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) filter: Filter,
    /// What will be read of each row.
    pub(crate) fields: Vec<Field>,
    pub(crate) sort: Sort,
    pub(crate) limit: Option<u64>,
    /// Matching rows to pass over first.
    pub(crate) skip: u64,
    pub(crate) after: Option<Cursor>,
    /// Decides which messages may still be retried.
    pub(crate) now: Timestamp,
}

/// The order of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) field: Field,
    pub(crate) descending: bool,
}

impl Sort {
    pub(crate) const NEWEST_FIRST: Sort = Sort {
        field: Field::Column(Column::Time),
        descending: true,
    };
}

/// What is known after all rows were handed over.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) shown: u64,
    pub(crate) total: Total,
    /// Where the next page begins, if there is one and the order is newest first.
    pub(crate) next: Option<Cursor>,
    pub(crate) has_more: bool,
    /// The row that the cursor named is no longer stored, so rows of its very time may be repeated.
    pub(crate) cursor_row_is_gone: bool,
    /// Attempts whose exchange is not stored: those shown with what it would tell, and those of which nobody knows for
    /// that reason whether they match.
    pub(crate) orphans: Orphans,
}

/// How many rows match in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Total {
    Exactly(u64),
    AtLeast(u64),
}

/// Attempts whose exchange is not stored, by the hour they are stored under and the hour they occurred in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orphans {
    pub(crate) by_hour: BTreeMap<(HourKey, Hour), u64>,
}

impl Orphans {
    pub(crate) fn count(&self) -> u64 {
        self.by_hour.values().sum()
    }

    /// Adds an orphan that is stored under a key and occurred at a time.
    pub(super) fn add(&mut self, key: &HourKey, time: Timestamp) {
        let hour = (key.clone(), time.hour());
        *self.by_hour.entry(hour).or_default() += 1;
    }
}

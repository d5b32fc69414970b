//! What is to be counted, and what the count is: data.

use crate::model::{Filter, Timestamp, Value, Zone};
use crate::store::StoreError;

use super::super::super::buckets::Buckets;
use super::super::super::question::Orphans;
use super::key::Key;

/// What is to be counted.
#[derive(Clone, Debug)]
pub(crate) struct Count<'q> {
    pub(crate) filter: &'q Filter,
    /// What records of one group have in common; nothing: all are one group.
    pub(crate) by: &'q [Key],
    /// Counts each group over time too.
    pub(crate) buckets: Option<&'q Buckets>,
    /// Whether buckets are only an ornament, given up where they would need too much memory.
    pub(crate) buckets_are_optional: bool,
    /// Whether to count distinct messages.
    pub(crate) messages: bool,
    /// Where days begin.
    pub(crate) zone: Zone,
    /// Decides which messages may still be retried.
    pub(crate) now: Timestamp,
}

/// The groups that were found, in no order.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) groups: Vec<Group>,
    /// Records in all groups.
    pub(crate) records: u64,
    /// Attempts whose exchange is not stored, where that may have decided their group.
    pub(crate) orphans: Orphans,
    /// The counts of group 0 in each bucket, then of group 1, and so on; empty if none were asked for or given up.
    pub(super) cells: Vec<u64>,
    pub(super) buckets: usize,
}

/// Records that have something in common.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// In the order of [`Count::by`].
    pub(crate) key: Vec<Value<'static>>,
    pub(crate) count: u64,
    /// Distinct messages, each counted once whatever its collection; 0 if they were not asked for.
    pub(crate) messages: u64,
    /// There were too many messages to keep apart, so that there are at least so many.
    pub(crate) messages_are_cut: bool,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
    /// Some of the records stand for several equal ones, so that the count is a lower bound.
    pub(crate) is_folded: bool,
}

/// Why nothing could be counted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CountError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there are more than {0} groups")]
    TooManyGroups(u64),
    #[error("{groups} groups in {buckets} steps of time are more than {most} numbers")]
    TooManyCells {
        groups: u64,
        buckets: u64,
        most: u64,
    },
}

impl Tally {
    /// Returns the counts of a group in each bucket; `None` if they were not asked for or given up.
    pub(crate) fn over_time(&self, group: usize) -> Option<&[u64]> {
        let start = group * self.buckets;
        (self.buckets > 0)
            .then(|| self.cells.get(start..start + self.buckets))
            .flatten()
    }
}

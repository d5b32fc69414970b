//! Counting records by what they have in common.
//!
//! Row groups that tell by their own columns are counted column by column (`plain`); the others go through the same
//! question that `show` puts (`joined`). Either way a few thousand rows make a [`part::Part`], and parts are put
//! together by [`gathered::Gathered`].
//!
//! Rule: both ways give the same numbers; memory is bounded by the number of groups, and more of them are an error,
//! never a cut.

mod gathered;
mod joined;
mod key;
mod messages;
mod part;
mod plain;

use crate::model::{
    Column, Comparison, Field, Filter, RecordType, Test, Timestamp, Value, Window, Zone,
};
use crate::store::{Store, StoreError};

use super::buckets::Buckets;
use super::hours::Hours;
use super::join::Orphans;
use super::walk::Walk;
use gathered::Gathered;
pub(crate) use key::{Key, compare_keys};

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
    cells: Vec<u64>,
    buckets: usize,
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

/// Counts the records that match.
pub(crate) fn tally(store: &Store, count: &Count<'_>) -> Result<Tally, CountError> {
    let hours = Hours::of(store);
    let files = hours.matching(count.filter)?;
    let walk = Walk::new(count.filter, &files)?;
    let is_plain = |record_type: RecordType| {
        walk.open_predicates(record_type).is_empty()
            && count.by.iter().all(|key| key.is_own(record_type))
    };
    let mut gathered = Gathered::new(count);
    let (plain, others): (Vec<_>, Vec<_>) = walk
        .sources()
        .iter()
        .partition(|source| is_plain(source.record_type()));
    plain::count(count, &plain, &mut gathered)?;
    let orphans = if others.is_empty() {
        Orphans::default()
    } else {
        let types = RecordType::ALL.iter().filter(|t| !is_plain(**t));
        joined::count(store, count, types.copied(), &mut gathered)?
    };
    Ok(gathered.finish(orphans))
}

/// Counts the records that match as if no row group could tell by itself.
#[cfg(test)]
pub(super) fn tally_joined(store: &Store, count: &Count<'_>) -> Result<Tally, CountError> {
    let mut gathered = Gathered::new(count);
    let types = RecordType::ALL.iter().copied();
    let orphans = joined::count(store, count, types, &mut gathered)?;
    Ok(gathered.finish(orphans))
}

/// Returns the filter for records of some types only.
fn of_types(filter: &Filter, types: impl Iterator<Item = RecordType>) -> Filter {
    let mut filter = filter.clone();
    let names = types.map(|record_type| record_type.name().to_owned());
    filter.require(vec![Test {
        field: Field::Column(Column::Type),
        comparison: Comparison::one_of(names, false),
    }]);
    filter
}

/// Returns the time from the first to the last stored record that may match, as row groups tell without a look at their
/// rows; `None` if there is none.
pub(crate) fn extent(store: &Store, filter: &Filter) -> Result<Option<Window>, StoreError> {
    let files = Hours::of(store).matching(filter)?;
    let walk = Walk::new(filter, &files)?;
    let times = walk.sources().iter().map(|source| {
        let group = source.file.groups()[source.group];
        (group.oldest, group.newest)
    });
    let both = times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    Ok(both.map(|(oldest, newest)| Window {
        start: oldest.max(filter.window.start),
        end: newest.plus(1).min(filter.window.end),
    }))
}

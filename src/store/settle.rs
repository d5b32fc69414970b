//! Records that change under the same id, across the hours of a collection: only the newest version of each stays.
//!
//! A new version may belong to another hour than the one before it. It is published first; then the hours around it are
//! looked through, and those that hold an older version are written anew without it. Between the two a reader may see
//! both for a moment, and after a crash until the next writer has settled: which hours are not is noted in `.pending`
//! before any of them is seen.
//!
//! Memory: [`PORTION_ROWS`] × 64 bytes, and 32 bytes for each record that came under the lock.
//!
//! Rule: a version goes only when a newer one is stored in its place; of a record that is stored at all one stays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Column, Hour};

use super::columns::Values;
use super::commit::publish_alone;
use super::dedup::{KeyMap, record_key};
use super::error::StoreError;
use super::layout::Store;
use super::lock::CollectionLock;
use super::meta::HourMeta;
use super::pending::Pending;
use super::reader::{HourFile, Pick};
use super::staged::Staged;
use super::versions::{Since, seal, version};

/// Records whose other versions are looked for at a time.
const PORTION_ROWS: usize = 1 << 20;

/// Other versions are looked for in this many hours before and after: 40 days. No vendor changes a record that it has
/// deleted, and the longest that one keeps those that change is 30 days.
const AROUND_HOURS: i32 = 40 * 24;

/// Up to so many ids are looked up in bloom filters before an hour is read.
const FEW_IDS: usize = 256;

/// What was set right.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// To be added to the number of records added: those that turned out to be versions of others.
    pub(crate) added: i64,
    /// To be added to the number of records updated.
    pub(crate) updated: i64,
    /// The hours that were written anew; `None`: nothing was left of it.
    pub(crate) hours: BTreeMap<Hour, Option<HourMeta>>,
}

/// One stored version of a record.
#[derive(Clone, Copy, Debug)]
struct Copy {
    hour: Hour,
    group: u32,
    row: u32,
    version: i64,
}

impl CollectionLock {
    /// Ends the writing of records that supersede others: each is stored once in the whole collection then, in the hour of
    /// its newest version. Nothing to do after other modes.
    pub(crate) fn settle(&self) -> Result<Settled, StoreError> {
        settle(self, &self.store, &self.pending)
    }
}

fn settle(lock: &CollectionLock, store: &Store, pending: &Pending) -> Result<Settled, StoreError> {
    let mut settled = Settled::default();
    let new = pending.hours();
    if !new.is_empty() {
        let mut portion = Portion::default();
        for hour in lock.hours()? {
            if new.contains(&hour) {
                portion.add(&HourFile::open(store, &lock.key(hour))?, pending)?;
            }
            if portion.rows >= PORTION_ROWS {
                std::mem::take(&mut portion).settle(lock, store, pending, &mut settled)?;
            }
        }
        portion.settle(lock, store, pending, &mut settled)?;
    }
    pending.clear()?;
    Ok(settled)
}

/// Some of the new hours, and the records that came to them.
struct Portion {
    /// Whether all the records of an hour are taken for new, since an earlier writer did not say which are.
    hours: BTreeMap<Hour, bool>,
    rows: usize,
    first: KeyMap<Copy>,
    /// The other versions of records with more than one.
    others: BTreeMap<u128, Vec<Copy>>,
    /// The ids, if they are few.
    ids: Option<Vec<String>>,
}

impl Default for Portion {
    fn default() -> Self {
        Portion {
            hours: BTreeMap::new(),
            rows: 0,
            first: KeyMap::new(),
            others: BTreeMap::new(),
            ids: Some(Vec::new()),
        }
    }
}

impl Portion {
    fn add(&mut self, file: &HourFile, pending: &Pending) -> Result<(), StoreError> {
        let hour = file.key().hour;
        let since = pending.since(hour);
        let all = pending.was_left(hour);
        self.hours.insert(hour, all);
        each_id(file, |id, key, copy| {
            if !all && !is_among(key, &since) {
                return;
            }
            self.rows += 1;
            match &mut self.ids {
                Some(ids) if ids.len() < FEW_IDS => ids.push(id.to_owned()),
                ids => *ids = None,
            }
            if !self.first.entry(key, copy).1 {
                self.others.entry(key).or_default().push(copy);
            }
        })
    }

    /// Finds the other versions, and takes away all but the newest.
    fn settle(
        mut self,
        lock: &CollectionLock,
        store: &Store,
        pending: &Pending,
        settled: &mut Settled,
    ) -> Result<(), StoreError> {
        let mut hours = self.hours.keys();
        let Some(from) = hours.next() else {
            return Ok(());
        };
        let to = hours.next_back().unwrap_or(from);
        let around = from.plus(-AROUND_HOURS)..=to.plus(AROUND_HOURS);
        for hour in lock.hours()? {
            if around.contains(&hour) && self.hours.get(&hour) != Some(&true) {
                let opened = HourFile::open(store, &lock.key(hour));
                match opened.and_then(|file| self.look_through(&file, pending)) {
                    // What cannot be read cannot be compared; it is told whenever the hour is asked.
                    Ok(()) | Err(StoreError::Damaged { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let mut files = Files::default();
        let mut gone: BTreeMap<Hour, BTreeSet<(u32, u32)>> = BTreeMap::new();
        for (key, mut copies) in std::mem::take(&mut self.others) {
            copies.extend(self.first.get(key));
            let newest = files.newest(lock, store, &copies)?;
            settled.count(&copies, newest, |copy| pending.since_of(copy.hour, key));
            for (at, copy) in copies.iter().enumerate() {
                if at != newest {
                    gone.entry(copy.hour)
                        .or_default()
                        .insert((copy.group, copy.row));
                }
            }
        }
        drop(files);
        for (hour, rows) in gone {
            match leave_out(lock, store, pending, hour, &rows) {
                Ok(left) => {
                    settled.hours.insert(hour, left);
                }
                Err(StoreError::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn look_through(&mut self, file: &HourFile, pending: &Pending) -> Result<(), StoreError> {
        if let Some(ids) = &self.ids {
            let mut may_hold = false;
            for group in 0..file.groups().len() {
                let ids = ids.iter().map(String::as_str);
                may_hold = may_hold || file.may_hold(group, Column::Id, ids)?;
            }
            if !may_hold {
                return Ok(());
            }
        }
        // Those that came to an hour of the portion are known already.
        let since = match self.hours.contains_key(&file.key().hour) {
            true => pending.since(file.key().hour),
            false => Vec::new(),
        };
        let (first, others) = (&self.first, &mut self.others);
        each_id(file, |_, key, copy| {
            if first.get(key).is_some() && !is_among(key, &since) {
                others.entry(key).or_default().push(copy);
            }
        })
    }
}

fn is_among(key: u128, since: &[(u128, Since)]) -> bool {
    since
        .binary_search_by_key(&key, |(known, _)| *known)
        .is_ok()
}

/// Hands over the records of an hour that have an id.
fn each_id(file: &HourFile, mut take: impl FnMut(&str, u128, Copy)) -> Result<(), StoreError> {
    let columns = [Column::Id, Column::Time, Column::LoggedAt];
    for (group, info) in file.groups().iter().enumerate() {
        let read = file.read(group, &columns, Pick::Range(0..info.rows))?;
        let micros = |column, row| match read.get(column) {
            Some(Values::Time(times)) => {
                arrow_array::Array::is_valid(times, row).then(|| times.value(row))
            }
            _ => None,
        };
        for row in 0..read.rows() {
            let (Some(id), Some(time)) = (read.text(Column::Id, row), micros(Column::Time, row))
            else {
                continue;
            };
            let copy = Copy {
                hour: file.key().hour,
                // OK because an hour has fewer row groups, and a row group fewer rows.
                group: group as u32,
                row: row as u32,
                version: version(time, micros(Column::LoggedAt, row)),
            };
            take(id, record_key(Some(id), b""), copy);
        }
    }
    Ok(())
}

/// Files opened to compare records.
#[derive(Default)]
struct Files {
    open: BTreeMap<Hour, Arc<HourFile>>,
}

/// Hour files held open at a time.
const MAX_OPEN: usize = 32;

impl Files {
    /// Returns which of several versions is the newest. Of the same bytes the first to come counts, whenever they came
    /// again.
    fn newest(
        &mut self,
        lock: &CollectionLock,
        store: &Store,
        copies: &[Copy],
    ) -> Result<usize, StoreError> {
        let mut first_of: BTreeMap<u64, usize> = BTreeMap::new();
        for (at, copy) in copies.iter().enumerate() {
            let file = self.open(lock, store, copy.hour)?;
            let row = [copy.row];
            let read = file.read(copy.group as usize, &[Column::Raw], Pick::Rows(&row))?;
            let first = first_of.entry(seal(read.raw(0))).or_insert(at);
            let known = copies[*first];
            if (copy.version, copy.hour) < (known.version, known.hour) {
                *first = at;
            }
        }
        let newest = first_of
            .into_values()
            .max_by_key(|at| (copies[*at].version, copies[*at].hour));
        // OK because there is a version to begin with.
        Ok(newest.unwrap_or_default())
    }

    fn open(
        &mut self,
        lock: &CollectionLock,
        store: &Store,
        hour: Hour,
    ) -> Result<Arc<HourFile>, StoreError> {
        if let Some(file) = self.open.get(&hour) {
            return Ok(Arc::clone(file));
        }
        if self.open.len() >= MAX_OPEN {
            self.open.pop_first();
        }
        let file = Arc::new(HourFile::open(store, &lock.key(hour))?);
        self.open.insert(hour, Arc::clone(&file));
        Ok(file)
    }
}

impl Settled {
    /// Corrects the counts for one record, which each of its hours has counted by itself.
    fn count(&mut self, copies: &[Copy], newest: usize, since: impl Fn(Copy) -> Since) {
        let all: Vec<Since> = copies.iter().map(|copy| since(*copy)).collect();
        let count = |wanted: Since| all.iter().filter(|since| **since == wanted).count() as i64;
        let (added, updated) = (count(Since::Added), count(Since::Updated));
        let was_stored = added < all.len() as i64;
        let is_newer = all[newest] != Since::Before;
        self.added += i64::from(!was_stored) - added;
        self.updated += i64::from(was_stored && is_newer) - updated;
    }
}

/// Writes an hour anew without some of its rows; an hour of nothing but imports that has none left goes.
fn leave_out(
    lock: &CollectionLock,
    store: &Store,
    pending: &Pending,
    hour: Hour,
    rows: &BTreeSet<(u32, u32)>,
) -> Result<Option<HourMeta>, StoreError> {
    let mut staged = Staged::again(store, lock.key(hour))?;
    for (group, source) in staged.groups.iter_mut().enumerate() {
        let group = group as u32;
        let marks = (0..source.rows() as u32).map(|row| !rows.contains(&(group, row)));
        source.keep_only(marks.collect());
    }
    if staged.holds_nothing() {
        lock.remove(hour)?;
        return Ok(None);
    }
    publish_alone(store, &staged, pending).map(Some)
}

#[cfg(test)]
mod tests;

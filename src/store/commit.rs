//! Committing hours together: linked with one another and with the stored hours that belong to them, written beside
//! their places, and published.
//!
//! Which hours are about to change is noted before any of them is seen, and the note goes when all is done: after a crash
//! the next writer of the collection takes the noted hours up again.
//!
//! Rule: the rename of an hour's records is its commit: records, rejects and counts change together or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::model::{Hour, RecordType};

use super::error::StoreError;
use super::group::Pending;
use super::layout::Store;
use super::lock::CollectionLock;
use super::meta::HourMeta;
use super::pending::Pending as PendingHours;
use super::publish::{Ready, publish};
use super::records_file::{RecordsFile, encode_error};
use super::resolve::{Linking, Resolved};
use super::salvage::Lost;
use super::schema::{FEW_ROWS, Scale};
use super::source::SourceGroup;
use super::staged::Staged;

/// Row groups with fewer rows than this are put together where an hour has several of a type.
const SMALL_ROWS: usize = 16 * 1024;

/// Hours of few rows that are written at a time, each by one thread.
const MAX_FEW: usize = 64;

/// What an hour holds after it was committed.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) meta: HourMeta,
    /// Records that were not stored before; all of them if the hour was replaced.
    pub(crate) added: u64,
    /// Records that were stored before and gave way to a newer version.
    pub(crate) updated: u64,
    /// What was stored before and could not be read any more.
    pub(crate) lost: Option<Lost>,
}

impl CollectionLock {
    /// Publishes hours, linked with one another and with the stored hours near them; gives what each holds, in the order
    /// given. An hour to which nothing came is not written.
    pub(crate) fn commit(&self, staged: Vec<Staged>) -> Result<Vec<Written>, StoreError> {
        commit(self, &self.store, staged, &self.pending)
    }

    /// Publishes one hour.
    pub(crate) fn commit_one(&self, staged: Staged) -> Result<Written, StoreError> {
        let hour = self.key(staged.hour());
        let missing = || StoreError::Encode {
            path: self.store.records_file(&hour),
            reason: "it was not written".to_owned(),
        };
        let mut written = self.commit(vec![staged])?;
        written.pop().ok_or_else(missing)
    }
}

/// Publishes hours; gives back what each holds, in the order given. Those to which nothing came are left alone.
fn commit(
    lock: &CollectionLock,
    store: &Store,
    staged: Vec<Staged>,
    pending: &PendingHours,
) -> Result<Vec<Written>, StoreError> {
    let hours: Vec<Hour> = staged.iter().map(Staged::hour).collect();
    let told = staged
        .iter()
        .map(|hour| (hour.added, hour.updated, hour.lost));
    let told: Vec<(u64, u64, Option<Lost>)> = told.collect();
    let mut metas = BTreeMap::new();
    let mut changed = BTreeMap::new();
    for staged in staged {
        match staged.unchanged() {
            Some(meta) => {
                metas.insert(staged.hour(), meta.clone());
            }
            None => {
                changed.insert(staged.hour(), staged);
            }
        }
    }
    let left = pending.left_to_link();
    let mut is_swept = true;
    if !changed.is_empty() || !left.is_empty() {
        let ready = write_linked(lock, store, &changed, &left)?;
        metas.extend(
            ready
                .iter()
                .map(|ready| (ready.meta.key.hour, ready.meta.clone())),
        );
        is_swept = publish(store, pending, ready)?;
    }
    if is_swept {
        // Else the next writer sweeps.
        pending.linked()?;
    }
    let written = hours
        .into_iter()
        .zip(told)
        .filter_map(|(hour, (added, updated, lost))| {
            let meta = metas.remove(&hour)?;
            Some(Written {
                meta,
                added,
                updated,
                lost,
            })
        });
    Ok(written.collect())
}

/// Writes one hour anew in its place, linking nothing.
pub(super) fn publish_alone(
    store: &Store,
    staged: &Staged,
    pending: &PendingHours,
) -> Result<HourMeta, StoreError> {
    let stored = staged.groups.first().map(SourceGroup::unresolved);
    let resolved = Resolved {
        unresolved: stored.unwrap_or_default(),
        ..Resolved::default()
    };
    let ready = write(store, staged, &resolved)?;
    let meta = ready.meta.clone();
    publish(store, pending, vec![ready])?;
    Ok(meta)
}

/// Writes the hours that change, and the stored ones that change with them, beside their places.
fn write_linked(
    lock: &CollectionLock,
    store: &Store,
    staged: &BTreeMap<Hour, Staged>,
    left: &BTreeSet<Hour>,
) -> Result<Vec<Ready>, StoreError> {
    let mut writing = Writing {
        store,
        staged,
        ready: BTreeMap::new(),
        few: BTreeMap::new(),
    };
    let links_any =
        |staged: &Staged| staged.replaces || staged.groups.iter().any(SourceGroup::is_linked);
    if staged.values().any(links_any) || !left.is_empty() {
        let groups = staged.iter().map(|(hour, staged)| {
            let groups = Arc::new(staged.groups.clone());
            (*hour, (groups, !staged.replaces))
        });
        let mut linking = Linking::begin(lock, store, groups.collect(), left)?;
        while let Some((hour, resolved)) = linking.next()? {
            // What was written with less knowledge goes first: it has the same name.
            drop(writing.ready.remove(&hour));
            if staged.contains_key(&hour) {
                writing.add(hour, resolved)?;
            } else if !resolved.changed.is_empty() {
                let again = Staged::again(store, lock.key(hour));
                match again.and_then(|staged| write(store, &staged, &resolved)) {
                    Ok(written) => {
                        writing.ready.insert(hour, written);
                    }
                    // It stays as it is; it is told whenever the hour is asked.
                    Err(StoreError::Damaged { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    for hour in staged.keys() {
        if !writing.ready.contains_key(hour) && !writing.few.contains_key(hour) {
            writing.add(*hour, Resolved::default())?;
        }
    }
    writing.write_few()?;
    Ok(writing.ready.into_values().collect())
}

/// Staged hours being written beside their places.
struct Writing<'c> {
    store: &'c Store,
    staged: &'c BTreeMap<Hour, Staged>,
    ready: BTreeMap<Hour, Ready>,
    /// Hours of few rows, which are written several at a time.
    few: BTreeMap<Hour, Resolved>,
}

impl Writing<'_> {
    fn add(&mut self, hour: Hour, resolved: Resolved) -> Result<(), StoreError> {
        let Some(staged) = self.staged.get(&hour) else {
            return Ok(());
        };
        if scale_of(staged).rows > FEW_ROWS {
            self.ready
                .insert(hour, write(self.store, staged, &resolved)?);
            return Ok(());
        }
        self.few.insert(hour, resolved);
        match self.few.len() < MAX_FEW {
            true => Ok(()),
            false => self.write_few(),
        }
    }

    fn write_few(&mut self) -> Result<(), StoreError> {
        let few: Vec<(Hour, Resolved)> = std::mem::take(&mut self.few).into_iter().collect();
        let written: Vec<Ready> = few
            .par_iter()
            .filter_map(|(hour, resolved)| {
                let staged = self.staged.get(hour)?;
                Some(write(self.store, staged, resolved))
            })
            .collect::<Result<_, StoreError>>()?;
        let hours = written
            .into_iter()
            .map(|ready| (ready.meta.key.hour, ready));
        self.ready.extend(hours);
        Ok(())
    }
}

/// Returns how much an hour's row groups hold, the rows included that do not stay.
fn scale_of(staged: &Staged) -> Scale {
    let groups = staged.groups.iter();
    Scale {
        rows: groups.clone().map(|source| source.info().rows).sum(),
        bytes: groups
            .map(SourceGroup::bytes)
            .fold(0, usize::saturating_add),
    }
}

/// Writes an hour beside its place.
fn write(store: &Store, staged: &Staged, resolved: &Resolved) -> Result<Ready, StoreError> {
    let mut counts: BTreeMap<RecordType, u64> = BTreeMap::new();
    for source in &staged.groups {
        if source.rows() > 0 {
            *counts.entry(source.record_type()).or_default() += source.rows() as u64;
        }
    }
    let meta = HourMeta {
        key: staged.key.clone(),
        fetched_at: staged.fetched_at,
        objects: staged.objects.clone(),
        counts,
        rejects: staged.rejects.meta(),
        unresolved: resolved.unresolved,
    };
    Ready::write(
        store,
        meta.clone(),
        staged.came.clone(),
        &staged.rejects,
        |out, path| {
            let file = RecordsFile::start(out, path, scale_of(staged))?;
            write_groups(file, &staged.groups, resolved, path)?.finish(&meta)
        },
    )
}

/// Writes the row groups of an hour: large ones as they are, small ones of a type together.
fn write_groups<W: Write + Send>(
    mut file: RecordsFile<W>,
    groups: &[SourceGroup],
    resolved: &Resolved,
    path: &Path,
) -> Result<RecordsFile<W>, StoreError> {
    let mut by_type: BTreeMap<RecordType, Vec<usize>> = BTreeMap::new();
    for (number, source) in groups.iter().enumerate().filter(|(_, s)| s.rows() > 0) {
        by_type
            .entry(source.record_type())
            .or_default()
            .push(number);
    }
    for numbers in by_type.values() {
        let small = |number: &&usize| groups[**number].rows() < SMALL_ROWS;
        let are_several_small = numbers.iter().filter(small).count() > 1;
        let mut pending = Pending::default();
        for number in numbers {
            let source = &groups[*number];
            let changed = resolved.changed.get(number).map_or(&[][..], Vec::as_slice);
            let is_small = source.rows() < SMALL_ROWS && are_several_small;
            if source.keep.is_none()
                && !is_small
                && let Some((from, group)) = source.in_file()
            {
                file.copy(from, group, changed)?;
                continue;
            }
            let mut rows = source.read_rows()?;
            if let Some(keep) = &source.keep {
                rows = rows
                    .only(keep.clone())
                    .map_err(|error| encode_error(path, &error))?;
            }
            for (column, values) in changed {
                rows.replace(*column, Arc::clone(values));
            }
            if pending.is_full_for(&rows) {
                file.encode(&mut pending)?;
            }
            pending.push(rows);
        }
        if !pending.is_empty() {
            file.encode(&mut pending)?;
        }
    }
    Ok(file)
}

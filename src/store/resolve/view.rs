//! The hours of a collection as they are about to be, and where ids stand in them.
//!
//! Memory: the footers of [`MAX_OPENED`] hours, and [`MAX_KEPT_BYTES`] of keys, 16 bytes each, for the hours that follow.
//!
//! Rule: an hour is looked into only where times or bloom filters do not rule it out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::model::{Column, Hour};

use super::super::error::StoreError;
use super::super::keys::IdKey;
use super::super::layout::Store;
use super::super::lock::CollectionLock;
use super::super::meta::Unresolved;
use super::super::reader::HourFile;
use super::super::source::SourceGroup;
use super::super::wanted::Wanted;
use super::outlines::{Among, Groups, Outline, Outlines};
use super::rows::{Extent, keys_of};

/// Bytes of keys that are kept for the hours that follow.
const MAX_KEPT_BYTES: usize = 64 << 20;

/// Hours whose footers are kept.
const MAX_OPENED: usize = 64;

/// A row, by the number of its source group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) group: usize,
    pub(super) row: u32,
    pub(super) key: IdKey,
}

pub(super) struct View<'c> {
    lock: &'c CollectionLock,
    store: &'c Store,
    hours: Outlines,
    opened: BTreeMap<Hour, Groups>,
    kept: BTreeMap<(Hour, usize, Column), Arc<Vec<IdKey>>>,
    kept_bytes: usize,
}

impl<'c> View<'c> {
    /// Looks at the stored hours, and those that are about to be written in their places; whether these are kept is said
    /// beside their groups.
    pub(super) fn new(
        lock: &'c CollectionLock,
        store: &'c Store,
        staged: BTreeMap<Hour, (Groups, bool)>,
    ) -> Result<View<'c>, StoreError> {
        let mut view = View {
            lock,
            store,
            hours: Outlines::default(),
            opened: BTreeMap::new(),
            kept: BTreeMap::new(),
            kept_bytes: 0,
        };
        for hour in lock.hours()? {
            let is_needed = staged.get(&hour).is_none_or(|(_, is_kept)| !is_kept);
            match store.outline(&lock.key(hour)) {
                Ok(Some(file)) if is_needed => {
                    let groups = SourceGroup::all_of(&Arc::new(file));
                    let unresolved = groups.first().map(SourceGroup::unresolved);
                    view.insert(hour, &groups, unresolved.unwrap_or_default(), None);
                }
                Ok(_) => {}
                // What cannot be read cannot be linked; it is told whenever the hour is asked.
                Err(StoreError::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        for (hour, (groups, _)) in staged {
            let old = view.hours.remove(hour);
            let old = match old {
                Some(old) => Some((old.extent, view.groups(hour)?)),
                None => None,
            };
            view.opened.remove(&hour);
            view.insert(
                hour,
                &groups,
                Unresolved::default(),
                Some(Arc::clone(&groups)),
            );
            if let Some(outline) = view.hours.get_mut(hour) {
                outline.old = old;
            } else if let Some((extent, groups)) = old {
                // Nothing of the new hour is linked, but hours near it may be linked to what it had.
                let new = Some(Arc::new(Vec::new()));
                let outline = Outline {
                    extent: Extent::NEVER,
                    unresolved: Unresolved::default(),
                    types: BTreeSet::new(),
                    new,
                    old: Some((extent, groups)),
                };
                view.hours.insert(hour, outline);
            }
        }
        Ok(view)
    }

    fn insert(
        &mut self,
        hour: Hour,
        groups: &[SourceGroup],
        unresolved: Unresolved,
        new: Option<Groups>,
    ) {
        let linked = || groups.iter().filter(|source| source.is_linked());
        let extents = linked().map(|source| Extent::of(source.info()));
        if let Some(extent) = extents.reduce(Extent::and) {
            let outline = Outline {
                extent,
                unresolved,
                types: linked().map(SourceGroup::record_type).collect(),
                new,
                old: None,
            };
            self.hours.insert(hour, outline);
        }
    }

    pub(super) fn hours(&self) -> Vec<Hour> {
        self.hours.iter().map(|(hour, _)| hour).collect()
    }

    pub(super) fn knows(&self, hour: Hour) -> bool {
        self.hours.get(hour).is_some()
    }

    pub(super) fn extent(&self, hour: Hour) -> Extent {
        self.hours
            .get(hour)
            .map_or(Extent::NEVER, |outline| outline.extent)
    }

    pub(super) fn unresolved(&self, hour: Hour) -> Unresolved {
        let outline = self.hours.get(hour);
        outline.map_or_else(Unresolved::default, |outline| outline.unresolved)
    }

    /// Returns whether any hour but this one has rows of these types.
    pub(super) fn others_have(&self, hour: Hour, among: Among) -> bool {
        self.hours.others_have(hour, among)
    }

    /// Lists the hours whose linked rows' times meet those of an hour, itself among them.
    pub(super) fn near(&self, hour: Hour) -> Vec<Hour> {
        let near = self.hours.near(&self.extent(hour));
        near.into_iter().collect()
    }

    /// The same for all that an hour about to be written changes: also what it had before.
    pub(super) fn near_change(&self, hour: Hour) -> Vec<Hour> {
        let Some(changed) = self.hours.get(hour) else {
            return Vec::new();
        };
        let mut near = self.hours.near(&changed.extent);
        if let Some((old, _)) = &changed.old {
            near.extend(self.hours.near(old));
        }
        near.into_iter().collect()
    }

    /// Returns the row groups that an hour about to be written had before, where nothing of them is kept.
    pub(super) fn old(&self, hour: Hour) -> Option<Groups> {
        let old = self.hours.get(hour)?.old.as_ref();
        old.map(|(_, groups)| Arc::clone(groups))
    }

    /// Returns the row groups of an hour as they are about to be, or are stored.
    pub(super) fn groups(&mut self, hour: Hour) -> Result<Groups, StoreError> {
        let outline = self.hours.get(hour);
        if let Some(new) = outline.and_then(|outline| outline.new.as_ref()) {
            return Ok(Arc::clone(new));
        }
        if let Some(groups) = self.opened.get(&hour) {
            return Ok(Arc::clone(groups));
        }
        let file = HourFile::open(self.store, &self.lock.key(hour))?;
        let groups = Arc::new(SourceGroup::all_of(&Arc::new(file)));
        if self.opened.len() >= MAX_OPENED {
            // Hours are taken in order: the first ones are done with.
            self.opened.pop_first();
        }
        self.opened.insert(hour, Arc::clone(&groups));
        Ok(groups)
    }

    /// Finds the rows of some types whose id in a column is wanted.
    pub(super) fn find(
        &mut self,
        hour: Hour,
        column: Column,
        among: Among,
        wanted: &Wanted,
    ) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        let has_any = self.hours.get(hour).is_some_and(|outline| {
            outline
                .types
                .iter()
                .any(|record_type| among.has(*record_type))
        });
        if wanted.keys.is_empty() || !has_any {
            return Ok(found);
        }
        for (group, source) in self.groups(hour)?.iter().enumerate() {
            if !among.has(source.record_type()) || !source.may_hold(column, wanted)? {
                continue;
            }
            let keys = self.keys(hour, group, column)?;
            for (row, key) in keys.iter().enumerate() {
                if wanted.keys.contains(key) {
                    // OK because a row group has at most 128 Ki rows.
                    let row = row as u32;
                    found.push(Found {
                        group,
                        row,
                        key: *key,
                    });
                }
            }
        }
        Ok(found)
    }

    /// Returns the keys of the ids in a column of a row group; 0 for rows without, and those that are left out.
    pub(super) fn keys(
        &mut self,
        hour: Hour,
        group: usize,
        column: Column,
    ) -> Result<Arc<Vec<IdKey>>, StoreError> {
        let name = (hour, group, column);
        if let Some(keys) = self.kept.get(&name) {
            return Ok(Arc::clone(keys));
        }
        let groups = self.groups(hour)?;
        let keys = Arc::new(keys_of(&groups[group], column)?);
        self.kept_bytes += size_of_val(keys.as_slice());
        self.kept.insert(name, Arc::clone(&keys));
        while self.kept_bytes > MAX_KEPT_BYTES
            && let Some((_, keys)) = self.kept.pop_first()
        {
            self.kept_bytes -= size_of_val(keys.as_slice());
        }
        Ok(keys)
    }

    /// Leaves a stored hour out whose file turned out to be damaged; returns it, or `None` if it is another file.
    pub(super) fn forget(&mut self, path: &Path) -> Option<Hour> {
        let stored = self
            .hours
            .iter()
            .filter(|(_, outline)| outline.new.is_none());
        let hour = stored
            .map(|(hour, _)| hour)
            .find(|hour| self.store.records_file(&self.lock.key(*hour)) == path)?;
        self.hours.remove(hour);
        self.opened.remove(&hour);
        Some(hour)
    }
}

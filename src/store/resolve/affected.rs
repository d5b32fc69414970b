//! Which rows must be linked anew when hours change: all of the new hours, and those of others that share a message with
//! them or name an exchange of theirs.
//!
//! An error that is linked to another attempt changes the one it was of before, so whoever has a message with a changed
//! row is linked anew as well, from one near hour to the next.
//!
//! Memory: [`PORTION_ROWS`] × 48 bytes while stored rows are looked through that lack something.
//!
//! Rule: the rows of an hour that share a message are affected together.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Column, Hour, RecordType};

use super::super::error::StoreError;
use super::super::keys::{IdKey, IdSet};
use super::super::own::OwnMask;
use super::super::reader::Pick;
use super::super::wanted::Wanted;
use super::outlines::Among;
use super::values::is_lacking;
use super::view::{Found, View};

/// Stored rows that lack something and are looked for in the new hours at a time.
const PORTION_ROWS: usize = 1 << 20;

/// Rows by the number of their source group.
pub(super) type Rows = BTreeMap<usize, BTreeSet<u32>>;

/// The rows of an hour that are linked anew.
pub(super) enum Touched {
    All,
    Some(Rows),
}

/// The rows of all hours that are linked anew.
#[derive(Default)]
pub(super) struct Affected {
    hours: BTreeMap<Hour, Touched>,
    /// The messages of the rows, but of hours of which all are.
    messages: IdSet,
    /// The hours to which rows came since they were last asked for.
    grown: BTreeSet<Hour>,
}

/// A stored row that lacks what has this id.
struct Lacking {
    hour: Hour,
    found: Found,
}

impl Affected {
    pub(super) fn all_of(hours: impl Iterator<Item = Hour>) -> Affected {
        let hours: BTreeMap<Hour, Touched> = hours.map(|hour| (hour, Touched::All)).collect();
        Affected {
            grown: hours.keys().copied().collect(),
            messages: IdSet::default(),
            hours,
        }
    }

    /// Returns the hours to which rows came since this was last asked.
    pub(super) fn take_grown(&mut self) -> BTreeSet<Hour> {
        std::mem::take(&mut self.grown)
    }

    pub(super) fn get(&self, hour: Hour) -> Option<&Touched> {
        self.hours.get(&hour)
    }

    pub(super) fn is_all(&self, hour: Hour) -> bool {
        matches!(self.hours.get(&hour), Some(Touched::All))
    }

    pub(super) fn remove(&mut self, hour: Hour) {
        self.hours.remove(&hour);
        self.grown.remove(&hour);
    }

    /// Adds the rows that the new hours change; finds them again if it is done once more.
    pub(super) fn spread(&mut self, view: &mut View<'_>) -> Result<(), StoreError> {
        let new: Vec<Hour> = self
            .hours
            .keys()
            .copied()
            .filter(|hour| self.is_all(*hour))
            .collect();
        for hour in &new {
            let near = view.near_change(*hour);
            let near: Vec<Hour> = near
                .into_iter()
                .filter(|near| !self.is_all(*near))
                .collect();
            if near.is_empty() {
                continue;
            }
            let (messages, exchanges) = ids_of(view, *hour)?;
            for other in near {
                self.touch(view, other, Column::MessageId, &messages)?;
                self.touch(view, other, Column::ExchangeId, &exchanges)?;
            }
        }
        self.touch_lacking(view, &new, Column::ExchangeId)?;
        self.touch_lacking(view, &new, Column::MessageId)
    }

    /// Adds the attempts and errors of an hour that have a wanted id, and all that share a message with them.
    fn touch(
        &mut self,
        view: &mut View<'_>,
        hour: Hour,
        column: Column,
        wanted: &Wanted,
    ) -> Result<(), StoreError> {
        let found = view.find(hour, column, Among::Linked, wanted)?;
        self.add(view, hour, &found)
    }

    /// Adds rows of an hour, and all that share a message with them.
    pub(super) fn add(
        &mut self,
        view: &mut View<'_>,
        hour: Hour,
        found: &[Found],
    ) -> Result<(), StoreError> {
        let mut frontier = vec![(hour, self.insert(view, hour, found)?)];
        while let Some((hour, messages)) = frontier.pop() {
            if messages.keys.is_empty() {
                continue;
            }
            for near in view.near(hour) {
                let found = view.find(near, Column::MessageId, Among::Linked, &messages)?;
                frontier.push((near, self.insert(view, near, &found)?));
            }
        }
        Ok(())
    }

    /// Adds rows of an hour; returns the messages of those that were not among them.
    fn insert(
        &mut self,
        view: &mut View<'_>,
        hour: Hour,
        found: &[Found],
    ) -> Result<Wanted, StoreError> {
        let mut messages = IdSet::default();
        if found.is_empty() {
            return Ok(Wanted::of(messages));
        }
        let touched = self
            .hours
            .entry(hour)
            .or_insert_with(|| Touched::Some(Rows::new()));
        let Touched::Some(rows) = touched else {
            return Ok(Wanted::of(messages));
        };
        for Found { group, row, .. } in found {
            if rows.entry(*group).or_default().insert(*row) {
                let keys = view.keys(hour, *group, Column::MessageId)?;
                messages.extend(keys.get(*row as usize).filter(|key| **key != 0));
                self.grown.insert(hour);
            }
        }
        self.messages.extend(&messages);
        Ok(Wanted::of(messages))
    }

    /// Adds the stored rows that lack what the new hours have, however far from them; and errors far from an attempt that
    /// is linked anew.
    fn touch_lacking(
        &mut self,
        view: &mut View<'_>,
        new: &[Hour],
        column: Column,
    ) -> Result<(), StoreError> {
        let mut lacking = Vec::new();
        for hour in view.hours() {
            if self.is_all(hour) || view.unresolved(hour).is_none() {
                continue;
            }
            lacking_of(view, hour, column, &mut lacking)?;
            if lacking.len() > PORTION_ROWS {
                self.touch_portion(view, new, column, std::mem::take(&mut lacking))?;
            }
        }
        self.touch_portion(view, new, column, lacking)
    }

    fn touch_portion(
        &mut self,
        view: &mut View<'_>,
        new: &[Hour],
        column: Column,
        lacking: Vec<Lacking>,
    ) -> Result<(), StoreError> {
        let wanted = Wanted::of(lacking.iter().map(|lacking| lacking.found.key).collect());
        let mut there = IdSet::default();
        let among = match column {
            Column::ExchangeId => Among::Exchanges,
            _ => {
                there.extend(&self.messages);
                Among::Attempts
            }
        };
        for hour in new {
            let found = view.find(*hour, column, among, &wanted)?;
            there.extend(found.iter().map(|found| found.key));
        }
        let mut completed: BTreeMap<Hour, Vec<Found>> = BTreeMap::new();
        for Lacking { hour, found } in lacking {
            if there.contains(&found.key) {
                completed.entry(hour).or_default().push(found);
            }
        }
        for (hour, found) in completed {
            self.add(view, hour, &found)?;
        }
        Ok(())
    }
}

/// Returns the messages and exchanges of an hour, also those it had before it was replaced.
fn ids_of(view: &mut View<'_>, hour: Hour) -> Result<(Wanted, Wanted), StoreError> {
    let (mut messages, mut exchanges) = (IdSet::default(), IdSet::default());
    let groups = view.groups(hour)?;
    for (group, source) in groups.iter().enumerate().filter(|(_, s)| s.is_linked()) {
        let (column, into) = match source.record_type() {
            RecordType::Exchange => (Column::ExchangeId, &mut exchanges),
            _ => (Column::MessageId, &mut messages),
        };
        into.extend(
            view.keys(hour, group, column)?
                .iter()
                .filter(|key| **key != 0),
        );
    }
    let old = view.old(hour);
    for source in old
        .iter()
        .flat_map(|groups| groups.iter())
        .filter(|s| s.is_linked())
    {
        let (column, into) = match source.record_type() {
            RecordType::Exchange => (Column::ExchangeId, &mut exchanges),
            _ => (Column::MessageId, &mut messages),
        };
        into.extend(
            super::rows::keys_of(source, column)?
                .into_iter()
                .filter(|key| *key != 0),
        );
    }
    Ok((Wanted::of(messages), Wanted::of(exchanges)))
}

/// Lists the stored rows of an hour that lack something, by the id in a column that it would have.
fn lacking_of(
    view: &mut View<'_>,
    hour: Hour,
    column: Column,
    lacking: &mut Vec<Lacking>,
) -> Result<(), StoreError> {
    let groups = view.groups(hour)?;
    for (group, source) in groups.iter().enumerate() {
        let is_error = match (source.record_type(), column) {
            (RecordType::Error, _) => true,
            (RecordType::Attempt, Column::ExchangeId) => false,
            _ => continue,
        };
        let all = Pick::Range(0..source.info().rows);
        let read = source.read(&[Column::Joined, Column::Own], all)?;
        let is_open = |row: usize| {
            let own = OwnMask::from_bits(read.int(Column::Own, row).unwrap_or_default());
            own.is_far() || is_lacking(read.text(Column::Joined, row), is_error)
        };
        // OK because a row group has at most 128 Ki rows.
        let rows: Vec<u32> = (0..read.rows() as u32)
            .filter(|row| is_open(*row as usize))
            .collect();
        if rows.is_empty() {
            continue;
        }
        let keys = view.keys(hour, group, column)?;
        lacking.extend(rows.into_iter().filter_map(|row| {
            let key: IdKey = *keys.get(row as usize).filter(|key| **key != 0)?;
            let found = Found { group, row, key };
            Some(Lacking { hour, found })
        }));
    }
    Ok(())
}

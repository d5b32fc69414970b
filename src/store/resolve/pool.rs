//! The rows that those of an hour may be linked with: what shares a message with them from one near hour to the next,
//! the exchanges near each of these, and what was found far away.
//!
//! Rule: a pool is complete: whatever decides over a row's links is in it, so that linking needs to know nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::model::{Column, Hour, RecordType};

use super::super::error::StoreError;
use super::super::keys::{IdKey, IdSet};
use super::super::wanted::Wanted;
use super::affected::Touched;
use super::outlines::Among;
use super::rows::{LinkRows, Place};
use super::view::View;

/// Rows that belong together though their hours lie far apart, by the id they share.
#[derive(Default)]
pub(super) struct FarRows {
    /// Attempts and errors by their message.
    pub(super) messages: HashMap<IdKey, BTreeSet<Place>>,
    pub(super) exchanges: HashMap<IdKey, BTreeSet<Place>>,
}

/// Rows to be linked with one another; those of the hour itself come first.
pub(super) struct Pool {
    pub(super) rows: Vec<LinkRows>,
    /// How many of the groups are the hour's own.
    pub(super) own: usize,
}

type Places = BTreeMap<(Hour, usize), BTreeSet<u32>>;

impl Pool {
    pub(super) fn gather(
        view: &mut View<'_>,
        hour: Hour,
        touched: &Touched,
        far: &FarRows,
    ) -> Result<Pool, StoreError> {
        let own = own_rows(view, hour, touched)?;
        let mut pool = Pool {
            own: own.len(),
            rows: own,
        };
        let is_all = matches!(touched, Touched::All);
        let is_alone = view.near(hour) == [hour] && far.messages.is_empty();
        if !is_alone {
            pool.add_messages(view, hour, far)?;
        }
        if !(is_alone && is_all && far.exchanges.is_empty()) {
            pool.add_exchanges(view, hour, is_all, far)?;
        }
        Ok(pool)
    }

    /// Adds the attempts and errors that share a message with the rows, but those of the hour itself: these are here.
    fn add_messages(
        &mut self,
        view: &mut View<'_>,
        hour: Hour,
        far: &FarRows,
    ) -> Result<(), StoreError> {
        let messages = self
            .rows
            .iter()
            .flat_map(|rows| rows.messages.iter().copied());
        let messages: IdSet = messages.filter(|key| *key != 0).collect();
        let mut places = Places::new();
        if far.messages.len() < messages.len() {
            let shared = far
                .messages
                .iter()
                .filter(|(key, _)| messages.contains(key));
            shared.for_each(|(_, far)| add_places(view, hour, far, &mut places));
        } else {
            let shared = messages.iter().filter_map(|key| far.messages.get(key));
            shared.for_each(|far| add_places(view, hour, far, &mut places));
        }
        let mut frontier = vec![(hour, Wanted::of(messages))];
        while let Some((from, messages)) = frontier.pop() {
            for near in view.near(from).into_iter().filter(|near| *near != hour) {
                let mut more = IdSet::default();
                for found in view.find(near, Column::MessageId, Among::Linked, &messages)? {
                    if places
                        .entry((near, found.group))
                        .or_default()
                        .insert(found.row)
                    {
                        more.insert(found.key);
                    }
                }
                if !more.is_empty() {
                    frontier.push((near, Wanted::of(more)));
                }
            }
        }
        self.read(view, places)
    }

    /// Adds the exchanges that the rows name.
    fn add_exchanges(
        &mut self,
        view: &mut View<'_>,
        hour: Hour,
        has_own: bool,
        far: &FarRows,
    ) -> Result<(), StoreError> {
        let mut named: BTreeMap<Hour, IdSet> = BTreeMap::new();
        for rows in self
            .rows
            .iter()
            .filter(|rows| rows.record_type != RecordType::Exchange)
        {
            let keys = rows.exchanges.iter().filter(|key| **key != 0);
            named.entry(rows.place.hour).or_default().extend(keys);
        }
        let mut places = Places::new();
        let skipped = has_own.then_some(hour);
        let is_skipped = |hour: Hour| Some(hour) == skipped;
        for (from, keys) in named {
            let shared = keys
                .iter()
                .filter_map(|key| far.exchanges.get(key))
                .flatten();
            for place in shared.filter(|place| !is_skipped(place.hour) && view.knows(place.hour)) {
                places
                    .entry((place.hour, place.group))
                    .or_default()
                    .insert(place.row);
            }
            let wanted = Wanted::of(keys);
            for near in view
                .near(from)
                .into_iter()
                .filter(|near| !is_skipped(*near))
            {
                for found in view.find(near, Column::ExchangeId, Among::Exchanges, &wanted)? {
                    places
                        .entry((near, found.group))
                        .or_default()
                        .insert(found.row);
                }
            }
        }
        self.read(view, places)
    }

    fn read(&mut self, view: &mut View<'_>, places: Places) -> Result<(), StoreError> {
        for ((hour, group), rows) in places {
            let extent = view.extent(hour);
            let source = &view.groups(hour)?[group];
            let rows: Vec<u32> = rows.into_iter().collect();
            let place = Place {
                hour,
                group,
                row: 0,
            };
            self.rows
                .push(LinkRows::read(source, place, extent, Some(rows))?);
        }
        Ok(())
    }
}

fn add_places(view: &View<'_>, hour: Hour, far: &BTreeSet<Place>, places: &mut Places) {
    for place in far
        .iter()
        .filter(|place| place.hour != hour && view.knows(place.hour))
    {
        places
            .entry((place.hour, place.group))
            .or_default()
            .insert(place.row);
    }
}

fn own_rows(
    view: &mut View<'_>,
    hour: Hour,
    touched: &Touched,
) -> Result<Vec<LinkRows>, StoreError> {
    let (groups, extent) = (view.groups(hour)?, view.extent(hour));
    let picked: Vec<(usize, Option<Vec<u32>>)> = match touched {
        Touched::All => {
            let linked = groups
                .iter()
                .enumerate()
                .filter(|(_, source)| source.is_linked());
            linked
                .map(|(group, source)| (group, source.kept_rows()))
                .collect()
        }
        Touched::Some(rows) => rows
            .iter()
            .map(|(group, rows)| (*group, Some(rows.iter().copied().collect())))
            .collect(),
    };
    picked
        .into_par_iter()
        .map(|(group, rows)| {
            let place = Place {
                hour,
                group,
                row: 0,
            };
            LinkRows::read(&groups[group], place, extent, rows)
        })
        .collect()
}

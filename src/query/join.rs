//! Joining attempts to their exchanges, and errors to their message's last attempt at the same destination; an attempt or
//! error that names no destination fits any.
//!
//! Rule: many attempts share one exchange; a row's own value comes before a joined one; an attempt whose exchange is
//! not stored is counted, never passed over in silence.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Column, Provider, RecordType, Timestamp, Value, Window};
use crate::store::{Columns, HourFile, HourKey, StoreError};

use super::chunk::Chunk;
use super::few::Few;
use super::hours::Hours;
use super::keys::{IdKey, IdMap, KeyCache, id_key};
use super::lookup::{Found, Wanted, find};

/// How far an exchange's time lies from its attempts' at most, usually. Looked at first; then everywhere.
const NEAR_MICROS: i64 = 60_000_000;

/// What joining needs of the records that are joined to.
pub(super) const JOINED: [Column; 4] = [
    Column::Time,
    Column::MessageId,
    Column::Destination,
    Column::ExchangeId,
];

const EXCHANGE_COLUMNS: [Column; 4] = [Column::Time, Column::Status, Column::Reason, Column::Url];

const ATTEMPT_COLUMNS: [Column; 7] = [
    Column::Time,
    Column::Attempt,
    Column::Destination,
    Column::Status,
    Column::Reason,
    Column::Url,
    Column::ExchangeId,
];

/// A row of [`Linked`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    table: u32,
    row: u32,
}

/// What is joined to one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// For an error: its message's last attempt.
    attempt: Option<Place>,
    exchange: Option<Place>,
    /// The row is an attempt that names an exchange which is not stored.
    pub(super) is_orphan: bool,
}

/// The records that links point to.
#[derive(Default)]
pub(super) struct Linked {
    tables: Vec<Columns>,
}

/// Attempts whose exchange is not stored, by the hour they are stored under and the hour they occurred in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orphans {
    pub(crate) by_hour: BTreeMap<(HourKey, crate::model::Hour), u64>,
}

impl Orphans {
    pub(crate) fn count(&self) -> u64 {
        self.by_hour.values().sum()
    }

    pub(super) fn merge(&mut self, other: Orphans) {
        for (hour, count) in other.by_hour {
            *self.by_hour.entry(hour).or_default() += count;
        }
    }

    /// Adds the orphans among some rows of a chunk.
    pub(super) fn add(&mut self, chunk: &Chunk) {
        for (part, row) in &chunk.order {
            let part = &chunk.parts[*part as usize];
            if part.is_orphan(*row as usize)
                && let Value::Time(time) = part.columns.value(Column::Time, *row as usize)
            {
                self.add_one(&part.key, time);
            }
        }
    }

    /// Adds an orphan that is stored under a key and occurred at a time.
    pub(super) fn add_one(&mut self, key: &HourKey, time: Timestamp) {
        let hour = (key.clone(), time.hour());
        *self.by_hour.entry(hour).or_default() += 1;
    }
}

impl Linked {
    fn add(&mut self, columns: Columns) -> u32 {
        self.tables.push(columns);
        // OK because there are fewer tables than row groups.
        (self.tables.len() - 1) as u32
    }

    pub(super) fn value(&self, link: Link, column: Column) -> Value<'_> {
        let places = [link.attempt, link.exchange].into_iter().flatten();
        let mut values = places.map(|place| self.at(place, column));
        values.find(|value| !value.is_null()).unwrap_or(Value::Null)
    }

    fn at(&self, place: Place, column: Column) -> Value<'_> {
        self.tables[place.table as usize].value(column, place.row as usize)
    }

    fn text(&self, place: Place, column: Column) -> Option<&str> {
        self.tables[place.table as usize].text(column, place.row as usize)
    }
}

/// Joins every attempt and error of a chunk; its parts must have the columns [`JOINED`].
pub(super) fn join(chunk: &mut Chunk, hours: &Hours<'_>) -> Result<(), StoreError> {
    let mut collections: Vec<(Provider, String)> = chunk
        .parts
        .iter()
        .map(|part| (part.key.provider, part.key.collection.clone()))
        .collect();
    collections.sort();
    collections.dedup();
    for (provider, collection) in collections {
        let files = hours.of_collection(provider, &collection)?;
        join_collection(chunk, provider, &collection, &files, hours.keys())?;
    }
    Ok(())
}

fn join_collection(
    chunk: &mut Chunk,
    provider: Provider,
    collection: &str,
    files: &[Arc<HourFile>],
    cache: &KeyCache,
) -> Result<(), StoreError> {
    let linked = &mut chunk.linked;
    let is_ours = |key: &HourKey| key.provider == provider && key.collection == collection;
    let mut messages = Wanted::default();
    let mut parts: IdMap<Few<IdKey>> = IdMap::default();
    let mut exchanges = Wanted::default();
    for part in chunk.parts.iter().filter(|part| is_ours(&part.key)) {
        for row in 0..part.columns.rows() {
            let time = time_of(&part.columns, row);
            match part.record_type {
                RecordType::Error => {
                    if let Some(id) = part.columns.text(Column::MessageId, row) {
                        let message = messages.add(id, time);
                        let destination = destination(&part.columns, row);
                        let known = parts.entry(message).or_default();
                        if !known.iter().any(|known| *known == destination) {
                            known.push(destination);
                        }
                    }
                }
                RecordType::Attempt => {
                    if let Some(id) = part.columns.text(Column::ExchangeId, row) {
                        exchanges.add(id, time);
                    }
                }
                _ => {}
            }
        }
    }
    let attempts = last_attempts(messages, &parts, files, cache, linked)?;
    for Last { place, .. } in attempts.values().flat_map(Few::iter) {
        if let Some(id) = linked.text(*place, Column::ExchangeId) {
            let id = id.to_owned();
            exchanges.add(
                &id,
                time_of(&linked.tables[place.table as usize], place.row as usize),
            );
        }
    }
    let exchanges = find_exchanges(exchanges, files, cache, linked)?;

    for part in chunk.parts.iter_mut().filter(|part| is_ours(&part.key)) {
        let columns = &part.columns;
        let link = |row: usize| match part.record_type {
            RecordType::Attempt => {
                let id = columns.text(Column::ExchangeId, row);
                let exchange = id.and_then(|id| exchanges.get(&id_key(id)).copied());
                Link {
                    attempt: None,
                    exchange,
                    is_orphan: id.is_some() && exchange.is_none(),
                }
            }
            RecordType::Error => {
                let id = columns.text(Column::MessageId, row);
                let attempts = id.and_then(|id| attempts.get(&id_key(id)));
                let attempt = attempts.and_then(|all| last_at(all, destination(columns, row)));
                let exchange = attempt.and_then(|place| linked.text(place, Column::ExchangeId));
                Link {
                    attempt,
                    exchange: exchange.and_then(|id| exchanges.get(&id_key(id)).copied()),
                    is_orphan: false,
                }
            }
            _ => Link::default(),
        };
        part.links = (0..columns.rows()).map(link).collect();
    }
    Ok(())
}

/// The last attempt of a message at one destination.
struct Last {
    /// 0 where the attempt names none.
    destination: IdKey,
    /// Time and number: the later attempt is the last, and of two at the same time the one with the higher number.
    rank: (Timestamp, i64),
    place: Place,
}

/// Returns the last of the attempts that fit a destination; 0 fits any.
fn last_at(attempts: &Few<Last>, destination: IdKey) -> Option<Place> {
    let fits =
        |last: &&Last| destination == 0 || last.destination == 0 || last.destination == destination;
    let last = attempts.iter().filter(fits).max_by_key(|last| last.rank);
    last.map(|last| last.place)
}

fn destination(columns: &Columns, row: usize) -> IdKey {
    columns.text(Column::Destination, row).map_or(0, id_key)
}

/// Finds the last attempt of each message at each destination; `parts` are the destinations that are asked for.
fn last_attempts(
    mut wanted: Wanted,
    parts: &IdMap<Few<IdKey>>,
    files: &[Arc<HourFile>],
    cache: &KeyCache,
    linked: &mut Linked,
) -> Result<IdMap<Few<Last>>, StoreError> {
    let mut attempts: IdMap<Few<Last>> = IdMap::default();
    let Some(oldest) = wanted.oldest else {
        return Ok(IdMap::default());
    };
    // A last attempt at or after the error is the rule; one from before it is looked for only where there is none.
    let recent = Window {
        start: oldest.plus(-NEAR_MICROS),
        end: Timestamp::MAX,
    };
    for window in [recent, Window::ALL] {
        let found = find(
            cache,
            files,
            &[RecordType::Attempt],
            Column::MessageId,
            &wanted,
            window,
            &ATTEMPT_COLUMNS,
        )?;
        for Found { keys, columns, .. } in found {
            let table = linked.add(columns.clone());
            for (row, key) in keys.into_iter().enumerate() {
                let rank = (
                    time_of(&columns, row),
                    columns.int(Column::Attempt, row).unwrap_or_default(),
                );
                let last = Last {
                    destination: destination(&columns, row),
                    rank,
                    place: Place {
                        table,
                        row: row as u32,
                    },
                };
                let known = attempts.entry(key).or_default();
                if known.iter().all(|l| l.destination != last.destination) {
                    known.push(last);
                } else if let Some(older) = known
                    .iter_mut()
                    .find(|l| l.destination == last.destination && l.rank < rank)
                {
                    *older = last;
                }
            }
        }
        let is_settled = |(key, found): &(&IdKey, &Few<Last>)| {
            let mut parts = parts.get(*key).into_iter().flat_map(Few::iter);
            parts.all(|part| last_at(found, *part).is_some())
        };
        let settled = attempts.iter().filter(is_settled);
        wanted.remove(&settled.map(|(key, _)| *key).collect());
        if wanted.is_empty() {
            break;
        }
    }
    Ok(attempts)
}

/// Finds exchanges by id: near the attempts first, then in every hour whose bloom filters allow it.
fn find_exchanges(
    mut wanted: Wanted,
    files: &[Arc<HourFile>],
    cache: &KeyCache,
    linked: &mut Linked,
) -> Result<IdMap<Place>, StoreError> {
    let mut found_at = IdMap::default();
    let (Some(oldest), Some(newest)) = (wanted.oldest, wanted.newest) else {
        return Ok(found_at);
    };
    let near = Window {
        start: oldest.plus(-NEAR_MICROS),
        end: newest.plus(NEAR_MICROS),
    };
    for window in [near, Window::ALL] {
        let found = find(
            cache,
            files,
            &[RecordType::Exchange],
            Column::ExchangeId,
            &wanted,
            window,
            &EXCHANGE_COLUMNS,
        )?;
        for Found { keys, columns, .. } in found {
            let table = linked.add(columns);
            for (row, key) in keys.into_iter().enumerate() {
                found_at.entry(key).or_insert(Place {
                    table,
                    row: row as u32,
                });
            }
        }
        wanted.remove(&found_at.keys().copied().collect());
        if wanted.is_empty() {
            break;
        }
    }
    Ok(found_at)
}

fn time_of(columns: &Columns, row: usize) -> Timestamp {
    match columns.value(Column::Time, row) {
        Value::Time(time) => time,
        _ => Timestamp::MIN,
    }
}

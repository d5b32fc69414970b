//! Linking the hours that change, one after the other.
//!
//! What an hour's rows lack near them is looked for in all hours, for many hours at once; an hour that waits for it is
//! linked again then, and so are the hours in which something was found.
//!
//! Rule: an hour is handed over linked with all that is known; should more turn up later, it is handed over once more.

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::model::{Column, Hour, RecordType};

use super::super::error::StoreError;
use super::super::keys::IdKey;
use super::super::layout::Store;
use super::super::lock::CollectionLock;
use super::super::meta::Unresolved;
use super::super::records_file::encode_error;
use super::super::wanted::Wanted;
use super::Resolved;
use super::affected::{Affected, Touched};
use super::links::{Link, RowRef, link};
use super::outlines::{Among, Groups};
use super::pool::{FarRows, Pool};
use super::rows::Place;
use super::values::{Lacking, Linked, linked, overlay};
use super::view::{Found, View};

/// Ids that are looked for in all hours at a time.
const PORTION_IDS: usize = 1 << 20;

/// Hours of a collection being linked.
pub(in crate::store) struct Linking<'c> {
    view: View<'c>,
    affected: Affected,
    todo: BTreeSet<Hour>,
    far: FarRows,
    /// What is looked for next, and the hours that wait for it.
    wants: Wants,
    waiting: BTreeSet<Hour>,
    /// What each hour had looked for, as halves of the keys.
    asked: BTreeMap<Hour, Asked>,
}

/// What rows lack, by the ids it would have.
#[derive(Default)]
struct Wants {
    exchanges: Wanted,
    /// Messages whose attempts are looked for.
    attempts: Wanted,
    /// Messages of which all is looked for.
    all: Wanted,
}

#[derive(Default)]
struct Asked {
    exchanges: BTreeSet<u64>,
    attempts: BTreeSet<u64>,
    all: BTreeSet<u64>,
}

impl<'c> Linking<'c> {
    /// Begins with the hours about to be written, and those of `left` that are stored; beside the groups of each it is
    /// said whether what was stored is kept.
    pub(in crate::store) fn begin(
        lock: &'c CollectionLock,
        store: &'c Store,
        staged: BTreeMap<Hour, (Groups, bool)>,
        left: &BTreeSet<Hour>,
    ) -> Result<Linking<'c>, StoreError> {
        let hours: Vec<Hour> = staged.keys().chain(left).copied().collect();
        let view = View::new(lock, store, staged)?;
        let known = hours.into_iter().filter(|hour| view.knows(*hour));
        let mut linking = Linking {
            affected: Affected::all_of(known),
            view,
            todo: BTreeSet::new(),
            far: FarRows::default(),
            wants: Wants::default(),
            waiting: BTreeSet::new(),
            asked: BTreeMap::new(),
        };
        while let Err(error) = linking.affected.spread(&mut linking.view) {
            linking.pass_over(error)?;
        }
        linking.todo = linking.affected.take_grown();
        Ok(linking)
    }

    /// Links the next hour; `None` when all are.
    pub(in crate::store) fn next(&mut self) -> Result<Option<(Hour, Resolved)>, StoreError> {
        loop {
            let many = self.wants.len() > PORTION_IDS;
            let step = match self.todo.first().copied().filter(|_| !many) {
                Some(hour) => self
                    .resolve(hour)
                    .map(|resolved| resolved.map(|it| (hour, it))),
                None if self.waiting.is_empty() => return Ok(None),
                None => self.look_everywhere().map(|()| None),
            };
            match step {
                Ok(Some(resolved)) => return Ok(Some(resolved)),
                Ok(None) => {}
                Err(error) => self.pass_over(error)?,
            }
        }
    }

    /// Goes on without a stored hour that turned out to be damaged; it is told whenever it is asked.
    fn pass_over(&mut self, error: StoreError) -> Result<(), StoreError> {
        let forgotten = match &error {
            StoreError::Damaged { path, .. } => self.view.forget(path),
            _ => None,
        };
        let Some(hour) = forgotten else {
            return Err(error);
        };
        self.affected.remove(hour);
        self.todo.remove(&hour);
        self.waiting.remove(&hour);
        Ok(())
    }

    /// Links an hour; `None` if something is to be looked for first.
    fn resolve(&mut self, hour: Hour) -> Result<Option<Resolved>, StoreError> {
        let Some(touched) = self.affected.get(hour) else {
            self.todo.remove(&hour);
            return Ok(None);
        };
        let before = match touched {
            Touched::All => Unresolved::default(),
            Touched::Some(_) => self.view.unresolved(hour),
        };
        let pool = Pool::gather(&mut self.view, hour, touched, &self.far)?;
        let links = link(&pool.rows);
        let linked: Vec<Linked> = (0..pool.own)
            .into_par_iter()
            .map(|at| match links[at].is_empty() {
                true => Ok(None),
                false => linked(&pool.rows, at, &links)
                    .map(Some)
                    .map_err(|error| encode_error(pool.rows[at].path(), &error)),
            })
            .collect::<Result<Vec<_>, StoreError>>()?
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect();
        let is_waiting = self.ask(hour, &pool, &links, &linked)?;
        self.todo.remove(&hour);
        if is_waiting {
            self.waiting.insert(hour);
            return Ok(None);
        }
        let mut resolved = Resolved {
            unresolved: before,
            ..Resolved::default()
        };
        for (rows, linked) in pool.rows.iter().zip(linked) {
            let is_part = !self.affected.is_all(hour);
            resolved.unresolved = count(resolved.unresolved, linked.before, linked.now, is_part);
            let mut changed = linked.changed;
            if let (Some(picked), true) = (&rows.picked, is_part) {
                for (column, values) in &mut changed {
                    let whole = rows.whole(*column)?;
                    if let Some(whole) = whole.get(*column) {
                        *values = overlay(&whole.to_array(), picked, values)
                            .map_err(|error| encode_error(rows.path(), &error))?;
                    }
                }
            }
            if !changed.is_empty() {
                resolved.changed.insert(rows.place.group, changed);
            }
        }
        Ok(Some(resolved))
    }

    /// Notes what rows of a pool lack that was not looked for; returns whether there is any.
    fn ask(
        &mut self,
        hour: Hour,
        pool: &Pool,
        links: &[Vec<Link>],
        linked: &[Linked],
    ) -> Result<bool, StoreError> {
        let asked = self.asked.entry(hour).or_default();
        let has = [Among::Exchanges, Among::Attempts, Among::Linked]
            .map(|among| self.view.others_have(hour, among));
        let mut wants = Wants::default();
        for (at, (rows, links)) in pool.rows.iter().zip(links).enumerate() {
            let (mut exchanges, mut attempts, mut all) = (Vec::new(), Vec::new(), Vec::new());
            let is_error = rows.record_type == RecordType::Error;
            // What is here by chance, since others are near it, may not be all there is.
            let is_near = |at: Option<RowRef>| {
                at.is_some_and(|at| rows.is_near(&pool.rows[at.group as usize]))
            };
            for (row, link) in (0..rows.len() as u32).zip(links) {
                let (exchange, message) =
                    (rows.exchanges[row as usize], rows.messages[row as usize]);
                let lacks_exchange =
                    exchange != 0 && link.attempt.is_none() && !is_near(link.exchange);
                if has[0] && lacks_exchange && asked.exchanges.insert(half(exchange)) {
                    exchanges.push(row);
                }
                let lacks_attempt = is_error && message != 0 && !is_near(link.attempt);
                if has[1] && lacks_attempt && asked.attempts.insert(half(message)) {
                    attempts.push(row);
                }
            }
            for row in linked
                .get(at)
                .iter()
                .flat_map(|linked| &linked.changed_links)
            {
                let message = rows.messages[*row as usize];
                if has[2] && message != 0 && asked.all.insert(half(message)) {
                    all.push(*row);
                }
            }
            for (column, picked, into) in [
                (Column::ExchangeId, exchanges, &mut wants.exchanges),
                (Column::MessageId, attempts, &mut wants.attempts),
                (Column::MessageId, all, &mut wants.all),
            ] {
                let texts = rows.texts(column, &picked)?;
                for (at, row) in picked.iter().enumerate() {
                    let keys = match column {
                        Column::ExchangeId => &rows.exchanges,
                        _ => &rows.messages,
                    };
                    if let Some(text) = texts.text(column, at) {
                        into.add_known(keys[*row as usize], text);
                    }
                }
            }
        }
        let is_waiting = wants.len() > 0;
        self.wants.exchanges.extend(wants.exchanges);
        self.wants.attempts.extend(wants.attempts);
        self.wants.all.extend(wants.all);
        Ok(is_waiting)
    }

    /// Looks in all hours for what was asked for.
    fn look_everywhere(&mut self) -> Result<(), StoreError> {
        let Wants {
            exchanges,
            attempts,
            all,
        } = &self.wants;
        let mut found_messages: BTreeMap<IdKey, BTreeSet<Place>> = BTreeMap::new();
        for hour in self.view.hours() {
            let place = |found: Found| Place {
                hour,
                group: found.group,
                row: found.row,
            };
            for found in self
                .view
                .find(hour, Column::ExchangeId, Among::Exchanges, exchanges)?
            {
                self.far
                    .exchanges
                    .entry(found.key)
                    .or_default()
                    .insert(place(found));
            }
            let mut with_message =
                self.view
                    .find(hour, Column::MessageId, Among::Attempts, attempts)?;
            with_message.extend(
                self.view
                    .find(hour, Column::MessageId, Among::Linked, all)?,
            );
            for found in with_message {
                found_messages
                    .entry(found.key)
                    .or_default()
                    .insert(place(found));
            }
        }
        // Who asked belongs to what was found.
        let keys = Wanted::of(found_messages.keys().copied().collect());
        for hour in &self.waiting {
            for found in self
                .view
                .find(*hour, Column::MessageId, Among::Linked, &keys)?
            {
                let place = Place {
                    hour: *hour,
                    group: found.group,
                    row: found.row,
                };
                found_messages.entry(found.key).or_default().insert(place);
            }
        }
        let mut rows: BTreeMap<Hour, Vec<Found>> = BTreeMap::new();
        for (key, places) in found_messages {
            for Place { hour, group, row } in &places {
                let found = Found {
                    group: *group,
                    row: *row,
                    key,
                };
                rows.entry(*hour).or_default().push(found);
            }
            self.far.messages.entry(key).or_default().extend(places);
        }
        let mut changed: BTreeSet<Hour> = rows.keys().copied().collect();
        for (hour, found) in rows {
            self.affected.add(&mut self.view, hour, &found)?;
        }
        changed.append(&mut self.waiting);
        changed.append(&mut self.affected.take_grown());
        self.todo.extend(changed);
        self.wants = Wants::default();
        Ok(())
    }
}

impl Wants {
    fn len(&self) -> usize {
        self.exchanges.keys.len() + self.attempts.keys.len() + self.all.keys.len()
    }
}

/// Returns half of a key: enough to remember that it was looked for.
fn half(key: IdKey) -> u64 {
    // OK because any bits of a hash will do.
    key as u64
}

/// Counts what an hour lacks when some of its rows were linked anew, or all.
fn count(hour: Unresolved, before: Lacking, now: Lacking, is_part: bool) -> Unresolved {
    let before = if is_part { before } else { Lacking::default() };
    Unresolved {
        exchanges: hour.exchanges.saturating_sub(before.exchanges) + now.exchanges,
        attempts: hour.attempts.saturating_sub(before.attempts) + now.attempts,
        far: hour.far.saturating_sub(before.far) + now.far,
    }
}

//! The rows of some messages, told from their records.
//!
//! Rule: how it ended is told by the last record alone; who and where by the latest that says it, and never by one of
//! another destination.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use crate::model::{Column, RecordType, Timestamp, Value};
use crate::store::{Columns, HourFile, IdKey, IdMap, Pick, StoreError, Wanted, id_key};

use super::super::super::deliveries::{Entry, FateRule, GroupRows, Life, Seen};
use super::super::super::hours::Hours;
use super::super::super::question::Orphans;
use super::story::{Group, Story};

/// What is read of all records of a message: each distinct value is stored once, and takes no time to read.
const FIRST: [Column; 10] = [
    Column::Time,
    Column::Discarded,
    Column::Outcome,
    Column::Attempt,
    Column::Status,
    Column::Source,
    Column::Destination,
    Column::Channel,
    Column::Operation,
    Column::Joined,
];

/// What is read only of the few that may tell how a message ended.
const THEN: [Column; 3] = [Column::Code, Column::Reason, Column::ExchangeId];

/// A record of a message: where it stands, and what the last one is decided by.
#[derive(Clone, Copy)]
struct Place {
    /// Attempts come before all else, since theirs is the last word; then events that tell of an end. The number counts
    /// before the clock.
    rank: (bool, i64, Timestamp),
    part: usize,
    row: usize,
}

/// Rows of one row group.
struct Rows {
    file: Arc<HourFile>,
    group: usize,
    /// Their numbers in it, ascending.
    numbers: Vec<u32>,
    columns: Columns,
    told: GroupRows,
    /// The rows of which [`THEN`] is read, ascending, and what was read of them.
    ends: (Vec<usize>, Option<Columns>),
}

impl Rows {
    fn record_type(&self) -> RecordType {
        self.file.groups()[self.group].record_type
    }

    fn time(&self, row: usize) -> Option<Timestamp> {
        match self.columns.value(Column::Time, row) {
            Value::Time(time) => Some(time),
            _ => None,
        }
    }

    fn value(&self, row: usize, column: Column) -> Value<'_> {
        if !THEN.contains(&column) {
            return self.columns.value(column, row);
        }
        match (self.ends.0.binary_search(&row), &self.ends.1) {
            (Ok(at), Some(columns)) => columns.value(column, at),
            _ => Value::Null,
        }
    }

    /// Reads what tells how a message ended.
    fn read_ends(&mut self) -> Result<(), StoreError> {
        self.ends.0.sort_unstable();
        self.ends.0.dedup();
        if !self.ends.0.is_empty() {
            let numbers: Vec<u32> = self.ends.0.iter().map(|row| self.numbers[*row]).collect();
            self.ends.1 = Some(self.file.read(self.group, &THEN, Pick::Rows(&numbers))?);
        }
        Ok(())
    }

    /// Returns what tells the attempt that a record is, or is of: its number and exchange.
    fn attempt(&self, row: usize) -> (Value<'_>, Value<'_>) {
        let value = |column| self.value(row, column);
        (value(Column::Attempt), value(Column::ExchangeId))
    }
}

/// Some rows on their way, with the records of their messages.
pub(super) struct Telling<'t> {
    /// Decides which messages may still be retried.
    now: Timestamp,
    groups: &'t [Group],
    batch: &'t [Story],
    parts: Vec<Rows>,
    /// Of each row where its records stand, the last first.
    places: Vec<Vec<Place>>,
    ids: IdMap<String>,
}

impl<'t> Telling<'t> {
    /// Reads what is needed to tell rows.
    pub(super) fn of(
        hours: &Hours,
        groups: &'t [Group],
        batch: &'t [Story],
        now: Timestamp,
    ) -> Result<Telling<'t>, StoreError> {
        let mut telling = Telling {
            now,
            groups,
            batch,
            parts: Vec::new(),
            places: vec![Vec::new(); batch.len()],
            ids: IdMap::default(),
        };
        for (number, group) in (0..).zip(groups) {
            let ours = batch.iter().filter(|story| story.group == number);
            let seen: Vec<Seen> = ours.map(|story| story.seen).collect();
            if seen.is_empty() {
                continue;
            }
            let places = telling.records(hours, group, &seen)?;
            for (story, told) in batch.iter().zip(&mut telling.places) {
                if story.group == number {
                    *told = of_row(&telling.parts, story, group.2, &places);
                }
            }
        }
        for places in &telling.places {
            for (at, place) in places.iter().enumerate() {
                if may_end(&telling.parts, places, at) {
                    telling.parts[place.part].ends.0.push(place.row);
                }
            }
        }
        let parts = telling.parts.par_iter_mut();
        parts.try_for_each(Rows::read_ends)?;
        Ok(telling)
    }

    /// Tells the rows in order.
    pub(super) fn tell<E>(
        &self,
        orphans: &mut Orphans,
        sink: &mut impl FnMut(&[Value<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        for (story, places) in self.batch.iter().zip(&self.places) {
            if let Some(last) = places.first() {
                let part = &self.parts[last.part];
                if part.columns.text(Column::Joined, last.row) == Some("missing")
                    && let Some(time) = part.time(last.row)
                {
                    orphans.add(part.file.key(), time);
                }
            }
            sink(&self.row(story, places))?;
        }
        Ok(())
    }

    /// Reads the records of messages; returns where those of each message stand.
    fn records(
        &mut self,
        hours: &Hours,
        (provider, collection, rule): &Group,
        seen: &[Seen],
    ) -> Result<IdMap<Vec<Place>>, StoreError> {
        let files = hours.of_collection(*provider, collection)?;
        let wanted = ids_of(&files, *rule, seen, &mut self.ids)?;
        let types = rule.steps().concat();
        let first = seen.iter().map(|seen| seen.first).min();
        let last = seen.iter().map(|seen| seen.last).max();
        let groups: Vec<(&Arc<HourFile>, usize)> = files
            .iter()
            .flat_map(|file| {
                let groups = file.groups().iter().enumerate();
                let ours = groups.filter(|(_, info)| {
                    types.contains(&info.record_type)
                        && first <= Some(info.newest.micros())
                        && Some(info.oldest.micros()) <= last
                });
                ours.map(move |(group, _)| (file, group))
            })
            .collect();
        let found: Vec<Option<(Rows, Vec<IdKey>)>> = groups
            .into_par_iter()
            .map(|(file, group)| {
                let known = hours.keys();
                let (numbers, messages) =
                    known.rows_with(&wanted, file, group, Column::MessageId)?;
                if numbers.is_empty() {
                    return Ok(None);
                }
                let columns = file.read(group, &FIRST, Pick::Rows(&numbers))?;
                let record_type = file.groups()[group].record_type;
                let keys = Arc::new(messages.clone());
                let told =
                    GroupRows::new(*rule, record_type, (0, group), None, keys, columns.clone());
                let rows = told.map(|told| Rows {
                    file: Arc::clone(file),
                    group,
                    numbers,
                    columns,
                    told,
                    ends: (Vec::new(), None),
                });
                Ok(rows.map(|rows| (rows, messages)))
            })
            .collect::<Result<_, StoreError>>()?;
        let mut places: IdMap<Vec<Place>> = IdMap::default();
        for (rows, messages) in found.into_iter().flatten() {
            let record_type = rows.record_type();
            for (row, message) in messages.into_iter().enumerate() {
                let Some(time) = rows.time(row) else {
                    continue;
                };
                let counts_most = match rule {
                    FateRule::Delivery => record_type == RecordType::Attempt,
                    FateRule::Notification | FateRule::Task => {
                        record_type != RecordType::Notification
                            && rows.columns.text(Column::Outcome, row).is_some()
                    }
                };
                let number = rows.columns.int(Column::Attempt, row);
                let number = number.filter(|_| counts_most);
                places.entry(message).or_default().push(Place {
                    rank: (counts_most, number.unwrap_or(i64::MIN), time),
                    part: self.parts.len(),
                    row,
                });
            }
            self.parts.push(rows);
        }
        Ok(places)
    }

    /// Returns what a row's records of some types, or of all, say together.
    fn life(&self, story: &Story, places: &[Place], types: Option<&[RecordType]>) -> Life {
        let mut life = Life::new(story.seen.message, story.seen.part);
        for place in places {
            let rows = &self.parts[place.part];
            // OK because a row group has fewer than 2^32 rows.
            let told = rows.told.told(place.row as u32);
            if let Some((_, told)) = told
                && types.is_none_or(|types| types.contains(&rows.record_type()))
            {
                life.add(&told);
            }
        }
        life
    }

    /// Returns the cells of a row, in the order of `MESSAGE_COLUMNS`.
    fn row<'c>(&'c self, story: &Story, places: &[Place]) -> [Value<'c>; 13] {
        let first = |column: Column, may_tell: &dyn Fn(usize, &Place) -> bool| {
            let places = places
                .iter()
                .enumerate()
                .filter(|(at, place)| may_tell(*at, place));
            let mut told = places
                .map(|(_, place)| self.parts[place.part].value(place.row, column))
                .filter(|value| !value.is_null());
            told.next().unwrap_or(Value::Null)
        };
        // Of how it ended only the last record tells, and what was logged of it: never an earlier attempt, nor an error
        // of one.
        let attempt = |place: &Place| self.parts[place.part].attempt(place.row);
        let is_last = |at: usize, place: &Place| {
            let part = &self.parts[place.part];
            let joined = part.columns.text(Column::Joined, place.row);
            let has_attempt = joined.is_some_and(|joined| joined.starts_with("attempt"));
            may_end(&self.parts, places, at)
                && (at == 0 || !has_attempt || attempt(place) == attempt(&places[0]))
        };
        let last = |column| first(column, &is_last);
        let any = |column| first(column, &|_, _| true);
        let (provider, collection, rule) = &self.groups[story.group as usize];
        let Seen {
            message,
            first: first_seen,
            last: last_seen,
            ..
        } = story.seen;
        let (first_seen, last_seen) = (
            Timestamp::from_micros(first_seen),
            Timestamp::from_micros(last_seen),
        );
        let attempts = self.life(story, places, None).attempts();
        let mut lives = rule
            .steps()
            .iter()
            .map(|types| self.life(story, places, Some(types)));
        // What a later step tells counts only where no earlier one tells an end.
        let end = lives.find(|life| life.end().has_come());
        let end = end.unwrap_or_else(|| Life::new(message, 0)).end();
        let fate = rule.fate(&end, last_seen, *provider, self.now);
        let id = self.ids.get(&message);
        [
            Value::Text(provider.name().into()),
            Value::Text(collection.into()),
            Value::Time(first_seen),
            Value::Time(last_seen),
            attempts.map_or(Value::Null, Value::Int),
            last(Column::Status),
            last(Column::Code),
            last(Column::Reason),
            Value::Text(fate.name().into()),
            id.map_or(Value::Null, |id| Value::Text(id.into())),
            any(Column::Destination),
            any(Column::Channel),
            any(Column::Source),
        ]
    }
}

/// Returns where the records of a row stand, the last first.
fn of_row(parts: &[Rows], story: &Story, rule: FateRule, places: &IdMap<Vec<Place>>) -> Vec<Place> {
    let fits = |place: &&Place| {
        let text = parts[place.part].columns.text(rule.part(), place.row);
        let own = rule.part_key(text).unwrap_or(0);
        story.seen.part == 0 || own == 0 || own == story.seen.part
    };
    let all = places.get(&story.seen.message).into_iter().flatten();
    let mut fitting: Vec<Place> = all.filter(fits).copied().collect();
    fitting.sort_by_key(|place| Reverse(place.rank));
    fitting
}

/// Returns whether one of a row's records may tell how it ended: the last, and what was logged after it.
fn may_end(parts: &[Rows], places: &[Place], at: usize) -> bool {
    let place = &places[at];
    let is_attempt = parts[place.part].record_type() == RecordType::Attempt;
    at == 0 || (!is_attempt && place.rank.2 >= places[0].rank.2)
}

/// Finds the ids of messages, read where their latest records stand.
fn ids_of(
    files: &[Arc<HourFile>],
    rule: FateRule,
    seen: &[Seen],
    ids: &mut IdMap<String>,
) -> Result<Wanted, StoreError> {
    let mut by_group: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
    for seen in seen {
        let (file, group, row) = seen.latest;
        by_group.entry((file, group.into())).or_default().push(row);
    }
    let mut wanted = Wanted::default();
    for ((file, group), mut rows) in by_group {
        let Some(file) = files.get(file as usize) else {
            continue;
        };
        rows.sort_unstable();
        rows.dedup();
        let column = rule.subject();
        let read = file.read(group as usize, &[column], Pick::Rows(&rows))?;
        for row in 0..read.rows() {
            if let Some(id) = read.text(column, row) {
                wanted.add(id);
                ids.insert(id_key(id), id.to_owned());
            }
        }
    }
    Ok(wanted)
}

//! The rows of some messages, told from their records.
//!
//! Rule: how it ended is told by the last record alone; who and where by the latest that says it, and never by one of
//! another destination.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::model::{Column, Field, Provider, RecordType, Timestamp, Value};
use crate::store::{HourFile, IdMap, Pick, StoreError, Wanted, id_key};

use super::super::super::chunk::Part;
use super::super::super::deliveries::{FateRule, Life};
use super::super::super::hours::Hours;
use super::super::super::question::Orphans;
use super::{Group, Story};

/// What is read of the records of a message.
const READ: [Column; 14] = [
    Column::Time,
    Column::Outcome,
    Column::Attempt,
    Column::Status,
    Column::Code,
    Column::Reason,
    Column::Source,
    Column::Destination,
    Column::Channel,
    Column::MessageId,
    Column::ExchangeId,
    Column::Url,
    Column::Operation,
    Column::Joined,
];

/// A record of a message: where it stands, and what the last one is decided by.
#[derive(Clone, Copy)]
struct Place {
    /// Attempts come before all else, since theirs is the last word; then events that tell of an end. The number counts
    /// before the clock.
    rank: (bool, i64, Timestamp),
    part: usize,
    row: usize,
}

/// Some rows on their way, with the records of their messages.
pub(super) struct Telling<'t> {
    groups: &'t [Group],
    batch: &'t [Story],
    parts: Vec<Part>,
    /// By group: where the records of each message stand.
    places: Vec<IdMap<Vec<Place>>>,
}

impl<'t> Telling<'t> {
    /// Reads what is needed to tell rows.
    pub(super) fn of(
        hours: &Hours,
        groups: &'t [Group],
        batch: &'t [Story],
    ) -> Result<Telling<'t>, StoreError> {
        let mut parts: Vec<Part> = Vec::new();
        let mut places: Vec<IdMap<Vec<Place>>> = Vec::new();
        for (number, group) in (0..).zip(groups) {
            let ours = batch.iter().filter(|story| story.group == number);
            let lives: Vec<Life> = ours.map(|story| story.life).collect();
            places.push(if lives.is_empty() {
                IdMap::default()
            } else {
                records(hours, group, &lives, &mut parts)?
            });
        }
        Ok(Telling {
            groups,
            batch,
            parts,
            places,
        })
    }

    /// Tells the rows in order.
    pub(super) fn tell<E>(
        &self,
        orphans: &mut Orphans,
        sink: &mut impl FnMut(&[Value<'_>]) -> Result<(), E>,
    ) -> Result<(), E> {
        let parts = &self.parts;
        for story in self.batch {
            let (provider, collection, _) = &self.groups[story.group as usize];
            let places = self.records_of(story);
            if let Some(last) = places.first() {
                let part = &parts[last.part];
                if part.columns.text(Column::Joined, last.row) == Some("missing")
                    && let Some(time) = part.time(last.row)
                {
                    orphans.add(&part.key, time);
                }
            }
            sink(&row(parts, *provider, collection, story, &places))?;
        }
        Ok(())
    }

    /// Returns where the records of a row stand, the last first.
    fn records_of(&self, story: &Story) -> Vec<Place> {
        let (_, _, rule) = self.groups[story.group as usize];
        let of_message = self.places[story.group as usize].get(&story.life.message);
        let fits = |place: &&Place| {
            let columns = &self.parts[place.part].columns;
            let own = rule
                .part_key(columns.text(rule.part(), place.row))
                .unwrap_or(0);
            story.life.part == 0 || own == 0 || own == story.life.part
        };
        let all = of_message.into_iter().flatten();
        let mut fitting: Vec<Place> = all.filter(fits).copied().collect();
        fitting.sort_by_key(|place| Reverse(place.rank));
        fitting
    }
}

/// Reads the records of messages; returns where those of each message stand.
fn records(
    hours: &Hours,
    (provider, collection, rule): &Group,
    lives: &[Life],
    parts: &mut Vec<Part>,
) -> Result<IdMap<Vec<Place>>, StoreError> {
    let files = hours.of_collection(*provider, collection)?;
    let wanted = ids_of(&files, *rule, lives)?;
    let types = rule.steps().concat();
    let groups: Vec<(&Arc<HourFile>, usize)> = files
        .iter()
        .flat_map(|file| {
            let groups = file.groups().iter().enumerate();
            let ours = groups.filter(|(_, info)| types.contains(&info.record_type));
            ours.map(move |(group, _)| (file, group))
        })
        .collect();
    let first = lives
        .iter()
        .map(|life| life.first)
        .min()
        .unwrap_or(i64::MIN);
    let last = lives.iter().map(|life| life.last).max().unwrap_or(i64::MAX);
    let found: Vec<Option<Part>> = groups
        .into_par_iter()
        .map(|(file, group)| {
            let info = file.groups()[group];
            if info.newest.micros() < first || info.oldest.micros() > last {
                return Ok(None);
            }
            let rows = hours
                .keys()
                .rows_with(&wanted, file, group, Column::MessageId)?;
            if rows.is_empty() {
                return Ok(None);
            }
            let columns = file.read(group, &READ, Pick::Rows(&rows))?;
            let record_type = file.groups()[group].record_type;
            Ok(Some(Part::new(file.key().clone(), record_type, columns)))
        })
        .collect::<Result<_, StoreError>>()?;
    let mut places: IdMap<Vec<Place>> = IdMap::default();
    for part in found.into_iter().flatten() {
        for row in 0..part.columns.rows() {
            let (Some(id), Some(time)) =
                (part.columns.text(Column::MessageId, row), part.time(row))
            else {
                continue;
            };
            let counts_most = match rule {
                FateRule::Delivery => part.record_type == RecordType::Attempt,
                FateRule::Notification | FateRule::Task => {
                    part.record_type != RecordType::Notification
                        && part.columns.text(Column::Outcome, row).is_some()
                }
            };
            let number = part
                .columns
                .int(Column::Attempt, row)
                .filter(|_| counts_most);
            places.entry(id_key(id)).or_default().push(Place {
                rank: (counts_most, number.unwrap_or(i64::MIN), time),
                part: parts.len(),
                row,
            });
        }
        parts.push(part);
    }
    Ok(places)
}

/// Returns the ids of messages, read where their latest records stand.
fn ids_of(files: &[Arc<HourFile>], rule: FateRule, lives: &[Life]) -> Result<Wanted, StoreError> {
    let mut by_group: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
    for life in lives {
        let (file, group, row) = life.latest;
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
            }
        }
    }
    Ok(wanted)
}

/// Returns what tells the attempt that a record is, or is of: its number and exchange.
fn attempt_of<'c>(parts: &'c [Part], place: &Place) -> (Option<i64>, Option<&'c str>) {
    let columns = &parts[place.part].columns;
    let exchange = columns.text(Column::ExchangeId, place.row);
    (columns.int(Column::Attempt, place.row), exchange)
}

/// Returns the cells of a row, in the order of `MESSAGE_COLUMNS`.
fn row<'c>(
    parts: &'c [Part],
    provider: Provider,
    collection: &'c str,
    story: &Story,
    places: &[Place],
) -> [Value<'c>; 13] {
    let first = |column: Column, may_tell: &dyn Fn(usize, &Place) -> bool| {
        let field = Field::Column(column);
        let places = places
            .iter()
            .enumerate()
            .filter(|(at, place)| may_tell(*at, place));
        let mut told = places
            .map(|(_, place)| parts[place.part].value(place.row, &field))
            .filter(|value| !value.is_null());
        told.next().unwrap_or(Value::Null)
    };
    // Of how it ended only the last record tells, and what was logged of it: never an earlier attempt, nor an error of one.
    let end = places
        .first()
        .map(|place| (place.rank.2, attempt_of(parts, place)));
    let is_last = |at: usize, place: &Place| {
        let part = &parts[place.part];
        let has_attempt = part
            .columns
            .text(Column::Joined, place.row)
            .is_some_and(|joined| joined.starts_with("attempt"));
        at == 0
            || (part.record_type != RecordType::Attempt
                && end.is_some_and(|(time, attempt)| {
                    place.rank.2 >= time && (!has_attempt || attempt_of(parts, place) == attempt)
                }))
    };
    let last = |column| first(column, &is_last);
    let any = |column| first(column, &|_, _| true);
    let life = &story.life;
    [
        Value::Text(provider.name().into()),
        Value::Text(collection.into()),
        Value::Time(Timestamp::from_micros(life.first)),
        Value::Time(Timestamp::from_micros(life.last)),
        life.attempts().map_or(Value::Null, Value::Int),
        last(Column::Status),
        last(Column::Code),
        last(Column::Reason),
        Value::Text(story.fate.name().into()),
        any(Column::MessageId),
        any(Column::Destination),
        any(Column::Channel),
        any(Column::Source),
    ]
}

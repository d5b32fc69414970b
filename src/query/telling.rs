//! The rows of some messages, told from their records.
//!
//! Rule: how it ended is told by the last record alone; who and where by the latest that says it, and never by one of
//! another destination.

use std::collections::HashMap;

use crate::model::{Column, Field, Provider, RecordType, Timestamp, Value, Window};
use crate::store::StoreError;

use super::chunk::{Chunk, Part};
use super::fate::Course;
use super::hours::Hours;
use super::join::{Orphans, join};
use super::keys::{IdKey, IdMap, IdSet};
use super::lookup::find;
use super::message::{Chosen, Group, Story};

/// What is read of the records of a message.
const READ: [Column; 13] = [
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
];

/// What is counted while rows are told.
#[derive(Default)]
pub(super) struct Teller {
    pub(super) orphans: Orphans,
}

/// A record of a message: where it stands, latest first.
#[derive(Clone, Copy)]
struct Place {
    /// Attempts come before all else, since theirs is the last word; then events that tell of an end.
    rank: (bool, Timestamp, i64),
    part: u32,
    row: u32,
}

/// Tells rows in order.
pub(super) fn tell<E: From<StoreError>>(
    hours: &Hours<'_>,
    groups: &[(Group, Chosen)],
    batch: &[Story],
    teller: &mut Teller,
    sink: &mut impl FnMut(&[Value<'_>]) -> Result<(), E>,
) -> Result<(), E> {
    let mut chunk = Chunk::default();
    let mut places: HashMap<u32, IdMap<Vec<Place>>> = HashMap::new();
    for (number, (group, chosen)) in groups.iter().enumerate() {
        let number = number as u32;
        let ours = batch.iter().filter(|story| story.group == number);
        let messages: IdSet = ours.map(|story| story.message).collect();
        let found = records(hours, group, chosen, messages, &mut chunk)?;
        places.insert(number, found);
    }
    let mut all: Vec<Vec<Place>> = Vec::with_capacity(batch.len());
    for story in batch {
        let ((_, _, course), _) = &groups[story.group as usize];
        let of_message = places.get(&story.group).and_then(|g| g.get(&story.message));
        let mut fitting: Vec<Place> = of_message.into_iter().flatten().copied().collect();
        fitting.retain(|place| fits(&chunk, *place, *course, story.part));
        fitting.sort_unstable_by_key(|place| std::cmp::Reverse(place.rank));
        if let Some(last) = fitting.first() {
            chunk.order.push((last.part, last.row));
        }
        all.push(fitting);
    }
    join(&mut chunk, hours)?;
    teller.orphans.add(&chunk);
    for (story, fitting) in batch.iter().zip(&all) {
        let ((provider, collection, _), _) = &groups[story.group as usize];
        sink(&row(&chunk, *provider, collection, story, fitting))?;
    }
    Ok(())
}

/// Reads the records of messages into a chunk; returns where those of each message stand.
fn records(
    hours: &Hours<'_>,
    (provider, collection, course): &Group,
    chosen: &Chosen,
    messages: IdSet,
    chunk: &mut Chunk,
) -> Result<IdMap<Vec<Place>>, StoreError> {
    let mut places: IdMap<Vec<Place>> = IdMap::default();
    let files = hours.of_collection(*provider, collection)?;
    let found = find(
        hours.keys(),
        &files,
        &course.steps().concat(),
        Column::MessageId,
        &chosen.wanted.only(messages),
        Window::ALL,
        &READ,
    )?;
    for found in found {
        // OK because a chunk has fewer than 2^32 parts and rows.
        let part = chunk.parts.len() as u32;
        for (row, key) in found.keys.iter().enumerate() {
            let Value::Time(time) = found.columns.value(Column::Time, row) else {
                continue;
            };
            let counts_most = match course {
                Course::Delivery => found.record_type == RecordType::Attempt,
                Course::Notification | Course::Task => {
                    found.record_type != RecordType::Notification
                        && found.columns.text(Column::Outcome, row).is_some()
                }
            };
            let attempt = found.columns.int(Column::Attempt, row).unwrap_or_default();
            places.entry(*key).or_default().push(Place {
                rank: (counts_most, time, attempt),
                part,
                row: row as u32,
            });
        }
        chunk
            .parts
            .push(Part::new(found.hour, found.record_type, found.columns));
    }
    Ok(places)
}

/// Whether a record speaks of a destination.
fn fits(chunk: &Chunk, place: Place, course: Course, part: IdKey) -> bool {
    let columns = &chunk.parts[place.part as usize].columns;
    let own = course.part_key(columns, place.row as usize).unwrap_or(0);
    part == 0 || own == 0 || own == part
}

/// Returns the cells of a row, in the order of [`super::message::MESSAGE_COLUMNS`].
fn row<'c>(
    chunk: &'c Chunk,
    provider: Provider,
    collection: &'c str,
    story: &Story,
    places: &[Place],
) -> [Value<'c>; 13] {
    let first = |column: Column, may_tell: &dyn Fn(usize, &Place) -> bool| {
        let field = Field::Column(column);
        let places = places.iter().enumerate();
        let values = places
            .filter(|(at, place)| may_tell(*at, place))
            .map(|(_, place)| {
                let part = &chunk.parts[place.part as usize];
                part.value(&chunk.linked, place.row as usize, &field)
            });
        let mut told = values.filter(|value| !value.is_null());
        told.next().unwrap_or(Value::Null)
    };
    // Of how it ended only the last record tells, and what was logged of it: never an earlier attempt.
    let end = places.first().map(|place| place.rank.1);
    let is_last = |at: usize, place: &Place| {
        let is_attempt = chunk.parts[place.part as usize].record_type == RecordType::Attempt;
        at == 0 || (!is_attempt && Some(place.rank.1) >= end)
    };
    let last = |column| first(column, &is_last);
    let any = |column| first(column, &|_, _| true);
    [
        Value::Text(provider.name().into()),
        Value::Text(collection.into()),
        Value::Time(story.first),
        Value::Time(story.last),
        story.attempts().map_or(Value::Null, Value::Int),
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

//! One row a message: what its records say together. A message to several destinations has a row for each.
//!
//! A filter chooses messages: those of which a record matches. The row then tells of all stored records of the message
//! within its collection. `attempts` is the number of stored attempts, or the highest attempt number where that is more;
//! `status` and `reason` are those of the last attempt, by way of its exchange; without attempts, of the last record.
//!
//! Rule: exact whatever the order of records; memory is about 250 bytes for each chosen message, and the records of
//! [`BATCH`] messages.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::model::{Column, Fate, Field, Kind, Provider, RecordType, Timestamp, Value, Window};
use crate::store::{Store, StoreError};

use super::asking::Asking;
use super::chunk::{Chunk, Part};
use super::fate::{Course, lives};
use super::hours::Hours;
use super::join::Orphans;
use super::keys::{IdKey, IdMap};
use super::lookup::{FILES, Found, Wanted, find};
use super::needs::Needs;
use super::page::Question;
use super::telling::{Teller, tell};

/// Messages whose records are read at a time.
const BATCH: usize = 16 * 1024;

/// The columns of a message's row and their kinds, in order.
pub(crate) const MESSAGE_COLUMNS: [(&str, Kind); 13] = [
    ("provider", Kind::Text),
    ("collection", Kind::Text),
    ("first_seen", Kind::Time),
    ("last_seen", Kind::Time),
    ("attempts", Kind::Int),
    ("status", Kind::Int),
    ("code", Kind::Text),
    ("reason", Kind::Text),
    ("fate", Kind::Text),
    ("message_id", Kind::Text),
    ("destination", Kind::Text),
    ("channel", Kind::Text),
    ("source", Kind::Text),
];

/// What is known after all rows were handed over.
pub(crate) struct Messages {
    pub(crate) shown: u64,
    pub(crate) total: u64,
    pub(crate) has_more: bool,
    /// Records that match and name no message.
    pub(crate) without_message: u64,
    pub(crate) orphans: Orphans,
}

/// The messages of one collection that are asked for.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) wanted: Wanted,
    /// Of each message the destinations (or channels) of records that match; 0 for all.
    parts: IdMap<Vec<IdKey>>,
}

pub(super) type Group = (Provider, String, Course);

/// A message at one destination.
#[derive(Clone, Copy)]
pub(super) struct Story {
    /// The number of its group.
    pub(super) group: u32,
    pub(super) message: IdKey,
    /// 0 where no record names a destination.
    pub(super) part: IdKey,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    attempts: i64,
    highest: i64,
    pub(super) fate: Fate,
}

impl Story {
    pub(super) fn attempts(&self) -> Option<i64> {
        let attempts = self.attempts.max(self.highest);
        (attempts > 0).then_some(attempts)
    }

    fn add(&mut self, other: &Story) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.attempts += other.attempts;
        self.highest = self.highest.max(other.highest);
    }
}

/// Hands over one row for each message of which a record matches, the last seen first. Of the question filter, limit, skip
/// and now count.
pub(crate) fn ask_messages<E: From<StoreError>>(
    store: &Store,
    question: &Question,
    mut sink: impl FnMut(&[Value<'_>]) -> Result<(), E>,
) -> Result<Messages, E> {
    Asking::with(
        &Hours::of(store),
        question,
        |_: &Chunk| Ok(()),
        |mut asking| {
            let (groups, without_message) = choose(&mut asking)?;
            let mut stories = Vec::new();
            for (number, (group, chosen)) in groups.iter().enumerate() {
                // OK because there are far fewer than 2^32 collections.
                gather(
                    asking.hours(),
                    number as u32,
                    group,
                    chosen,
                    question.now,
                    &mut stories,
                )?;
            }
            stories.sort_unstable_by_key(|s| (Reverse(s.last), s.group, s.message, s.part));

            let total = stories.len();
            let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            let first = number(question.skip).min(total);
            let end = first
                .saturating_add(question.limit.map_or(usize::MAX, number))
                .min(total);
            let mut teller = Teller::default();
            for batch in stories[first..end].chunks(BATCH) {
                tell(asking.hours(), &groups, batch, &mut teller, &mut sink)?;
            }
            let mut orphans = asking.into_orphans();
            orphans.merge(teller.orphans);
            Ok(Messages {
                shown: (end - first) as u64,
                total: total as u64,
                has_more: end < total,
                without_message,
                orphans,
            })
        },
    )
}

/// Chooses the messages of which a record matches; also returns how many matching records name none.
fn choose<E, F>(asking: &mut Asking<'_, F>) -> Result<(Vec<(Group, Chosen)>, u64), E>
where
    E: From<StoreError>,
    F: FnMut(&Chunk) -> Result<(), E>,
{
    let needed = [Column::MessageId, Column::Destination, Column::Channel].map(Field::Column);
    let mut groups: Vec<(Group, Chosen)> = Vec::new();
    let mut known: HashMap<Group, usize> = HashMap::new();
    let mut without_message = 0;
    asking.walk_all(&Needs::for_fields(needed.iter()), |chunk, _| {
        let mut group_of = |part: &Part| {
            let course = Course::of(part.key.provider, part.record_type)?;
            let group = (part.key.provider, part.key.collection.clone(), course);
            Some(*known.entry(group.clone()).or_insert_with(|| {
                groups.push((group, Chosen::default()));
                groups.len() - 1
            }))
        };
        let of_part: Vec<Option<usize>> = chunk.parts.iter().map(&mut group_of).collect();
        for (part_number, at) in &chunk.order {
            let (part_number, at) = (*part_number as usize, *at as usize);
            let part = &chunk.parts[part_number];
            let id = part.columns.text(Column::MessageId, at);
            let (Some(group), Some(id)) = (of_part[part_number], id) else {
                without_message += 1;
                continue;
            };
            let ((_, _, course), chosen) = &mut groups[group];
            let message = chosen.wanted.add(id, Timestamp::MIN);
            let wanted = course.part_key(&part.columns, at).unwrap_or(0);
            let parts = chosen.parts.entry(message).or_default();
            if !parts.contains(&wanted) {
                parts.push(wanted);
            }
        }
    })?;
    groups.sort_by(|((a, b, _), _), ((c, d, _), _)| (a, b).cmp(&(c, d)));
    Ok((groups, without_message))
}

/// Gathers what all stored records say of the chosen messages.
fn gather(
    hours: &Hours<'_>,
    number: u32,
    group: &Group,
    chosen: &Chosen,
    now: Timestamp,
    stories: &mut Vec<Story>,
) -> Result<(), StoreError> {
    let (provider, collection, course) = group;
    let files = hours.of_collection(*provider, collection)?;
    let types = course.steps().concat();
    let read = [Column::Time, Column::Attempt, course.part()];
    let mut known: IdMap<Vec<Story>> = IdMap::default();
    for files in files.chunks(FILES) {
        let found = find(
            hours.keys(),
            files,
            &types,
            Column::MessageId,
            &chosen.wanted,
            Window::ALL,
            &read,
        )?;
        for Found {
            record_type,
            keys,
            columns,
            ..
        } in found
        {
            for (row, message) in keys.into_iter().enumerate() {
                let Value::Time(time) = columns.value(Column::Time, row) else {
                    continue;
                };
                let is_attempt = record_type == RecordType::Attempt;
                let highest = columns.int(Column::Attempt, row).filter(|_| is_attempt);
                let one = Story {
                    group: number,
                    message,
                    part: course.part_key(&columns, row).unwrap_or(0),
                    first: time,
                    last: time,
                    attempts: is_attempt.into(),
                    highest: highest.unwrap_or(0),
                    fate: Fate::Unknown,
                };
                let parts = known.entry(message).or_default();
                match parts.iter_mut().find(|story| story.part == one.part) {
                    Some(story) => story.add(&one),
                    None => parts.push(one),
                }
            }
        }
    }
    let wanted = chosen.wanted.only(chosen.wanted.keys.clone());
    let lives = lives(hours, *provider, collection, *course, wanted)?;
    for (message, parts) in known {
        let asked = chosen.parts.get(&message).map_or(&[][..], Vec::as_slice);
        let whole = parts.iter().find(|story| story.part == 0);
        let is_alone = parts.len() == 1;
        for part in &parts {
            let is_asked = asked.contains(&0) || asked.contains(&part.part);
            // What names no destination belongs to all of them.
            if !(is_alone || (part.part != 0 && is_asked)) {
                continue;
            }
            let mut story = *part;
            if let Some(whole) = whole.filter(|_| !is_alone) {
                story.add(whole);
            }
            if let Some(lives) = lives.get(&message) {
                let life = lives.of(story.part);
                story.fate = course.fate(&life, story.last, *provider, now);
            }
            stories.push(story);
        }
    }
    Ok(())
}

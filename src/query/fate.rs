//! What finally became of a message, judged from every stored record of it.
//!
//! | records | key | evidence |
//! | --- | --- | --- |
//! | attempts and errors | message and destination | attempts and errors |
//! | NotificationAPI's notifications and events | message and channel | its events; without any, the notification |
//! | failed runs and syncs of Segment's audit trail | resource and task | runs and syncs of it that ended later |
//!
//! A record without a destination (or channel) belongs to all of its message, and is evidence for all.
//!
//! Rule: a success after the last failure means delivered; else a discard means discarded; else, where the provider is known
//! to retry, a last failure younger than its window means retrying; else nobody knows. Silence is never a success.

use std::collections::HashMap;

use crate::model::{Column, Fate, Provider, RecordType, Timestamp, Value, Window};
use crate::store::{Columns, StoreError};

use super::chunk::{Chunk, Part};
use super::hours::Hours;
use super::keys::{IdKey, IdMap, id_key};
use super::lives::{Life, Lives};
use super::lookup::{FILES, Found, Wanted, find};

/// Segment retries a failed delivery for four hours (docs-repo `connections/destinations/index.md`, Retries). Of the
/// others' windows nothing is known that could be told by a message.
pub(crate) const RETRY_MICROS: i64 = 4 * 3_600_000_000;

/// How the fate of a record is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Course {
    /// The attempts at a message.
    Delivery,
    /// What became of a notification in each channel.
    Notification,
    /// A task that is run again and again: each failure is judged by what came after it.
    Task,
}

impl Course {
    /// Returns how records of a type are judged; `None` if they have no fate: an exchange carries many messages.
    pub(super) fn of(provider: Provider, record_type: RecordType) -> Option<Course> {
        match (provider, record_type) {
            (_, RecordType::Attempt | RecordType::Error) => Some(Course::Delivery),
            (Provider::NotificationApi, RecordType::Notification | RecordType::Event) => {
                Some(Course::Notification)
            }
            (Provider::SegmentAudit, RecordType::Audit) => Some(Course::Task),
            _ => None,
        }
    }

    /// The types of the records that are evidence; those of a later step count only where an earlier one found none.
    pub(super) fn steps(self) -> &'static [&'static [RecordType]] {
        match self {
            Course::Delivery => &[&[RecordType::Attempt, RecordType::Error]],
            Course::Notification => &[&[RecordType::Event], &[RecordType::Notification]],
            Course::Task => &[&[RecordType::Audit]],
        }
    }

    /// The column that evidence is found by.
    pub(super) fn subject(self) -> Column {
        match self {
            Course::Delivery | Course::Notification => Column::MessageId,
            Course::Task => Column::Resource,
        }
    }

    /// The column that tells the parts of a subject apart.
    pub(super) fn part(self) -> Column {
        match self {
            Course::Delivery => Column::Destination,
            Course::Notification => Column::Channel,
            Course::Task => Column::Operation,
        }
    }

    /// Returns the part of a subject that a record speaks of: 0 for all; `None` if it speaks of none.
    pub(super) fn part_key(self, columns: &Columns, row: usize) -> Option<IdKey> {
        let text = columns.text(self.part(), row);
        match self {
            Course::Delivery | Course::Notification => Some(text.map_or(0, id_key)),
            Course::Task => text.and_then(task).map(|task| id_key(&task)),
        }
    }

    /// Adds what a record tells.
    pub(super) fn add(self, lives: &mut Lives, columns: &Columns, row: usize) {
        let (Value::Time(time), Some(part)) = (
            columns.value(Column::Time, row),
            self.part_key(columns, row),
        ) else {
            return;
        };
        let discarded = columns.value(Column::Discarded, row) == Value::Bool(true);
        lives
            .at(part)
            .add(time, columns.text(Column::Outcome, row), discarded);
    }

    /// Judges a record at a time.
    pub(super) fn fate(
        self,
        life: &Life,
        time: Timestamp,
        provider: Provider,
        now: Timestamp,
    ) -> Fate {
        match self {
            Course::Task if life.last_success.is_some_and(|success| success > time) => {
                Fate::Delivered
            }
            Course::Task => Fate::Unknown,
            Course::Delivery | Course::Notification => {
                let window = if provider == Provider::Segment {
                    RETRY_MICROS
                } else {
                    0
                };
                life.fate(now, window)
            }
        }
    }
}

/// Returns the task whose end an audit event tells: `audience run` of `Audience Run Failed`.
fn task(operation: &str) -> Option<String> {
    let operation = operation.to_ascii_lowercase();
    let mut words: Vec<&str> = operation.split_whitespace().collect();
    let is_end = matches!(
        words.pop()?,
        "failed" | "failure" | "succeeded" | "success" | "successful" | "completed"
    );
    let is_task = matches!(words.last(), Some(&("run" | "sync")));
    (is_end && is_task).then(|| words.join(" "))
}

/// The columns that judging needs of the records that are judged.
pub(super) const JUDGED: [Column; 7] = [
    Column::Time,
    Column::Outcome,
    Column::MessageId,
    Column::Destination,
    Column::Channel,
    Column::Resource,
    Column::Operation,
];

/// Judges the records of a chunk that have a fate; its parts must have the columns [`JUDGED`].
pub(super) fn judge(
    chunk: &mut Chunk,
    hours: &Hours<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut wanted: HashMap<(Provider, String, Course), Wanted> = HashMap::new();
    for part in &chunk.parts {
        let Some(course) = Course::of(part.key.provider, part.record_type) else {
            continue;
        };
        let key = (part.key.provider, part.key.collection.clone(), course);
        let wanted = wanted.entry(key).or_default();
        for row in 0..part.columns.rows() {
            if let Some(id) = subject(part, course, row) {
                wanted.add(id, Timestamp::MIN);
            }
        }
    }
    for ((provider, collection, course), wanted) in wanted {
        let lives = lives(hours, provider, &collection, course, wanted)?;
        for part in &mut chunk.parts {
            let is_ours = part.key.provider == provider
                && part.key.collection == collection
                && Course::of(provider, part.record_type) == Some(course);
            if !is_ours {
                continue;
            }
            let fate = |row| {
                let lives = lives.get(&id_key(subject(part, course, row)?))?;
                let Value::Time(time) = part.columns.value(Column::Time, row) else {
                    return None;
                };
                let life = lives.of(course.part_key(&part.columns, row)?);
                Some(course.fate(&life, time, provider, now))
            };
            part.fates = (0..part.columns.rows()).map(fate).collect();
        }
    }
    Ok(())
}

/// Returns what a record's fate hangs on; of tasks only failures have one.
fn subject(part: &Part, course: Course, row: usize) -> Option<&str> {
    let columns = &part.columns;
    if course == Course::Task
        && (columns.text(Column::Outcome, row) != Some("failure")
            || course.part_key(columns, row).is_none())
    {
        return None;
    }
    columns.text(course.subject(), row)
}

/// Gathers what all stored records of a collection tell of the wanted subjects.
pub(super) fn lives(
    hours: &Hours<'_>,
    provider: Provider,
    collection: &str,
    course: Course,
    mut wanted: Wanted,
) -> Result<IdMap<Lives>, StoreError> {
    let files = hours.of_collection(provider, collection)?;
    let read = [
        Column::Time,
        Column::Outcome,
        Column::Discarded,
        course.part(),
    ];
    let mut lives: IdMap<Lives> = IdMap::default();
    for types in course.steps() {
        for files in files.chunks(FILES) {
            let found = find(
                hours.keys(),
                files,
                types,
                course.subject(),
                &wanted,
                Window::ALL,
                &read,
            )?;
            for Found { keys, columns, .. } in found {
                for (row, key) in keys.into_iter().enumerate() {
                    course.add(lives.entry(key).or_default(), &columns, row);
                }
            }
        }
        let settled = lives.iter().filter(|(_, lives)| lives.of(0).has_ended());
        wanted.remove(&settled.map(|(key, _)| *key).collect());
    }
    Ok(lives)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_named_by_what_stands_before_its_end() {
        assert_eq!(task("Audience Run Failed").as_deref(), Some("audience run"));
        assert_eq!(
            task("Audience Run Completed").as_deref(),
            Some("audience run")
        );
        assert_eq!(
            task("Computed Trait Destination Sync Failed").as_deref(),
            Some("computed trait destination sync")
        );
        for operation in ["Audience Created", "Failed", "Run", "", "Payment Failed"] {
            assert_eq!(task(operation), None, "{operation}");
        }
    }

    #[test]
    fn a_failed_task_is_resolved_by_a_later_success_only() {
        let at = |hours: i64| Timestamp::from_micros(hours * 3_600_000_000);
        let mut life = Life::default();
        life.add(at(2), Some("success"), false);
        life.add(at(3), Some("failure"), false);
        let fate = |time| Course::Task.fate(&life, at(time), Provider::SegmentAudit, at(3));
        assert_eq!(fate(1), Fate::Delivered);
        assert_eq!(fate(2), Fate::Unknown);
        assert_eq!(fate(3), Fate::Unknown);
    }
}

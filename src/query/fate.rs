//! What finally became of a message, judged from every stored record of it.
//!
//! Rule: a success after the last failure means delivered; else a discard means discarded; else a last failure younger
//! than the retry window means retrying; else nobody knows.

use std::collections::HashMap;

use crate::model::{Column, Fate, RecordType, Timestamp, Value, Window};
use crate::store::StoreError;

use super::chunk::Chunk;
use super::hours::Hours;
use super::keys::{IdMap, id_key};
use super::lookup::{Found, Wanted, find};

/// Segment retries a failed delivery for four hours (docs-repo `connections/destinations/index.md`, Retries).
pub(crate) const RETRY_MICROS: i64 = 4 * 3_600_000_000;

/// What a message's records say together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Life {
    last_success: Option<Timestamp>,
    last_failure: Option<Timestamp>,
    is_discarded: bool,
}

impl Life {
    fn add(&mut self, time: Timestamp, outcome: Option<&str>, discarded: bool) {
        match outcome {
            Some("success") => self.last_success = self.last_success.max(Some(time)),
            Some("failure") => self.last_failure = self.last_failure.max(Some(time)),
            _ => {}
        }
        self.is_discarded |= discarded;
    }

    fn fate(&self, now: Timestamp) -> Fate {
        match (self.last_success, self.last_failure) {
            (Some(success), failure) if failure.is_none_or(|failure| success >= failure) => {
                Fate::Delivered
            }
            _ if self.is_discarded => Fate::Discarded,
            (_, Some(failure)) if now.since(failure) < RETRY_MICROS => Fate::Retrying,
            _ => Fate::Unknown,
        }
    }
}

/// Judges the message of every attempt and error of a chunk; its parts must have `time` and `message_id`.
pub(super) fn judge(
    chunk: &mut Chunk,
    hours: &Hours<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut wanted: HashMap<_, Wanted> = HashMap::new();
    for part in &chunk.parts {
        if !has_fate(part.record_type) {
            continue;
        }
        let collection = (part.key.provider, part.key.collection.clone());
        let wanted = wanted.entry(collection).or_default();
        for row in 0..part.columns.rows() {
            if let Some(id) = part.columns.text(Column::MessageId, row) {
                wanted.add(id, Timestamp::MIN);
            }
        }
    }
    for ((provider, collection), wanted) in wanted {
        let files = hours.of_collection(provider, &collection)?;
        let read = [Column::Time, Column::Outcome, Column::Discarded];
        let types = [RecordType::Attempt, RecordType::Error];
        let mut lives: IdMap<Life> = IdMap::default();
        for Found { keys, columns } in find(
            hours.keys(),
            &files,
            &types,
            Column::MessageId,
            &wanted,
            Window::ALL,
            &read,
        )? {
            for (row, key) in keys.into_iter().enumerate() {
                if let Value::Time(time) = columns.value(Column::Time, row) {
                    let discarded = columns.value(Column::Discarded, row) == Value::Bool(true);
                    let outcome = columns.text(Column::Outcome, row);
                    lives.entry(key).or_default().add(time, outcome, discarded);
                }
            }
        }
        for part in &mut chunk.parts {
            if part.key.provider == provider
                && part.key.collection == collection
                && has_fate(part.record_type)
            {
                let fate = |row| {
                    let id = part.columns.text(Column::MessageId, row)?;
                    lives.get(&id_key(id)).map(|life| life.fate(now))
                };
                part.fates = (0..part.columns.rows()).map(fate).collect();
            }
        }
    }
    Ok(())
}

/// An exchange carries many messages, each with its own fate.
fn has_fate(record_type: RecordType) -> bool {
    matches!(record_type, RecordType::Attempt | RecordType::Error)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_micros(hours * HOUR)
    }

    fn fate(records: &[(i64, &str, bool)], now: i64) -> Fate {
        let mut life = Life::default();
        for (hours, outcome, discarded) in records {
            life.add(at(*hours), Some(outcome), *discarded);
        }
        life.fate(at(now))
    }

    #[test]
    fn fates_follow_from_the_records() {
        assert_eq!(
            fate(&[(1, "failure", false), (2, "success", false)], 3),
            Fate::Delivered
        );
        assert_eq!(
            fate(&[(2, "success", false), (1, "failure", false)], 3),
            Fate::Delivered
        );
        assert_eq!(
            fate(&[(1, "failure", false), (2, "failure", true)], 3),
            Fate::Discarded
        );
        assert_eq!(
            fate(&[(1, "success", false), (2, "failure", false)], 3),
            Fate::Retrying
        );
        assert_eq!(fate(&[(1, "failure", false)], 4), Fate::Retrying);
        assert_eq!(fate(&[(1, "failure", false)], 5), Fate::Unknown);
        assert_eq!(fate(&[], 5), Fate::Unknown);
    }
}

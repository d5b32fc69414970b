//! The rows of a row group as what they say of their messages.

use std::sync::Arc;

use arrow_array::{Array, BooleanArray, Int64Array, TimestampMicrosecondArray};

use crate::model::{Column, RecordType};
use crate::store::{Columns, IdKey, Values};

use super::rule::FateRule;
use super::told::{NO_NUMBER, Outcome, Told};

/// Rows of one row group.
pub(in crate::query) struct GroupRows {
    is_attempt: bool,
    /// The number of their file, and of their group in it.
    place: (u32, u16),
    /// The numbers of the rows; `None`: all of them.
    rows: Option<Vec<u32>>,
    pub(super) messages: Arc<Vec<IdKey>>,
    times: TimestampMicrosecondArray,
    attempts: Option<Int64Array>,
    statuses: Option<Int64Array>,
    discarded: Option<BooleanArray>,
    parts: Vec<Option<u64>>,
    outcomes: Vec<Outcome>,
}

impl GroupRows {
    pub(in crate::query) fn new(
        rule: FateRule,
        record_type: RecordType,
        (file, group): (u32, usize),
        rows: Option<Vec<u32>>,
        messages: Arc<Vec<IdKey>>,
        columns: Columns,
    ) -> Option<GroupRows> {
        let mut parts = Vec::with_capacity(messages.len());
        match columns.get(rule.part()) {
            Some(Values::Text(texts)) => {
                // The same text stands in nearly every row.
                let mut last: (Option<&str>, Option<u64>) = (None, rule.part_key(None));
                for text in texts {
                    if text != last.0 {
                        last = (text, rule.part_key(text));
                    }
                    parts.push(last.1);
                }
            }
            _ => parts.resize(messages.len(), rule.part_key(None)),
        }
        let outcome = |text: Option<&str>| match text {
            Some("success") => Outcome::Success,
            Some("failure") => Outcome::Failure,
            _ => Outcome::None,
        };
        let outcomes = match columns.get(Column::Outcome) {
            Some(Values::Text(texts)) => texts.iter().map(outcome).collect(),
            _ => vec![Outcome::None; messages.len()],
        };
        let ints = |column| match columns.get(column) {
            Some(Values::Int(ints)) if ints.null_count() < ints.len() => Some(ints.clone()),
            _ => None,
        };
        let Some(Values::Time(times)) = columns.get(Column::Time) else {
            return None;
        };
        Some(GroupRows {
            is_attempt: record_type == RecordType::Attempt,
            // OK because an hour has fewer than 2^16 row groups.
            place: (file, group as u16),
            rows,
            messages,
            times: times.clone(),
            attempts: ints(Column::Attempt),
            statuses: ints(Column::Status),
            discarded: match columns.get(Column::Discarded) {
                Some(Values::Bool(discarded)) => Some(discarded.clone()),
                _ => None,
            },
            parts,
            outcomes,
        })
    }

    /// Returns what a row says, and of which part of its subject.
    pub(in crate::query) fn told(&self, row: u32) -> Option<(u64, Told)> {
        let at = row as usize;
        let part = self.parts[at]?;
        let int = |ints: &Option<Int64Array>| {
            let ints = ints.as_ref()?;
            ints.is_valid(at).then(|| ints.value(at))
        };
        let discarded = self.discarded.as_ref();
        let discarded = discarded.is_some_and(|array| array.is_valid(at) && array.value(at));
        let number = int(&self.attempts);
        let status = int(&self.statuses);
        let own_row = self.rows.as_ref().map_or(row, |rows| rows[at]);
        Some((
            part,
            Told {
                time: self.times.value(at),
                number: number.map(|n| n.clamp(i64::from(NO_NUMBER) + 1, i32::MAX.into()) as i32),
                outcome: self.outcomes[at],
                discarded,
                is_attempt: self.is_attempt,
                status: status
                    .and_then(|status| i16::try_from(status).ok())
                    .unwrap_or(-1),
                place: (self.place.0, self.place.1, own_row),
            },
        ))
    }
}

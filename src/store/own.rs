//! Which values of an attempt or error are its own, and which were taken from what it is joined to; and whether that
//! lies far away.
//!
//! Rule: the bits are written to files; one is never given another meaning.

use crate::model::{Column, Record, RecordType};

/// The columns that a row may take from others, by their bits.
pub(super) const LINKED: [Column; 8] = [
    Column::Outcome,
    Column::Attempt,
    Column::Discarded,
    Column::Status,
    Column::Reason,
    Column::ExchangeId,
    Column::Method,
    Column::Url,
];

/// Returns whether a row of a type that has no value of its own in a column takes that of what it is linked to. An attempt
/// has the number and the exchange it names; an error has failed, and says itself whether that was the end.
pub(crate) fn may_take(record_type: RecordType, column: Column) -> bool {
    let is_its_own = match record_type {
        RecordType::Attempt => matches!(column, Column::Attempt | Column::ExchangeId),
        RecordType::Error => matches!(column, Column::Outcome | Column::Discarded),
        _ => true,
    };
    !is_its_own && LINKED.contains(&column)
}

/// The bit of a row that is joined to one far from it in time: a nearer one may still come.
const FAR: i64 = 1 << 8;

/// One bit for each column of [`LINKED`] of which the record has a value of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OwnMask(i64);

impl OwnMask {
    /// Returns the mask of a record; `None` for types that take nothing.
    pub(super) fn of(record: &Record<'_>) -> Option<OwnMask> {
        if !matches!(record.record_type, RecordType::Attempt | RecordType::Error) {
            return None;
        }
        let has = [
            record.outcome.is_some(),
            record.attempt.is_some(),
            record.discarded.is_some(),
            record.status.is_some(),
            record.reason.is_some(),
            record.exchange_id.is_some(),
            record.method.is_some(),
            record.url.is_some(),
        ];
        let bits = has.into_iter().enumerate();
        Some(OwnMask(bits.map(|(bit, has)| i64::from(has) << bit).sum()))
    }

    pub(super) fn bits(self) -> i64 {
        self.0
    }

    pub(super) fn is_far(self) -> bool {
        self.0 & FAR != 0
    }

    /// Returns the same with another answer to whether the row is joined to one far away.
    pub(super) fn with_far(self, is_far: bool) -> OwnMask {
        OwnMask(self.0 & !FAR | if is_far { FAR } else { 0 })
    }

    pub(super) fn from_bits(bits: i64) -> OwnMask {
        OwnMask(bits)
    }

    /// Returns whether a column's value is the record's own.
    pub(super) fn has(self, column: Column) -> bool {
        let bit = LINKED.iter().position(|linked| *linked == column);
        bit.is_none_or(|bit| self.0 & 1 << bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn the_bits_are_a_contract() {
        let mut record = Record::new(Timestamp::from_micros(0), RecordType::Attempt, b"{}");
        assert_eq!(OwnMask::of(&record), Some(OwnMask(0)));
        record.status = Some(500);
        record.url = Some("x".into());
        let mask = OwnMask::of(&record).unwrap();
        assert_eq!(mask.bits(), 0b1000_1000);
        assert!(mask.has(Column::Status) && !mask.has(Column::Reason));
        assert!(mask.has(Column::MessageId), "nothing else is taken");
        let far = mask.with_far(true);
        assert_eq!(far.bits(), 0b1_1000_1000);
        assert!(far.is_far() && far.has(Column::Status) && !far.has(Column::Reason));
        assert_eq!(far.with_far(false), mask);
        record.record_type = RecordType::Exchange;
        assert_eq!(OwnMask::of(&record), None);
    }
    #[test]
    fn attempts_and_errors_take_what_they_do_not_say() {
        use RecordType::{Attempt, Error, Exchange};
        assert!(may_take(Attempt, Column::Status) && may_take(Error, Column::Status));
        assert!(may_take(Attempt, Column::Outcome) && !may_take(Error, Column::Outcome));
        assert!(may_take(Error, Column::ExchangeId) && !may_take(Attempt, Column::ExchangeId));
        assert!(!may_take(Exchange, Column::Status) && !may_take(Error, Column::MessageId));
    }
}

//! What the records of one message at one destination say together.
//!
//! Rule: attempt numbers order attempts, clocks order the rest.

use crate::model::Column;
use crate::store::IdKey;

use super::end::{End, NEVER};
use super::entry::Entry;
use super::told::{NO_NUMBER, Outcome, Told};

/// What the records of one message at one destination say together.
#[derive(Clone, Copy, Debug)]
pub(in crate::query) struct Life {
    pub(in crate::query) message: IdKey,
    /// 0 where no destination is named.
    pub(in crate::query) part: u64,
    /// Of the record that counts as the last of those with an attempt number: its number, time and outcome.
    numbered: (i32, i64),
    /// The last success and failure of records without number.
    success: i64,
    failure: i64,
    /// Of the last attempt: number and time.
    attempt: (i32, i64),
    pub(super) attempts: u32,
    status: i16,
    outcome: Outcome,
    discarded: bool,
}

impl Entry for Life {
    const COLUMNS: &'static [Column] = &[
        Column::Time,
        Column::Outcome,
        Column::Discarded,
        Column::Attempt,
        Column::Status,
    ];

    fn new(message: IdKey, part: u64) -> Life {
        Life {
            message,
            part,
            numbered: (NO_NUMBER, NEVER),
            success: NEVER,
            failure: NEVER,
            attempt: (NO_NUMBER, NEVER),
            attempts: 0,
            status: -1,
            outcome: Outcome::None,
            discarded: false,
        }
    }

    fn message(&self) -> IdKey {
        self.message
    }

    fn part(&self) -> u64 {
        self.part
    }

    fn add(&mut self, record: &Told) {
        self.discarded |= record.discarded;
        match record.number {
            Some(number) => {
                let rank = (number, record.time);
                if (rank, record.outcome) > (self.numbered, self.outcome) {
                    self.numbered = rank;
                    self.outcome = record.outcome;
                }
            }
            None => match record.outcome {
                Outcome::Success => self.success = self.success.max(record.time),
                Outcome::Failure => self.failure = self.failure.max(record.time),
                Outcome::None => {}
            },
        }
        if record.is_attempt {
            self.attempts += 1;
            let rank = (record.number.unwrap_or(NO_NUMBER), record.time);
            if self.attempts == 1 || (rank, record.status) > (self.attempt, self.status) {
                self.attempt = rank;
                self.status = record.status;
            }
        }
    }
}

impl Life {
    /// Returns the number of stored attempts, or the highest attempt number where that is more.
    pub(in crate::query) fn attempts(&self) -> Option<i64> {
        let attempts = i64::from(self.attempts).max(self.attempt.0.into());
        (attempts > 0).then_some(attempts)
    }

    /// Adds what another life of the same message says.
    pub(in crate::query) fn merge(&mut self, other: &Life) {
        self.discarded |= other.discarded;
        if (other.numbered, other.outcome) > (self.numbered, self.outcome) {
            (self.numbered, self.outcome) = (other.numbered, other.outcome);
        }
        self.success = self.success.max(other.success);
        self.failure = self.failure.max(other.failure);
        let is_later = (other.attempt, other.status) > (self.attempt, self.status);
        if other.attempts > 0 && (self.attempts == 0 || is_later) {
            (self.attempt, self.status) = (other.attempt, other.status);
        }
        self.attempts += other.attempts;
    }

    pub(in crate::query) fn end(&self) -> End {
        let (mut success, mut failure) = (self.success, self.failure);
        match self.outcome {
            Outcome::Success => success = success.max(self.numbered.1),
            Outcome::Failure => failure = failure.max(self.numbered.1),
            Outcome::None => {}
        }
        End {
            success,
            failure,
            discarded: self.discarded,
            status: self.status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fate, Timestamp};

    const HOUR: i64 = 3_600_000_000;

    /// Hours, number, outcome, discarded.
    fn life(records: &[(i64, Option<i32>, Outcome, bool)]) -> Life {
        let mut life = Life::new(1, 0);
        for (hours, number, outcome, discarded) in records {
            life.add(&Told {
                time: hours * HOUR,
                number: *number,
                outcome: *outcome,
                discarded: *discarded,
                is_attempt: number.is_some(),
                status: number.map_or(-1, |number| 100 + number as i16),
                place: (0, 0, 0),
            });
        }
        life
    }

    fn fate(records: &[(i64, Option<i32>, Outcome, bool)], now: i64) -> Fate {
        life(records)
            .end()
            .fate(Timestamp::from_micros(now * HOUR), 4 * HOUR)
    }

    use Outcome::{Failure, Success};

    #[test]
    fn fates_follow_from_the_records() {
        assert_eq!(
            fate(&[(1, None, Failure, false), (2, None, Success, false)], 3),
            Fate::Delivered
        );
        assert_eq!(
            fate(&[(2, None, Success, false), (1, None, Failure, false)], 3),
            Fate::Delivered
        );
        assert_eq!(
            fate(&[(1, None, Failure, false), (2, None, Failure, true)], 3),
            Fate::Discarded
        );
        assert_eq!(
            fate(&[(1, None, Success, false), (2, None, Failure, false)], 3),
            Fate::Retrying
        );
        assert_eq!(fate(&[(1, None, Failure, false)], 5), Fate::Unknown);
        assert_eq!(fate(&[], 5), Fate::Unknown);
    }

    #[test]
    fn numbers_order_attempts_before_the_clock_does() {
        let records = [(1, Some(2), Success, false), (3, Some(1), Failure, false)];
        assert_eq!(fate(&records, 3), Fate::Delivered);
        assert_eq!(life(&records).end().last_status(), Some(102));
        let later = [(1, Some(2), Success, false), (3, None, Failure, false)];
        assert_eq!(fate(&later, 3), Fate::Retrying);
        assert_eq!(life(&records).attempts(), Some(2));
    }

    #[test]
    fn lives_merged_say_what_all_their_records_say() {
        let all = [
            (1, Some(1), Failure, false),
            (2, None, Failure, true),
            (3, Some(2), Success, false),
            (4, None, Success, false),
        ];
        for cut in 0..=all.len() {
            let mut merged = life(&all[..cut]);
            merged.merge(&life(&all[cut..]));
            let whole = life(&all);
            assert_eq!(merged.end(), whole.end(), "{cut}");
            assert_eq!(merged.attempts(), whole.attempts());
        }
    }
}

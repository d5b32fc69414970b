//! What the records of a subject say together, part by part: a message's destinations each have a life of their own.
//!
//! Rule: what belongs to no part belongs to every part.

use crate::model::{Fate, Timestamp};

use super::keys::IdKey;

/// What records say together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) last_success: Option<Timestamp>,
    pub(super) last_failure: Option<Timestamp>,
    is_discarded: bool,
}

impl Life {
    pub(super) fn add(&mut self, time: Timestamp, outcome: Option<&str>, discarded: bool) {
        match outcome {
            Some("success") => self.last_success = self.last_success.max(Some(time)),
            Some("failure") => self.last_failure = self.last_failure.max(Some(time)),
            _ => {}
        }
        self.is_discarded |= discarded;
    }

    fn merge(&mut self, other: &Life) {
        self.last_success = self.last_success.max(other.last_success);
        self.last_failure = self.last_failure.max(other.last_failure);
        self.is_discarded |= other.is_discarded;
    }

    /// Whether any record told of an end.
    pub(super) fn has_ended(&self) -> bool {
        self.last_success.is_some() || self.last_failure.is_some() || self.is_discarded
    }

    /// Judges; a failure younger than `retry_micros` is still being retried.
    pub(super) fn fate(&self, now: Timestamp, retry_micros: i64) -> Fate {
        match (self.last_success, self.last_failure) {
            (Some(success), failure) if failure.is_none_or(|failure| success >= failure) => {
                Fate::Delivered
            }
            _ if self.is_discarded => Fate::Discarded,
            (_, Some(failure)) if now.since(failure) < retry_micros => Fate::Retrying,
            _ => Fate::Unknown,
        }
    }
}

/// The lives of a subject's parts. Most have one part, which takes no room beside.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    first: Option<(IdKey, Life)>,
    more: Vec<(IdKey, Life)>,
}

impl Lives {
    /// Returns the life of a part, or with 0 what belongs to all.
    pub(super) fn at(&mut self, part: IdKey) -> &mut Life {
        if self.first.is_none_or(|(key, _)| key == part) {
            return &mut self.first.get_or_insert((part, Life::default())).1;
        }
        let place = self.more.iter().position(|(key, _)| *key == part);
        let place = place.unwrap_or_else(|| {
            self.more.push((part, Life::default()));
            self.more.len() - 1
        });
        &mut self.more[place].1
    }

    /// Returns all that is known of a part; of 0 all that is known.
    pub(super) fn of(&self, part: IdKey) -> Life {
        let mut whole = Life::default();
        for (key, life) in self.first.iter().chain(&self.more) {
            if part == 0 || *key == 0 || *key == part {
                whole.merge(life);
            }
        }
        whole
    }
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
        life.fate(at(now), 4 * HOUR)
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

    #[test]
    fn parts_live_apart_and_what_has_no_part_counts_for_all() {
        let mut lives = Lives::default();
        lives.at(7).add(at(1), Some("failure"), false);
        lives.at(8).add(at(2), Some("success"), false);
        let fate = |lives: &Lives, part| lives.of(part).fate(at(9), 0);
        assert_eq!(fate(&lives, 7), Fate::Unknown);
        assert_eq!(fate(&lives, 8), Fate::Delivered);
        assert_eq!(fate(&lives, 0), Fate::Delivered);
        lives.at(0).add(at(3), Some("success"), false);
        assert_eq!(fate(&lives, 7), Fate::Delivered);
        lives.at(8).add(at(4), Some("failure"), true);
        assert_eq!(fate(&lives, 8), Fate::Discarded);
        assert_eq!(fate(&lives, 7), Fate::Delivered);
    }
}

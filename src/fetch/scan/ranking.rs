//! The newest of the records that meet the filter.
//!
//! Rule: equal records count once, and all records of the last one's time are kept: what decides between these is not
//! known here.

use std::cmp::Reverse;

use crate::model::Timestamp;

use super::file::Place;

/// Records that are kept beyond the wanted ones before the oldest are dropped.
const SLACK: usize = 4096;

/// More records than this are not chosen: an import does it as quickly.
const MAX_CHOSEN: usize = 100_000;

/// Which of the records that meet a filter are wanted: the newest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// How many at most; those of the same time as the last of them come in addition.
    pub(crate) rows: usize,
    /// No newer ones than of this time.
    pub(crate) until: Option<Timestamp>,
}

impl Page {
    pub(super) const ALL: Page = Page {
        rows: usize::MAX,
        until: None,
    };
}

/// A record that meets the filter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranked {
    pub(super) time: Timestamp,
    pub(super) key: u128,
    pub(super) place: Place,
}

/// The newest records so far.
#[derive(Default)]
pub(super) struct Ranking {
    rows: usize,
    until: Option<Timestamp>,
    kept: Vec<Ranked>,
    /// How many may be kept before the oldest are dropped.
    room: usize,
    /// Older ones are not among the newest any more.
    floor: Option<Timestamp>,
}

impl Ranking {
    pub(super) fn new(page: Page) -> Ranking {
        Ranking {
            rows: page.rows,
            until: page.until,
            kept: Vec::new(),
            room: page.rows.saturating_mul(2).saturating_add(SLACK),
            floor: None,
        }
    }

    pub(super) fn add(&mut self, ranked: Ranked) {
        let is_too_new = self.until.is_some_and(|until| ranked.time > until);
        let is_too_old = self.floor.is_some_and(|floor| ranked.time < floor);
        if is_too_new || is_too_old {
            return;
        }
        self.kept.push(ranked);
        if self.kept.len() >= self.room {
            self.drop_old();
            self.room = self.room.max(self.kept.len() * 2);
        }
    }

    pub(super) fn extend(&mut self, other: Ranking) {
        other.kept.into_iter().for_each(|ranked| self.add(ranked));
    }

    fn drop_old(&mut self) {
        let order = |ranked: &Ranked| (Reverse(ranked.time), ranked.key, ranked.place);
        self.kept.sort_unstable_by_key(order);
        self.kept.dedup_by_key(|ranked| (ranked.time, ranked.key));
        // Those of the last time before the page may have been on it.
        let before = match self.until {
            Some(until) => self.kept.partition_point(|ranked| ranked.time >= until),
            None => 0,
        };
        let wanted = before.saturating_add(self.rows);
        if let Some(last) = wanted.checked_sub(1).and_then(|last| self.kept.get(last)) {
            let floor = last.time;
            self.floor = Some(floor);
            let end = self.kept.partition_point(|ranked| ranked.time >= floor);
            self.kept.truncate(end);
        }
    }

    /// Returns where the newest stand; `None` if they are too many.
    pub(super) fn finish(mut self) -> Option<Vec<Place>> {
        self.drop_old();
        let places = self.kept.iter().map(|ranked| ranked.place);
        (self.kept.len() <= MAX_CHOSEN).then(|| places.collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_newest_are_kept_with_all_of_the_last_time(
            times in prop::collection::vec((0..30i64, 0..3u128), 0..200),
            rows in 1..20usize,
            until in prop::option::of(0..30i64),
            room in 1..30usize,
        ) {
            let until = until.map(Timestamp::from_micros);
            let mut ranking = Ranking::new(Page { rows, until });
            ranking.room = room;
            let mut all = Vec::new();
            for (start, (time, key)) in (0..).zip(times) {
                let ranked = Ranked {
                    time: Timestamp::from_micros(time),
                    key,
                    place: Place { file: 0, start },
                };
                ranking.add(ranked);
                if until.is_none_or(|until| ranked.time <= until) {
                    all.push((Reverse(ranked.time), key, start));
                }
            }
            all.sort_unstable();
            all.dedup_by_key(|(time, key, _)| (*time, *key));
            let before = all.iter().filter(|(time, ..)| Some(time.0) == until).count();
            let last = all.get(before + rows - 1).map(|(time, ..)| time.0);
            all.retain(|(time, ..)| last.is_none_or(|last| time.0 >= last));
            let expected: Vec<u64> = all.iter().map(|(_, _, start)| *start).collect();
            let found: Vec<u64> = ranking.finish().unwrap().iter().map(|place| place.start).collect();
            prop_assert_eq!(found, expected);
        }
    }
}

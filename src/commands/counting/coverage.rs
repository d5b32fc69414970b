//! How much of a range of time is stored, of all collections that were asked about.
//!
//! Rule: an hour of which nothing is known is not taken for an empty one; of files that were asked directly nothing is
//! known, and nothing is claimed to be missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::fetch::State;
use crate::model::{Hour, Timestamp, Window};
use crate::render::Cover;

use super::super::completeness::Completeness;

/// What is known of the hours that an answer is about.
#[derive(Clone, Debug)]
pub(in crate::commands) enum Coverage {
    /// Files were asked.
    Unknown,
    Hours {
        /// Of each collection what is known, in order: from which hour to which.
        collections: Vec<Vec<(Hour, Hour, Known)>>,
        /// The stored hours of each collection that was never fetched from: of its other hours nothing can be missing.
        imported: Vec<BTreeSet<Hour>>,
    },
}

/// What is known of one hour of one collection.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct Known {
    /// Up to when something is stored of it; `None`: nothing is.
    stored_until: Option<Timestamp>,
    /// Why it is not complete.
    lack: Option<State>,
}

impl Coverage {
    pub(in crate::commands) fn of(completeness: Option<&Completeness>) -> Coverage {
        let Some(completeness) = completeness else {
            return Coverage::Unknown;
        };
        let mut collections: BTreeMap<_, Vec<(Hour, Hour, Known)>> = BTreeMap::new();
        let mut fetched = BTreeSet::new();
        let mut imported: BTreeMap<_, BTreeSet<Hour>> = BTreeMap::new();
        for (run, state, meta) in completeness.runs() {
            let collection = (run.provider, run.collection.clone());
            match meta {
                Some(meta) if meta.fetched_at.is_none() => {
                    let hours = imported.entry(collection.clone()).or_default();
                    hours.insert(run.first);
                }
                Some(_) => drop(fetched.insert(collection.clone())),
                None => {}
            }
            // What was fetched within the hour ends there.
            let end = run.last.end();
            let until = |fetched: Option<Timestamp>| fetched.map_or(end, |at| at.min(end));
            let known = Known {
                stored_until: meta.map(|meta| until(meta.fetched_at)),
                // Between imports nothing is known to be missing, and nothing is known at all.
                lack: state.filter(|state| {
                    !state.is_complete() || (*state == State::Imported && meta.is_none())
                }),
            };
            let runs = collections.entry(collection).or_default();
            runs.push((run.first, run.last, known));
        }
        imported.retain(|collection, _| !fetched.contains(collection));
        Coverage::Hours {
            collections: collections.into_values().collect(),
            imported: imported.into_values().collect(),
        }
    }

    /// Returns what can be said of a bucket.
    pub(in crate::commands) fn cover(&self, window: Window) -> Cover {
        let Coverage::Hours { collections, .. } = self else {
            return Cover::Complete;
        };
        let mut hours = window.hours();
        let (Some(first), last) = (hours.next(), hours.next_back()) else {
            return Cover::Complete;
        };
        let last = last.unwrap_or(first);
        let mut is_unknown = collections.is_empty();
        let mut looked_at: Vec<&Known> = Vec::new();
        for runs in collections {
            let begin = runs.partition_point(|(_, run_last, _)| *run_last < first);
            let mut seen = 0;
            for (run_first, run_last, known) in &runs[begin..] {
                if *run_first > last {
                    break;
                }
                seen += first.max(*run_first).hours_to(last.min(*run_last));
                looked_at.push(known);
            }
            is_unknown |= seen < first.hours_to(last);
        }
        let is_stored = looked_at.iter().any(|known| known.stored_until.is_some());
        let worst = looked_at
            .iter()
            .filter_map(|known| known.lack)
            .chain(is_unknown.then_some(State::Missing))
            .max_by_key(|state| badness(*state));
        match (worst, is_stored) {
            (None, _) => Cover::Complete,
            (Some(State::Missing | State::Expired | State::Imported), true) => {
                Cover::Partial("partly stored")
            }
            (Some(worst), true) => Cover::Partial(word(worst)),
            (Some(worst), false) => Cover::Gap(word(worst)),
        }
    }

    /// Returns how much of a window is stored, in microseconds, on the average of the collections; one that was only imported
    /// counts where it has something.
    pub(in crate::commands) fn stored_micros(&self, window: Window) -> i64 {
        let Coverage::Hours {
            collections,
            imported,
        } = self
        else {
            return window.end.since(window.start).max(0);
        };
        let is_inside = |hour: &Hour| hour.start() < window.end && window.start < hour.end();
        let elsewhere = imported.iter().filter(|hours| !hours.iter().any(is_inside));
        let number = collections.len().saturating_sub(elsewhere.count());
        let mut sum = 0;
        for (first, _, known) in collections.iter().flatten() {
            if let Some(until) = known.stored_until {
                let end = until.min(window.end);
                sum += end.since(first.start().max(window.start)).max(0);
            }
        }
        sum / number.max(1) as i64
    }
}

fn badness(state: State) -> u8 {
    match state {
        State::Settled | State::Empty => 0,
        State::Early => 1,
        State::Growing => 2,
        State::Imported => 3,
        State::Expired => 4,
        State::Missing => 5,
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Settled | State::Empty => "",
        State::Early => "too young",
        State::Growing => "growing",
        State::Imported => "not imported",
        State::Expired => "expired",
        State::Missing => "not fetched",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn hour(n: i32) -> Hour {
        Timestamp::from_micros(0).hour().plus(n)
    }

    fn known(n: i32, stored: Option<i64>, lack: Option<State>) -> (Hour, Known) {
        let stored_until = stored.map(|hours| hour(n).start().plus(hours));
        (hour(n), Known { stored_until, lack })
    }

    /// Gives each entry of an hour to the next collection.
    fn coverage(all: &[(Hour, Known)], number: usize) -> Coverage {
        let mut collections: Vec<Vec<(Hour, Hour, Known)>> = vec![Vec::new(); number];
        for (hour, known) in all {
            let lacks = |runs: &&mut Vec<(Hour, Hour, Known)>| {
                runs.last().is_none_or(|(last, ..)| last < hour)
            };
            let runs = collections.iter_mut().find(lacks).unwrap();
            runs.push((*hour, *hour, *known));
        }
        Coverage::Hours {
            collections,
            imported: Vec::new(),
        }
    }

    fn window(start: i64, end: i64) -> Window {
        Window {
            start: Timestamp::from_micros(start),
            end: Timestamp::from_micros(end),
        }
    }

    #[test]
    fn a_bucket_is_as_complete_as_the_worst_of_its_hours() {
        let of_one = coverage(
            &[
                known(0, Some(HOUR), None),
                known(1, None, Some(State::Missing)),
                known(2, Some(HOUR), Some(State::Growing)),
                known(3, None, Some(State::Early)),
                known(4, None, Some(State::Expired)),
            ],
            1,
        );
        let cover = |start: i64, end: i64| of_one.cover(window(start * HOUR / 2, end * HOUR / 2));
        assert_eq!(cover(0, 1), Cover::Complete);
        assert_eq!(cover(0, 2), Cover::Complete);
        assert_eq!(cover(0, 3), Cover::Partial("partly stored"));
        assert_eq!(cover(2, 4), Cover::Gap("not fetched"));
        assert_eq!(cover(4, 6), Cover::Partial("growing"));
        assert_eq!(cover(6, 8), Cover::Gap("too young"));
        assert_eq!(cover(8, 10), Cover::Gap("expired"));
        // Nobody has looked at the hour after the last.
        assert_eq!(cover(10, 11), Cover::Gap("not fetched"));
        assert_eq!(Coverage::Unknown.cover(window(0, HOUR)), Cover::Complete);
        assert_eq!(
            coverage(&[], 0).cover(window(0, HOUR)),
            Cover::Gap("not fetched")
        );
    }

    #[test]
    fn what_was_only_imported_counts_where_it_has_something() {
        let mut of_two = coverage(&[known(0, Some(HOUR), None), known(5, Some(HOUR), None)], 2);
        assert_eq!(of_two.stored_micros(window(0, HOUR)), HOUR / 2);
        if let Coverage::Hours { imported, .. } = &mut of_two {
            *imported = vec![BTreeSet::from([hour(0)]), BTreeSet::from([hour(5)])];
        }
        assert_eq!(of_two.stored_micros(window(0, HOUR)), HOUR);
        assert_eq!(of_two.stored_micros(window(5 * HOUR, 6 * HOUR)), HOUR);
        assert_eq!(of_two.stored_micros(window(2 * HOUR, 3 * HOUR)), 0);
    }

    #[test]
    fn every_collection_counts() {
        let of_two = coverage(
            &[
                known(0, Some(HOUR), None),
                known(0, None, Some(State::Missing)),
                known(1, Some(HOUR), None),
                known(1, Some(HOUR), None),
                known(2, Some(HOUR / 2), Some(State::Early)),
            ],
            2,
        );
        assert_eq!(
            of_two.cover(window(0, HOUR)),
            Cover::Partial("partly stored")
        );
        assert_eq!(of_two.cover(window(HOUR, 2 * HOUR)), Cover::Complete);
        // One of two, both of two, half an hour of one of two.
        assert_eq!(of_two.stored_micros(window(0, HOUR)), HOUR / 2);
        assert_eq!(of_two.stored_micros(window(0, 2 * HOUR)), HOUR + HOUR / 2);
        assert_eq!(
            of_two.stored_micros(window(HOUR / 2, 2 * HOUR)),
            HOUR + HOUR / 4
        );
        assert_eq!(of_two.stored_micros(window(2 * HOUR, 9 * HOUR)), HOUR / 4);
        assert_eq!(Coverage::Unknown.stored_micros(window(0, 5)), 5);
    }
}

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
        /// What is known of each hour; less than one entry a collection: nothing is stored of the others.
        known: BTreeMap<Hour, Vec<Known>>,
        collections: usize,
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
        let mut known: BTreeMap<Hour, Vec<Known>> = BTreeMap::new();
        let mut collections = BTreeSet::new();
        let mut fetched = BTreeSet::new();
        let mut imported: BTreeMap<_, BTreeSet<Hour>> = BTreeMap::new();
        for (key, state, meta) in completeness.hours() {
            let collection = (key.provider, key.collection.clone());
            match meta {
                Some(meta) if meta.fetched_at.is_none() => {
                    imported
                        .entry(collection.clone())
                        .or_default()
                        .insert(key.hour);
                }
                Some(_) => drop(fetched.insert(collection.clone())),
                None => {}
            }
            collections.insert(collection);
            // What was fetched within the hour ends there.
            let until = |fetched: Option<Timestamp>| {
                fetched.map_or(key.hour.end(), |at| at.min(key.hour.end()))
            };
            known.entry(key.hour).or_default().push(Known {
                stored_until: meta.map(|meta| until(meta.fetched_at)),
                // Between imports nothing is known to be missing, and nothing is known at all.
                lack: state.filter(|state| {
                    !state.is_complete() || (*state == State::Imported && meta.is_none())
                }),
            });
        }
        imported.retain(|collection, _| !fetched.contains(collection));
        Coverage::Hours {
            known,
            collections: collections.len(),
            imported: imported.into_values().collect(),
        }
    }

    /// Returns what can be said of a bucket.
    pub(in crate::commands) fn cover(&self, window: Window) -> Cover {
        let Coverage::Hours {
            known, collections, ..
        } = self
        else {
            return Cover::Complete;
        };
        let mut hours = window.hours();
        // A window may be far longer than what is known: only known hours are looked at.
        let (all, _) = hours.size_hint();
        let looked_at = match (hours.next(), hours.next_back()) {
            (Some(first), last) => known.range(first..=last.unwrap_or(first)),
            (None, _) => return Cover::Complete,
        };
        let looked_at: Vec<&Vec<Known>> = looked_at.map(|(_, hour)| hour).collect();
        let is_unknown = looked_at.len() < all
            || looked_at
                .iter()
                .any(|hour| hour.len() < (*collections).max(1));
        let each = || looked_at.iter().flat_map(|hour| hour.iter());
        let is_stored = each().any(|known| known.stored_until.is_some());
        let worst = each()
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
            known,
            collections,
            imported,
        } = self
        else {
            return window.end.since(window.start).max(0);
        };
        let is_inside = |hour: &Hour| hour.start() < window.end && window.start < hour.end();
        let elsewhere = imported.iter().filter(|hours| !hours.iter().any(is_inside));
        let collections = collections.saturating_sub(elsewhere.count());
        let mut sum = 0;
        for (hour, hours) in known {
            for until in hours.iter().filter_map(|known| known.stored_until) {
                let end = until.min(window.end);
                sum += end.since(hour.start().max(window.start)).max(0);
            }
        }
        sum / collections.max(1) as i64
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

    fn coverage(all: &[(Hour, Known)], collections: usize) -> Coverage {
        let mut known: BTreeMap<Hour, Vec<Known>> = BTreeMap::new();
        for (hour, one) in all {
            known.entry(*hour).or_default().push(*one);
        }
        Coverage::Hours {
            known,
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

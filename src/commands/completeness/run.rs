//! Hours one after the other that are in one state.
//!
//! Rule: what is not stored costs nothing, however long it is: gaps are runs, never lists of hours.

use std::collections::{BTreeMap, BTreeSet};

use crate::fetch::{Policy, State, due_at, state, stretches_of};
use crate::model::{Hour, Provider, Stretches, Timestamp, Window, count};
use crate::store::HourMeta;

use super::super::Context;
use super::super::filters::Scope;

/// Hours of a collection in one state; where something is stored, a single one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::commands) struct Run {
    pub(in crate::commands) provider: Provider,
    pub(in crate::commands) collection: String,
    pub(in crate::commands) first: Hour,
    pub(in crate::commands) last: Hour,
    pub(in crate::commands) state: State,
}

impl Run {
    pub(super) fn hours(&self) -> u64 {
        self.first.hours_to(self.last)
    }
}

/// What is known of a collection's hours.
pub(super) struct Known<'k> {
    pub(super) metas: BTreeMap<Hour, &'k HourMeta>,
    pub(super) unreadable: BTreeSet<Hour>,
    pub(super) policy: Policy,
    pub(super) now: Timestamp,
}

impl Known<'_> {
    /// Returns the first and last hours of the ranges that are looked at: those asked for; else from the first stored hour
    /// to the last, but for those that lie far from all others and so are looked at by themselves.
    fn ranges(&self, scope: &Scope) -> Vec<(Hour, Hour)> {
        if !scope.hours.is_empty() {
            let hours: BTreeSet<Hour> = scope.hours.iter().copied().collect();
            return hours.into_iter().map(|hour| (hour, hour)).collect();
        }
        if let Some(window) = scope.window {
            return of_window(window).into_iter().collect();
        }
        let stretches = self.stretches();
        let Some(bulk) = stretches.of_bulk() else {
            return Vec::new();
        };
        let outliers = stretches.outliers.iter().map(|stretch| stretch.window);
        let outside = outliers.filter(|outlier| !bulk.contains(outlier.start));
        let mut windows: Vec<Window> = outside.chain([bulk]).collect();
        windows.sort_unstable_by_key(|window| window.start);
        windows.into_iter().filter_map(of_window).collect()
    }

    /// Returns where the stored hours lie.
    fn stretches(&self) -> Stretches {
        let stored = self.metas.iter().map(|(hour, meta)| (*hour, Some(*meta)));
        let unreadable = self.unreadable.iter().map(|hour| (*hour, None));
        stretches_of(stored.chain(unreadable))
    }

    /// Returns the last hour that was fetched, and is no outlier.
    pub(super) fn newest_fetched(&self) -> Option<Hour> {
        let bulk = self.stretches().of_bulk()?;
        let fetched = self
            .metas
            .iter()
            .filter(|(_, meta)| meta.fetched_at.is_some());
        let mut hours = fetched.map(|(hour, _)| *hour);
        hours.rfind(|hour| bulk.contains(hour.start()))
    }

    /// Returns the hours since another whose logs can be expected by now.
    pub(super) fn behind(&self, provider: Provider, collection: &str, newest: Hour) -> Option<Run> {
        let mut last = self.now.hour();
        while last > newest && due_at(last, &self.policy) > self.now {
            last = last.plus(-1);
        }
        (newest < last).then(|| Run {
            provider,
            collection: collection.to_owned(),
            first: newest.next(),
            last,
            state: State::Missing,
        })
    }

    /// Returns the runs of the hours in scope, in order.
    pub(super) fn runs(&self, provider: Provider, collection: &str, scope: &Scope) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut add = |first: Hour, last: Hour, state: State| {
            runs.push(Run {
                provider,
                collection: collection.to_owned(),
                first,
                last,
                state,
            });
        };
        let stored: BTreeSet<Hour> = self.metas.keys().chain(&self.unreadable).copied().collect();
        for (first, last) in self.ranges(scope) {
            let mut next = first;
            for hour in stored.range(first..=last) {
                self.gap(next, hour.plus(-1), &mut add);
                add(*hour, *hour, self.state(*hour));
                next = hour.next();
            }
            self.gap(next, last, &mut add);
        }
        runs
    }

    pub(super) fn state(&self, hour: Hour) -> State {
        let meta = self.metas.get(&hour).copied();
        state(hour, meta, self.now, &self.policy)
    }

    /// Cuts hours of which nothing is stored where their state changes: what is expired lies before what is missing, and
    /// that before what is early.
    fn gap(&self, mut first: Hour, last: Hour, add: &mut impl FnMut(Hour, Hour, State)) {
        while first <= last {
            let state = self.state(first);
            // The last hour in this state lies from `low` to before `high`.
            let (mut low, mut high) = (first, last.next());
            while low.next() < high {
                let middle = low.middle(high);
                if self.state(middle) == state {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            add(first, low, state);
            if low == low.next() {
                return;
            }
            first = low.next();
        }
    }
}

/// Returns the first and last hours of a window.
fn of_window(window: Window) -> Option<(Hour, Hour)> {
    let mut hours = window.hours();
    let first = hours.next()?;
    Some((first, hours.next_back().unwrap_or(first)))
}

/// Takes runs apart by what one command fetches: all collections of Segment, elsewhere one.
pub(super) fn by_account(runs: Vec<Run>) -> Vec<Vec<Run>> {
    let mut groups: BTreeMap<(Provider, Option<String>), Vec<Run>> = BTreeMap::new();
    for run in runs {
        let collection = (run.provider != Provider::Segment).then(|| run.collection.clone());
        groups
            .entry((run.provider, collection))
            .or_default()
            .push(run);
    }
    groups.into_values().collect()
}

/// Returns the hours of any collection, as first and last of those that follow each other.
pub(super) fn joined(runs: &[Run]) -> Vec<(Hour, Hour)> {
    let mut all: Vec<(Hour, Hour)> = runs.iter().map(|run| (run.first, run.last)).collect();
    all.sort_unstable();
    let mut joined: Vec<(Hour, Hour)> = Vec::new();
    for (first, last) in all {
        match joined.last_mut() {
            Some((_, end)) if first <= end.next() => *end = last.max(*end),
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// Returns `3 hours are`.
pub(super) fn are(runs: &[Run]) -> String {
    let hours = runs.iter().map(Run::hours).sum();
    let verb = if hours == 1 { "is" } else { "are" };
    format!("{} {verb}", count(hours, "hour"))
}

/// Writes hours as runs, at most four, with the collections they are of:
/// `2025-03-23T05 to 2025-03-23T07, 2025-03-23T12 (braze)`.
pub(super) fn list(runs: &[Run], context: &Context<'_>) -> String {
    const MOST: usize = 4;
    let joined = joined(runs);
    let shown = joined.iter().take(MOST).map(|(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first} to {last}")
        }
    });
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if joined.len() > MOST {
        text.push_str(&format!(" and {} more", joined.len() - MOST));
    }
    let names: BTreeSet<&str> = runs
        .iter()
        .map(|run| context.settings.name_of(&run.collection))
        .collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    match runs.first() {
        Some(run) if run.provider != Provider::Segment => {
            format!("{text} ({} {names})", run.provider)
        }
        _ => format!("{text} ({names})"),
    }
}

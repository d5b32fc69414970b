//! What a reader could be misled by: hours that are missing, growing, expired or unreadable, lines that were rejected.
//!
//! Rule: every verb that answers from the store says this of the hours it looked at, and nothing it cannot know.

use std::collections::{BTreeMap, BTreeSet};

use crate::fetch::{Policy, State, Stored, due_at, read_stored, state};
use crate::model::{Filter, Hour, Provider, Timestamp, Window, count, format_span};
use crate::query::Orphans;
use crate::store::{HourKey, Store};

use super::filters::Scope;
use super::{Context, Error};

/// The state of every hour that a question looked at.
pub(super) struct Completeness {
    now: Timestamp,
    policy: Policy,
    stored: Stored,
    states: BTreeMap<HourKey, State>,
    /// No range of time was asked for: what came after the newest hour is unknown.
    is_open_ended: bool,
}

impl Completeness {
    /// Looks at the stored hours in scope, and at the gaps between them.
    pub(super) fn of(store: &Store, scope: &Scope, context: &Context<'_>) -> Result<Self, Error> {
        let policy = Policy {
            settle_hours: context.settings.settle_hours,
            retention_days: context.settings.retention_days,
        };
        let filter = Filter {
            providers: scope.providers.clone(),
            collections: scope.collections.clone(),
            ..Filter::default()
        };
        let stored = read_stored(store, &filter, Window::ALL)?;
        let mut collections: BTreeSet<(Provider, String)> = stored
            .metas
            .keys()
            .map(|key| (key.provider, key.collection.clone()))
            .collect();
        for collection in &scope.collections {
            if !collections.iter().any(|(_, known)| known == collection) {
                collections.insert((Provider::Segment, collection.clone()));
            }
        }
        let mut states = BTreeMap::new();
        for (provider, collection) in collections {
            let of_collection =
                |key: &&HourKey| key.provider == provider && key.collection == collection;
            let mut known = stored
                .metas
                .keys()
                .filter(of_collection)
                .map(|key| key.hour);
            let hours: Vec<Hour> = if !scope.hours.is_empty() {
                scope.hours.clone()
            } else if let Some(window) = scope.window {
                window.hours().collect()
            } else {
                let first = known.next();
                let last = known.next_back().or(first);
                match (first, last) {
                    (Some(first), Some(last)) => hours_between(first, last),
                    _ => Vec::new(),
                }
            };
            for hour in hours {
                let key = HourKey {
                    provider,
                    collection: collection.clone(),
                    hour,
                };
                let state = state(hour, stored.metas.get(&key), context.now, &policy);
                states.insert(key, state);
            }
        }
        Ok(Completeness {
            now: context.now,
            policy,
            stored,
            states,
            is_open_ended: scope.window.is_none() && scope.hours.is_empty(),
        })
    }

    /// Returns whether nothing is missing, late, rejected or unreadable.
    pub(super) fn is_complete(&self) -> bool {
        self.states.values().all(|state| state.is_complete())
            && self.stored.unreadable.is_empty()
            && self.rejects().is_empty()
    }

    /// Says on stderr what is not complete, with the command that mends it.
    pub(super) fn tell(&self, context: &mut Context<'_>) {
        for (key, error) in &self.stored.unreadable {
            context.messages.warn(&format!(
                "{} {} is left out: {error}",
                self.name(key, context),
                key.hour
            ));
        }
        for (state, what) in [
            (State::Missing, "not fetched"),
            (
                State::Expired,
                "incomplete for good: the vendor no longer keeps them",
            ),
            (State::Growing, "still growing: more records may come"),
        ] {
            for (collection, hours) in self.hours_in(state, context) {
                let said = format!(
                    "{} of {collection} {}: {}",
                    count(hours.len() as u64, "hour"),
                    agree(&hours, what),
                    list(&hours)
                );
                if state == State::Growing {
                    context.messages.note(&said);
                } else {
                    context.messages.warn(&said);
                }
                if state != State::Expired {
                    let command = fetch_command(&context.program, &collection, &hours);
                    context.messages.hint(&command);
                }
            }
        }
        for (collection, hours) in self.hours_in(State::Early, context) {
            let due = hours
                .first()
                .map(|hour| due_at(*hour).to_rfc3339())
                .unwrap_or_default();
            context.messages.note(&format!(
                "{} of {collection} too young: logs appear 1 to 2 h late; {} due at {due}",
                count(hours.len() as u64, "hour"),
                hours.first().map(Hour::to_string).unwrap_or_default(),
            ));
        }
        for (key, rejects) in self.rejects() {
            let path = Store::open(&context.settings.data).rejects_file(&key);
            context.messages.warn(&format!(
                "{} of {} {} could not be decoded; kept in {}",
                count(rejects, "line"),
                self.name(&key, context),
                key.hour,
                path.display()
            ));
        }
        self.tell_age(context);
    }

    /// Where no range was asked for, says how old the newest hour is, lest silence be taken for health.
    fn tell_age(&self, context: &mut Context<'_>) {
        let mut newest: BTreeMap<&str, Hour> = BTreeMap::new();
        for key in self.stored.metas.keys() {
            newest.insert(&key.collection, key.hour);
        }
        for (collection, hour) in newest {
            let due: Vec<Hour> = hours_between(hour.next(), self.now.hour())
                .into_iter()
                .filter(|hour| due_at(*hour) <= self.now)
                .collect();
            if self.is_open_ended && !due.is_empty() {
                let name = alias_of(context, collection);
                let said = format!(
                    "the newest stored hour of {name} is {hour}, {} ago; {} since then not fetched",
                    format_span(self.now.since(hour.start())),
                    count(due.len() as u64, "hour"),
                );
                context.messages.note(&said);
            }
        }
    }

    /// Explains attempts whose exchange is not stored.
    pub(super) fn tell_orphans(&self, orphans: &Orphans, context: &mut Context<'_>) {
        let (mut not_fetched, mut growing, mut absent) = (0, 0, 0);
        for ((key, occurred), n) in &orphans.by_hour {
            let other = HourKey {
                hour: *occurred,
                ..key.clone()
            };
            let states = [key, &other]
                .map(|key| state(key.hour, self.stored.metas.get(key), self.now, &self.policy));
            if states.contains(&State::Missing) || states.contains(&State::Expired) {
                not_fetched += n;
            } else if states.contains(&State::Growing) || states.contains(&State::Early) {
                growing += n;
            } else {
                absent += n;
            }
        }
        let parts: Vec<String> = [
            (not_fetched, "in an hour that is not fetched"),
            (growing, "in an hour that is still growing"),
            (absent, "not in the logs at all"),
        ]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, why)| format!("{n} {why}"))
        .collect();
        if !parts.is_empty() {
            let said = format!(
                "{} without exchange: {}",
                count(orphans.count(), "attempt"),
                parts.join(", ")
            );
            context.messages.warn(&said);
        }
    }

    fn rejects(&self) -> Vec<(HourKey, u64)> {
        let metas = self.stored.metas.iter();
        metas
            .filter(|(key, meta)| meta.rejects > 0 && self.states.contains_key(key))
            .map(|(key, meta)| (key.clone(), meta.rejects))
            .collect()
    }

    fn hours_in(&self, wanted: State, context: &Context<'_>) -> BTreeMap<String, Vec<Hour>> {
        let mut found: BTreeMap<String, Vec<Hour>> = BTreeMap::new();
        for (key, _) in self.states.iter().filter(|(_, state)| **state == wanted) {
            found
                .entry(self.name(key, context))
                .or_default()
                .push(key.hour);
        }
        found
    }

    fn name(&self, key: &HourKey, context: &Context<'_>) -> String {
        alias_of(context, &key.collection)
    }
}

/// Returns the user's own name for a collection.
fn alias_of(context: &Context<'_>, collection: &str) -> String {
    let aliases = &context.settings.aliases;
    let alias = aliases.iter().find(|(_, id)| *id == collection);
    alias.map_or_else(|| collection.to_owned(), |(alias, _)| alias.clone())
}

fn hours_between(first: Hour, last: Hour) -> Vec<Hour> {
    let window = Window {
        start: first.start(),
        end: last.end(),
    };
    window.hours().collect()
}

fn agree(hours: &[Hour], what: &str) -> String {
    let verb = if hours.len() == 1 { "is" } else { "are" };
    let what = if hours.len() == 1 {
        what.replace("them", "it")
    } else {
        what.to_owned()
    };
    format!("{verb} {what}")
}

/// Writes hours as runs, at most four: `2025-03-23T05 to 2025-03-23T07, 2025-03-23T12`.
fn list(hours: &[Hour]) -> String {
    const MOST: usize = 4;
    let mut runs: Vec<(Hour, Hour)> = Vec::new();
    for hour in hours {
        match runs.last_mut() {
            Some((_, last)) if last.next() == *hour => *last = *hour,
            _ => runs.push((*hour, *hour)),
        }
    }
    let shown: Vec<String> = runs
        .iter()
        .take(MOST)
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first} to {last}")
            }
        })
        .collect();
    let more = runs.len().saturating_sub(MOST);
    if more > 0 {
        format!("{} and {more} more", shown.join(", "))
    } else {
        shown.join(", ")
    }
}

/// The command that fetches hours: named one by one if few, else as a range, in which settled hours cost nothing.
fn fetch_command(program: &str, collection: &str, hours: &[Hour]) -> String {
    let when = match hours {
        [first, .., last] if hours.len() > 3 => format!("--since {first} --until {}", last.next()),
        few => few
            .iter()
            .map(|hour| format!("--hour {hour}"))
            .collect::<Vec<_>>()
            .join(" "),
    };
    format!(
        "{program} fetch --collection {} {when}",
        super::quote(collection)
    )
}

//! What a reader could be misled by: hours that are missing, growing, expired or unreadable, lines that were rejected.
//!
//! Rule: every verb that answers from the store says this of the hours it looked at, and nothing it cannot know.

mod fetching;
#[cfg(test)]
mod tests;
mod unknown;

use std::collections::{BTreeMap, BTreeSet};

use crate::fetch::{Policy, State, Stored, due_at, has_fetched, lateness, read_stored, state};
use crate::model::{Filter, Hour, Provider, Timestamp, Window, count};
use crate::providers::spec;
use crate::query::Orphans;
use crate::store::{HourKey, HourMeta, Store, StoreError};

use super::filters::Scope;
use super::hours::policy_of;
use super::{Context, Error};
use fetching::fetch_command;

/// The state of every hour that a question looked at.
pub(super) struct Completeness {
    now: Timestamp,
    /// Of each collection.
    policies: BTreeMap<(Provider, String), Policy>,
    stored: Stored,
    states: BTreeMap<HourKey, State>,
    /// Providers asked for; none is all.
    providers: Vec<Provider>,
    /// Collections asked for of which nothing is stored.
    unknown: Vec<String>,
    /// No range of time was asked for: what came after the newest hour is unknown.
    is_open_ended: bool,
}

impl Completeness {
    /// Looks at the stored hours in scope, and at the gaps between them.
    pub(super) fn of(store: &Store, scope: &Scope, context: &Context<'_>) -> Result<Self, Error> {
        let settings = &context.settings;
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
        let is_stored = |wanted: &&String| collections.iter().any(|(_, known)| known == *wanted);
        let asked = scope.collections.iter();
        let unknown: Vec<String> = asked.filter(|wanted| !is_stored(wanted)).cloned().collect();
        let provider_of = |name: &String| match scope.providers.as_slice() {
            [one] => *one,
            _ => {
                let mut accounts = settings.accounts.iter();
                let account = accounts.find(|account| account.collection == *name);
                account.map_or(Provider::Segment, |account| account.provider)
            }
        };
        collections.extend(unknown.iter().map(|name| (provider_of(name), name.clone())));
        let (mut states, mut policies) = (BTreeMap::new(), BTreeMap::new());
        for (provider, collection) in collections {
            let of_collection =
                |key: &&HourKey| key.provider == provider && key.collection == collection;
            let metas = stored.metas.iter().filter(|(key, _)| of_collection(key));
            let policy = policy_of(settings, provider, &collection, metas.map(|(_, meta)| meta));
            policies.insert((provider, collection.clone()), policy);
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
            policies,
            stored,
            states,
            providers: scope.providers.clone(),
            unknown,
            is_open_ended: scope.window.is_none() && scope.hours.is_empty(),
        })
    }

    /// Adds hours that could not be read while a question was answered, and so were left out of the answer: what their
    /// footers say of them is of no use.
    pub(super) fn without(mut self, left_out: BTreeMap<HourKey, String>, store: &Store) -> Self {
        for (key, reason) in left_out {
            let unreadable = &mut self.stored.unreadable;
            if unreadable.iter().any(|(known, _)| *known == key) {
                continue;
            }
            let path = store.records_file(&key);
            unreadable.push((key.clone(), StoreError::Damaged { path, reason }));
            self.stored.metas.remove(&key);
            let policy = self.policy(&key);
            if let Some(known) = self.states.get_mut(&key) {
                *known = state(key.hour, None, self.now, &policy);
            }
        }
        self
    }

    /// Returns every hour that was looked at, with its state and what is stored of it. No state: only imported records
    /// are stored, and nobody knows what they lack.
    pub(super) fn hours(
        &self,
    ) -> impl Iterator<Item = (&HourKey, Option<State>, Option<&HourMeta>)> {
        self.states.iter().map(|(key, state)| {
            let state = (!self.is_imported(key)).then_some(*state);
            (key, state, self.stored.metas.get(key))
        })
    }

    /// Returns whether nothing is missing, late, rejected or unreadable.
    pub(super) fn is_complete(&self) -> bool {
        let mut states = self.states.iter();
        states.all(|(key, state)| state.is_complete() || self.is_imported(key))
            && self.unknown.is_empty()
            && self.stored.unreadable.is_empty()
            && self.rejects().is_empty()
    }

    /// Says on stderr what is not complete, a line a state, with the command that mends it.
    pub(super) fn tell(&self, context: &mut Context<'_>) {
        for (key, error) in &self.stored.unreadable {
            let name = context.settings.name_of(&key.collection);
            let said = format!("{name} {} is left out: {error}", key.hour);
            context.messages.warn(&said);
        }
        self.tell_unknown(context);
        for missing in self.in_state(State::Missing) {
            let said = format!("{} not fetched: {}", are(&missing), list(&missing, context));
            context.messages.warn(&said);
            context.messages.hint(&fetch_command(&missing, context));
        }
        for expired in self.in_state(State::Expired) {
            let said = format!(
                "{} incomplete for good, deleted by the vendor: {}",
                are(&expired),
                list(&expired, context)
            );
            context.messages.warn(&said);
        }
        for growing in self.in_state(State::Growing) {
            let said = format!(
                "{} still growing: {}; for what came since: {}",
                are(&growing),
                list(&growing, context),
                fetch_command(&growing, context)
            );
            context.messages.note(&said);
        }
        for early in self.in_state(State::Early) {
            let Some(first) = early.first() else {
                continue;
            };
            let due = early
                .iter()
                .map(|key| due_at(key.hour, &self.policy(key)))
                .min();
            let said = format!(
                "{} too young, {}: {}; the first is due at {}",
                are(&early),
                lateness(first.provider),
                list(&early, context),
                due.unwrap_or(self.now)
            );
            context.messages.note(&said);
        }
        self.tell_rejects(context);
        self.tell_age(context);
    }

    fn tell_rejects(&self, context: &mut Context<'_>) {
        let rejects = self.rejects();
        let lines: u64 = rejects.iter().map(|meta| meta.rejects.lines).sum();
        let store = Store::open(&context.settings.data);
        if let [meta] = rejects.as_slice()
            && let Some(path) = store.rejects_file(meta)
        {
            context.messages.warn(&format!(
                "{} of {} {} could not be decoded; kept in {}",
                count(lines, "line"),
                context.settings.name_of(&meta.key.collection),
                meta.key.hour,
                path.display()
            ));
        } else if lines > 0 {
            let keys: Vec<HourKey> = rejects.iter().map(|meta| meta.key.clone()).collect();
            context.messages.warn(&format!(
                "{} could not be decoded, kept in _rejects-*.ndjson beside {}: {}",
                count(lines, "line"),
                count(keys.len() as u64, "hour"),
                list(&keys, context)
            ));
        }
    }

    /// Where no range was asked for, says how old the newest hour is, lest silence be taken for health.
    fn tell_age(&self, context: &mut Context<'_>) {
        let mut newest: BTreeMap<(Provider, &str), Hour> = BTreeMap::new();
        for (key, meta) in &self.stored.metas {
            if meta.fetched_at.is_some() {
                newest.insert((key.provider, &key.collection), key.hour);
            }
        }
        let mut behind = Vec::new();
        for ((provider, collection), hour) in newest {
            let since = hours_between(hour.next(), self.now.hour());
            behind.extend(since.into_iter().map(|hour| HourKey {
                provider,
                collection: collection.to_owned(),
                hour,
            }));
        }
        behind.retain(|key| due_at(key.hour, &self.policy(key)) <= self.now);
        if !self.is_open_ended {
            return;
        }
        for behind in by_account(behind) {
            let said = format!(
                "{} since the newest stored not fetched: {}",
                are(&behind),
                list(&behind, context)
            );
            context.messages.note(&said);
            context.messages.hint(&fetch_command(&behind, context));
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
            let states = [key, &other].map(|key| {
                let meta = self.stored.metas.get(key);
                state(key.hour, meta, self.now, &self.policy(key))
            });
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

    fn rejects(&self) -> Vec<&HourMeta> {
        let metas = self.stored.metas.iter();
        metas
            .filter(|(key, meta)| meta.rejects.lines > 0 && self.states.contains_key(key))
            .map(|(_, meta)| meta)
            .collect()
    }

    /// Returns the hours in a state, account by account. One that only holds imported records has none: what it lacks
    /// nobody knows.
    fn in_state(&self, wanted: State) -> Vec<Vec<HourKey>> {
        let states = self.states.iter();
        let keys = states
            .filter(|(key, state)| **state == wanted && !self.is_imported(key))
            .map(|(key, _)| key.clone());
        by_account(keys.collect())
    }

    fn is_imported(&self, key: &HourKey) -> bool {
        let meta = self.stored.metas.get(key);
        meta.is_some_and(|meta| !has_fetched(meta))
    }

    fn policy(&self, key: &HourKey) -> Policy {
        let known = self.policies.get(&(key.provider, key.collection.clone()));
        known.copied().unwrap_or_else(|| spec(key.provider).keeping)
    }
}

/// Takes hours apart by what one command fetches: all collections of Segment, elsewhere one.
fn by_account(keys: Vec<HourKey>) -> Vec<Vec<HourKey>> {
    let mut groups: BTreeMap<(Provider, Option<String>), Vec<HourKey>> = BTreeMap::new();
    for key in keys {
        let collection = (key.provider != Provider::Segment).then(|| key.collection.clone());
        groups
            .entry((key.provider, collection))
            .or_default()
            .push(key);
    }
    groups.into_values().collect()
}

fn hours_between(first: Hour, last: Hour) -> Vec<Hour> {
    let window = Window {
        start: first.start(),
        end: last.end(),
    };
    window.hours().collect()
}

fn are(keys: &[HourKey]) -> String {
    let verb = if keys.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", count(keys.len() as u64, "hour"))
}

/// Writes hours as runs, at most four, with the collections they are of:
/// `2025-03-23T05 to 2025-03-23T07, 2025-03-23T12 (braze)`.
fn list(keys: &[HourKey], context: &Context<'_>) -> String {
    const MOST: usize = 4;
    let hours: BTreeSet<Hour> = keys.iter().map(|key| key.hour).collect();
    let mut runs: Vec<(Hour, Hour)> = Vec::new();
    for hour in hours {
        match runs.last_mut() {
            Some((_, last)) if last.next() == hour => *last = hour,
            _ => runs.push((hour, hour)),
        }
    }
    let shown = runs.iter().take(MOST).map(|(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first} to {last}")
        }
    });
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if runs.len() > MOST {
        text.push_str(&format!(" and {} more", runs.len() - MOST));
    }
    let names = names(keys, context).join(", ");
    match keys.first() {
        Some(key) if key.provider != Provider::Segment => {
            format!("{text} ({} {names})", key.provider)
        }
        _ => format!("{text} ({names})"),
    }
}

fn names<'n>(keys: &'n [HourKey], context: &'n Context<'_>) -> Vec<&'n str> {
    let names: BTreeSet<&str> = keys
        .iter()
        .map(|key| context.settings.name_of(&key.collection))
        .collect();
    names.into_iter().collect()
}

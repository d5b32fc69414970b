//! What a reader could be misled by: hours that are missing, growing, expired or unreadable, lines that were rejected.
//!
//! Rule: every verb that answers from the store says this of the hours it looked at, and nothing it cannot know.

mod fetching;
mod run;
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
pub(super) use run::Run;
use run::{Known, are, by_account, list};

/// The state of every hour that a question looked at.
pub(super) struct Completeness {
    now: Timestamp,
    /// Of each collection.
    policies: BTreeMap<(Provider, String), Policy>,
    stored: Stored,
    runs: Vec<Run>,
    /// Where no range of time was asked for: the hours since the newest that was fetched.
    behind: Vec<Run>,
    /// Providers asked for; none is all.
    providers: Vec<Provider>,
    /// Collections asked for of which nothing is stored.
    unknown: Vec<String>,
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
        let mut completeness = Completeness {
            now: context.now,
            policies: BTreeMap::new(),
            stored,
            runs: Vec::new(),
            behind: Vec::new(),
            providers: scope.providers.clone(),
            unknown,
        };
        let is_open_ended = scope.window.is_none() && scope.hours.is_empty();
        for (provider, collection) in collections {
            let known = completeness.known(provider, &collection, |metas| {
                policy_of(settings, provider, &collection, metas.values().copied())
            });
            let runs = known.runs(provider, &collection, scope);
            let behind = known.newest_fetched().filter(|_| is_open_ended);
            let behind = behind.and_then(|newest| known.behind(provider, &collection, newest));
            let policy = known.policy;
            completeness.runs.extend(runs);
            completeness.behind.extend(behind);
            completeness.policies.insert((provider, collection), policy);
        }
        let is_asked = |key: &HourKey| match (scope.hours.is_empty(), scope.window) {
            (false, _) => scope.hours.contains(&key.hour),
            (true, Some(Window { start, end })) => key.hour.start() < end && start < key.hour.end(),
            (true, None) => true,
        };
        completeness
            .stored
            .unreadable
            .retain(|(key, _)| is_asked(key));
        Ok(completeness)
    }

    /// Returns what is known of the hours of a collection.
    fn known(
        &self,
        provider: Provider,
        collection: &str,
        policy: impl FnOnce(&BTreeMap<Hour, &HourMeta>) -> Policy,
    ) -> Known<'_> {
        let is_its = |key: &HourKey| key.provider == provider && key.collection == collection;
        let metas = self.stored.metas.iter().filter(|(key, _)| is_its(key));
        let metas = metas.map(|(key, meta)| (key.hour, meta)).collect();
        let unreadable = self.stored.unreadable.iter().map(|(key, _)| key);
        Known {
            policy: policy(&metas),
            metas,
            unreadable: unreadable
                .filter(|key| is_its(key))
                .map(|key| key.hour)
                .collect(),
            now: self.now,
        }
    }

    /// Adds hours that could not be read while a question was answered, and so were left out of the answer: what their
    /// footers say of them is of no use.
    pub(super) fn without(mut self, left_out: BTreeMap<HourKey, String>, store: &Store) -> Self {
        for (key, reason) in left_out {
            let unreadable = &self.stored.unreadable;
            if !unreadable.iter().any(|(known, _)| *known == key) {
                let path = store.records_file(&key);
                // What its footer says of it is of no use.
                self.stored.metas.remove(&key);
                let policy = self.policy(&key);
                let runs = self.runs.iter_mut().filter(|run| key_of(run) == key);
                runs.for_each(|run| run.state = state(key.hour, None, self.now, &policy));
                let error = StoreError::Damaged { path, reason };
                self.stored.unreadable.push((key, error));
            }
        }
        self
    }

    /// Returns every run of hours that was looked at, with its state and what is stored of it. No state: only imported
    /// records are stored, and nobody knows what they lack.
    pub(super) fn runs(&self) -> impl Iterator<Item = (&Run, Option<State>, Option<&HourMeta>)> {
        self.runs.iter().map(|run| {
            let key = key_of(run);
            let state = (!self.is_imported(&key)).then_some(run.state);
            (run, state, self.stored.metas.get(&key))
        })
    }

    /// Returns whether nothing is missing, late, rejected or unreadable.
    pub(super) fn is_complete(&self) -> bool {
        let mut runs = self.runs();
        runs.all(|(_, state, _)| state.is_none_or(State::is_complete))
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
                .map(|run| due_at(run.first, &self.policy(&key_of(run))))
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
            let hours: Vec<Run> = rejects.iter().map(|meta| run_of(&meta.key)).collect();
            context.messages.warn(&format!(
                "{} could not be decoded, kept in _rejects-*.ndjson beside {}: {}",
                count(lines, "line"),
                count(hours.len() as u64, "hour"),
                list(&hours, context)
            ));
        }
    }

    /// Where no range was asked for, says how old the newest hour is, lest silence be taken for health.
    fn tell_age(&self, context: &mut Context<'_>) {
        for behind in by_account(self.behind.clone()) {
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
        let metas = self
            .runs
            .iter()
            .filter_map(|run| self.stored.metas.get(&key_of(run)));
        metas.filter(|meta| meta.rejects.lines > 0).collect()
    }

    /// Returns the hours in a state, account by account. One that only holds imported records has none: what it lacks
    /// nobody knows. One that cannot be read is told of by itself.
    fn in_state(&self, wanted: State) -> Vec<Vec<Run>> {
        let unreadable: BTreeSet<&HourKey> =
            self.stored.unreadable.iter().map(|(key, _)| key).collect();
        let runs = self
            .runs()
            .filter(|(run, state, _)| *state == Some(wanted) && !unreadable.contains(&key_of(run)));
        by_account(runs.map(|(run, ..)| run.clone()).collect())
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

/// Names the first hour of a run; where something is stored, the only one.
fn key_of(run: &Run) -> HourKey {
    HourKey {
        provider: run.provider,
        collection: run.collection.clone(),
        hour: run.first,
    }
}

fn run_of(key: &HourKey) -> Run {
    Run {
        provider: key.provider,
        collection: key.collection.clone(),
        first: key.hour,
        last: key.hour,
        state: State::Settled,
    }
}

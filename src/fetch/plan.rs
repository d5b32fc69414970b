//! The plan of a fetch: which hours are asked for, which of them are worth a request, and in which order.
//!
//! Rule: a request is the scarcest thing there is; nothing is paid for twice unless it was asked for in so many words.

mod state;
mod stored;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::{Hour, Provider, Timestamp, Window, count, number};
use crate::store::{HourKey, HourMeta};

pub(crate) use state::{
    Policy, State, due_at, expires_at, expires_soon, has_fetched, lateness, of_imports, settles_at,
    state,
};
pub(crate) use stored::{Stored, read_stored, stretches_of};

/// The most hours one plan may list: eleven years of one collection. More is a slip (`--since 1970-01-01`), and only the
/// last weeks could be had anyway.
const MOST_HOURS: u64 = 100_000;

/// What a fetch was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) collections: Vec<(Provider, String)>,
    pub(crate) hours: Hours,
    /// Pay again for hours that are settled or empty.
    pub(crate) refresh: bool,
    /// Ask also for what the vendor should have deleted: a call that covers a range costs no more for it, and the vendor
    /// may keep more than it says.
    pub(crate) tries_expired: bool,
}

/// How the hours were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hours {
    /// One by one: an early hour is fetched, and the reserve may be spent.
    Named(Vec<Hour>),
    /// As a bounded range of time: every hour that has a part in it.
    Window(Window),
}

/// One hour of one collection, and what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) key: HourKey,
    pub(crate) state: State,
    pub(crate) action: Action,
    /// When what was stored at the time of the plan had been asked for; another time later means that another process
    /// fetched it since.
    pub(crate) fetched_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Fetch,
    Skip(Skip),
}

/// Why an hour is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    Settled,
    Empty,
    /// The vendor deleted it at this time.
    Expired(Timestamp),
    /// Its logs are due at this time, and why not before.
    Early(Timestamp, &'static str),
    NotBegun,
    /// There is nothing to fetch it from.
    NotFetched,
}

/// Every hour asked for: first those to fetch, in the order of the requests, then those that are skipped.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    entries: Vec<Planned>,
    price: usize,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum PlanError {
    #[error("the hour {hour} has not begun; it is {now} now")]
    NotBegun { hour: Hour, now: Timestamp },
    #[error("the range of time has no end or no start, so its hours cannot be listed")]
    Unbounded,
    #[error("the range of time holds no hour")]
    NoHours,
    #[error("the plan has {} in it, more than {}", count(*.hours, "hour"), number(MOST_HOURS))]
    TooMany { hours: u64 },
}

impl Plan {
    /// Decides for every hour asked for; `stored` is what [`read_stored`] found.
    pub(crate) fn new(
        asked: &Asked,
        stored: &BTreeMap<HourKey, HourMeta>,
        now: Timestamp,
        policy: &Policy,
    ) -> Result<Plan, PlanError> {
        let hours = match &asked.hours {
            Hours::Named(hours) => named(hours, now)?,
            Hours::Window(window) => within(window)?,
        };
        let collections: BTreeSet<_> = asked.collections.iter().collect();
        // OK because a list's length fits in u64.
        let total = hours.len() as u64 * collections.len() as u64;
        if total > MOST_HOURS {
            return Err(PlanError::TooMany { hours: total });
        }
        let mut entries = Vec::with_capacity(hours.len() * collections.len());
        for (provider, collection) in collections {
            for &hour in &hours {
                let key = HourKey {
                    provider: *provider,
                    collection: collection.clone(),
                    hour,
                };
                let meta = stored.get(&key);
                let state = state(hour, meta, now, policy);
                let action = decide(&key, state, asked, now, policy);
                entries.push(Planned {
                    fetched_at: meta.and_then(|meta| meta.fetched_at),
                    key,
                    state,
                    action,
                });
            }
        }
        entries.sort_by_cached_key(|entry| urgency(entry, now, policy));
        let price = entries
            .iter()
            .filter(|entry| entry.action == Action::Fetch)
            .count();
        Ok(Plan { entries, price })
    }

    /// Returns the number of requests the whole plan costs.
    pub(crate) fn price(&self) -> u64 {
        // OK because a list's length fits in u64.
        self.price as u64
    }

    /// Returns every hour asked for: those to fetch in the order of the requests, then those skipped.
    pub(crate) fn entries(&self) -> &[Planned] {
        &self.entries
    }

    /// Returns the hours to fetch, in the order of the requests.
    pub(crate) fn requests(&self) -> &[Planned] {
        &self.entries[..self.price]
    }
}

fn named(hours: &[Hour], now: Timestamp) -> Result<Vec<Hour>, PlanError> {
    let hours: BTreeSet<Hour> = hours.iter().copied().collect();
    match hours.iter().find(|hour| hour.start() > now) {
        Some(&hour) => Err(PlanError::NotBegun { hour, now }),
        None if hours.is_empty() => Err(PlanError::NoHours),
        None => Ok(hours.into_iter().collect()),
    }
}

fn within(window: &Window) -> Result<Vec<Hour>, PlanError> {
    if window.start == Timestamp::MIN || window.end == Timestamp::MAX {
        return Err(PlanError::Unbounded);
    }
    let mut hours = window.hours();
    // OK because MOST_HOURS is far below usize::MAX; one more is taken to see that there are more.
    let listed: Vec<Hour> = hours.by_ref().take(MOST_HOURS as usize + 1).collect();
    if listed.is_empty() {
        return Err(PlanError::NoHours);
    }
    match listed.len() as u64 {
        len if len > MOST_HOURS => Err(PlanError::TooMany {
            hours: len + hours.count() as u64,
        }),
        _ => Ok(listed),
    }
}

fn decide(key: &HourKey, state: State, asked: &Asked, now: Timestamp, policy: &Policy) -> Action {
    let hour = key.hour;
    let refresh = asked.refresh;
    let is_named = matches!(asked.hours, Hours::Named(_));
    match state {
        State::Missing | State::Growing => Action::Fetch,
        State::Settled if !refresh => Action::Skip(Skip::Settled),
        State::Empty if !refresh => Action::Skip(Skip::Empty),
        State::Settled | State::Empty => Action::Fetch,
        State::Expired if asked.tries_expired || (is_named && refresh) => Action::Fetch,
        // OK because only what has an end of its days expires.
        State::Expired => Action::Skip(Skip::Expired(
            expires_at(hour, policy).unwrap_or(Timestamp::MAX),
        )),
        State::Early if hour.start() > now => Action::Skip(Skip::NotBegun),
        State::Early if is_named => Action::Fetch,
        State::Early => Action::Skip(Skip::Early(due_at(hour, policy), lateness(key.provider))),
        State::Imported => Action::Skip(Skip::NotFetched),
    }
}

/// Orders the requests. The budget may end before the plan does: what the vendor is about to delete can be had only now,
/// so it comes first, the oldest before all; of the rest the newest tell what is going on. An expired hour is asked for
/// in the faint hope that it is still there, so it comes last.
fn urgency(entry: &Planned, now: Timestamp, policy: &Policy) -> (u8, Reverse<i64>, HourKey) {
    let key = entry.key.clone();
    let start = key.hour.start().micros();
    match (entry.action, entry.state) {
        (Action::Fetch, State::Expired) => (2, Reverse(start), key),
        (Action::Fetch, _) if expires_soon(key.hour, now, policy) => (0, Reverse(-start), key),
        (Action::Fetch, _) => (1, Reverse(start), key),
        // Skipped hours stay in the order of their keys.
        (Action::Skip(_), _) => (3, Reverse(0), key),
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Fetch => f.write_str("fetch"),
            Action::Skip(reason) => write!(f, "skip: {reason}"),
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Skip::Settled => f.write_str("stored and complete"),
            Skip::Empty => f.write_str("fetched, had no logs"),
            Skip::Expired(at) => write!(f, "deleted by the vendor at {at}"),
            Skip::Early(due, why) => write!(f, "{why}; due at {due}"),
            Skip::NotBegun => f.write_str("has not begun"),
            Skip::NotFetched => f.write_str("comes by import alone"),
        }
    }
}

#[cfg(test)]
mod tests;

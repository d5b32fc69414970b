//! What can be said of an hour: not there yet, still growing, complete, gone.
//!
//! Rule: pure, and every offset counts from the hour's start; a settled hour is never called anything else again.

use std::fmt;

use crate::model::{Hour, Timestamp};
use crate::store::HourMeta;

const HOUR_MICROS: i64 = 3_600_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// From this many hours after an hour's start its logs can be expected: "it takes 1-2 hours to populate the log"
/// (Segment docs, granular-observability.md).
const POPULATED_AFTER_HOURS: i64 = 2;

/// Hours that the vendor deletes within this many hours are pointed out and fetched first: two nights' notice.
const SOON_HOURS: i64 = 48;

/// How long an hour's logs change and how long the vendor keeps them; both are settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// From this many hours after its start an hour no longer changes. Default 7: the hour itself, four hours of retries
    /// (Segment docs, destinations/index.md), two until the last is written.
    pub(crate) settle_hours: u32,
    /// So many days after its start an hour is deleted by the vendor. Default 28 (granular-observability.md).
    pub(crate) retention_days: u32,
}

/// What can be said of one hour of one collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    /// Its logs are not to be expected yet.
    Early,
    /// Fetched while its logs could still change: due again.
    Growing,
    /// Fetched, complete.
    Settled,
    /// To be had, never fetched.
    Missing,
    /// Never fetched complete, and deleted by the vendor.
    Expired,
    /// Fetched, complete, nothing in it.
    Empty,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Early => "early",
            State::Growing => "growing",
            State::Settled => "settled",
            State::Missing => "missing",
            State::Expired => "expired",
            State::Empty => "empty",
        }
    }

    /// Returns whether nothing can be added to what is stored.
    pub(crate) fn is_complete(self) -> bool {
        match self {
            State::Settled | State::Empty => true,
            State::Early | State::Growing | State::Missing | State::Expired => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Says what state an hour is in. An hour that only holds imported records counts as not fetched.
pub(crate) fn state(
    hour: Hour,
    stored: Option<&HourMeta>,
    now: Timestamp,
    policy: &Policy,
) -> State {
    if now < due_at(hour) {
        return State::Early;
    }
    let fetched = stored.and_then(|meta| Some((meta, meta.fetched_at?)));
    let is_gone = now > expires_at(hour, policy);
    match fetched {
        // Rejected lines are logs too: an hour of nothing else is not empty.
        Some((meta, at)) if at >= settles_at(hour, policy) => {
            match meta.records().saturating_add(meta.rejects) {
                0 => State::Empty,
                _ => State::Settled,
            }
        }
        _ if is_gone => State::Expired,
        Some(_) => State::Growing,
        None => State::Missing,
    }
}

/// Returns when an hour's logs can be expected.
pub(crate) fn due_at(hour: Hour) -> Timestamp {
    hour.start().plus(POPULATED_AFTER_HOURS * HOUR_MICROS)
}

/// Returns from when on an hour's logs no longer change.
pub(crate) fn settles_at(hour: Hour, policy: &Policy) -> Timestamp {
    let span = i64::from(policy.settle_hours).saturating_mul(HOUR_MICROS);
    hour.start().plus(span)
}

/// Returns the last instant at which the vendor still keeps an hour.
pub(crate) fn expires_at(hour: Hour, policy: &Policy) -> Timestamp {
    let span = i64::from(policy.retention_days).saturating_mul(DAY_MICROS);
    hour.start().plus(span)
}

/// Returns whether the vendor still keeps an hour but deletes it within two days.
pub(crate) fn expires_soon(hour: Hour, now: Timestamp, policy: &Policy) -> bool {
    let left = expires_at(hour, policy).since(now);
    (0..=SOON_HOURS * HOUR_MICROS).contains(&left)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{POLICY, hour, meta};
    use super::*;

    const H: i64 = HOUR_MICROS;
    const RETENTION: i64 = 28 * 24 * H;

    #[test]
    fn states_change_at_their_boundaries() {
        use State::*;
        let hour = hour("2025-03-23T20");
        // (fetched at, records, now, state); times as microseconds from the hour's start.
        let cases: &[(Option<i64>, u64, i64, State)] = &[
            (None, 0, -1, Early),
            (None, 0, 0, Early),
            (None, 0, 2 * H - 1, Early),
            (None, 0, 2 * H, Missing),
            (None, 0, 2 * H + 1, Missing),
            (None, 0, RETENTION - 1, Missing),
            (None, 0, RETENTION, Missing),
            (None, 0, RETENTION + 1, Expired),
            // Fetched by name before it was due.
            (Some(H), 5, 2 * H - 1, Early),
            (Some(H), 5, 2 * H, Growing),
            (Some(3 * H), 5, 3 * H, Growing),
            (Some(3 * H), 5, 7 * H, Growing),
            (Some(7 * H - 1), 5, 9 * H, Growing),
            (Some(7 * H - 1), 0, 9 * H, Growing),
            (Some(7 * H), 5, 9 * H, Settled),
            (Some(7 * H + 1), 5, 9 * H, Settled),
            (Some(7 * H), 0, 9 * H, Empty),
            (Some(7 * H - 1), 5, RETENTION, Growing),
            (Some(7 * H - 1), 5, RETENTION + 1, Expired),
            (Some(7 * H), 5, RETENTION + 1, Settled),
            (Some(7 * H), 0, 10 * RETENTION, Empty),
        ];
        for (fetched, records, now, expected) in cases {
            let stored = fetched.map(|at| meta(hour, Some(hour.start().plus(at)), *records));
            let now = hour.start().plus(*now);
            assert_eq!(
                state(hour, stored.as_ref(), now, &POLICY),
                *expected,
                "fetched {fetched:?}, {records} records, now {now}"
            );
        }
    }

    #[test]
    fn imported_hours_count_as_not_fetched() {
        let hour = hour("2025-03-23T20");
        let imported = meta(hour, None, 5);
        for (now, expected) in [
            (2 * H - 1, State::Early),
            (2 * H, State::Missing),
            (RETENTION + 1, State::Expired),
        ] {
            let now = hour.start().plus(now);
            assert_eq!(state(hour, Some(&imported), now, &POLICY), expected);
        }
    }

    #[test]
    fn an_hour_of_rejected_lines_is_not_empty() {
        let hour = hour("2025-03-23T20");
        let now = hour.start().plus(9 * H);
        let mut stored = meta(hour, Some(now), 0);
        stored.rejects = 1;
        assert_eq!(state(hour, Some(&stored), now, &POLICY), State::Settled);
    }

    #[test]
    fn settings_move_the_boundaries() {
        let hour = hour("2025-03-23T20");
        let policy = Policy {
            settle_hours: 3,
            retention_days: 1,
        };
        let stored = meta(hour, Some(hour.start().plus(3 * H)), 1);
        let now = hour.start().plus(24 * H + 1);
        assert_eq!(state(hour, Some(&stored), now, &policy), State::Settled);
        assert_eq!(state(hour, None, now, &policy), State::Expired);
        let endless = Policy {
            settle_hours: u32::MAX,
            retention_days: u32::MAX,
        };
        assert_eq!(state(hour, None, now, &endless), State::Missing);
        assert_eq!(state(hour, Some(&stored), now, &endless), State::Growing);
    }

    #[test]
    fn what_expires_within_two_days_expires_soon() {
        let hour = hour("2025-03-23T20");
        for (before_expiry, expected) in
            [(48 * H + 1, false), (48 * H, true), (0, true), (-1, false)]
        {
            let now = expires_at(hour, &POLICY).plus(-before_expiry);
            assert_eq!(
                expires_soon(hour, now, &POLICY),
                expected,
                "{before_expiry}"
            );
        }
    }
}

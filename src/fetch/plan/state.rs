//! What can be said of an hour: not there yet, still growing, complete, gone.
//!
//! Rule: pure, and every offset counts from the hour's start; a settled hour is never called anything else again.

use std::fmt;

use crate::model::{Hour, Provider, Timestamp};
use crate::providers::Keeping;
use crate::store::HourMeta;

const HOUR_MICROS: i64 = 3_600_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// Hours that the vendor deletes within this many hours are pointed out and fetched first: two nights' notice.
const SOON_HOURS: i64 = 48;

/// How long a collection's hours change and are kept: what is known of the provider, and the user's settings over it.
pub(crate) type Policy = Keeping;

/// Returns a policy for a collection that is only ever imported into: nobody knows what it lacks.
pub(crate) fn of_imports(policy: Policy) -> Policy {
    Policy {
        retention_days: None,
        is_fetched: false,
        ..policy
    }
}

/// Says why an hour that has begun may have no logs yet.
pub(crate) fn lateness(provider: Provider) -> &'static str {
    match provider {
        // "it takes 1-2 hours to populate the log" (granular-observability.md).
        Provider::Segment => "logs appear 1 to 2 h late",
        // "up to 15 minutes" (docs, features/logs).
        Provider::NotificationApi => "logs appear up to 15 minutes late",
        Provider::SegmentAudit | Provider::Akeneo | Provider::Workato => "it has not ended",
    }
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
    /// Of a collection that is only ever imported into: what it lacks nobody knows.
    Imported,
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
            State::Imported => "imported",
        }
    }

    /// Returns whether nothing is known to be lacking.
    pub(crate) fn is_complete(self) -> bool {
        match self {
            State::Settled | State::Empty | State::Imported => true,
            State::Early | State::Growing | State::Missing | State::Expired => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Says what state an hour is in. An hour that only holds imported records counts as not fetched; one that was fetched in
/// part still grows.
pub(crate) fn state(
    hour: Hour,
    stored: Option<&HourMeta>,
    now: Timestamp,
    policy: &Policy,
) -> State {
    if !policy.is_fetched {
        return State::Imported;
    }
    if now < due_at(hour, policy) {
        return State::Early;
    }
    let fetched = stored.and_then(|meta| Some((meta, meta.fetched_at?)));
    let is_gone = expires_at(hour, policy).is_some_and(|end| now > end);
    match fetched {
        // Rejected lines are logs too: an hour of nothing else is not empty.
        Some((meta, at)) if at >= settles_at(hour, policy) => {
            match meta.records().saturating_add(meta.rejects.lines) {
                0 => State::Empty,
                _ => State::Settled,
            }
        }
        _ if is_gone => State::Expired,
        Some(_) => State::Growing,
        None if stored.is_some_and(has_fetched) => State::Growing,
        None => State::Missing,
    }
}

/// Returns whether any of an hour's records were fetched, be it not all of them.
pub(crate) fn has_fetched(meta: &HourMeta) -> bool {
    meta.fetched_at.is_some() || meta.objects.iter().any(|object| !object.imported)
}

/// Returns when an hour's logs can be expected; never before it has ended.
pub(crate) fn due_at(hour: Hour, policy: &Policy) -> Timestamp {
    let span = i64::from(policy.due_hours.max(1)).saturating_mul(HOUR_MICROS);
    hour.start().plus(span).min(Timestamp::LAST_WRITTEN)
}

/// Returns from when on an hour's logs no longer change.
pub(crate) fn settles_at(hour: Hour, policy: &Policy) -> Timestamp {
    let span = i64::from(policy.settle_hours).saturating_mul(HOUR_MICROS);
    hour.start().plus(span)
}

/// Returns the last instant at which the vendor still keeps an hour; `None`: nobody says, or no calendar has the day.
pub(crate) fn expires_at(hour: Hour, policy: &Policy) -> Option<Timestamp> {
    let span = i64::from(policy.retention_days?).saturating_mul(DAY_MICROS);
    Some(hour.start().plus(span)).filter(|end| *end <= Timestamp::LAST_WRITTEN)
}

/// Returns whether the vendor still keeps an hour but deletes it within two days.
pub(crate) fn expires_soon(hour: Hour, now: Timestamp, policy: &Policy) -> bool {
    expires_at(hour, policy)
        .is_some_and(|end| (0..=SOON_HOURS * HOUR_MICROS).contains(&end.since(now)))
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
    fn what_was_fetched_in_part_grows_until_it_is_gone() {
        let hour = hour("2025-03-23T20");
        let mut part = meta(hour, None, 5);
        part.objects.push(crate::store::Object {
            name: "page 1".to_owned(),
            etag: None,
            size: 1,
            sha256: String::new(),
            imported: false,
        });
        for (now, expected) in [
            (2 * H - 1, State::Early),
            (2 * H, State::Growing),
            (RETENTION + 1, State::Expired),
        ] {
            let now = hour.start().plus(now);
            assert_eq!(state(hour, Some(&part), now, &POLICY), expected);
        }
        part.objects[0].imported = true;
        assert_eq!(
            state(hour, Some(&part), hour.end().plus(2 * H), &POLICY),
            State::Missing
        );
    }

    #[test]
    fn providers_differ_in_when_hours_are_due_and_deleted() {
        let hour = hour("2025-03-23T20");
        let policy = Policy {
            due_hours: 0,
            settle_hours: 2,
            retention_days: None,
            is_fetched: true,
        };
        let at = |micros| state(hour, None, hour.start().plus(micros), &policy);
        // An hour that runs cannot be had whole, however fast its logs appear.
        assert_eq!(at(H - 1), State::Early);
        assert_eq!(at(H), State::Missing);
        assert_eq!(at(1000 * RETENTION), State::Missing);
        assert_eq!(expires_at(hour, &policy), None);
        assert!(!expires_soon(hour, hour.end(), &policy));
        let imports = of_imports(POLICY);
        let now = hour.start().plus(RETENTION + 1);
        for stored in [None, Some(&meta(hour, None, 5))] {
            assert_eq!(state(hour, stored, now, &imports), State::Imported);
        }
        assert!(State::Imported.is_complete());
    }

    #[test]
    fn an_hour_of_rejected_lines_is_not_empty() {
        let hour = hour("2025-03-23T20");
        let now = hour.start().plus(9 * H);
        let mut stored = meta(hour, Some(now), 0);
        stored.rejects.lines = 1;
        assert_eq!(state(hour, Some(&stored), now, &POLICY), State::Settled);
    }

    #[test]
    fn settings_move_the_boundaries() {
        let hour = hour("2025-03-23T20");
        let policy = Policy {
            settle_hours: 3,
            retention_days: Some(1),
            ..POLICY
        };
        let stored = meta(hour, Some(hour.start().plus(3 * H)), 1);
        let now = hour.start().plus(24 * H + 1);
        assert_eq!(state(hour, Some(&stored), now, &policy), State::Settled);
        assert_eq!(state(hour, None, now, &policy), State::Expired);
        let endless = Policy {
            settle_hours: u32::MAX,
            retention_days: Some(u32::MAX),
            ..POLICY
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
            let now = expires_at(hour, &POLICY).unwrap().plus(-before_expiry);
            assert_eq!(
                expires_soon(hour, now, &POLICY),
                expected,
                "{before_expiry}"
            );
        }
    }
}

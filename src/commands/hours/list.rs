//! The stored hours and the gaps between them, in one list.
//!
//! Rule: gaps are listed as far as something is known of them: between stored hours, and within what was asked for as
//! far back as the vendor keeps logs.

use std::collections::{BTreeMap, BTreeSet};

use crate::fetch::{Policy, State, Stored, expires_at, expires_soon, state, stretches_of};
use crate::model::{Hour, Provider, Timestamp, Window};
use crate::store::{HourKey, HourMeta};

use super::Times;

const DAY_MICROS: i64 = 86_400_000_000;

/// What there is to say of the hours asked about.
#[derive(Debug)]
pub(super) struct Listed {
    /// In order of their keys.
    pub(super) hours: Vec<Entry>,
    /// For each collection that has any: the hours that are not complete and will soon be deleted.
    pub(super) expiring: Vec<Expiring>,
}

/// One hour, stored or not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: HourKey,
    pub(super) state: State,
    /// `None` if nothing of the hour is stored.
    pub(super) records: Option<u64>,
    pub(super) fetched_at: Option<Timestamp>,
    /// When the vendor deletes it, if it does.
    pub(super) expires_at: Option<Timestamp>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expiring {
    pub(super) provider: Provider,
    pub(super) collection: String,
    pub(super) hours: u64,
    pub(super) first_expiry: Timestamp,
    /// From the first of them to the last.
    pub(super) window: Window,
}

/// Lists what is stored, and the gaps of the stored and the `wanted` collections.
pub(super) fn list(
    stored: &Stored,
    wanted: &[(Provider, String)],
    times: &Times,
    now: Timestamp,
    policy_of: impl Fn(Provider, &str) -> Policy,
) -> Listed {
    let mut by_collection: BTreeMap<(Provider, &str), BTreeMap<Hour, &HourMeta>> = wanted
        .iter()
        .map(|(provider, collection)| ((*provider, collection.as_str()), BTreeMap::new()))
        .collect();
    for (key, meta) in &stored.metas {
        by_collection
            .entry((key.provider, &key.collection))
            .or_default()
            .insert(key.hour, meta);
    }
    let mut listed = Listed {
        hours: Vec::new(),
        expiring: Vec::new(),
    };
    for ((provider, collection), metas) in by_collection {
        let from = listed.hours.len();
        let policy = &policy_of(provider, collection);
        for hour in hours_of(&metas, times, now, policy) {
            let meta = metas.get(&hour).copied();
            listed.hours.push(Entry {
                key: HourKey {
                    provider,
                    collection: collection.to_owned(),
                    hour,
                },
                state: state(hour, meta, now, policy),
                records: meta.map(HourMeta::records),
                fetched_at: meta.and_then(|meta| meta.fetched_at),
                expires_at: expires_at(hour, policy),
            });
        }
        let expiring = expiring((provider, collection), &listed.hours[from..], now, policy);
        listed.expiring.extend(expiring);
    }
    listed
}

/// How many days back hours without records are listed where the vendor names no end: 10 years.
const MOST_DAYS: u32 = 3653;

/// The hours to list of one collection, in order.
fn hours_of(
    metas: &BTreeMap<Hour, &HourMeta>,
    times: &Times,
    now: Timestamp,
    policy: &Policy,
) -> BTreeSet<Hour> {
    let mut hours: BTreeSet<Hour> = metas.keys().copied().collect();
    // Where nothing is fetched, what is not stored is no gap.
    if !policy.is_fetched {
        return hours;
    }
    let has_begun = |hour: &Hour| hour.start() <= now;
    let is_in_window =
        |hour: &Hour| hour.start() < times.window.end && times.window.start < hour.end();
    if !times.hours.is_empty() {
        let named = times.hours.iter().copied();
        hours.extend(named.filter(|hour| has_begun(hour) && is_in_window(hour)));
        return hours;
    }
    // Nothing is said of what lies between the others and one that lies far from them: its clock was wrong.
    let stored = metas.iter().map(|(hour, meta)| (*hour, Some(*meta)));
    if let Some(between) = stretches_of(stored).of_bulk() {
        hours.extend(between.hours());
    }
    if let Some(window) = times.bounded(now) {
        let days = policy.retention_days.unwrap_or(MOST_DAYS);
        let kept = now.plus(-i64::from(days).saturating_mul(DAY_MICROS));
        let begun = Window {
            start: window.start.max(kept),
            end: window.end.min(now.plus(1)),
        };
        hours.extend(begun.hours());
    }
    hours
}

fn expiring(
    (provider, collection): (Provider, &str),
    entries: &[Entry],
    now: Timestamp,
    policy: &Policy,
) -> Option<Expiring> {
    let soon: Vec<Hour> = entries
        .iter()
        .filter(|entry| matches!(entry.state, State::Missing | State::Growing))
        .map(|entry| entry.key.hour)
        .filter(|hour| expires_soon(*hour, now, policy))
        .collect();
    let (first, last) = (*soon.first()?, *soon.last()?);
    Some(Expiring {
        provider,
        collection: collection.to_owned(),
        hours: soon.len() as u64,
        first_expiry: expires_at(first, policy)?,
        window: Window {
            start: first.start(),
            end: last.end(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RecordType;

    fn policy(_: Provider, _: &str) -> Policy {
        Policy {
            due_hours: 2,
            settle_hours: 7,
            retention_days: Some(28),
            is_fetched: true,
        }
    }

    fn instant(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn now() -> Timestamp {
        instant("2025-03-23T20:30:00Z")
    }

    fn hour(text: &str) -> Hour {
        Hour::parse(text, now()).unwrap()
    }

    /// (collection, hour, fetched at, records)
    fn stored(hours: &[(&str, &str, Option<&str>, u64)]) -> Stored {
        let metas = hours.iter().map(|(collection, name, fetched, records)| {
            let key = HourKey {
                provider: Provider::Segment,
                collection: (*collection).to_owned(),
                hour: hour(name),
            };
            let meta = HourMeta {
                key: key.clone(),
                fetched_at: fetched.map(instant),
                objects: vec![],
                counts: BTreeMap::from([(RecordType::Error, *records)]),
                rejects: Default::default(),
                unresolved: Default::default(),
            };
            (key, meta)
        });
        Stored {
            metas: metas.collect(),
            unreadable: vec![],
        }
    }

    fn any_time() -> Times {
        Times {
            hours: vec![],
            window: Window::ALL,
        }
    }

    fn shown(listed: &Listed) -> Vec<String> {
        let shown = |entry: &Entry| {
            let records = entry.records.map_or("-".to_owned(), |n| n.to_string());
            let Entry { key, state, .. } = entry;
            format!("{} {} {state} {records}", key.collection, key.hour)
        };
        listed.hours.iter().map(shown).collect()
    }

    #[test]
    fn gaps_between_stored_hours_are_rows() {
        let stored = stored(&[
            ("a", "2025-03-23T10", Some("2025-03-23T18:00:00Z"), 3),
            ("a", "2025-03-23T13", Some("2025-03-23T18:00:00Z"), 4),
            ("b", "2025-03-23T09", None, 5),
            ("b", "2025-03-23T10", Some("2025-03-23T18:00:00Z"), 0),
        ]);
        let listed = list(&stored, &[], &any_time(), now(), policy);
        assert_eq!(
            shown(&listed),
            [
                "a 2025-03-23T10 settled 3",
                "a 2025-03-23T11 missing -",
                "a 2025-03-23T12 missing -",
                "a 2025-03-23T13 growing 4",
                "b 2025-03-23T09 missing 5",
                "b 2025-03-23T10 empty 0",
            ]
        );
        assert_eq!(listed.expiring, []);
    }

    #[test]
    fn nothing_is_listed_between_an_hour_and_those_far_from_it() {
        let settled = Some("2025-03-23T18:00:00Z");
        let stored = stored(&[
            ("a", "1970-01-01T00", None, 1),
            ("a", "2025-03-23T08", settled, 3),
            ("a", "2025-03-23T10", settled, 4),
            ("a", "9999-12-31T23", None, 1),
        ]);
        let listed = list(&stored, &[], &any_time(), now(), policy);
        assert_eq!(
            shown(&listed),
            [
                "a 1970-01-01T00 expired 1",
                "a 2025-03-23T08 settled 3",
                "a 2025-03-23T09 missing -",
                "a 2025-03-23T10 settled 4",
                "a 9999-12-31T23 early 1",
            ]
        );
    }

    #[test]
    fn a_range_lists_its_gaps_as_far_back_as_the_vendor_keeps_logs() {
        let window = |start: &str, end: &str| Times {
            hours: vec![],
            window: Window {
                start: instant(start),
                end: instant(end),
            },
        };
        let wanted = [(Provider::Segment, "a".to_owned())];
        let times = window("2025-03-23T18:00:00Z", "2025-03-24T00:00:00Z");
        let listed = list(&stored(&[]), &wanted, &times, now(), policy);
        assert_eq!(
            shown(&listed),
            [
                "a 2025-03-23T18 missing -",
                "a 2025-03-23T19 early -",
                "a 2025-03-23T20 early -"
            ]
        );
        let times = window("2020-01-01T00:00:00Z", "2025-02-23T23:00:00Z");
        let listed = list(&stored(&[]), &wanted, &times, now(), policy);
        assert_eq!(
            shown(&listed),
            [
                "a 2025-02-23T20 expired -",
                "a 2025-02-23T21 missing -",
                "a 2025-02-23T22 missing -"
            ]
        );
        assert_eq!(
            listed.expiring,
            [Expiring {
                provider: Provider::Segment,
                collection: "a".to_owned(),
                hours: 2,
                first_expiry: instant("2025-03-23T21:00:00Z"),
                window: window("2025-02-23T21:00:00Z", "2025-02-23T23:00:00Z").window,
            }]
        );
        let listed = list(&stored(&[]), &wanted, &any_time(), now(), policy);
        assert_eq!(shown(&listed), [""; 0]);
    }

    #[test]
    fn what_is_only_imported_has_no_gaps() {
        let stored = stored(&[
            ("a", "2025-03-23T10", None, 3),
            ("a", "2025-03-23T13", None, 4),
        ]);
        let times = Times {
            hours: vec![],
            window: Window {
                start: instant("2025-03-23T08:00:00Z"),
                end: instant("2025-03-23T14:00:00Z"),
            },
        };
        let imports = |provider, name: &str| crate::fetch::of_imports(policy(provider, name));
        let listed = list(&stored, &[], &times, now(), imports);
        assert_eq!(
            shown(&listed),
            ["a 2025-03-23T10 imported 3", "a 2025-03-23T13 imported 4"]
        );
        assert_eq!(listed.hours[0].expires_at, None);
    }

    #[test]
    fn named_hours_are_listed_alone() {
        let times = Times {
            hours: vec![
                hour("2025-03-23T10"),
                hour("2025-03-23T12"),
                hour("2025-03-23T23"),
            ],
            window: Window::ALL,
        };
        let stored = stored(&[("a", "2025-03-23T10", Some("2025-03-23T18:00:00Z"), 3)]);
        let listed = list(&stored, &[], &times, now(), policy);
        assert_eq!(
            shown(&listed),
            ["a 2025-03-23T10 settled 3", "a 2025-03-23T12 missing -"]
        );
    }
}

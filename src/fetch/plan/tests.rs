//! Plans as tables: which hours are fetched, which are skipped and why, in which order.

use super::*;

pub(super) const POLICY: Policy = Policy {
    due_hours: 2,
    settle_hours: 7,
    retention_days: Some(28),
    is_fetched: true,
};

const NOW: &str = "2025-03-23T20:30:00Z";

pub(super) fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(super) fn hour(text: &str) -> Hour {
    Hour::parse(text, instant(NOW)).unwrap()
}

/// An hour of the collection `abc` with that many errors.
pub(super) fn meta(hour: Hour, fetched_at: Option<Timestamp>, records: u64) -> HourMeta {
    HourMeta {
        key: key("abc", hour),
        fetched_at,
        objects: vec![],
        counts: BTreeMap::from([(crate::model::RecordType::Error, records)]),
        rejects: Default::default(),
        unresolved: Default::default(),
    }
}

fn key(collection: &str, hour: Hour) -> HourKey {
    HourKey {
        provider: Provider::Segment,
        collection: collection.to_owned(),
        hour,
    }
}

fn asked(hours: Hours) -> Asked {
    Asked {
        collections: vec![(Provider::Segment, "abc".to_owned())],
        hours,
        refresh: false,
        tries_expired: false,
    }
}

fn window(start: &str, end: &str) -> Hours {
    Hours::Window(Window {
        start: instant(start),
        end: instant(end),
    })
}

/// Stored hours of `abc`: (hour, fetched at, records).
fn stored(hours: &[(&str, &str, u64)]) -> BTreeMap<HourKey, HourMeta> {
    hours
        .iter()
        .map(|(name, fetched, records)| {
            let meta = meta(hour(name), Some(instant(fetched)), *records);
            (meta.key.clone(), meta)
        })
        .collect()
}

fn shown(plan: &Plan) -> Vec<String> {
    plan.entries()
        .iter()
        .map(|e| format!("{} {} {}", e.key.hour, e.state, e.action))
        .collect()
}

#[test]
fn a_range_takes_what_is_due_newest_first_and_says_why_it_skips() {
    let stored = stored(&[
        ("2025-03-23T13", "2025-03-23T20:00:00Z", 9),
        ("2025-03-23T14", "2025-03-23T20:59:59Z", 9),
        ("2025-03-23T12", "2025-03-23T20:00:00Z", 0),
    ]);
    let plan = Plan::new(
        &asked(window("2025-03-23T11:30:00Z", "2025-03-23T22:00:00Z")),
        &stored,
        instant(NOW),
        &POLICY,
    )
    .unwrap();
    assert_eq!(
        shown(&plan),
        [
            "2025-03-23T18 missing fetch",
            "2025-03-23T17 missing fetch",
            "2025-03-23T16 missing fetch",
            "2025-03-23T15 missing fetch",
            "2025-03-23T14 growing fetch",
            "2025-03-23T11 missing fetch",
            "2025-03-23T12 empty skip: fetched, had no logs",
            "2025-03-23T13 settled skip: stored and complete",
            "2025-03-23T19 early skip: logs appear 1 to 2 h late; due at 2025-03-23T21:00:00Z",
            "2025-03-23T20 early skip: logs appear 1 to 2 h late; due at 2025-03-23T22:00:00Z",
            "2025-03-23T21 early skip: has not begun",
        ]
    );
    assert_eq!(plan.price(), 6);
    assert_eq!(plan.requests().len(), 6);
    assert!(plan.requests().iter().all(|e| e.action == Action::Fetch));
}

#[test]
fn hours_about_to_expire_come_before_the_newest_oldest_first() {
    // Now is 2025-03-23T20:30, so T20 of 02-23 expired half an hour ago and T21 goes in half an hour.
    let plan = Plan::new(
        &asked(window("2025-02-23T20:00:00Z", "2025-03-23T19:00:00Z")),
        &BTreeMap::new(),
        instant(NOW),
        &POLICY,
    )
    .unwrap();
    let hours: Vec<String> = plan
        .requests()
        .iter()
        .map(|e| e.key.hour.to_string())
        .collect();
    assert_eq!(hours[..2], ["2025-02-23T21", "2025-02-23T22"]);
    assert_eq!(
        hours[47..50],
        ["2025-02-25T20", "2025-03-23T18", "2025-03-23T17"]
    );
    assert_eq!(hours.last().unwrap(), "2025-02-25T21");
    assert_eq!(
        plan.entries().last().unwrap().action.to_string(),
        "skip: deleted by the vendor at 2025-03-23T20:00:00Z"
    );
}

#[test]
fn actions_depend_on_how_an_hour_was_asked_for() {
    use Action::Fetch;
    let early = Action::Skip(Skip::Early(
        instant("2025-03-23T22:00:00Z"),
        "logs appear 1 to 2 h late",
    ));
    let expired = Action::Skip(Skip::Expired(instant("2025-02-28T00:00:00Z")));
    let (settled, empty) = (Action::Skip(Skip::Settled), Action::Skip(Skip::Empty));
    let stored = stored(&[
        ("2025-03-22T01", "2025-03-22T08:00:00Z", 1),
        ("2025-03-22T02", "2025-03-22T09:00:00Z", 0),
        ("2025-03-22T03", "2025-03-22T05:00:00Z", 1),
    ]);
    // (hour, range, range with refresh, named, named with refresh)
    let cases = [
        ("2025-03-22T00", [Fetch, Fetch, Fetch, Fetch]),
        ("2025-03-22T01", [settled, Fetch, settled, Fetch]),
        ("2025-03-22T02", [empty, Fetch, empty, Fetch]),
        ("2025-03-22T03", [Fetch, Fetch, Fetch, Fetch]),
        ("2025-03-23T20", [early, early, Fetch, Fetch]),
        ("2025-01-31T00", [expired, expired, expired, Fetch]),
    ];
    for (name, expected) in cases {
        let range = Hours::Window(Window {
            start: hour(name).start(),
            end: hour(name).end(),
        });
        let named = Hours::Named(vec![hour(name), hour(name)]);
        let ways = [
            (&range, false),
            (&range, true),
            (&named, false),
            (&named, true),
        ];
        for ((hours, refresh), expected) in ways.into_iter().zip(expected) {
            let mut asked = asked(hours.clone());
            asked.refresh = refresh;
            let plan = Plan::new(&asked, &stored, instant(NOW), &POLICY).unwrap();
            let actions: Vec<_> = plan.entries().iter().map(|e| e.action).collect();
            assert_eq!(actions, [expected], "{name} {hours:?} refresh {refresh}");
        }
    }
}

#[test]
fn expired_hours_that_are_named_come_last() {
    let mut asked = asked(Hours::Named(vec![
        hour("2025-01-01T00"),
        hour("2025-03-22T00"),
        hour("2025-02-24T00"),
    ]));
    asked.refresh = true;
    let plan = Plan::new(&asked, &BTreeMap::new(), instant(NOW), &POLICY).unwrap();
    assert_eq!(
        shown(&plan),
        [
            "2025-02-24T00 missing fetch",
            "2025-03-22T00 missing fetch",
            "2025-01-01T00 expired fetch",
        ]
    );
}

#[test]
fn collections_are_planned_once_each_and_side_by_side() {
    let mut asked = asked(window("2025-03-22T00:00:00Z", "2025-03-22T02:00:00Z"));
    let named = |name: &str| (Provider::Segment, name.to_owned());
    asked.collections = vec![named("b"), named("a"), named("b")];
    let plan = Plan::new(&asked, &BTreeMap::new(), instant(NOW), &POLICY).unwrap();
    let order: Vec<_> = plan
        .requests()
        .iter()
        .map(|e| format!("{} {}", e.key.collection, e.key.hour))
        .collect();
    assert_eq!(
        order,
        [
            "a 2025-03-22T01",
            "b 2025-03-22T01",
            "a 2025-03-22T00",
            "b 2025-03-22T00"
        ]
    );
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let plan = |hours: Hours| {
        Plan::new(&asked(hours), &BTreeMap::new(), instant(NOW), &POLICY)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        plan(Hours::Named(vec![hour("2025-03-23T21")])),
        "the hour 2025-03-23T21 has not begun; it is 2025-03-23T20:30:00Z now"
    );
    assert_eq!(
        plan(Hours::Window(Window::ALL)),
        "the range of time has no end or no start, so its hours cannot be listed"
    );
    let backwards = window("2025-03-23T20:00:00Z", "2025-03-23T20:00:00Z");
    assert_eq!(plan(backwards), "the range of time holds no hour");
    assert_eq!(
        plan(Hours::Named(vec![])),
        "the range of time holds no hour"
    );
    assert_eq!(
        plan(window("1970-01-01T00:00:00Z", "2025-03-23T20:00:00Z")),
        "the plan has 484,100 hours in it, more than 100,000"
    );
}

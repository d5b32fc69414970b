//! Counts of made-up records, compared with plain loops over them.
//!
//! Rule: what is expected is reckoned from the records alone.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::made::{Made, an_attempt, base, keep, made};
use super::reckoned::{Shown, shown};
use super::*;
use crate::model::{Timestamp, Window, Zone};

/// Everything that records are counted by.
const KEYS: [&str; 21] = [
    "type",
    "collection",
    "provider",
    "status",
    "message_id",
    "exchange_id",
    "destination",
    "outcome",
    "discarded",
    "attempt",
    "reason",
    "joined",
    "code",
    "time",
    "fate",
    "last_status",
    "pattern",
    ".serial",
    ".message",
    "hour",
    "day",
];

fn key(name: &str) -> Key {
    match name {
        "hour" => Key::Hour,
        "day" => Key::Day,
        name => Key::Field(field(name)),
    }
}

/// A group as it is compared: count, messages, first and last seen, counts in buckets.
type Told = (u64, u64, i64, i64, Vec<u64>);

fn told(tally: &Tally) -> BTreeMap<Vec<String>, Told> {
    let mut told = BTreeMap::new();
    for (at, group) in tally.groups.iter().enumerate() {
        assert!(!group.messages_are_cut && !group.is_folded);
        let cells = tally.over_time(at).unwrap_or_default().to_vec();
        let (first, last) = (group.first_seen.micros(), group.last_seen.micros());
        let key = group.key.iter().map(text).collect();
        let value = (group.count, group.messages, first, last, cells);
        assert!(
            told.insert(key, value).is_none(),
            "a group stands there twice"
        );
    }
    told
}

/// Reckons what [`told`] should be.
fn reckoned(
    records: &[Shown<'_>],
    buckets: &Buckets,
    names: &[&str],
) -> BTreeMap<Vec<String>, Told> {
    let mut groups: BTreeMap<Vec<String>, Vec<&Made>> = BTreeMap::new();
    for record in records {
        let key = names.iter().map(|name| record.cell(name)).collect();
        groups.entry(key).or_default().push(record.made);
    }
    let told = |group: Vec<&Made>| {
        let of_messages = group.iter().filter(|made| made.is_of_message());
        let messages: BTreeSet<u8> = of_messages.map(|made| made.message).collect();
        let times: Vec<i64> = group.iter().map(|made| made.time().micros()).collect();
        let cells = (0..buckets.len()).map(|bucket| {
            let window = buckets.window(bucket);
            let inside = |time: &&i64| window.contains(Timestamp::from_micros(**time));
            times.iter().filter(inside).count() as u64
        });
        let (first, last) = (*times.iter().min().unwrap(), *times.iter().max().unwrap());
        let cells = cells.collect();
        (
            group.len() as u64,
            messages.len() as u64,
            first,
            last,
            cells,
        )
    };
    groups
        .into_iter()
        .map(|(key, group)| (key, told(group)))
        .collect()
}

fn buckets() -> Buckets {
    let window = Window {
        start: base().start(),
        end: base().plus(4).end(),
    };
    Buckets::of(window, Every::parse("20m").unwrap(), Zone::Utc, 100).unwrap()
}

fn count<'q>(filter: &'q Filter, by: &'q [Key], buckets: &'q Buckets) -> Count<'q> {
    Count {
        filter,
        by,
        buckets: Some(buckets),
        buckets_are_optional: false,
        messages: true,
        zone: "+05:30".parse().unwrap(),
        now: base().plus(5).start(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn counts_are_those_of_plain_loops(
        all in made(),
        asked in prop::collection::vec(asked(), 0..3),
        several in prop::collection::btree_set(prop::sample::select(KEYS.to_vec()), 0..4),
    ) {
        let (_folder, store) = keep(&all);
        let engine = Engine::local(&store);
        let mut filter = Filter::default();
        asked.iter().for_each(|asked| asked.add_to(&mut filter));
        let buckets = buckets();
        let several: Vec<&str> = several.into_iter().collect();
        let mut wanted = shown(&all, count(&filter, &[], &buckets).now);
        wanted.retain(|shown| asked.iter().all(|asked| asked.wants(shown)));
        for names in KEYS.iter().map(std::slice::from_ref).chain([&several[..]]) {
            let by: Vec<Key> = names.iter().map(|name| key(name)).collect();
            let tally = engine.tally(&count(&filter, &by, &buckets)).unwrap();
            prop_assert_eq!(told(&tally), reckoned(&wanted, &buckets, names), "{:?}", names);
            prop_assert_eq!(tally.records, wanted.len() as u64);
        }
    }
}

#[test]
fn days_are_those_of_the_zone() {
    let at = |serial, seconds| Made {
        seconds,
        serial,
        ..an_attempt()
    };
    // The first hour is 10:00 to 11:00 UTC; midnight in India is 18:30 UTC.
    let (_folder, store) = keep(&[at(0, 0), at(1, 8 * 3600 + 1799), at(2, 8 * 3600 + 1800)]);
    let (filter, buckets) = (Filter::default(), buckets());
    let engine = Engine::local(&store);
    let tally = engine
        .tally(&count(&filter, &[Key::Day], &buckets))
        .unwrap();
    let days: Vec<(String, u64)> = told(&tally)
        .into_iter()
        .map(|(key, (count, ..))| (key.concat(), count))
        .collect();
    let expected = [("2025-03-23".to_owned(), 2), ("2025-03-24".to_owned(), 1)];
    assert_eq!(days, expected);
    let found = engine.stretches(&filter).unwrap().of_all().unwrap();
    assert_eq!(found.start, base().start());
    assert_eq!(
        found.end,
        base().start().plus((8 * 3600 + 1800) * 1_000_000 + 1)
    );
}

#[test]
fn a_wrong_clock_among_the_rows_of_an_hour_is_seen() {
    let year = 365 * 86_400;
    let at = |serial, seconds| Made {
        seconds,
        serial,
        ..an_attempt()
    };
    let all = [
        at(0, 0),
        at(1, 60),
        at(2, 120),
        at(3, 7000 * year),
        at(4, -20 * year),
    ];
    let (_folder, store) = keep(&all);
    let found = Engine::local(&store).stretches(&Filter::default()).unwrap();
    let bulk = found.of_bulk().unwrap();
    assert_eq!(bulk.start, all[0].time());
    assert_eq!(bulk.end, all[2].time().plus(1));
    let far: Vec<Timestamp> = found.outliers.iter().map(|far| far.window.start).collect();
    assert_eq!(far, [all[4].time(), all[3].time()]);
}

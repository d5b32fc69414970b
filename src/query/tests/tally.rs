//! Counts of made-up records, compared with plain loops over them.
//!
//! Rule: what is expected is reckoned from the records alone.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::tally::tally_joined;
use super::made::{Made, base, fate, keep, made, statuses};
use super::*;
use crate::model::{Hour, Window, Zone};

fn key(name: &str) -> Key {
    match name {
        "hour" => Key::Hour,
        "day" => Key::Day,
        name => Key::Field(Field::parse(name).unwrap()),
    }
}

fn text(value: &Value<'_>) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Time(time) => time.to_rfc3339(),
        Value::Text(text) | Value::Json(text) | Value::Number(text) => text.to_string(),
        Value::Bytes(_) => panic!("bytes are no group"),
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

/// Reckons what [`told`] should be, by a function that gives a record's key.
fn reckoned(
    records: &[&Made],
    buckets: &Buckets,
    key: impl Fn(&Made) -> Vec<String>,
) -> BTreeMap<Vec<String>, Told> {
    let mut groups: BTreeMap<Vec<String>, Vec<&Made>> = BTreeMap::new();
    for record in records {
        groups.entry(key(record)).or_default().push(record);
    }
    let told = |group: Vec<&Made>| {
        let messages: BTreeSet<u8> = group
            .iter()
            .filter(|made| made.record_type != RecordType::Exchange)
            .map(|made| made.message)
            .collect();
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

/// Returns the only status that a record can show; `None` where several attempts are equally last.
fn only_status(all: &[Made], record: &Made) -> Option<String> {
    let statuses: BTreeSet<Option<i64>> = statuses(all, record).into_iter().collect();
    let status = *statuses.first()?;
    (statuses.len() == 1).then(|| status.map_or("-".to_owned(), |status| status.to_string()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn counts_are_those_of_plain_loops(all in made(), asked in asked()) {
        let (_folder, store) = keep(&all);
        let now = base().plus(5).start();
        let mut filter = Filter::default();
        asked.add_to(&mut filter);
        let wanted: Option<Vec<&Made>> = all
            .iter()
            .map(|made| asked.wants(&all, made, now).map(|wants| (wants, made)))
            .collect::<Option<Vec<_>>>()
            .map(|all| all.into_iter().filter(|(wants, _)| *wants).map(|(_, made)| made).collect());
        prop_assume!(wanted.is_some());
        let wanted = wanted.unwrap();
        let buckets = buckets();
        let check = |names: &[&str], reckon: &dyn Fn(&Made) -> Vec<String>| {
            let by: Vec<Key> = names.iter().map(|name| key(name)).collect();
            let tally = tally(&store, &count(&filter, &by, &buckets)).unwrap();
            assert_eq!(told(&tally), reckoned(&wanted, &buckets, reckon), "{names:?}");
            assert_eq!(tally.records, wanted.len() as u64);
        };
        check(&[], &|_| vec![]);
        check(&["type", "collection"], &|made| {
            vec![made.record_type.name().to_owned(), made.collection.to_owned()]
        });
        check(&["message_id"], &|made| {
            vec![match made.record_type {
                RecordType::Exchange => "-".to_owned(),
                _ => format!("m{}", made.message),
            }]
        });
        check(&[".message", "discarded"], &|made| {
            let discarded = match made.record_type {
                RecordType::Error => made.discarded.to_string(),
                _ => "-".to_owned(),
            };
            vec![format!("m{}", made.message), discarded]
        });
        check(&["fate"], &|made| {
            vec![fate(&all, made, now).map_or("-".to_owned(), |fate| fate.name().to_owned())]
        });
        check(&["hour", "attempt"], &|made| {
            let hour: Hour = made.time().hour();
            let attempt = match made.record_type {
                RecordType::Attempt => made.attempt.to_string(),
                _ => "-".to_owned(),
            };
            vec![hour.to_string(), attempt]
        });
        if wanted.iter().all(|made| only_status(&all, made).is_some()) {
            check(&["status"], &|made| vec![only_status(&all, made).unwrap()]);
        }
    }

    #[test]
    fn both_ways_of_counting_agree_and_lose_nothing(
        all in made(),
        asked in prop::collection::vec(asked(), 0..3),
        names in prop::collection::btree_set(
            prop::sample::select(vec![
                "type", "status", "message_id", "exchange_id", "outcome", "discarded", "attempt", "time",
                "collection", "provider", "fate", ".serial", ".message", "hour", "day", "code",
            ]),
            0..4,
        ),
    ) {
        let (_folder, store) = keep(&all);
        let mut filter = Filter::default();
        asked.iter().for_each(|asked| asked.add_to(&mut filter));
        let by: Vec<Key> = names.iter().map(|name| key(name)).collect();
        let buckets = buckets();
        let count = count(&filter, &by, &buckets);
        let (quick, slow) = (tally(&store, &count).unwrap(), tally_joined(&store, &count).unwrap());
        prop_assert_eq!(told(&quick), told(&slow));
        prop_assert_eq!(&quick.orphans, &slow.orphans);

        let shown = rows(&store, &question(filter.clone())).0.len() as u64;
        prop_assert_eq!(quick.records, shown);
        prop_assert_eq!(quick.groups.iter().map(|group| group.count).sum::<u64>(), shown);
    }
}

#[test]
fn days_are_those_of_the_zone() {
    let at = |serial, seconds| Made {
        collection: "abc",
        bucket: 0,
        seconds,
        record_type: RecordType::Attempt,
        message: 1,
        exchange: 1,
        destination: None,
        attempt: 1,
        status: None,
        success: false,
        discarded: false,
        serial,
    };
    // The first hour is 10:00 to 11:00 UTC; midnight in India is 18:30 UTC.
    let (_folder, store) = keep(&[at(0, 0), at(1, 8 * 3600 + 1799), at(2, 8 * 3600 + 1800)]);
    let (filter, buckets) = (Filter::default(), buckets());
    let tally = tally(&store, &count(&filter, &[Key::Day], &buckets)).unwrap();
    let days: Vec<(String, u64)> = told(&tally)
        .into_iter()
        .map(|(key, (count, ..))| (key.concat(), count))
        .collect();
    let expected = [("2025-03-23".to_owned(), 2), ("2025-03-24".to_owned(), 1)];
    assert_eq!(days, expected);
    let found = extent(&store, &filter).unwrap().unwrap();
    assert_eq!(found.start, base().start());
    assert_eq!(
        found.end,
        base().start().plus((8 * 3600 + 1800) * 1_000_000 + 1)
    );
}

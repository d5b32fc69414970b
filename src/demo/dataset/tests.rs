//! What a data set must be like: exact, repeatable, and shaped as documented.
//!
//! Rule: keys and shapes are declared here again, not taken from the code that writes them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;
use crate::model::parse_instant;

const MINUTE: i64 = 60_000_000;

fn spec(seed: u64, records: u64, hours: u32) -> Spec {
    Spec {
        seed,
        start: parse_instant("2025-03-23T20", Timestamp::MIN)
            .unwrap()
            .hour(),
        hours,
        records,
        collections: 4,
    }
}

struct Made {
    lines: Vec<(Hour, Vec<u8>)>,
    late: u64,
    tally: Tally,
}

fn make(spec: Spec) -> Made {
    let mut made = Made {
        lines: Vec::new(),
        late: 0,
        tally: Tally::default(),
    };
    for mut collection in Dataset::new(spec).collections() {
        let mut hour_text = Vec::new();
        while let Some(log) = collection.next_hour(&mut hour_text).unwrap() {
            made.late += split(&log.late).count() as u64;
            hour_text.extend_from_slice(&log.late);
            assert_eq!(hour_text.len() as u64, log.tally.bytes);
            assert_eq!(split(&hour_text).count() as u64, log.tally.lines());
            made.lines
                .extend(split(&hour_text).map(|line| (log.hour, line.to_vec())));
            made.tally.add(&log.tally);
            hour_text.clear();
        }
    }
    made
}

fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

fn hash(made: &Made) -> String {
    let mut hasher = Sha256::new();
    for (_, line) in &made.lines {
        hasher.update(line);
    }
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_others() {
    let first = hash(&make(spec(1, 5000, 3)));
    assert_eq!(first, hash(&make(spec(1, 5000, 3))));
    assert_ne!(first, hash(&make(spec(2, 5000, 3))));
}

#[test]
fn there_are_exactly_as_many_lines_as_asked_for() {
    for (records, hours) in [(0, 1), (1, 1), (7, 5), (1000, 24), (12_345, 1), (40_000, 6)] {
        let made = make(spec(3, records, hours));
        assert_eq!(made.tally.lines(), records);
        assert_eq!(made.lines.len() as u64, records);
    }
}

#[test]
fn lines_have_the_documented_keys_and_lie_in_their_hour() {
    let error = ["discarded", "loggedAt", "messageId", "occurredAt", "routed"];
    let attempt = [
        "attempt",
        "destinationExchangeId",
        "loggedAt",
        "messageId",
        "occurredAt",
        "outcome",
        "routed",
    ];
    let exchange = [
        "destinationExchangeId",
        "loggedAt",
        "occurredAt",
        "requestToDestination",
        "responseFromDestination",
        "routed",
    ];
    let made = make(spec(4, 40_000, 6));
    let mut broken = 0;
    let mut drafts = 0;
    for (hour, line) in &made.lines {
        let Some(Value::Object(record)) = serde_json::from_slice(line)
            .ok()
            .filter(|record| *record != serde_json::json!({}))
        else {
            broken += 1;
            continue;
        };
        let keys: Vec<&str> = record.keys().map(String::as_str).collect();
        assert_eq!(keys, ["event", "properties", "type", "version"]);
        let properties = record["properties"].as_object().unwrap();
        let is_draft = record["version"] == 1;
        drafts += u64::from(is_draft);
        let mut keys: Vec<&str> = properties.keys().map(String::as_str).collect();
        let documented = match record["event"].as_str().unwrap() {
            "Error Logged" => &error[..],
            "Delivery Attempt Logged" => &attempt,
            "Destination Exchange Logged" => &exchange,
            other => panic!("{other}"),
        };
        if is_draft {
            keys.retain(|key| {
                documented.contains(key) || !["reason", "featureName", "attempt"].contains(key)
            });
        }
        assert_eq!(keys, documented, "{}", String::from_utf8_lossy(line));
        let occurred = Timestamp::parse(properties["occurredAt"].as_str().unwrap()).unwrap();
        let logged = Timestamp::parse(properties["loggedAt"].as_str().unwrap()).unwrap();
        assert_eq!(occurred.hour(), *hour);
        assert!(occurred < logged && logged.since(occurred) <= 121 * MINUTE);
    }
    assert_eq!(broken, made.tally.broken);
    assert!(broken >= 4, "{broken}");
    assert!(drafts > 200, "{drafts}");
    assert!(
        made.late > 40_000 / 50 && made.late < 40_000 / 20,
        "{}",
        made.late
    );
}

#[test]
fn every_attempt_has_its_exchange_but_for_the_counted_orphans() {
    let made = make(spec(5, 60_000, 6));
    let mut exchanges = HashSet::new();
    let mut exchange_hours = HashMap::new();
    let mut attempts = Vec::new();
    let mut statuses: BTreeMap<i64, u64> = BTreeMap::new();
    let mut cut_bodies = 0;
    for (hour, line) in &made.lines {
        let Ok(record) = serde_json::from_slice::<Value>(line) else {
            continue;
        };
        let properties = &record["properties"];
        let Some(id) = properties["destinationExchangeId"].as_str() else {
            continue;
        };
        if let Some(request) = properties["requestToDestination"]["body"].as_str() {
            assert!(exchanges.insert(id.to_owned()), "{id} twice");
            exchange_hours.insert(id.to_owned(), *hour);
            let status = properties["responseFromDestination"]["status"].as_i64();
            *statuses.entry(status.unwrap()).or_default() += 1;
            cut_bodies += u64::from(serde_json::from_str::<Value>(request).is_err());
        } else {
            attempts.push((*hour, id.to_owned()));
        }
    }
    let orphans = attempts
        .iter()
        .filter(|(_, id)| !exchanges.contains(id))
        .count() as u64;
    assert_eq!(orphans, made.tally.orphans);
    assert!((1..100).contains(&orphans), "{orphans}");
    let in_other_hours = attempts
        .iter()
        .filter(|(hour, id)| exchange_hours.get(id).is_some_and(|other| other != hour))
        .count();
    assert!(in_other_hours > 0);
    for status in [200, 400, 401, 404, 429, 500, 502, 503, 504] {
        assert!(
            statuses.get(&status).is_some_and(|n| *n > 20),
            "{statuses:?}"
        );
    }
    assert!(cut_bodies > 100, "{cut_bodies}");
}

#[test]
fn the_mix_and_the_size_of_lines_are_those_of_real_logs() {
    let tally = make(spec(6, 100_000, 6)).tally;
    let share = |n: u64| n * 100 / tally.lines();
    let mix = (
        share(tally.errors),
        share(tally.attempts),
        share(tally.exchanges),
    );
    assert!((34..=43).contains(&mix.0), "{mix:?}");
    assert!((36..=46).contains(&mix.1), "{mix:?}");
    assert!((16..=25).contains(&mix.2), "{mix:?}");
    let average = tally.bytes / tally.lines();
    assert!((430..=490).contains(&average), "{average}");
}

//! Linking against a reckoning of its own: each rule by an example, and any world in any order of arrival.

mod arrivals;
mod examples;
mod worlds;

use std::collections::BTreeMap;

use crate::model::{Column, Hour, Outcome, Provider, Record, RecordType, Timestamp, Value};

use super::super::dedup::record_key;
use super::super::hour_key::HourKey;
use super::super::layout::Store;
use super::super::reader::{HourFile, Pick};
use super::super::{Batch, CollectionLock, Mode};

const SECOND: i64 = 1_000_000;
const FAILURE: Outcome = Outcome::Failure;
const SUCCESS: Outcome = Outcome::Success;

/// A record of a small world; times in microseconds after its beginning.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) bucket: i32,
    pub(super) record_type: RecordType,
    pub(super) time: i64,
    pub(super) logged: Option<i64>,
    pub(super) message: Option<u8>,
    pub(super) exchange: Option<u8>,
    pub(super) number: Option<i64>,
    pub(super) outcome: Option<Outcome>,
    pub(super) discarded: Option<bool>,
    pub(super) status: Option<i64>,
    pub(super) reason: Option<String>,
    pub(super) url: Option<String>,
    pub(super) destinations: Vec<&'static str>,
    pub(super) subscriptions: Vec<&'static str>,
}

/// What a row shows of what it may take from others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) joined: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) attempt: Option<i64>,
    pub(super) discarded: Option<bool>,
    pub(super) status: Option<i64>,
    pub(super) reason: Option<String>,
    pub(super) exchange_id: Option<String>,
    pub(super) method: Option<String>,
    pub(super) url: Option<String>,
}

fn start() -> Timestamp {
    Timestamp::parse("2025-03-23T10:00:00Z").unwrap()
}

fn hour(bucket: i32) -> Hour {
    start().hour().plus(bucket)
}

fn error(time: i64, message: u8) -> Made {
    Made {
        outcome: Some(Outcome::Failure),
        ..made(RecordType::Error, time, Some(message))
    }
}

fn attempt(time: i64, message: u8, number: i64, outcome: Outcome) -> Made {
    Made {
        number: Some(number),
        outcome: Some(outcome),
        ..made(RecordType::Attempt, time, Some(message))
    }
}

fn exchange(time: i64, id: u8, status: i64) -> Made {
    Made {
        exchange: Some(id),
        status: Some(status),
        outcome: Some(match status {
            200..=299 => Outcome::Success,
            _ => Outcome::Failure,
        }),
        reason: Some(format!("answer {status}")),
        url: Some(format!("https://a/{status}")),
        ..made(RecordType::Exchange, time, None)
    }
}

fn made(record_type: RecordType, time: i64, message: Option<u8>) -> Made {
    Made {
        // OK because a world lasts a few days.
        bucket: time.div_euclid(3600 * SECOND) as i32,
        record_type,
        time,
        logged: None,
        message,
        exchange: None,
        number: None,
        outcome: None,
        discarded: None,
        status: None,
        reason: None,
        url: None,
        destinations: vec!["d"],
        subscriptions: vec![],
    }
}

/// An attempt that names an exchange.
fn asking(time: i64, message: u8, number: i64, outcome: Option<Outcome>, exchange: u8) -> Made {
    Made {
        outcome,
        exchange: Some(exchange),
        ..attempt(time, message, number, FAILURE)
    }
}

fn joined(shown: &Shown) -> Option<&str> {
    shown.joined.as_deref()
}

fn raw_of(serial: usize) -> String {
    format!("{{\"serial\":{serial}}}")
}

fn push(batch: &mut Batch, serial: usize, made: &Made) {
    let raw = raw_of(serial);
    let mut record = Record::new(start().plus(made.time), made.record_type, raw.as_bytes());
    let rest = |ends: &[&'static str]| {
        let rest = ends.get(1..).unwrap_or_default();
        (!rest.is_empty()).then(|| rest.join("\n").into())
    };
    record.logged_at = made.logged.map(|at| start().plus(at));
    record.message_id = made.message.map(|id| format!("m{id}").into());
    record.exchange_id = made.exchange.map(|id| format!("x{id}").into());
    record.attempt = made.number;
    record.outcome = made.outcome;
    record.discarded = made.discarded;
    record.status = made.status;
    record.reason = made.reason.as_deref().map(Into::into);
    record.url = made.url.as_deref().map(Into::into);
    record.method = made.url.as_deref().map(|_| "POST".into());
    record.destination = made.destinations.first().map(|id| (*id).into());
    record.more_destinations = rest(&made.destinations);
    record.subscriber = made.subscriptions.first().map(|id| (*id).into());
    record.more_subscribers = rest(&made.subscriptions);
    batch.push(&record);
}

fn lock(store: &Store) -> CollectionLock {
    store.lock(Provider::Segment, "abc").unwrap()
}

/// Commits records at once, by their serial numbers.
fn commit(store: &Store, mode: Mode, records: &[(usize, &Made)]) {
    let lock = lock(store);
    let mut batches: BTreeMap<i32, Batch> = BTreeMap::new();
    for (serial, made) in records {
        push(batches.entry(made.bucket).or_default(), *serial, made);
    }
    let staged = batches.into_iter().map(|(bucket, batch)| {
        let mut writer = lock.begin(hour(bucket), mode).unwrap();
        writer.append(batch).unwrap();
        let fetched_at = (mode == Mode::Replace).then(|| hour(bucket).end());
        writer.finish(fetched_at, Vec::new()).unwrap()
    });
    lock.commit(staged.collect()).unwrap();
}

/// Reads everything back, by serial number; and checks the files and what their footers say is unresolved.
fn stored(store: &Store) -> BTreeMap<usize, Shown> {
    let columns = [
        Column::Joined,
        Column::Outcome,
        Column::Attempt,
        Column::Discarded,
        Column::Status,
        Column::Reason,
        Column::ExchangeId,
        Column::Method,
        Column::Url,
        Column::Raw,
    ];
    let mut all = BTreeMap::new();
    for key in store.hours(&Default::default()).unwrap() {
        store.verify(&key).unwrap();
        let file = HourFile::open(store, &key).unwrap();
        let (mut exchanges, mut attempts) = (0, 0);
        for (group, info) in file.groups().iter().enumerate() {
            let read = file
                .read(group, &columns, Pick::Range(0..info.rows))
                .unwrap();
            let text = |column, row| read.text(column, row).map(str::to_owned);
            for row in 0..read.rows() {
                let shown = Shown {
                    joined: text(Column::Joined, row),
                    outcome: text(Column::Outcome, row),
                    attempt: read.int(Column::Attempt, row),
                    discarded: match read.value(Column::Discarded, row) {
                        Value::Bool(discarded) => Some(discarded),
                        _ => None,
                    },
                    status: read.int(Column::Status, row),
                    reason: text(Column::Reason, row),
                    exchange_id: text(Column::ExchangeId, row),
                    method: text(Column::Method, row),
                    url: text(Column::Url, row),
                };
                let joined = shown.joined.as_deref().unwrap_or_default();
                exchanges += u64::from(joined.ends_with("missing"));
                let is_error = info.record_type == RecordType::Error;
                attempts += u64::from(is_error && !joined.starts_with("attempt"));
                let raw: serde_json::Value = serde_json::from_slice(read.raw(row)).unwrap();
                let serial = raw["serial"].as_u64().unwrap() as usize;
                assert_eq!(all.insert(serial, shown), None, "{serial} is stored twice");
            }
        }
        let unresolved = file.meta().unresolved;
        assert_eq!(
            (unresolved.exchanges, unresolved.attempts),
            (exchanges, attempts),
            "{key:?}"
        );
    }
    all
}

fn key(bucket: i32) -> HourKey {
    HourKey {
        provider: Provider::Segment,
        collection: "abc".to_owned(),
        hour: hour(bucket),
    }
}

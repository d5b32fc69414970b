//! Traces of a few records made by hand: two messages that shared a batch, one of them at two destinations.

use super::*;
use crate::model::{Fate, Hour, Outcome, Provider, Record};
use crate::store::{Batch, Mode, Store};

const MINUTE: i64 = 60_000_000;

fn base() -> Hour {
    Hour::from_parts("2025-03-23", "10").unwrap()
}

fn at(minutes: i64) -> Timestamp {
    base().start().plus(minutes * MINUTE)
}

fn record<'r>(
    minutes: i64,
    record_type: RecordType,
    message: &'r str,
    exchange: &'r str,
) -> Record<'r> {
    let mut record = Record::new(at(minutes), record_type, b"{}");
    let present = |text: &'r str| (!text.is_empty()).then(|| text.into());
    (record.message_id, record.exchange_id) = (present(message), present(exchange));
    record
}

fn attempt<'r>(
    minutes: i64,
    message: &'r str,
    exchange: &'r str,
    number: i64,
    success: bool,
) -> Record<'r> {
    let mut record = record(minutes, RecordType::Attempt, message, exchange);
    record.attempt = Some(number);
    record.outcome = Some(if success {
        Outcome::Success
    } else {
        Outcome::Failure
    });
    record.destination = Some("braze".into());
    record
}

fn exchange(minutes: i64, id: &str, status: i64) -> Record<'_> {
    let mut record = record(minutes, RecordType::Exchange, "", id);
    record.status = Some(status);
    record.destination = Some("braze".into());
    record
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let mut discard = record(6, RecordType::Error, "msg-bad", "");
    // It names no destination, and is no member of the batch by itself.
    discard.discarded = Some(true);
    discard.outcome = Some(Outcome::Failure);
    let mut elsewhere = attempt(3, "msg-good", "x-other", 1, true);
    elsewhere.destination = Some("hubspot".into());
    let mut audit = record(9, RecordType::Audit, "", "");
    audit.id = Some("events/1".into());
    let mut named = exchange(70, "x-2", 200);
    named.id = Some("rec-7".into());
    let hours: [(&str, i32, Vec<Record<'_>>); 3] = [
        (
            "ads",
            0,
            vec![
                attempt(5, "msg-bad", "x-1", 1, false),
                attempt(5, "msg-good", "x-1", 1, false),
                exchange(5, "x-1", 400),
                discard,
                audit,
            ],
        ),
        (
            "ads",
            1,
            vec![attempt(70, "msg-good", "x-2", 2, true), named],
        ),
        ("crm", 0, vec![elsewhere]),
    ];
    for (collection, hour, records) in hours {
        let lock = store.lock(Provider::Segment, collection).unwrap();
        let mut writer = lock.begin(base().plus(hour), Mode::Replace).unwrap();
        let mut batch = Batch::new();
        records.iter().enumerate().for_each(|(serial, record)| {
            let raw = format!("{{\"serial\":\"{collection}-{hour}-{serial}\"}}");
            batch.push(&Record {
                raw: raw.as_bytes(),
                ..record.clone()
            });
        });
        writer.append(batch).unwrap();
        let staged = writer.finish(None, Vec::new()).unwrap();
        lock.commit_one(staged).unwrap();
    }
    (folder, store)
}

#[test]
fn a_batch_is_told_by_the_attempts_with_the_highest_numbers() {
    let (_folder, store) = store();
    let lock = store.lock(Provider::Segment, "ads").unwrap();
    let mut writer = lock.begin(base().plus(2), Mode::Replace).unwrap();
    let mut late = attempt(130, "msg-good", "x-late", 1, false);
    late.raw = b"{\"serial\":\"late\"}";
    let mut batch = Batch::new();
    batch.push(&late);
    writer.append(batch).unwrap();
    lock.commit_one(writer.finish(None, Vec::new()).unwrap())
        .unwrap();
    let trace = one(&store, "x-1");
    let good = trace.batch.iter().find(|m| m.message_id == "msg-good");
    let good = good.map(|m| (m.last_status, m.attempts, m.last_time));
    assert_eq!(good, Some((Some(200), 3, at(70))));
}

fn traced(store: &Store, id: &str) -> Traced {
    trace(&Hours::of(store), &Filter::default(), id, at(600)).unwrap()
}

fn one(store: &Store, id: &str) -> Trace {
    match traced(store, id) {
        Traced::One(trace) => *trace,
        other => panic!("{other:?}"),
    }
}

fn timeline(trace: &Trace) -> Vec<String> {
    let minutes = |entry: &Entry| entry.time().since(base().start()) / MINUTE;
    let line = |entry: &Entry| {
        let collection = entry.text(Column::Collection).unwrap();
        format!("{} {} {collection}", minutes(entry), entry.record_type)
    };
    trace.records.iter().map(line).collect()
}

#[test]
fn a_message_is_traced_over_hours_and_collections() {
    let (_folder, store) = store();
    let trace = one(&store, "msg-good");
    assert_eq!(
        (trace.id.as_str(), trace.subject),
        ("msg-good", Subject::Message)
    );
    assert_eq!(
        timeline(&trace),
        [
            "3 attempt crm",
            "5 attempt ads",
            "5 exchange ads",
            "70 attempt ads",
            "70 exchange ads"
        ]
    );
    assert_eq!(trace.orphans.count(), 1);
    assert_eq!(trace.records[1].int(Column::Status), Some(400));
    assert_eq!(trace.records[1].fate, Some(Fate::Delivered));
    assert_eq!(trace.records[1].raw, b"{\"serial\":\"ads-0-1\"}");
    let routes: Vec<_> = trace.records.iter().map(Entry::route).collect();
    assert_eq!(routes[0].destination, Some("hubspot"));
    assert_eq!((routes[1], routes[2]), (routes[3], routes[4]));
}

#[test]
fn an_exchange_tells_what_became_of_its_batch() {
    let (_folder, store) = store();
    let trace = one(&store, "x-1");
    assert_eq!(trace.subject, Subject::Exchange);
    assert_eq!(
        timeline(&trace),
        [
            "5 attempt ads",
            "5 attempt ads",
            "5 exchange ads",
            "6 error ads"
        ]
    );
    let batch: Vec<_> = trace
        .batch
        .iter()
        .map(|m| (m.message_id.as_str(), m.fate, m.last_status, m.attempts))
        .collect();
    assert_eq!(
        batch,
        [
            ("msg-bad", Some(Fate::Discarded), Some(400), 1),
            ("msg-good", Some(Fate::Delivered), Some(200), 2),
        ]
    );
}

#[test]
fn a_record_comes_with_what_is_around_it() {
    let (_folder, store) = store();
    let alone = one(&store, "events/1");
    assert_eq!(
        (alone.subject, timeline(&alone)),
        (Subject::Record, vec!["9 audit ads".to_owned()])
    );
    let in_exchange = one(&store, "rec-7");
    assert_eq!(in_exchange.subject, Subject::Record);
    assert_eq!(
        timeline(&in_exchange),
        ["70 attempt ads", "70 exchange ads"]
    );
    assert_eq!(in_exchange.batch.len(), 1);
}

#[test]
fn a_beginning_is_enough_if_it_fits_one_id() {
    let (_folder, store) = store();
    assert_eq!(one(&store, "msg-g").id, "msg-good");
    assert_eq!(one(&store, "ev").id, "events/1");
    let Traced::Several {
        candidates,
        has_more,
    } = traced(&store, "msg")
    else {
        panic!("`msg` is the beginning of two");
    };
    let ids: Vec<_> = candidates.iter().map(|(_, id)| id.as_str()).collect();
    assert_eq!((ids, has_more), (vec!["msg-bad", "msg-good"], false));
    // A whole id is not ambiguous, even if others begin with it.
    assert_eq!(one(&store, "x-1").id, "x-1");
    let Traced::Nothing { nearest } = traced(&store, "msg-godo") else {
        panic!("nothing is called so");
    };
    assert_eq!(nearest, Some((Subject::Message, "msg-good".to_owned())));
    let Traced::Nothing { nearest } = traced(&store, "MSG-GOOD") else {
        panic!("an id is what it is, letter by letter");
    };
    assert_eq!(nearest, Some((Subject::Message, "msg-good".to_owned())));
    let Traced::Nothing { nearest } = traced(&store, "zzz(") else {
        panic!("nothing is called so");
    };
    assert_eq!(nearest, None);
}

#[test]
fn a_scope_leaves_the_rest_out() {
    let (_folder, store) = store();
    let scope = Filter {
        collections: vec!["crm".to_owned()],
        ..Filter::default()
    };
    let Traced::One(trace) = trace(&Hours::of(&store), &scope, "msg-good", at(600)).unwrap() else {
        panic!("the message is stored");
    };
    assert_eq!(timeline(&trace), ["3 attempt crm"]);
}

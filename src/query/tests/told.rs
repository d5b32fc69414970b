//! Folded failures, rows of messages, and fates that hang on other things than a message's attempts.
//!
//! Rule: nothing of the code under test is used to reckon what it should answer.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Answer, Chunk, MESSAGE_COLUMNS, Question, Sort, ask, ask_folded, ask_messages};
use super::made::{Made, base, fate, keep, made, statuses};
use super::question;
use crate::model::{Field, Filter, Hour, Outcome, Provider, Record, RecordType, Timestamp, Value};
use crate::store::{Batch, Mode, Store, StoreError};

use proptest::prelude::*;

const SPAN: i64 = 600_000_000;

const FOLDED: [&str; 5] = ["time", "collection", "type", "destination", "status"];

fn text(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Time(time) => time.micros().to_string(),
        _ => String::new(),
    }
}

/// Time, type, destination and status (which is the reason here) of each row, and how many records it stands for.
fn folded(store: &Store, question: &Question) -> (Vec<(Vec<String>, u64)>, Answer) {
    let mut rows = Vec::new();
    let fields = &question.fields;
    let folded = ask_folded::<StoreError>(
        store,
        question,
        SPAN,
        |_, _| false,
        |chunk| {
            for row in 0..chunk.len() {
                let cells = fields.iter().map(|field| text(&chunk.value(row, field)));
                let Value::Int(count) = chunk.value(row, &Field::Count) else {
                    panic!("a row without a count");
                };
                rows.push((cells.collect(), count as u64));
            }
            Ok(())
        },
    )
    .unwrap();
    (rows, folded.answer)
}

#[test]
fn counts_are_lower_bounds_where_a_vendor_folds_itself() {
    let (_folder, store) = keep(&[Made {
        collection: "abc",
        bucket: 0,
        seconds: 0,
        record_type: RecordType::Error,
        message: 1,
        destination: None,
        exchange: 1,
        attempt: 1,
        status: None,
        success: false,
        discarded: false,
        serial: 0,
    }]);
    for folds_itself in [true, false] {
        let question = question(Filter::default());
        let folds = |_: &Chunk, _| folds_itself;
        let sink = |_: &Chunk| Ok(());
        let folded = ask_folded::<StoreError>(&store, &question, SPAN, folds, sink).unwrap();
        assert_eq!(folded.is_lower_bound, folds_itself);
        assert_eq!(folded.records, 1);
    }
}

/// Folds by plain loops; `None` where a status hangs on which of two equal attempts was the last.
fn reckoned(all: &[Made]) -> Option<Vec<(Vec<String>, u64)>> {
    let mut rows: Vec<(Vec<String>, u64)> = Vec::new();
    let mut windows: BTreeMap<Vec<String>, (i64, usize)> = BTreeMap::new();
    let mut ordered: Vec<&Made> = all.iter().collect();
    ordered.sort_by_key(|record| record.time());
    for record in ordered {
        let possible: BTreeSet<_> = statuses(all, record).into_iter().collect();
        if possible.len() > 1 {
            return None;
        }
        let status = possible.into_iter().next().flatten();
        let time = record.time().micros();
        let key = vec![
            record.collection.to_owned(),
            record.record_type.name().to_owned(),
            record
                .destination
                .map_or(String::new(), |to| format!("d{to}")),
            status.map_or(String::new(), |status| status.to_string()),
        ];
        let is_failure = match record.record_type {
            RecordType::Exchange => false,
            _ => !record.success,
        };
        let row = [vec![time.to_string()], key.clone()].concat();
        match windows.get(&key) {
            Some((opened, at))
                if is_failure && status.is_some_and(|s| s >= 400) && time <= opened + SPAN =>
            {
                rows[*at] = (row, rows[*at].1 + 1);
            }
            _ => {
                if is_failure {
                    windows.insert(key, (time, rows.len()));
                }
                rows.push((row, 1));
            }
        }
    }
    Some(rows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn folds_equal_the_reckoning_and_pages_of_them_the_whole(all in made(), size in 1..9u64) {
        let (_folder, store) = keep(&all);
        let question = Question { fields: FOLDED.map(|name| Field::parse(name).unwrap()).to_vec(), ..question(Filter::default()) };
        let (whole, answer) = folded(&store, &question);
        prop_assert_eq!(answer.shown, whole.len() as u64);
        prop_assert_eq!(whole.iter().map(|(_, count)| count).sum::<u64>(), all.len() as u64);
        let time = |row: &(Vec<String>, u64)| row.0[0].parse::<i64>().unwrap();
        prop_assert!(whole.is_sorted_by(|a, b| time(a) >= time(b)));
        if let Some(mut wanted) = reckoned(&all) {
            let mut got = whole.clone();
            wanted.sort();
            got.sort();
            prop_assert_eq!(got, wanted);
        }

        let mut paged = Vec::new();
        let mut page = Question { limit: Some(size), ..question.clone() };
        loop {
            let (rows, answer) = folded(&store, &page);
            prop_assert!(!answer.cursor_row_is_gone);
            paged.extend(rows);
            match answer.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        prop_assert_eq!(&paged, &whole);

        let by_count = Question { sort: Sort { field: Field::Count, descending: true }, ..question };
        let (rows, _) = folded(&store, &by_count);
        prop_assert!(rows.is_sorted_by(|a, b| a.1 >= b.1));
        prop_assert_eq!(rows.len(), whole.len());
    }

    #[test]
    fn messages_equal_the_reckoning(all in made()) {
        let (_folder, store) = keep(&all);
        let question = question(Filter::default());
        let at = |name| MESSAGE_COLUMNS.iter().position(|(known, _)| *known == name).unwrap();
        let names = ["collection", "message_id", "destination", "first_seen", "last_seen", "attempts", "fate"];
        let mut rows = Vec::new();
        let messages = ask_messages::<StoreError>(&store, &question, |row| {
            rows.push(names.map(|name| text(&row[at(name)])).to_vec());
            Ok(())
        })
        .unwrap();
        let exchanges = all.iter().filter(|m| m.record_type == RecordType::Exchange).count();
        prop_assert_eq!(messages.without_message, exchanges as u64);
        prop_assert_eq!(messages.total, rows.len() as u64);
        prop_assert!(rows.is_sorted_by(|a, b| a[4].parse::<i64>().unwrap() >= b[4].parse::<i64>().unwrap()));

        let of_messages = || all.iter().filter(|m| m.record_type != RecordType::Exchange);
        let keys: BTreeSet<_> = of_messages().map(|m| (m.collection, m.message)).collect();
        let mut wanted = Vec::new();
        for (collection, message) in keys {
            let of: Vec<&Made> = of_messages().filter(|m| (m.collection, m.message) == (collection, message)).collect();
            let mut destinations: BTreeSet<Option<u8>> = of.iter().map(|m| m.destination).collect();
            if destinations.len() > 1 {
                destinations.remove(&None);
            }
            for destination in destinations {
                let mine: Vec<&&Made> = of
                    .iter()
                    .filter(|m| destination.is_none() || m.destination.is_none() || m.destination == destination)
                    .collect();
                let attempts: Vec<&&&Made> = mine.iter().filter(|m| m.record_type == RecordType::Attempt).collect();
                let highest = attempts.iter().map(|m| m.attempt).max().unwrap_or(0);
                let attempts = highest.max(attempts.len() as i64);
                let judged = mine.iter().find(|m| m.destination == destination).unwrap();
                wanted.push(vec![
                    collection.to_owned(),
                    format!("m{message}"),
                    destination.map_or(String::new(), |to| format!("d{to}")),
                    mine.iter().map(|m| m.time()).min().unwrap().micros().to_string(),
                    mine.iter().map(|m| m.time()).max().unwrap().micros().to_string(),
                    if attempts > 0 { attempts.to_string() } else { String::new() },
                    fate(&all, judged, question.now).unwrap().name().to_owned(),
                ]);
            }
        }
        wanted.sort();
        rows.sort();
        prop_assert_eq!(rows, wanted);
    }
}

/// Keeps records given as minutes, type, subject, part and outcome; returns their fates, newest first.
fn fates(
    provider: Provider,
    records: &[(i64, RecordType, &str, &str, Option<Outcome>)],
) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let lock = store.lock(provider, "main").unwrap();
    let hour: Hour = base();
    let mut writer = lock.begin(hour, Mode::Replace).unwrap();
    let mut batch = Batch::new();
    let raws: Vec<String> = (0..records.len())
        .map(|n| format!("{{\"n\":{n}}}"))
        .collect();
    for ((minutes, record_type, subject, part, outcome), raw) in records.iter().zip(&raws) {
        let time: Timestamp = hour.start().plus(minutes * 60_000_000);
        let mut record = Record::new(time, *record_type, raw.as_bytes());
        record.outcome = *outcome;
        let part = (!part.is_empty()).then(|| (*part).into());
        match provider {
            Provider::SegmentAudit => {
                record.resource = Some((*subject).into());
                record.operation = part;
            }
            _ => {
                record.message_id = Some((*subject).into());
                record.channel = part;
            }
        }
        batch.push(&record);
    }
    writer.append(batch).unwrap();
    writer.finish(Some(hour.end()), Vec::new()).unwrap();
    let question = Question {
        now: hour.start().plus(3_600_000_000),
        ..question(Filter::default())
    };
    let mut found = Vec::new();
    ask::<StoreError>(&store, &question, |chunk| {
        found.extend((0..chunk.len()).map(|row| text(&chunk.value(row, &Field::Fate))));
        Ok(())
    })
    .unwrap();
    found
}

#[test]
fn a_failed_task_is_resolved_by_a_later_success_of_the_same_resource() {
    let (failed, well) = (Some(Outcome::Failure), Some(Outcome::Success));
    let audit = RecordType::Audit;
    let found = fates(
        Provider::SegmentAudit,
        &[
            (9, audit, "audience/c", "Audience Run Failed", failed),
            (8, audit, "audience/a", "Audience Modified", None),
            (7, audit, "audience/a", "Audience Run Failed", failed),
            (6, audit, "audience/a", "Audience Run Completed", well),
            (5, audit, "audience/b", "Audience Run Completed", well),
            (4, audit, "audience/a", "Audience Run Failed", failed),
            (
                3,
                audit,
                "audience/a",
                "Audience Destination Sync Failed",
                failed,
            ),
            (2, audit, "audience/c", "Audience Run Failed", failed),
        ],
    );
    // After the success; a change; after the success; the successes; before it; another task; another resource.
    let wanted = [
        "unknown",
        "",
        "unknown",
        "",
        "",
        "delivered",
        "unknown",
        "unknown",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_notification_has_a_fate_in_each_channel_and_is_never_said_to_be_retried() {
    let (failed, well) = (Some(Outcome::Failure), Some(Outcome::Success));
    let (event, notification) = (RecordType::Event, RecordType::Notification);
    let found = fates(
        Provider::NotificationApi,
        &[
            (9, event, "t1", "email", well),
            (8, event, "t1", "sms", failed),
            (7, event, "t1", "email", failed),
            (6, event, "t1", "email", None),
            (5, notification, "t1", "sms", failed),
            (4, notification, "t2", "", well),
            (3, notification, "t3", "email", Some(Outcome::Pending)),
        ],
    );
    let wanted = [
        "delivered",
        "unknown",
        "delivered",
        "delivered",
        "unknown",
        "delivered",
        "unknown",
    ];
    assert_eq!(found, wanted);
}

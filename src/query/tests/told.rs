//! Folded failures, rows of messages, and fates that hang on other things than a message's attempts.
//!
//! Rule: nothing of the code under test is used to reckon what it should answer.

use std::collections::{BTreeMap, BTreeSet};

use super::made::{Made, an_attempt, base, keep, made};
use super::reckoned::{Shown, last_attempt, shown};
use super::*;
use crate::model::{Hour, Outcome, Timestamp};

use proptest::prelude::*;

const SPAN: i64 = 600_000_000;

const FOLDED: [&str; 6] = [
    "time",
    "collection",
    "type",
    "destination",
    "reason",
    "status",
];

/// The cells of each row, and how many records it stands for.
fn folded(store: &Store, question: &Question) -> (Vec<(Vec<String>, u64)>, Answer) {
    let mut rows = Vec::new();
    let fields = &question.fields;
    let folded = Engine::local(store)
        .ask_folded::<StoreError>(
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
    let (_folder, store) = keep(&[an_attempt()]);
    let engine = Engine::local(&store);
    for folds_itself in [true, false] {
        let question = question(Filter::default());
        let folds = |_: &Chunk, _| folds_itself;
        let sink = |_: &Chunk| Ok(());
        let folded = engine
            .ask_folded::<StoreError>(&question, SPAN, folds, sink)
            .unwrap();
        assert_eq!(folded.is_lower_bound, folds_itself);
        assert_eq!(folded.records, 1);
    }
}

/// Folds by plain loops.
fn reckoned(all: &[Made], now: Timestamp) -> Vec<(Vec<String>, u64)> {
    let mut rows: Vec<(Vec<String>, u64)> = Vec::new();
    let mut windows: BTreeMap<Vec<String>, (i64, usize)> = BTreeMap::new();
    let mut ordered = shown(all, now);
    ordered.sort_by_key(|shown| shown.made.time());
    for shown in &ordered {
        let time = shown.made.time().micros();
        let key = ["collection", "type", "destination", "pattern"]
            .map(|name| shown.cell(name))
            .to_vec();
        let is_folded = shown.success == Some(false) && shown.cause().is_some();
        let row = FOLDED.map(|name| shown.cell(name)).to_vec();
        match windows.get(&key) {
            Some((opened, at)) if is_folded && time <= opened + SPAN => {
                rows[*at] = (row, rows[*at].1 + 1);
            }
            _ => {
                if is_folded {
                    windows.insert(key, (time, rows.len()));
                }
                rows.push((row, 1));
            }
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn folds_equal_the_reckoning_and_pages_of_them_the_whole(all in made(), size in 1..9u64) {
        let (_folder, store) = keep(&all);
        let question = Question { fields: FOLDED.map(field).to_vec(), ..question(Filter::default()) };
        let (whole, answer) = folded(&store, &question);
        prop_assert_eq!(answer.shown, whole.len() as u64);
        prop_assert_eq!(whole.iter().map(|(_, count)| count).sum::<u64>(), all.len() as u64);
        let time = |row: &(Vec<String>, u64)| Timestamp::parse(&row.0[0]).unwrap();
        prop_assert!(whole.is_sorted_by(|a, b| time(a) >= time(b)));
        let mut wanted = reckoned(&all, question.now);
        let mut got = whole.clone();
        wanted.sort();
        got.sort();
        prop_assert_eq!(got, wanted);

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
    fn messages_equal_the_reckoning(all in made(), asks in prop::collection::vec(asked(), 0..2), size in 1..9u64) {
        let (_folder, store) = keep(&all);
        let mut filter = Filter::default();
        asks.iter().for_each(|ask| ask.add_to(&mut filter));
        let question = question(filter);
        let (rows, messages) = messages(&store, &question);
        let shown = shown(&all, question.now);
        let asked: Vec<&Shown<'_>> = shown.iter().filter(|shown| asks.iter().all(|ask| ask.wants(shown))).collect();
        let exchanges = asked.iter().filter(|shown| !shown.made.is_of_message()).count();
        prop_assert_eq!(messages.without_message, exchanges as u64);
        prop_assert_eq!(messages.total, rows.len() as u64);
        let last_seen = |row: &Vec<String>| Timestamp::parse(&row[4]).unwrap();
        prop_assert!(rows.is_sorted_by(|a, b| last_seen(a) >= last_seen(b)));

        let mut paged = Vec::new();
        for number in 0..=rows.len() as u64 / size {
            let page = Question { limit: Some(size), skip: number * size, ..question.clone() };
            paged.extend(self::messages(&store, &page).0);
        }
        prop_assert_eq!(&paged, &rows);

        let mut wanted = reckoned_messages(&shown, &asked);
        wanted.sort();
        let mut rows = rows;
        rows.sort();
        prop_assert_eq!(rows, wanted);
    }
}

/// The columns of messages that are compared.
const OF_MESSAGES: [&str; 8] = [
    "collection",
    "message_id",
    "destination",
    "first_seen",
    "last_seen",
    "attempts",
    "status",
    "fate",
];

fn messages(store: &Store, question: &Question) -> (Vec<Vec<String>>, Messages) {
    let at = |name| {
        MESSAGE_COLUMNS
            .iter()
            .position(|(known, _)| *known == name)
            .unwrap()
    };
    let mut rows = Vec::new();
    let messages = Engine::local(store)
        .ask_messages::<StoreError>(question, |row| {
            rows.push(OF_MESSAGES.map(|name| text(&row[at(name)])).to_vec());
            Ok(())
        })
        .unwrap();
    (rows, messages)
}

/// Reckons the row of each message at each of its destinations that any record asked for is of.
fn reckoned_messages(all: &[Shown<'_>], asked: &[&Shown<'_>]) -> Vec<Vec<String>> {
    let key = |made: &Made| (made.collection, made.message);
    let asked = || asked.iter().filter(|shown| shown.made.is_of_message());
    let keys: BTreeSet<_> = asked().map(|shown| key(shown.made)).collect();
    let mut rows = Vec::new();
    for (collection, message) in keys {
        let of = || {
            all.iter()
                .filter(|s| s.made.is_of_message() && key(s.made) == (collection, message))
        };
        let mut destinations: BTreeSet<Option<u8>> =
            of().map(|shown| shown.made.destination).collect();
        if destinations.len() > 1 {
            destinations.remove(&None);
        }
        for destination in destinations {
            // What names no destination belongs to all of them.
            let fits = |made: &Made| {
                destination.is_none() || made.destination.is_none_or(|to| Some(to) == destination)
            };
            if !asked().any(|shown| key(shown.made) == (collection, message) && fits(shown.made)) {
                continue;
            }
            let mine: Vec<Shown<'_>> = of().filter(|shown| fits(shown.made)).cloned().collect();
            let attempts = mine
                .iter()
                .filter(|shown| shown.made.is(RecordType::Attempt));
            let highest = attempts
                .clone()
                .filter_map(|shown| shown.made.attempt)
                .max()
                .unwrap_or(0);
            let attempts = highest.max(attempts.count() as i64);
            let judged = mine
                .iter()
                .find(|shown| shown.made.destination == destination)
                .unwrap();
            let last = mine.iter().max_by_key(|shown| shown.made.time()).unwrap();
            let status = last_attempt(&mine).unwrap_or(last).status;
            let time = |time: Option<Timestamp>| time.unwrap().to_rfc3339();
            rows.push(vec![
                collection.to_owned(),
                format!("m{message}"),
                judged.cell("destination"),
                time(mine.iter().map(|shown| shown.made.time()).min()),
                time(mine.iter().map(|shown| shown.made.time()).max()),
                if attempts > 0 {
                    attempts.to_string()
                } else {
                    "-".to_owned()
                },
                status.map_or("-".to_owned(), |status| status.to_string()),
                judged.cell("fate"),
            ]);
        }
    }
    rows
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
    let staged = writer.finish(Some(hour.end()), Vec::new()).unwrap();
    lock.commit_one(staged).unwrap();
    let question = Question {
        now: hour.start().plus(3_600_000_000),
        ..question(Filter::default())
    };
    let mut found = Vec::new();
    Engine::local(&store)
        .ask::<StoreError>(&question, |chunk| {
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
        "-",
        "unknown",
        "-",
        "-",
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

//! Questions to a store of made-up records, against a reckoning that shares nothing with the code: plain loops over
//! plain structs.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::{
    Column, Comparison, Fate, Field, Filter, Hour, Outcome, Provider, Record, RecordType, Test,
    Timestamp, Value,
};
use crate::store::{Batch, Mode, Store, StoreError};

/// A record as the reckoning sees it.
#[derive(Clone, Debug)]
struct Made {
    collection: &'static str,
    /// Hours after the first, under which it is stored.
    bucket: i32,
    seconds: i64,
    record_type: RecordType,
    message: u8,
    exchange: u8,
    attempt: i64,
    status: Option<i64>,
    success: bool,
    discarded: bool,
    serial: usize,
}

fn base() -> Hour {
    Hour::from_parts("2025-03-23", "10").unwrap()
}

impl Made {
    fn time(&self) -> Timestamp {
        base()
            .plus(self.bucket)
            .start()
            .plus(self.seconds * 1_000_000)
    }

    fn raw(&self) -> String {
        format!(
            "{{\"serial\":{},\"message\":\"m{}\"}}",
            self.serial, self.message
        )
    }
}

fn made() -> impl Strategy<Value = Vec<Made>> {
    let one = (
        prop::sample::select(vec!["abc", "other"]),
        0..3i32,
        0..3700i64,
        0..3u8,
        (0..12u8, 0..8u8),
        (1..5i64, prop::sample::select(vec![200i64, 400, 429, 503])),
        any::<(bool, bool)>(),
    );
    let make = |(
        collection,
        bucket,
        seconds,
        kind,
        (message, exchange),
        (attempt, status),
        (success, discarded),
    )| Made {
        collection,
        bucket,
        // Whole minutes, so that many records share a time.
        seconds: seconds / 60 * 60,
        record_type: [RecordType::Error, RecordType::Attempt, RecordType::Exchange][kind as usize],
        message,
        exchange,
        attempt,
        status: (kind == 2).then_some(status),
        success: success && kind == 1,
        discarded: discarded && kind == 0,
        serial: 0,
    };
    prop::collection::vec(one.prop_map(make), 0..60).prop_map(|mut all| {
        let mut exchanges = std::collections::HashSet::new();
        // An exchange is logged once.
        all.retain(|m| {
            m.record_type != RecordType::Exchange || exchanges.insert((m.collection, m.exchange))
        });
        for (serial, record) in all.iter_mut().enumerate() {
            record.serial = serial;
        }
        all
    })
}

fn keep(all: &[Made]) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let mut hours: BTreeMap<(&str, i32), Vec<&Made>> = BTreeMap::new();
    for record in all {
        hours
            .entry((record.collection, record.bucket))
            .or_default()
            .push(record);
    }
    for ((collection, bucket), records) in hours {
        let lock = store.lock(Provider::Segment, collection).unwrap();
        let mut writer = lock.begin(base().plus(bucket), Mode::Replace).unwrap();
        let mut batch = Batch::new();
        for made in records {
            let raw = made.raw();
            let mut record = Record::new(made.time(), made.record_type, raw.as_bytes());
            record.status = made.status;
            match made.record_type {
                RecordType::Exchange => {
                    record.exchange_id = Some(format!("x{}", made.exchange).into())
                }
                RecordType::Attempt => {
                    record.exchange_id = Some(format!("x{}", made.exchange).into());
                    record.message_id = Some(format!("m{}", made.message).into());
                    record.attempt = Some(made.attempt);
                    record.outcome = Some(if made.success {
                        Outcome::Success
                    } else {
                        Outcome::Failure
                    });
                }
                _ => {
                    record.message_id = Some(format!("m{}", made.message).into());
                    record.discarded = Some(made.discarded);
                    record.outcome = Some(Outcome::Failure);
                }
            }
            batch.push(&record);
        }
        writer.append(batch).unwrap();
        writer
            .finish(Some(base().plus(bucket).end()), Vec::new())
            .unwrap();
    }
    (folder, store)
}

/// The status a row shows: its own, its exchange's, or that of its message's last attempt. Where several attempts are
/// equally last, any of theirs.
fn statuses(all: &[Made], record: &Made) -> Vec<Option<i64>> {
    let of_exchange = |exchange: u8| {
        let mut found = all.iter().filter(|m| m.collection == record.collection);
        found
            .find(|m| m.record_type == RecordType::Exchange && m.exchange == exchange)
            .and_then(|m| m.status)
    };
    match record.record_type {
        RecordType::Exchange => vec![record.status],
        RecordType::Attempt => vec![of_exchange(record.exchange)],
        _ => {
            let attempts = || {
                all.iter().filter(|m| {
                    m.record_type == RecordType::Attempt
                        && m.collection == record.collection
                        && m.message == record.message
                })
            };
            let last = attempts().map(|m| (m.time(), m.attempt)).max();
            let mut all: Vec<_> = attempts()
                .filter(|m| Some((m.time(), m.attempt)) == last)
                .map(|m| of_exchange(m.exchange))
                .collect();
            if all.is_empty() {
                all.push(None);
            }
            all
        }
    }
}

fn fate(all: &[Made], record: &Made, now: Timestamp) -> Option<Fate> {
    if record.record_type == RecordType::Exchange {
        return None;
    }
    let same = |m: &&Made| {
        m.collection == record.collection
            && m.message == record.message
            && m.record_type != RecordType::Exchange
    };
    let success = all
        .iter()
        .filter(same)
        .filter(|m| m.success)
        .map(Made::time)
        .max();
    let failure = all
        .iter()
        .filter(same)
        .filter(|m| !m.success)
        .map(Made::time)
        .max();
    let discarded = all.iter().filter(same).any(|m| m.discarded);
    Some(if success.is_some() && success >= failure {
        Fate::Delivered
    } else if discarded {
        Fate::Discarded
    } else if failure.is_some_and(|f| now.since(f) < 4 * 3_600_000_000) {
        Fate::Retrying
    } else {
        Fate::Unknown
    })
}

#[derive(Debug)]
struct Row {
    serial: usize,
    time: i64,
    status: Option<i64>,
    fate: Option<String>,
}

fn rows(store: &Store, question: &Question) -> (Vec<Row>, Answer) {
    let mut rows = Vec::new();
    let fields = question.fields.clone();
    let answer = ask::<StoreError>(store, question, |chunk| {
        let bound = chunk.bind(&fields);
        let mut cells = Vec::new();
        for row in 0..chunk.len() {
            bound.row(row, &mut cells);
            let int = |value: &Value<'_>| match value {
                Value::Int(n) => Some(*n),
                Value::Time(time) => Some(time.micros()),
                _ => None,
            };
            rows.push(Row {
                serial: int(&cells[0]).unwrap() as usize,
                time: int(&cells[1]).unwrap(),
                status: int(&cells[2]),
                fate: match &cells[3] {
                    Value::Text(text) => Some(text.to_string()),
                    _ => None,
                },
            });
        }
        Ok(())
    })
    .unwrap();
    (rows, answer)
}

fn question(filter: Filter) -> Question {
    Question {
        filter,
        fields: [".serial", "time", "status", "fate"]
            .iter()
            .map(|name| Field::parse(name).unwrap())
            .collect(),
        sort: Sort::NEWEST_FIRST,
        limit: None,
        skip: 0,
        after: None,
        now: base().plus(5).start(),
    }
}

fn serials(rows: &[Row]) -> Vec<usize> {
    rows.iter().map(|row| row.serial).collect()
}

/// Filters of which each has a plain counterpart.
#[derive(Clone, Debug)]
enum Ask {
    Everything,
    Type(RecordType),
    Status(i64),
    Message(u8),
    Fate(Fate),
    Grep(u8),
    Since(i64),
}

fn asked() -> impl Strategy<Value = Ask> {
    prop_oneof![
        Just(Ask::Everything),
        prop::sample::select(vec![
            RecordType::Error,
            RecordType::Attempt,
            RecordType::Exchange
        ])
        .prop_map(Ask::Type),
        prop::sample::select(vec![200i64, 400, 429, 503]).prop_map(Ask::Status),
        (0..12u8).prop_map(Ask::Message),
        prop::sample::select(Fate::ALL.to_vec()).prop_map(Ask::Fate),
        (0..12u8).prop_map(Ask::Grep),
        (0..7200i64).prop_map(Ask::Since),
    ]
}

impl Ask {
    fn add_to(&self, filter: &mut Filter) {
        let test = |name: &str, comparison| Test {
            field: Field::parse(name).unwrap(),
            comparison,
        };
        let any_of = match self {
            Ask::Everything => vec![],
            Ask::Type(record_type) => {
                vec![Test::text(Column::Type, [record_type.name().to_owned()])]
            }
            Ask::Status(status) => vec![test("status", Comparison::Within(*status..=*status))],
            Ask::Message(message) => vec![Test::text(Column::MessageId, [format!("m{message}")])],
            Ask::Fate(fate) => vec![test(
                "fate",
                Comparison::one_of([fate.name().to_owned()], false),
            )],
            Ask::Grep(message) => {
                let regex = regex::bytes::Regex::new(&format!("\"m{message}\"")).unwrap();
                vec![test("raw", Comparison::Matches(regex))]
            }
            Ask::Since(seconds) => {
                filter.window.start = filter
                    .window
                    .start
                    .max(base().start().plus(seconds * 1_000_000));
                vec![]
            }
        };
        filter.require(any_of);
    }

    /// Whether a record must, may or must not be in the answer.
    fn wants(&self, all: &[Made], record: &Made, now: Timestamp) -> Option<bool> {
        Some(match self {
            Ask::Everything => true,
            Ask::Type(record_type) => record.record_type == *record_type,
            Ask::Status(status) => {
                let possible = statuses(all, record);
                let is = |s: &Option<i64>| *s == Some(*status);
                if possible.iter().any(is) != possible.iter().all(is) {
                    return None;
                }
                possible.iter().any(is)
            }
            Ask::Message(message) => {
                record.record_type != RecordType::Exchange && record.message == *message
            }
            Ask::Fate(wanted) => fate(all, record, now) == Some(*wanted),
            Ask::Grep(message) => record.message == *message,
            Ask::Since(seconds) => record.time() >= base().start().plus(seconds * 1_000_000),
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn answers_equal_the_reckoning(all in made(), asks in prop::collection::vec(asked(), 1..3)) {
        let (_folder, store) = keep(&all);
        let mut filter = Filter::default();
        asks.iter().for_each(|ask| ask.add_to(&mut filter));
        let question = question(filter);
        let (rows, answer) = rows(&store, &question);
        prop_assert_eq!(answer.total, Total::Exactly(rows.len() as u64));
        prop_assert!(rows.is_sorted_by(|a, b| a.time >= b.time));
        let shown = serials(&rows);
        for record in &all {
            let verdicts: Vec<_> = asks.iter().map(|ask| ask.wants(&all, record, question.now)).collect();
            let is_shown = shown.contains(&record.serial);
            if verdicts.contains(&Some(false)) {
                prop_assert!(!is_shown, "{:?}", record);
            } else if verdicts.iter().all(|v| *v == Some(true)) {
                prop_assert!(is_shown, "{:?}", record);
            }
        }
        for row in &rows {
            let record = &all[row.serial];
            prop_assert!(statuses(&all, record).contains(&row.status), "{:?} {:?}", row, record);
            let fate = fate(&all, record, question.now).map(|fate| fate.name().to_owned());
            prop_assert_eq!(&row.fate, &fate);
        }
    }

    #[test]
    fn pages_put_together_equal_the_whole(all in made(), ask in asked(), size in 3..20u64) {
        let (_folder, store) = keep(&all);
        let mut filter = Filter::default();
        ask.add_to(&mut filter);
        let question = question(filter);
        let whole = serials(&rows(&store, &question).0);

        let mut by_cursor = Vec::new();
        let mut page = Question { limit: Some(size), ..question.clone() };
        loop {
            let (rows, answer) = rows(&store, &page);
            prop_assert!(!answer.cursor_row_is_gone);
            by_cursor.extend(serials(&rows));
            prop_assert_eq!(answer.has_more, answer.next.is_some());
            match answer.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        prop_assert_eq!(&by_cursor, &whole);

        let mut by_number = Vec::new();
        for number in 0.. {
            let page = Question { limit: Some(size), skip: number * size, ..question.clone() };
            let (rows, answer) = rows(&store, &page);
            by_number.extend(serials(&rows));
            if !answer.has_more {
                break;
            }
        }
        prop_assert_eq!(&by_number, &whole);
    }

    #[test]
    fn other_orders_hold_the_same_rows(all in made(), descending in any::<bool>(), size in 5..30u64) {
        let (_folder, store) = keep(&all);
        let sort = Sort { field: Field::Column(Column::Status), descending };
        let question = Question { sort, ..question(Filter::default()) };
        let (whole, _) = rows(&store, &question);
        prop_assert_eq!(whole.len(), all.len());
        let present: Vec<i64> = whole.iter().filter_map(|row| row.status).collect();
        prop_assert!(whole[..present.len()].iter().all(|row| row.status.is_some()), "absent values come last");
        let in_order = present.is_sorted_by(|a, b| if descending { a >= b } else { a <= b });
        prop_assert!(in_order);
        let mut paged = Vec::new();
        for number in 0..=all.len() as u64 / size {
            let page = Question { limit: Some(size), skip: number * size, ..question.clone() };
            paged.extend(serials(&rows(&store, &page).0));
        }
        prop_assert_eq!(paged, serials(&whole));
    }
}

#[test]
fn a_cursor_stays_true_while_new_hours_arrive() {
    let record = |bucket, seconds, serial| Made {
        collection: "abc",
        bucket,
        seconds,
        record_type: RecordType::Error,
        message: 1,
        exchange: 1,
        attempt: 1,
        status: None,
        success: false,
        discarded: false,
        serial,
    };
    let old: Vec<Made> = (0..20).map(|serial| record(0, 60, serial)).collect();
    let (_folder, store) = keep(&old);
    let mut page = Question {
        limit: Some(7),
        ..question(Filter::default())
    };
    let (first, answer) = rows(&store, &page);
    page.after = answer.next;

    // A newer hour, and an older one.
    let mut grown = old.clone();
    grown.push(record(2, 5, 20));
    let (_grown_folder, grown_store) = keep(&grown);
    let mut seen = serials(&first);
    loop {
        let (rows, answer) = rows(&grown_store, &page);
        seen.extend(serials(&rows));
        page.after = answer.next;
        if page.after.is_none() {
            break;
        }
    }
    seen.sort_unstable();
    assert_eq!(
        seen,
        (0..20).collect::<Vec<_>>(),
        "each old row once, the new one above the first page"
    );
}

#[test]
fn orphans_are_counted_where_they_occurred() {
    let mut all = Vec::new();
    for serial in 0..3 {
        all.push(Made {
            collection: "abc",
            bucket: 1,
            seconds: 3600,
            record_type: RecordType::Attempt,
            message: 1,
            exchange: 9,
            attempt: 1,
            status: None,
            success: false,
            discarded: false,
            serial,
        });
    }
    let (_folder, store) = keep(&all);
    let (_, answer) = rows(&store, &question(Filter::default()));
    assert_eq!(answer.orphans.count(), 3);
    let ((key, occurred), count) = answer.orphans.by_hour.into_iter().next().unwrap();
    assert_eq!(
        (key.hour, occurred, count),
        (base().plus(1), base().plus(2), 3)
    );
}

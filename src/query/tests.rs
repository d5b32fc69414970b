//! Questions to a store of made-up records, compared with a reckoning that shares nothing with the code.

mod made;
mod tally;
mod told;

use proptest::prelude::*;

use super::*;
use crate::model::{
    Column, Comparison, Fate, Field, Filter, Provider, Record, RecordType, Test, Timestamp, Value,
};
use crate::store::{Batch, Mode, Store, StoreError};
use made::{Made, base, fate, keep, made, statuses};

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
        destination: None,
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
    let mut grown = old;
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
            destination: None,
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

#[test]
fn many_exchanges_in_another_hour_are_all_found() {
    // More than a bloom filter is asked for at once, and more rows than are searched without one.
    const ATTEMPTS: usize = 6000;
    const EXCHANGES: usize = 20_000;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let write = |hours: i32, batch: Batch| {
        let lock = store.lock(Provider::Segment, "abc").unwrap();
        let hour = base().plus(hours);
        let mut writer = lock.begin(hour, Mode::Replace).unwrap();
        writer.append(batch).unwrap();
        writer.finish(Some(hour.end()), Vec::new()).unwrap();
    };
    let record = |n: usize, hours: i32, record_type| {
        let mut record = Record::new(base().plus(hours).start(), record_type, b"{\"serial\":0}");
        record.exchange_id = Some(format!("x{n}").into());
        record.status = (record_type == RecordType::Exchange).then_some(429);
        record
    };
    let (mut here, mut there) = (Batch::new(), Batch::new());
    for n in 0..ATTEMPTS {
        here.push(&record(n, 0, RecordType::Attempt));
        if n % 2 == 0 {
            here.push(&record(n, 0, RecordType::Exchange));
        }
    }
    for n in (1..EXCHANGES * 2).step_by(2) {
        there.push(&record(n, 3, RecordType::Exchange));
    }
    write(0, here);
    write(3, there);

    let mut filter = Filter::default();
    filter.require(vec![Test::text(Column::Type, ["attempt".to_owned()])]);
    let (rows, answer) = rows(&store, &question(filter));
    assert_eq!(rows.len(), ATTEMPTS);
    assert_eq!(answer.orphans.count(), 0);
    assert!(rows.iter().all(|row| row.status == Some(429)));
}

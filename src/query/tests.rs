//! Questions to a store of made-up records, compared with a reckoning that shares nothing with the code.

mod asked;
mod damage;
mod made;
mod reckoned;
mod tally;
mod told;

use proptest::prelude::*;

use super::*;
use crate::model::{Column, Field, Filter, Provider, Record, RecordType, Test, Value};
use crate::store::{Batch, Mode, Store, StoreError};
use asked::asked;
use made::{Made, an_attempt, base, keep, made};
use reckoned::{Shown, shown};

/// What is asked of each row, and compared with what is reckoned.
const FIELDS: [&str; 17] = [
    ".serial",
    "time",
    "collection",
    "type",
    "message_id",
    "exchange_id",
    "destination",
    "attempt",
    "status",
    "reason",
    "pattern",
    "outcome",
    "discarded",
    "joined",
    "fate",
    "last_status",
    ".message",
];

#[derive(Debug)]
struct Row {
    serial: usize,
    /// In the order of [`FIELDS`].
    cells: Vec<String>,
}

/// A value as text; `-` where there is none.
fn text(value: &Value<'_>) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Time(time) => time.to_rfc3339(),
        Value::Text(text) | Value::Json(text) | Value::Number(text) => text.to_string(),
        Value::Bytes(_) => panic!("bytes are no text"),
    }
}

fn field(name: &str) -> Field {
    Field::parse(name).unwrap()
}

fn rows(store: &Store, question: &Question) -> (Vec<Row>, Answer) {
    asked_of(&Engine::local(store), question)
}

fn asked_of(engine: &Engine, question: &Question) -> (Vec<Row>, Answer) {
    let mut rows = Vec::new();
    let fields = &question.fields;
    let answer = engine
        .ask::<StoreError>(question, |chunk| {
            let bound = chunk.bind(fields);
            for row in 0..chunk.len() {
                let cells: Vec<String> = bound.row(row).iter().map(text).collect();
                let looked: Vec<String> = fields
                    .iter()
                    .map(|field| text(&chunk.value(row, field)))
                    .collect();
                assert_eq!(cells, looked);
                let serial = cells[0].parse().unwrap();
                rows.push(Row { serial, cells });
            }
            Ok(())
        })
        .unwrap();
    (rows, answer)
}

fn question(filter: Filter) -> Question {
    Question {
        filter,
        fields: FIELDS.map(field).to_vec(),
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
        prop_assert!(rows.is_sorted_by(|a, b| all[a.serial].time() >= all[b.serial].time()));
        let mut wanted = shown(&all, question.now);
        wanted.retain(|shown| asks.iter().all(|ask| ask.wants(shown)));
        let of = |shown: &Shown<'_>| (shown.made.serial, FIELDS.map(|name| shown.cell(name)).to_vec());
        let wanted: std::collections::BTreeMap<usize, Vec<String>> = wanted.iter().map(of).collect();
        let found = rows.into_iter().map(|row| (row.serial, row.cells)).collect();
        prop_assert_eq!(wanted, found);
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
        let sort = Sort { field: field("status"), descending };
        let question = Question { sort, ..question(Filter::default()) };
        let (whole, _) = rows(&store, &question);
        prop_assert_eq!(whole.len(), all.len());
        let status = |row: &Row| row.cells[FIELDS.iter().position(|name| *name == "status").unwrap()].parse::<i64>().ok();
        let present: Vec<i64> = whole.iter().filter_map(status).collect();
        prop_assert!(whole[..present.len()].iter().all(|row| status(row).is_some()), "absent values come last");
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
        bucket,
        seconds,
        serial,
        ..an_attempt()
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
    let orphan = |serial| Made {
        bucket: 1,
        seconds: 3600,
        exchange: Some(9),
        serial,
        ..an_attempt()
    };
    let all: Vec<Made> = (0..3).map(orphan).collect();
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
        let staged = writer.finish(Some(hour.end()), Vec::new()).unwrap();
        lock.commit_one(staged).unwrap();
    };
    let raws: Vec<String> = (0..EXCHANGES * 2)
        .map(|n| format!("{{\"serial\":{n}}}"))
        .collect();
    let record = |n: usize, hours: i32, record_type| {
        let mut record = Record::new(base().plus(hours).start(), record_type, raws[n].as_bytes());
        record.exchange_id = Some(format!("x{n}").into());
        record.status = (record_type == RecordType::Exchange).then_some(429);
        record
    };
    let (mut here, mut there) = (Batch::new(), Batch::new());
    for n in 0..ATTEMPTS {
        here.push(&record(n, 0, RecordType::Attempt));
        if n % 2 == 0 {
            let id = format!("exchange {n}");
            here.push(&Record {
                id: Some(id.into()),
                ..record(n, 0, RecordType::Exchange)
            });
        }
    }
    for n in (1..EXCHANGES * 2).step_by(2) {
        let id = format!("exchange {n}");
        there.push(&Record {
            id: Some(id.into()),
            ..record(n, 3, RecordType::Exchange)
        });
    }
    write(0, here);
    write(3, there);

    let mut filter = Filter::default();
    filter.require(vec![Test::text(Column::Type, ["attempt".to_owned()])]);
    let (rows, answer) = rows(&store, &question(filter));
    assert_eq!(rows.len(), ATTEMPTS);
    assert_eq!(answer.orphans.count(), 0);
    let status = FIELDS.iter().position(|name| *name == "status").unwrap();
    assert!(rows.iter().all(|row| row.cells[status] == "429"));
}

//! Questions to a store of which an hour is damaged.
//!
//! Rule: what is answered is what is answered with the hour as it was, or what is answered without it, and then it is named.

use super::*;
use crate::model::{Hour, Provider};
use crate::store::HourKey;

const HOURS: i32 = 3;

/// The hour that is damaged.
fn hour() -> Hour {
    base().plus(1)
}

/// Attempts, errors and exchanges of messages whose attempts lie in several hours.
fn records() -> Vec<Made> {
    let mut all = Vec::new();
    for n in 0..240 {
        let bucket = (n % HOURS as usize) as i32;
        let record_type = [RecordType::Error, RecordType::Attempt, RecordType::Exchange][n / 3 % 3];
        let is_exchange = record_type == RecordType::Exchange;
        all.push(Made {
            bucket,
            seconds: n as i64 * 14,
            record_type,
            message: (n / 9 % 20) as u8,
            exchange: (record_type != RecordType::Error).then_some((n / 9 % 100) as u8),
            attempt: (record_type == RecordType::Attempt).then_some(bucket.into()),
            status: is_exchange.then_some([200, 429, 503][n % 3]),
            reason: is_exchange.then_some("slow down"),
            success: (record_type == RecordType::Attempt && n % 3 == 2).then_some(true),
            discarded: (record_type == RecordType::Error).then_some(n % 2 == 0),
            serial: n,
            ..an_attempt()
        });
    }
    all
}

/// The answers to all kinds of questions, and the hours that were left out of each.
fn answers(store: &Store) -> Vec<(String, Vec<HourKey>)> {
    let all = question(Filter::default());
    let of_type = |name: &str| {
        let mut filter = Filter::default();
        filter.require(vec![Test::text(Column::Type, [name.to_owned()])]);
        Question {
            limit: Some(20),
            ..question(filter)
        }
    };
    let by = |name: &str| Sort {
        field: field(name),
        descending: false,
    };
    let one = |name: &str| Question {
        fields: vec![field(".serial"), field("time"), field(name)],
        ..all.clone()
    };
    let questions = [
        all.clone(),
        of_type("attempt"),
        of_type("error"),
        one("fate"),
        one("reason"),
        Question {
            limit: Some(7),
            skip: 30,
            ..all.clone()
        },
        Question {
            sort: by("status"),
            ..all.clone()
        },
        Question {
            sort: by("reason"),
            limit: Some(9),
            ..all.clone()
        },
    ];
    let mut told = Vec::new();
    let mut tell = |engine: Engine, answer: String| {
        told.push((answer, engine.left_out().into_keys().collect()));
    };
    for question in &questions {
        let engine = Engine::local(store);
        let (rows, answer) = asked_of(&engine, question);
        let shown = (answer.shown, answer.total, answer.has_more);
        tell(engine, format!("{rows:?} {shown:?}"));
    }
    for question in &questions {
        let engine = Engine::local(store);
        let mut rows = Vec::new();
        let sink = |cells: &[Value<'_>]| {
            rows.push(cells.iter().map(text).collect::<Vec<_>>());
            Ok::<(), StoreError>(())
        };
        let messages = engine.ask_messages(question, sink).unwrap();
        tell(engine, format!("{rows:?} {}", messages.total));
    }
    for question in &questions {
        let engine = Engine::local(store);
        let mut rows = Vec::new();
        let fields = &question.fields;
        let sink = |chunk: &Chunk| {
            let cells = |row| {
                fields
                    .iter()
                    .map(|field| text(&chunk.value(row, field)))
                    .collect()
            };
            rows.extend((0..chunk.len()).map(cells).collect::<Vec<Vec<String>>>());
            Ok::<(), StoreError>(())
        };
        let folded = engine
            .ask_folded(question, 600_000_000, |_, _| false, sink)
            .unwrap();
        tell(engine, format!("{rows:?} {}", folded.records));
    }
    for name in [
        "status",
        "reason",
        "fate",
        "pattern",
        ".message",
        "last_status",
    ] {
        let engine = Engine::local(store);
        let by = [Key::Field(field(name))];
        let tally = engine.tally(&Count {
            filter: &all.filter,
            by: &by,
            buckets: None,
            buckets_are_optional: false,
            messages: true,
            zone: crate::model::Zone::Utc,
            now: all.now,
        });
        let mut groups: Vec<String> = tally
            .unwrap()
            .groups
            .iter()
            .map(|group| format!("{group:?}"))
            .collect();
        groups.sort();
        tell(engine, format!("{groups:?}"));
    }
    for id in ["m3", "x7", "x99", "m"] {
        let engine = Engine::local(store);
        let traced = engine.trace(&all.filter, id, all.now).unwrap();
        tell(engine, format!("{traced:?}"));
    }
    told
}

#[test]
fn a_damaged_hour_is_left_out_of_every_answer_and_named() {
    let (_folder, store) = keep(&records());
    let key = HourKey {
        provider: Provider::Segment,
        collection: "abc".to_owned(),
        hour: hour(),
    };
    let path = store.records_file(&key);
    let bytes = std::fs::read(&path).unwrap();
    let whole = answers(&store);
    assert!(whole.iter().all(|(_, left_out)| left_out.is_empty()));
    std::fs::remove_file(&path).unwrap();
    let without = answers(&store);
    let mut times_left_out = 0;
    for part in 0..24 {
        let mut damaged = bytes.clone();
        damaged[bytes.len() * part / 24] ^= 0x40;
        std::fs::write(&path, &damaged).unwrap();
        for (at, (answer, left_out)) in answers(&store).into_iter().enumerate() {
            if left_out.is_empty() {
                assert_eq!(answer, whole[at].0, "question {at}, part {part}");
            } else {
                assert_eq!(answer, without[at].0, "question {at}, part {part}");
                assert_eq!(left_out, std::slice::from_ref(&key));
                times_left_out += 1;
            }
        }
    }
    assert!(times_left_out > 24, "{times_left_out}");
}

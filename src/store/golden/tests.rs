//! A store that was written once and is kept: what is on people's disks is still read, and says what it said.
//!
//! Rule: it is written only when `FAILLOG_BLESS=1` asks for it; a missing file is a failure. Columns and keys are declared
//! here once more, so that a change of the program's own shows.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::model::{
    Column, Filter, Hour, Outcome, Provider, Record, RecordType, Reject, Timestamp, Value,
};

/// The columns of a file, in order, with their types.
const COLUMNS: [(&str, &str); 33] = [
    ("time", "INT64 required TIMESTAMP(MICROS,true)"),
    ("logged_at", "INT64 TIMESTAMP(MICROS,true)"),
    ("type", "BYTE_ARRAY required STRING"),
    ("outcome", "BYTE_ARRAY STRING"),
    ("attempt", "INT64"),
    ("discarded", "BOOLEAN"),
    ("status", "INT64"),
    ("code", "BYTE_ARRAY STRING"),
    ("reason", "BYTE_ARRAY STRING"),
    ("operation", "BYTE_ARRAY STRING"),
    ("source", "BYTE_ARRAY STRING"),
    ("destination", "BYTE_ARRAY STRING"),
    ("subscriber", "BYTE_ARRAY STRING"),
    ("actor", "BYTE_ARRAY STRING"),
    ("channel", "BYTE_ARRAY STRING"),
    ("resource", "BYTE_ARRAY STRING"),
    ("id", "BYTE_ARRAY STRING"),
    ("message_id", "BYTE_ARRAY STRING"),
    ("exchange_id", "BYTE_ARRAY STRING"),
    ("method", "BYTE_ARRAY STRING"),
    ("url", "BYTE_ARRAY STRING"),
    ("ip", "BYTE_ARRAY STRING"),
    ("duration_ms", "INT64"),
    ("delay_ms", "INT64"),
    ("joined", "BYTE_ARRAY STRING"),
    ("raw", "BYTE_ARRAY required"),
    ("more_sources", "BYTE_ARRAY STRING"),
    ("more_destinations", "BYTE_ARRAY STRING"),
    ("more_subscribers", "BYTE_ARRAY STRING"),
    ("error_type", "BYTE_ARRAY STRING"),
    ("actor_email", "BYTE_ARRAY STRING"),
    ("resource_id", "BYTE_ARRAY STRING"),
    ("own", "INT64"),
];

/// The keys of the hour that has all of them.
const KEYS: [&str; 11] = [
    "faillog.format",
    "faillog.provider",
    "faillog.collection",
    "faillog.hour",
    "faillog.fetched_at",
    "faillog.objects",
    "faillog.counts",
    "faillog.rejects",
    "faillog.unresolved",
    "faillog.checksums",
    "faillog.seal",
];

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/store-v2")
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn record<'r>(time: &str, record_type: RecordType, raw: &'r str) -> Record<'r> {
    Record::new(at(time), record_type, raw.as_bytes())
}

/// Two hours of Segment's, one fetched and one imported, linked with one another; and one of Akeneo's.
fn write(store: &Store) {
    let mut exchange = record(
        "2025-03-23T20:59:59.5Z",
        RecordType::Exchange,
        r#"{"exchange":"x1"}"#,
    );
    exchange.exchange_id = Some("x1".into());
    exchange.status = Some(503);
    exchange.outcome = Some(Outcome::Failure);
    exchange.reason = Some("busy – später".into());
    exchange.method = Some("POST".into());
    exchange.url = Some("https://example.com/v2".into());
    exchange.duration_ms = Some(1200);
    let mut far = record(
        "2025-03-20T04:00:00Z",
        RecordType::Attempt,
        r#"{"attempt":"far"}"#,
    );
    far.message_id = Some("m3".into());
    far.attempt = Some(1);
    far.outcome = Some(Outcome::Failure);
    let attempt = |raw: &'static str, message: &'static str, exchange: &'static str| {
        let mut attempt = record("2025-03-23T21:00:00.123456Z", RecordType::Attempt, raw);
        attempt.logged_at = Some(at("2025-03-23T21:00:02Z"));
        attempt.message_id = Some(message.into());
        attempt.exchange_id = Some(exchange.into());
        attempt.attempt = Some(4);
        attempt.outcome = Some(Outcome::Failure);
        attempt.source = Some("src".into());
        attempt.more_sources = Some("src2".into());
        attempt.destination = Some("dst".into());
        attempt.more_destinations = Some("dst2\ndst3".into());
        attempt.subscriber = Some("sub".into());
        attempt.more_subscribers = Some("sub2".into());
        attempt.delay_ms = Some(250);
        attempt
    };
    let error = |raw: &'static str, message: &'static str| {
        let mut error = record("2025-03-23T21:00:01Z", RecordType::Error, raw);
        error.message_id = Some(message.into());
        error.outcome = Some(Outcome::Failure);
        error.discarded = Some(true);
        error.code = Some("Unavailable".into());
        error
    };
    let mut other = record(
        "2025-03-23T21:30:00Z",
        RecordType::Other,
        r#"{"new":"kind"}"#,
    );
    other.operation = Some("deliver".into());
    other.ip = Some("192.0.2.1".into());
    other.channel = Some("EMAIL".into());
    let object = |imported| Object {
        name: if imported {
            "export.ndjson"
        } else {
            "object 1"
        }
        .to_owned(),
        etag: (!imported).then(|| "\"e1\"".to_owned()),
        size: 42,
        sha256: "ab".repeat(32),
        imported,
    };
    let segment: [(Hour, Mode, Vec<Record<'_>>); 3] = [
        (
            at("2025-03-23T20:00:00Z").hour(),
            Mode::Replace,
            vec![exchange],
        ),
        (at("2025-03-20T04:00:00Z").hour(), Mode::Merge, vec![far]),
        (
            at("2025-03-23T21:00:00Z").hour(),
            Mode::Merge,
            vec![
                attempt(r#"{"attempt":"a1"}"#, "m1", "x1"),
                attempt(r#"{"attempt":"a2"}"#, "m2", "x2"),
                error(r#"{"error":"e1"}"#, "m1"),
                error(r#"{"error":"e2"}"#, "m2"),
                error(r#"{"error":"e3"}"#, "m3"),
                error(r#"{"error":"e4"}"#, "m4"),
                other,
            ],
        ),
    ];
    for (hour, mode, records) in segment {
        let lock = store.lock(Provider::Segment, "2wmpX/1").unwrap();
        let mut writer = lock.begin(hour, mode).unwrap();
        let mut batch = Batch::new();
        records.iter().for_each(|record| batch.push(record));
        writer.append(batch).unwrap();
        let is_import = mode == Mode::Merge;
        if !is_import {
            for (line, raw) in [(2, &b"{\"half\": "[..]), (5, b"\xff\xfe")] {
                let reason = "no JSON".to_owned();
                let origin = "object 1".to_owned();
                let raw = raw.to_vec();
                writer
                    .reject(&Reject {
                        origin,
                        line,
                        reason,
                        raw,
                    })
                    .unwrap();
            }
        }
        let fetched_at = (!is_import).then(|| at("2025-03-24T06:00:00.25Z"));
        let staged = writer.finish(fetched_at, vec![object(is_import)]).unwrap();
        lock.commit_one(staged).unwrap();
    }
    let mut action = record("2024-11-25T10:00:00Z", RecordType::Action, r#"{"id":"f1"}"#);
    action.id = Some("f1".into());
    action.actor = Some("17".into());
    action.actor_email = Some("ann@example.com".into());
    action.resource = Some("source/55".into());
    action.resource_id = Some("55".into());
    action.error_type = Some("broken_rule".into());
    let lock = store.lock(Provider::Akeneo, "pim").unwrap();
    let mut writer = lock.begin(action.time.hour(), Mode::Supersede).unwrap();
    let mut batch = Batch::new();
    batch.push(&action);
    writer.append(batch).unwrap();
    let staged = writer.finish(None, vec![object(true)]).unwrap();
    lock.commit_one(staged).unwrap();
    lock.settle().unwrap();
}

/// Everything a store holds, one object a row: the hour and all columns that are not null.
fn rows(store: &Store) -> Vec<Json> {
    let mut rows = Vec::new();
    for key in store.hours(&Filter::default()).unwrap() {
        let file = HourFile::open(store, &key).unwrap();
        for (group, info) in file.groups().iter().enumerate() {
            let columns: Vec<Column> = Column::stored().collect();
            let read = file
                .read(group, &columns, Pick::Range(0..info.rows))
                .unwrap();
            for row in 0..read.rows() {
                let mut object = Map::new();
                object.insert("collection".into(), json!(key.collection));
                object.insert("hour".into(), json!(key.hour.to_string()));
                for column in &columns {
                    let value = match read.value(*column, row) {
                        Value::Null => continue,
                        Value::Time(time) => json!(time.micros()),
                        Value::Int(int) => json!(int),
                        Value::Bool(bool) => json!(bool),
                        Value::Text(text) => json!(text),
                        Value::Bytes(bytes) => json!(String::from_utf8(bytes.to_vec()).unwrap()),
                        other => panic!("{other:?}"),
                    };
                    object.insert(column.name().into(), value);
                }
                rows.push(Json::Object(object));
            }
        }
    }
    rows
}

fn bless() {
    let _ = std::fs::remove_dir_all(golden());
    let store = Store::open(&golden());
    write(&store);
    for (provider, collection) in store.collections().unwrap() {
        std::fs::remove_file(store.collection_folder(provider, &collection).join(".lock")).unwrap();
    }
    let lines: Vec<String> = rows(&store).iter().map(Json::to_string).collect();
    std::fs::write(golden().join("expected.ndjson"), lines.join("\n") + "\n").unwrap();
}

#[test]
fn the_store_that_is_kept_is_read_as_ever() {
    if std::env::var_os("FAILLOG_BLESS").is_some_and(|value| value == "1") {
        bless();
    }
    let expected = std::fs::read_to_string(golden().join("expected.ndjson")).expect(
        "tests/data/store-v2 is missing; to write it: FAILLOG_BLESS=1 cargo test that_is_kept",
    );
    let expected: Vec<Json> = expected
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let store = Store::open(&golden());
    assert_eq!(rows(&store), expected);
    assert_eq!(expected.len(), 10);
    for key in store.hours(&Filter::default()).unwrap() {
        assert!(store.verify(&key).unwrap().is_some());
    }
    let words: BTreeSet<&str> = expected
        .iter()
        .filter_map(|row| row["joined"].as_str())
        .collect();
    assert_eq!(
        words,
        [
            "attempt",
            "attempt+exchange",
            "attempt+missing",
            "exchange",
            "missing"
        ]
        .into()
    );
}

#[test]
fn its_footers_say_what_they_said() {
    let store = Store::open(&golden());
    let key = HourKey {
        provider: Provider::Segment,
        collection: "2wmpX/1".to_owned(),
        hour: at("2025-03-23T20:00:00Z").hour(),
    };
    let path = store.records_file(&key);
    let expected =
        "v2/provider=segment/collection=2wmpX%2F1/date=2025-03-23/hour=20/records.parquet";
    assert!(path.ends_with(expected), "{}", path.display());
    let file = SerializedFileReader::new(File::open(&path).expect("the golden store")).unwrap();
    let metadata = file.metadata().file_metadata();
    let columns = metadata.schema_descr().columns().iter().map(|column| {
        let info = column.self_type().get_basic_info();
        let required = if info.repetition() == parquet::basic::Repetition::REQUIRED {
            " required"
        } else {
            ""
        };
        let logical = match info.logical_type_ref() {
            Some(parquet::basic::LogicalType::String) => " STRING",
            Some(parquet::basic::LogicalType::Timestamp(_)) => " TIMESTAMP(MICROS,true)",
            None => "",
            Some(other) => panic!("{other:?}"),
        };
        (
            column.name().to_owned(),
            format!("{}{required}{logical}", column.physical_type()),
        )
    });
    let declared = COLUMNS.map(|(name, shape)| (name.to_owned(), shape.to_owned()));
    assert_eq!(columns.collect::<Vec<_>>(), declared);
    let pairs = metadata.key_value_metadata().unwrap();
    let found = |name: &str| {
        let pair = pairs.iter().find(|pair| pair.key == name);
        pair.and_then(|pair| pair.value.clone()).unwrap_or_default()
    };
    let keys: Vec<&str> = pairs.iter().map(|pair| pair.key.as_str()).collect();
    assert_eq!(keys.iter().copied().collect::<BTreeSet<_>>(), KEYS.into());
    assert_eq!(found("faillog.format"), "2");
    assert_eq!(found("faillog.provider"), "segment");
    assert_eq!(found("faillog.collection"), "2wmpX/1");
    assert_eq!(found("faillog.hour"), "2025-03-23T20");
    assert_eq!(found("faillog.fetched_at"), "2025-03-24T06:00:00.250Z");
    assert_eq!(found("faillog.counts"), r#"{"exchange":1}"#);
    assert_eq!(
        found("faillog.unresolved"),
        r#"{"exchanges":0,"attempts":0,"far":0}"#
    );
    let rejects: Json = serde_json::from_str(&found("faillog.rejects")).unwrap();
    let hash = rejects["hash"].as_str().unwrap();
    assert_eq!((rejects["lines"].as_u64(), hash.len()), (Some(2), 32));
    let beside = path.with_file_name(format!("_rejects-{hash}.ndjson"));
    let beside = std::fs::read_to_string(beside).unwrap();
    assert_eq!(rejects["bytes"].as_u64(), Some(beside.len() as u64));
    assert_eq!(
        beside,
        "{\"origin\":\"object 1\",\"line\":2,\"reason\":\"no JSON\",\"raw\":\"{\\\"half\\\": \"}\n\
         {\"origin\":\"object 1\",\"line\":5,\"reason\":\"no JSON\",\"raw_hex\":\"fffe\"}\n"
    );
}

/// The checksums, reckoned once more from the bytes of the file.
#[test]
fn its_checksums_are_those_of_its_bytes() {
    const BLOCK: usize = 64 << 10;
    let store = Store::open(&golden());
    let hours = store.hours(&Filter::default()).unwrap();
    assert_eq!(hours.len(), 4);
    for key in hours {
        let path = store.records_file(&key);
        let bytes = std::fs::read(&path).unwrap();
        let (rest, tail) = bytes.split_at(bytes.len() - 8);
        assert_eq!(&tail[4..], b"PAR1");
        let length = u32::from_le_bytes(tail[..4].try_into().unwrap()) as usize;
        let (data, footer) = rest.split_at(rest.len() - length);
        let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        let pairs = file
            .metadata()
            .file_metadata()
            .key_value_metadata()
            .unwrap();
        let found = |name: &str| {
            pairs
                .iter()
                .find(|pair| pair.key == name)
                .unwrap()
                .value
                .clone()
                .unwrap()
        };
        let hash = |bytes: &[u8]| format!("{:016x}", twox_hash::XxHash3_64::oneshot(bytes));
        let checksums: String = data.chunks(BLOCK).map(hash).collect();
        assert_eq!(found("faillog.checksums"), checksums);
        let seal = found("faillog.seal");
        let text = [footer, tail].concat();
        let at = text
            .windows(16)
            .rposition(|window| window == seal.as_bytes())
            .unwrap();
        let unsealed = [&text[..at], &b"0".repeat(16), &text[at + 16..]].concat();
        assert_eq!(hash(&unsealed), seal);
    }
}

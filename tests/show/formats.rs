//! What every format writes: the bytes as received, valid JSON, readable Parquet, and a whole file where nothing matches.
//!
//! Rule: formats are read back with other people's readers, not with the program.

use std::collections::BTreeMap;
use std::fs;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::{case_file, filled, show};
use crate::support::TestEnv;

/// Every column that formats have without `--columns`, as documented.
pub(super) const COLUMNS: [&str; 26] = [
    "provider",
    "collection",
    "time",
    "logged_at",
    "type",
    "outcome",
    "attempt",
    "discarded",
    "status",
    "code",
    "reason",
    "operation",
    "source",
    "destination",
    "subscriber",
    "actor",
    "channel",
    "resource",
    "id",
    "message_id",
    "exchange_id",
    "method",
    "url",
    "ip",
    "duration_ms",
    "delay_ms",
];

/// Returns standard output as bytes.
fn bytes_of(env: &TestEnv, args: &[&str]) -> Vec<u8> {
    let mut command = env.command(&[&["show"], args].concat());
    let output = command.output().expect("the program cannot be started");
    env.outcome(&command, &output).success();
    output.stdout
}

#[test]
fn raw_gives_back_the_bytes_that_came_in() {
    let env = filled();
    let mut expected: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    // Of two records with one id the first is kept.
    let mut has_own_id = false;
    for file in ["segment.ndjson", "segment-eu.ndjson"] {
        let text = fs::read(case_file(file)).expect("a file of records");
        for line in text.split(|byte| *byte == b'\n') {
            // White space around a record is no part of it; a record that comes twice is kept once.
            let line = line.trim_ascii();
            let has_id = String::from_utf8_lossy(line).contains(r#""messageId":"own-id-2""#);
            let is_known = has_id && std::mem::replace(&mut has_own_id, true);
            if !line.is_empty() && !is_known {
                expected.insert(line.to_vec(), 1);
            }
        }
    }
    let shown = bytes_of(&env, &["-o", "raw"]);
    let lines = shown
        .strip_suffix(b"\n")
        .expect("a line ends with a line feed");
    let mut found: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        *found.entry(line.to_vec()).or_default() += 1;
    }
    let text = |line: &Vec<u8>| String::from_utf8_lossy(line).into_owned();
    let differs = |(line, times): &(&Vec<u8>, &usize)| expected.get(*line) != Some(*times);
    let wrong: Vec<String> = found
        .iter()
        .filter(differs)
        .map(|(line, _)| text(line))
        .collect();
    let is_lost = |line: &&Vec<u8>| !found.contains_key(*line);
    let lost: Vec<String> = expected.keys().filter(is_lost).map(text).collect();
    assert!(wrong.is_empty(), "not what came in: {wrong:#?}");
    assert!(lost.is_empty(), "lost: {lost:#?}");
    let odd = found
        .keys()
        .filter(|line| line.starts_with(b"{ \"serial\" : 182 ,\t"));
    assert_eq!(odd.count(), 1, "odd spacing is kept");
    show(&env, &["-o", "raw", "--columns", "time"])
        .code(2)
        .stdout_is("")
        .stderr_has("-o raw");
}

#[test]
fn json_and_ndjson_are_valid_and_the_same() {
    let env = filled();
    let array: Vec<Value> =
        serde_json::from_slice(&bytes_of(&env, &["-o", "json"])).expect("one array");
    let lines = bytes_of(&env, &["-o", "ndjson"]);
    let lines = String::from_utf8(lines).expect("UTF-8");
    let objects: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("one object a line"))
        .collect();
    assert_eq!(array, objects);
    assert_eq!(array.len(), 217);
    for object in &objects {
        let object = object.as_object().expect("an object");
        assert!(object.values().all(|value| !value.is_null()), "{object:?}");
        assert!(
            object.keys().all(|key| COLUMNS.contains(&key.as_str())),
            "{object:?}"
        );
        assert!(
            ["provider", "collection", "time", "type"]
                .iter()
                .all(|key| object.contains_key(*key))
        );
    }
    // What is no text in the records is none in JSON.
    let record = bytes_of(
        &env,
        &[
            "-o",
            "ndjson",
            "--message-id",
            "m-flat-1",
            "--columns",
            ".a,.a.n,.a.big,.discarded,discarded",
        ],
    );
    assert_eq!(
        String::from_utf8_lossy(&record),
        "{\".a\":{\"n\":1.5,\"odd key\":{\"x\":[1,2,{\"y\":\"deep\"}]},\"null\":null,\"big\":9007199254740993,\"text\":\"500\"},\
         \".a.n\":1.5,\".a.big\":9007199254740993,\".discarded\":0,\"discarded\":false}\n"
    );
}

#[test]
fn parquet_is_read_by_others() {
    let env = filled();
    let read = |args: &[&str]| -> RecordBatch {
        let bytes = Bytes::from(bytes_of(&env, &[args, &["-o", "parquet"]].concat()));
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).expect("a Parquet file");
        let schema = reader.schema().clone();
        let batches: Vec<_> = reader
            .build()
            .expect("a reader")
            .map(|batch| batch.expect("a batch"))
            .collect();
        arrow_select::concat::concat_batches(&schema, &batches).expect("one batch")
    };
    let all = read(&[]);
    let names: Vec<&str> = all
        .schema_ref()
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    assert_eq!(names, COLUMNS);
    assert_eq!(all.num_rows(), 217);
    let status = |batch: &RecordBatch| {
        let column = batch.column_by_name("status").expect("the status");
        let column = column.as_primitive::<arrow_array::types::Int64Type>();
        column
            .iter()
            .flatten()
            .filter(|status| *status == 429)
            .count()
    };
    let rate_limited = super::serials(&env, &["--status", "429"]);
    assert_eq!(status(&all), rate_limited.len(), "joined statuses too");
    let chosen = read(&[
        "--columns",
        "time,.serial,fate",
        "--message-id",
        "m-flip-2",
        "--type",
        "error",
    ]);
    assert_eq!(chosen.num_rows(), 1);
    let fate = chosen.column_by_name("fate").expect("the fate");
    let fate: Vec<_> = fate
        .as_string_opt::<i32>()
        .expect("a text")
        .iter()
        .flatten()
        .collect();
    assert_eq!(fate, ["delivered"]);
    let none = read(&["--type", "audit"]);
    assert_eq!((none.num_rows(), none.num_columns()), (0, COLUMNS.len()));
}

#[test]
fn an_empty_answer_is_whole_in_every_format() {
    let env = filled();
    let header = COLUMNS.join(",");
    let rule = |column: &&str| match *column {
        "attempt" | "status" | "duration_ms" | "delay_ms" => " ---: |",
        _ => " --- |",
    };
    let rule: String = COLUMNS.iter().map(rule).collect();
    let cases = [
        ("table", String::new()),
        ("csv", format!("{header}\r\n")),
        ("tsv", format!("{}\n", COLUMNS.join("\t"))),
        ("json", "[]\n".to_owned()),
        ("ndjson", String::new()),
        ("md", format!("| {} |\n|{rule}\n", COLUMNS.join(" | "))),
        ("raw", String::new()),
    ];
    for (format, expected) in cases {
        let outcome = show(&env, &["--type", "audit", "-o", format]);
        outcome
            .success()
            .stdout_is(&expected)
            .stderr_has("no record matches");
    }
}

#[test]
fn times_are_shown_in_the_zone_asked_for_and_say_so() {
    let env = filled();
    let row = [
        "--message-id",
        "m-late-3",
        "--columns",
        "time,logged_at",
        "-o",
        "csv",
    ];
    show(&env, &row)
        .success()
        .stdout_is("time,logged_at\r\n2025-03-24T00:06:00.000001Z,2025-03-23T23:06:00Z\r\n");
    show(&env, &[&row[..], &["--tz", "Europe/Berlin"]].concat())
        .success()
        .stdout_is(
            "time,logged_at\r\n2025-03-24T01:06:00.000001+01:00,2025-03-24T00:06:00+01:00\r\n",
        );
    show(&env, &[&row[..], &["--tz", "-05:00"]].concat())
        .success()
        .stdout_has("2025-03-23T19:06:00.000001-05:00");
}

//! CSV and TSV: the header that scripts rely on, RFC 4180, and cells that a spreadsheet would run.
//!
//! Rule: read back by another reader, every cell is what the record says.

use super::formats::COLUMNS;
use super::{filled, show};
use crate::support::{Outcome, TestEnv};

#[test]
fn the_header_is_every_column_whatever_the_data() {
    let env = filled();
    let header = "provider,collection,time,logged_at,type,outcome,attempt,discarded,status,code,reason,operation,source,\
                  destination,subscriber,actor,channel,resource,id,message_id,exchange_id,method,url,ip,duration_ms,delay_ms";
    assert_eq!(COLUMNS.join(","), header);
    for question in [
        &["--type", "error"][..],
        &["--type", "exchange", "-n", "1"],
        &["--type", "audit"],
    ] {
        let outcome = show(&env, &[question, &["-o", "csv"]].concat());
        let first = outcome.success().stdout.split("\r\n").next();
        assert_eq!(first, Some(header));
        let outcome = show(&env, &[question, &["-o", "tsv"]].concat());
        let first = outcome.success().stdout.lines().next();
        assert_eq!(first, Some(header.replace(',', "\t").as_str()));
    }
    // Piped, CSV is what comes without asking.
    show(&env, &["-n", "1"]).success().stdout_has(header);
}

fn read(outcome: &Outcome) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(outcome.success().stdout.as_bytes());
    let rows = reader.records().map(|row| row.expect("a row of CSV"));
    rows.map(|row| row.iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn commas_quotes_and_line_breaks_survive() {
    let env = filled();
    let rows = read(&show(
        &env,
        &[
            "--columns",
            "message_id,reason",
            "--destination",
            "dst_webhook",
            "--status",
            "422",
            "--type",
            "attempt",
            "--no-formula-guard",
        ],
    ));
    let reasons: Vec<&str> = rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(
        reasons,
        [
            "reason",
            "a | pipe and `tick` and <b>tag</b>",
            "[31mred [0m and \u{202e}right",
            "tab here",
            "-5",
            "naïve – 東京 🎉",
            "first line second line, still one reason",
            "\"quoted\", with commas",
            "+49 30 1234567",
        ]
    );
    // A cell as long and odd as a whole record.
    let raw = show(&env, &["--columns", ".serial,raw", "-o", "csv"]);
    for row in read(&raw).iter().skip(1) {
        let record: serde_json::Value =
            serde_json::from_str(&row[1]).expect("the record as received");
        assert_eq!(record["serial"].to_string(), row[0]);
    }
    assert!(raw.stdout.ends_with("\r\n"));
    let tsv = TestEnv::new();
    let text = r#"{"event":"Error Logged","properties":{"reason":"a\tb\\c\nd","messageId":"x,\"y\"","occurredAt":"2025-03-23T20:00:00Z"}}"#;
    tsv.run_with_input(&["import", "-"], text).success();
    let columns = ["--columns", ".properties.reason,message_id"];
    show(&tsv, &[&columns[..], &["-o", "tsv"]].concat())
        .success()
        .stdout_is(".properties.reason\tmessage_id\na\\tb\\\\c\\nd\tx,\"y\"\n");
    show(&tsv, &[&columns[..], &["-o", "csv"]].concat())
        .success()
        .stdout_is(".properties.reason,message_id\r\n\"a\tb\\c\nd\",\"x,\"\"y\"\"\"\r\n");
}

#[test]
fn what_a_spreadsheet_would_run_is_guarded() {
    let env = filled();
    let columns = [
        "--columns",
        "reason",
        "--type",
        "exchange",
        "--status",
        "401",
        "--status",
        "413",
        "--status",
        "422",
    ];
    let reasons = |more: &[&str]| -> Vec<String> {
        let rows = read(&show(&env, &[&columns[..], more].concat()));
        rows.into_iter()
            .skip(1)
            .map(|row| row[0].clone())
            .filter(|cell| cell.starts_with(['\'', '=', '+', '-', '@']))
            .collect()
    };
    let plain = [
        "-5",
        "+49 30 1234567",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "=HYPERLINK(\"http://evil.example\",\"log in\")",
    ];
    assert_eq!(reasons(&["--no-formula-guard"]), plain);
    let guarded: Vec<String> = plain
        .iter()
        .map(|text| {
            if *text == "-5" {
                (*text).to_owned()
            } else {
                format!("'{text}")
            }
        })
        .collect();
    assert_eq!(reasons(&[]), guarded, "a number is no formula");
    show(&env, &[&columns[..], &["-o", "tsv"]].concat())
        .success()
        .stdout_has("\n'=HYPERLINK(");
    // Formats that no spreadsheet runs keep the text.
    for format in ["ndjson", "json", "md", "table"] {
        let outcome = show(&env, &[&columns[..], &["-o", format]].concat());
        let has_guard = outcome.success().stdout.contains("'=HYPERLINK");
        outcome.assert(!has_guard, "no guard");
    }
}

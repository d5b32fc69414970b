//! `faillog timeline` as a program: the drawing at two widths, the formats, the zone.
//!
//! Rule: a drawing is compared whole, with numbers reckoned from `tests/cases`.

use super::{filled, rows, test_file};
use crate::support::{Outcome, TestEnv};

const DAY: [&str; 8] = [
    "timeline",
    "--collection",
    "p",
    "--since",
    "2025-03-23T18",
    "--until",
    "2025-03-24T01",
    "-o",
];

/// Draws the evening of the cases: 64, 32, 32, 32 and 20 records from 20:00 on.
fn drawn(columns: &str, args: &[&str]) -> Outcome {
    let env = filled().set("COLUMNS", columns);
    env.run(&[&DAY[..], &["table", "--every", "1h"], args].concat())
}

#[test]
fn the_evening_is_drawn_in_80_columns() {
    let outcome = drawn("80", &[]);
    // 16 of the label, 2 + 2 + 1 of the number, 2 + 7 of the word: 50 are left for the bar.
    let eighths = |records: usize| {
        let eighths = (records * 50 * 8).div_ceil(64);
        let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
        "█".repeat(eighths / 8) + part
    };
    let gap = "╌".repeat(50);
    let expected = [
        "count every 1 h, time in UTC".to_owned(),
        format!("2025-03-23 18:00   ? {gap}  expired"),
        format!("           19:00   ? {gap}  expired"),
        format!("           20:00  64 {}", eighths(64)),
        format!("           21:00  32 {}", eighths(32)),
        format!("           22:00  32 {}", eighths(32)),
        format!("           23:00  32 {}", eighths(32)),
        format!("2025-03-24 00:00  20 {}", eighths(20)),
        format!("{}0 {} 64", " ".repeat(21), "─".repeat(45)),
        String::new(),
    ];
    outcome.success().stdout_is(&expected.join("\n"));
    outcome.stderr_has("180 records in 7 steps of 1 h, 2 of them not complete");
}

#[test]
fn a_wide_terminal_has_room_for_more_series() {
    let heads = |columns: &str| {
        let outcome = drawn(columns, &["--by", "status"]);
        let width: usize = columns.parse().expect("a number");
        let widest = outcome
            .success()
            .stdout
            .lines()
            .map(|line| line.chars().count());
        outcome.assert(widest.max() <= Some(width), "lines that fit");
        outcome
            .stdout
            .lines()
            .nth(1)
            .map(|line| line.matches('(').count())
    };
    // `(none)` has a parenthesis of its own.
    assert!(heads("200") > heads("80"));
}

#[test]
fn plain_characters_where_blocks_are_not_to_be_had() {
    let plain = drawn("80", &["--ascii"]);
    let plain = &plain.success().stdout;
    assert!(
        plain.is_ascii() && plain.contains("####") && plain.contains("????"),
        "{plain}"
    );
    for (name, value) in [
        ("TERM", "dumb"),
        ("LANG", "C"),
        ("LC_ALL", "en_US.ISO-8859-1"),
    ] {
        let env = filled().set("COLUMNS", "80").set(name, value);
        let args = [&DAY[..], &["table", "--every", "1h"]].concat();
        env.run(&args).success().stdout_is(plain);
    }
}

#[test]
fn days_are_those_of_the_zone() {
    let env = filled();
    let args = [
        "timeline",
        "--every",
        "1d",
        "--tz",
        "Europe/Berlin",
        "-o",
        "ndjson",
    ];
    let args = [
        &args[..],
        &["--since", "2025-03-22T23:00", "--until", "2025-03-24T23:00"],
    ]
    .concat();
    let outcome = env.run(&args);
    let rows = rows(outcome.success());
    let told = |row: &serde_json::Value| {
        let time = row["time"].as_str().map(str::to_owned);
        time.zip(row["count"].as_u64())
    };
    let told: Vec<_> = rows.iter().filter_map(told).collect();
    // Until 23:00 UTC it is still the 23rd: 64 + 32 + 32 of prod and 8 + 8 + 9 of eu-west.
    let expected = [
        ("2025-03-23T00:00:00+01:00", 153),
        ("2025-03-24T00:00:00+01:00", 62),
    ];
    let expected = expected.map(|(time, count)| (time.to_owned(), count));
    assert_eq!(told, expected);
}

#[test]
fn without_a_range_it_goes_from_the_first_record_to_the_last() {
    let env = filled();
    let outcome = env.run(&["timeline", "--collection", "eu-west", "-o", "csv"]);
    let lines: Vec<&str> = outcome.success().stdout.lines().collect();
    outcome.assert(lines[0] == "time,count,complete", "the header");
    outcome.assert((2..=61).contains(&lines.len()), "at most 60 steps");
    let counts = lines[1..].iter().filter_map(|line| line.split(',').nth(1));
    let sum: u64 = counts.filter_map(|count| count.parse::<u64>().ok()).sum();
    assert_eq!(sum, 35);
}

#[test]
fn a_file_or_an_empty_store_is_drawn_too() {
    let env = TestEnv::new();
    let file = test_file("cases/segment-eu.ndjson");
    let file = file.to_str().expect("a path in UTF-8");
    let outcome = env.run(&["timeline", "--input", file, "--by", "type", "-o", "ndjson"]);
    let rows = rows(outcome.success());
    let counts: u64 = rows.iter().filter_map(|row| row["count"].as_u64()).sum();
    assert_eq!(counts, 35);
    assert!(rows.iter().all(|row| row["complete"] == true));

    let outcome = env.run(&["timeline"]);
    outcome.success().stdout_is("time,count,complete\r\n");
    outcome.stderr_has("no record matches");
    env.run(&["timeline", "-o", "table"])
        .success()
        .stdout_is("");
    let args = ["timeline", "--last", "2h", "--every", "1h", "--strict"];
    let outcome = env.run(&args);
    outcome.code(7).stdout_has(":00:00Z,,false\r\n");
    env.run(&["timeline", "--by", "x"])
        .code(2)
        .stderr_has("--by: unknown column `x`");
}

#[test]
fn an_hour_that_cannot_be_read_is_not_drawn_as_an_empty_one() {
    let env = filled();
    let hour = "data/v2/provider=segment/collection=prod/date=2025-03-23/hour=21/records.parquet";
    let file = env.home().join(hour);
    let mut bytes = std::fs::read(&file).expect("an hour's file");
    // The footer stays whole: only who reads the rows meets the damage.
    let end = bytes.len() / 4;
    bytes[4..end].fill(0);
    std::fs::write(&file, bytes).expect("the hour's file");
    // Steps of an hour would be counted by what the footers say.
    let outcome = env.run(&[&DAY[..], &["csv", "--every", "30m"]].concat());
    let outcome = outcome.success();
    outcome
        .stdout_has(",true\r\n2025-03-23T21:00:00Z,,false\r\n2025-03-23T21:30:00Z,,false\r\n")
        .stderr_has("2025-03-23T21 is left out");
    let strict = [&DAY[..], &["csv", "--every", "30m", "--strict"]].concat();
    env.run(&strict).code(7);
}

/// An error that names a message and when it occurred.
fn error(message: &str, time: &str) -> String {
    format!(
        r#"{{"event":"Error Logged","properties":{{"messageId":"{message}","occurredAt":"{time}"}}}}"#
    ) + "\n"
}

#[test]
fn a_record_far_from_all_others_is_named_and_does_not_stretch_the_range() {
    let env = TestEnv::new();
    let lines = [
        error("f1", "2025-03-23T20:00:01Z"),
        error("f2", "2025-03-23T20:30:01Z"),
        error("f3", "2099-01-01T00:00:00Z"),
        error("f4", "9999-12-31T23:59:59Z"),
        error("f5", "0001-01-01T00:00:00Z"),
    ];
    let file = env.write("far.ndjson", lines.concat());
    let file = file.to_str().expect("a path in UTF-8");
    env.run(&["import", file]).success();
    let outcome = env.run(&["timeline", "--every", "10m", "-o", "csv"]);
    outcome.success().stdout_is(
        "time,count,complete\r\n\
         2025-03-23T20:00:00Z,1,true\r\n\
         2025-03-23T20:10:00Z,0,true\r\n\
         2025-03-23T20:20:00Z,0,true\r\n\
         2025-03-23T20:30:00Z,1,true\r\n",
    );
    outcome.stderr_has("2 records in 4 steps of 10 min");
    outcome.stderr_has(
        "warning: 3 records lie far from all others and are left out, for --since and --until to show: \
         0001-01-01T00:00:00Z, 2099-01-01T00:00:00Z, 9999-12-31T23:59:59Z",
    );
    env.run(&["timeline", "--strict"]).code(7);
    // One that does not match is not named, and one that is asked for is shown.
    let outcome = env.run(&["timeline", "--message-id", "f2", "-o", "csv"]);
    assert!(!outcome.success().stderr.contains("far from"));
    let since = ["timeline", "--since", "2099-01-01", "--until", "2099-01-02"];
    let asked = env.run(&[&since[..], &["--every", "1d", "-o", "csv"]].concat());
    asked
        .success()
        .stdout_is("time,count,complete\r\n2099-01-01T00:00:00Z,1,true\r\n");
    // Everything else is as ever: no hour between is looked at.
    let hours = env.run(&["hours", "-o", "csv"]);
    assert_eq!(hours.success().stdout.lines().count(), 5);
    let top = env.run(&["top", "--by", "type", "-o", "ndjson"]);
    assert_eq!(rows(top.success())[0]["count"], 5);
    let show = env.run(&[
        "show",
        "--strict",
        "-o",
        "ndjson",
        "--columns",
        "message_id",
    ]);
    assert_eq!(rows(show.success()).len(), 5);
}

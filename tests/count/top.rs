//! `faillog top` as a program: formats, columns, limits and exit codes.
//!
//! Rule: numbers are those of `tests/cases`: 184 lines of `prod`, two of them twice, and 35 of `eu-west`.

use super::{filled, rows, test_file};
use crate::support::TestEnv;

#[test]
fn the_header_is_the_same_whatever_the_data() {
    let env = TestEnv::new();
    let outcome = env.run(&["top", "--by", "status,.a.b,hour"]);
    let header = "status,.a.b,hour,count,messages,share,first_seen,last_seen\r\n";
    outcome.success().stdout_is(header);
    outcome
        .stderr_has("no record matches")
        .stderr_has("the store is empty");
    let default = env.run(&["top", "-o", "tsv"]);
    let header =
        "type\tdestination\tstatus\tpattern\tcount\tmessages\tshare\tfirst_seen\tlast_seen\n";
    default.success().stdout_is(header);
    env.run(&["top", "-o", "json"]).success().stdout_is("[]\n");
    env.run(&["top", "--fail-empty"])
        .code(3)
        .stdout_has("type,destination,status,pattern");
}

#[test]
fn files_are_asked_without_the_store() {
    let env = TestEnv::new();
    let file = test_file("cases/segment.ndjson");
    let file = file.to_str().expect("a path in UTF-8");
    let outcome = env.run(&["top", "--by", "type", "--input", file]);
    let lines = [
        "attempt,77,46,",
        "exchange,61,0,",
        "error,43,40,",
        "other,1,1,",
    ];
    outcome.success();
    for (line, expected) in outcome.stdout.lines().skip(1).zip(lines) {
        outcome.assert(line.starts_with(expected), expected);
    }
    outcome.assert(!outcome.stderr.contains("fetched"), "no word of hours");
    assert!(!env.home().join("data").exists());

    let text = std::fs::read(file).expect("the file of cases");
    let args = ["top", "--by", "type", "--input", "-"];
    let piped = env.run_with_input(&args, text);
    piped.success().stdout_is(&outcome.stdout);
}

#[test]
fn all_formats_tell_the_same() {
    let env = filled();
    let top = |format: &str| env.run(&["top", "--by", "type,discarded", "-o", format]);
    let json = top("json");
    let json: Vec<serde_json::Value> =
        serde_json::from_str(&json.success().stdout).expect("an array");
    let ndjson = top("ndjson");
    assert_eq!(rows(ndjson.success()), json);
    let counts: u64 = json.iter().filter_map(|row| row["count"].as_u64()).sum();
    assert_eq!(counts, 182 + 35);
    for format in ["csv", "tsv"] {
        let outcome = top(format);
        outcome.success();
        assert_eq!(outcome.stdout.lines().count(), json.len() + 1);
    }
    let markdown = top("md");
    markdown
        .success()
        .stdout_has("| type | discarded | count |");
    let parquet = env.command(&["top", "--by", "type", "-o", "parquet"]);
    let bytes = { parquet }.output().expect("the program runs").stdout;
    assert_eq!(
        (&bytes[..4], &bytes[bytes.len() - 4..]),
        (&b"PAR1"[..], &b"PAR1"[..])
    );
    top("raw").code(2).stderr_has("these rows are no records");
}

#[test]
fn a_table_has_twenty_groups_and_says_how_many_there_are() {
    let env = filled();
    let outcome = env.run(&["top", "--by", "message_id", "-o", "table"]);
    outcome.success();
    // A date that all times share stands in a line above the header.
    let lines = outcome.stdout.lines().count();
    outcome.assert((21..=22).contains(&lines), "20 groups and a header");
    outcome.stderr_has("20 of ").stderr_has(" shows all\n");
    outcome.stdout_has("(none)");
    let outcome = env.run(&["top", "--by", "message_id", "-n", "3"]);
    assert_eq!(outcome.success().stdout.lines().count(), 4);
    let all = env.run(&["top", "--by", "message_id"]);
    let lines = all.success().stdout.lines().count();
    all.assert(lines > 50, "all groups");
}

#[test]
fn groups_are_sorted_as_asked() {
    let env = filled();
    let firsts = |sort: &str| {
        let outcome = env.run(&["top", "--by", "type", "--sort", sort, "-o", "ndjson"]);
        let rows = rows(outcome.success());
        let name = |row: &serde_json::Value| row["type"].as_str().map(str::to_owned);
        rows.iter().filter_map(name).collect::<Vec<_>>()
    };
    assert_eq!(firsts("key"), ["attempt", "error", "exchange", "other"]);
    assert_eq!(firsts("-key"), ["other", "exchange", "error", "attempt"]);
    assert_eq!(firsts("count")[0], "other");
    // The oldest record is an error of a week before, and so is the newest.
    assert_eq!(firsts("first_seen")[0], "error");
    assert_eq!(firsts("-last_seen")[0], "error");
    assert_eq!(firsts("messages")[0], "exchange");
    let outcome = env.run(&["top", "--sort", "colour"]);
    outcome.code(2).stderr_has("groups have no `colour`");
}

#[test]
fn a_value_that_a_spreadsheet_would_run_is_guarded() {
    let env = filled();
    let args = [
        "top", "--by", "reason", "--status", "401", "--type", "exchange",
    ];
    env.run(&args).success().stdout_has("\"'=HYPERLINK(");
    let free = env.run(&[&args[..], &["--no-formula-guard"]].concat());
    free.success().stdout_has("\"=HYPERLINK(");
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    let env = TestEnv::new();
    let refused = |args: &[&str], said: &str| {
        env.run(&[&["top"], args].concat())
            .code(2)
            .stderr_has(said)
            .stdout_is("");
    };
    refused(
        &["--by", "stauts"],
        "--by: unknown column `stauts`; did you mean `status`?",
    );
    refused(&["--by", ".a["], "--by: ");
    refused(&["--every", "soon"], "--every: `soon` is no span of time");
    refused(&["--every", "36h"], "no number of whole days");
    refused(&["--last", "1h", "--since", "now-2h"], "--last");
    let every = [
        "--every",
        "1s",
        "--since",
        "2025-01-01",
        "--until",
        "2025-02-01",
    ];
    refused(&every, "buckets are more than 1000");
}

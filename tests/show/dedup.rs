//! `--dedup`: how the rows are counted, paged and printed.
//!
//! Rule: pages put together are the whole, also where a page ends within what was folded.

use super::{filled, show, with_many};
use crate::support::TestEnv;

const FOLDS: [&str; 6] = [
    "--collection",
    "many",
    "--where",
    "message_id ~ ^m-fold",
    "--dedup",
    "5m",
];

fn folds(env: &TestEnv, more: &[&str]) -> crate::support::Outcome {
    show(env, &[&FOLDS, more].concat())
}

#[test]
fn counts_are_the_last_column_of_what_scripts_read() {
    let env = with_many();
    let outcome = folds(&env, &["-o", "csv"]);
    let lines: Vec<&str> = outcome.success().stdout.lines().collect();
    outcome.assert(lines[0].ends_with(",delay_ms,count"), "`count` at the end");
    let counts: Vec<&str> = lines[1..]
        .iter()
        .map(|line| &line[line.len() - 1..])
        .collect();
    assert_eq!(counts, ["1", "3", "1", "1"]);
    outcome.stderr_has("4 rows, newest first, of 6 records");
    let json = folds(&env, &["-o", "ndjson", "-n", "2"]);
    json.success().stdout_has("\"count\":3}");
    let table = folds(&env, &["-o", "table"]);
    table.success().stdout_has("count");
}

#[test]
fn a_page_may_end_within_a_window() {
    let env = with_many();
    let columns = ["--columns", "time,count", "-o", "tsv"];
    let whole = folds(&env, &columns);
    let whole: Vec<&str> = whole.success().stdout.lines().skip(1).collect();
    let mut paged = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut args = [&columns[..], &["-n", "1"]].concat();
        if let Some(cursor) = &after {
            args.extend(["--after", cursor]);
        }
        let outcome = folds(&env, &args);
        paged.extend(outcome.success().stdout.lines().skip(1).map(str::to_owned));
        let next = outcome.stderr.split_once("--after ");
        match outcome.stderr.rsplit_once("--after ").or(next) {
            Some((_, cursor)) => after = Some(cursor.trim().to_owned()),
            None => break,
        }
    }
    assert_eq!(paged, whole);
    assert_eq!(whole.len(), 4);
}

#[test]
fn a_file_is_folded_as_the_store_is() {
    let env = TestEnv::new();
    let lines: String = ["10:00:10", "10:02:00", "10:04:59"]
        .iter()
        .map(|time| {
            format!(
                r#"{{"event":"Error Logged","properties":{{"messageId":"{time}","routed":{{"to":"sub"}},"code":"x","occurredAt":"2024-11-25T{time}Z"}}}}"#
            ) + "\n"
        })
        .collect();
    let args = [
        "show",
        "--input",
        "-",
        "--dedup",
        "5m",
        "--columns",
        "time,count",
        "-o",
        "tsv",
    ];
    env.run_with_input(&args, lines)
        .success()
        .stdout_is("time\tcount\n2024-11-25T10:04:59Z\t3\n");
}

#[test]
fn a_cut_answer_is_incomplete_and_no_rows_are_a_failure_only_if_asked() {
    let env = with_many();
    folds(&env, &["--strict", "-n", "1"]).code(7);
    folds(&env, &["--fail-empty", "--code", "nonsense"]).code(3);
}

#[test]
fn counts_without_folding_are_refused() {
    let env = filled();
    for args in [["--columns", "count"], ["--sort", "-count"]] {
        show(&env, &args)
            .code(2)
            .stderr_has("`count` is there only with --dedup");
    }
    show(&env, &["--where", "count > 1"])
        .code(2)
        .stderr_has("there is no column `count`");
}

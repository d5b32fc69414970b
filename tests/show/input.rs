//! `faillog show --input`: files asked without a store.
//!
//! Rule: a file means the same whatever way it comes in: by name, through a pipe, or by an import.

use super::{case_file, show};
use crate::support::TestEnv;

#[test]
fn compact_and_pretty_records_read_back_as_raw() {
    let env = TestEnv::new();
    let compact = |n| {
        format!(
            "{{\"type\":\"observability\",\"event\":\"Error Logged\",\"properties\":{{\"messageId\":\"m{n}\",\"occurredAt\":\"2025-03-23T20:00:0{n}Z\"}}}}"
        )
    };
    let pretty = |n| {
        let value: serde_json::Value = serde_json::from_str(&compact(n)).expect("JSON");
        serde_json::to_string_pretty(&value).expect("JSON")
    };
    env.write(
        "compact.ndjson",
        format!("{}\n{}\n", compact(1), compact(4)),
    );
    env.write("pretty.json", format!("{}\n{}\n", pretty(2), pretty(3)));
    let import = [
        "import",
        "compact.ndjson",
        "pretty.json",
        "--collection",
        "m",
    ];
    env.run(&import).success();
    let raw = show(&env, &["-o", "raw"]);
    env.write("r", &raw.success().stdout);
    let read = show(&env, &["--input", "r", "-o", "raw"]);
    read.success()
        .stdout_is(&raw.stdout)
        .stderr_has("4 records");
    env.run(&["import", "r", "--collection", "again"])
        .success()
        .stderr_has("4 records added");
}

#[test]
fn a_file_and_a_pipe_of_it_are_told_alike() {
    let env = TestEnv::new();
    let mut text = std::fs::read(case_file("segment-join.ndjson")).expect("a case");
    text.extend(std::fs::read(case_file("segment.ndjson")).expect("a case"));
    text.extend(b"{\"event\": cut\nno json\n");
    env.write("file", &text);
    let questions: [&[&str]; 9] = [
        &["-n", "7"],
        &["--type", "error", "-n", "3", "--page", "2", "-o", "json"],
        &["--type", "attempt", "--status", "429", "-n", "2"],
        &["--type", "exchange", "--status", "5xx", "-n", "2"],
        &[
            "--grep",
            "Timed",
            "-n",
            "5",
            "--columns",
            "time,fate,pattern_id,reason",
        ],
        &["--outcome", "failure", "-n", "4"],
        &["--message-id", "nothing", "-n", "1", "--fail-empty"],
        &["-n", "1000", "--strict"],
        &["-n", "3", "--columns", "native", "-o", "tsv"],
    ];
    for question in questions {
        let by_name = show(&env, &[question, &["--input", "file"]].concat());
        let piped = [&["show"], question, &["--input", "-"]].concat();
        let piped = env.run_with_input(&piped, &text);
        by_name.assert(by_name.stdout == piped.stdout, "the same rows");
        by_name.code(piped.code);
        let told = |stderr: &str| {
            stderr
                .replace("standard input", "file")
                .replace("--input -", "--input file")
        };
        // What a pipe may not count, a file does.
        if !question.contains(&"--grep") {
            by_name.stderr_is(&told(&piped.stderr));
        }
    }
}

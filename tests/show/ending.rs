//! How `faillog show` ends: empty answers, refused questions, readers that leave.
//!
//! Rule: an exit code is asserted together with what the run said.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::{filled, show};
use crate::support::TestEnv;

#[test]
fn no_rows_are_a_failure_only_if_asked() {
    let env = filled();
    let nothing = ["--type", "audit", "-o", "ndjson"];
    show(&env, &nothing)
        .success()
        .stdout_is("")
        .stderr_has("no record matches");
    show(&env, &[&nothing[..], &["--fail-empty"]].concat())
        .code(3)
        .stdout_is("")
        .stderr_has("--fail-empty");
    show(&env, &["--fail-empty", "-n", "1"]).success();
    // A page after the last is as empty.
    show(&env, &["--fail-empty", "-n", "100", "--page", "9"]).code(3);
    let empty = TestEnv::new();
    show(&empty, &[]).success().stderr_has("no record matches");
    show(&empty, &["--fail-empty"]).code(3);
    assert!(!empty.home().join("data").exists(), "asking writes nothing");
}

#[test]
fn under_json_a_refused_question_is_one_object() {
    let env = TestEnv::new();
    let outcome = show(&env, &["-o", "json", "--where", "staus = 1"]);
    let told: serde_json::Value =
        serde_json::from_str(&outcome.code(2).stdout_is("").stderr).expect("one object");
    let message = told["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("did you mean `status`?"), "{message}");
    assert_eq!(told["error"]["exit_code"], 2);
    let outcome = show(&env, &["-o", "json", "--fail-empty"]);
    let told = outcome.code(3).stderr.lines().last().unwrap_or_default();
    let told: serde_json::Value = serde_json::from_str(told).expect("the last line is one object");
    assert_eq!(told["error"]["exit_code"], 3);
}

#[test]
fn quiet_says_nothing_but_warnings() {
    let env = filled();
    let loud = show(&env, &["-n", "1"]);
    let quiet = show(&env, &["-n", "1", "--quiet"]);
    assert_eq!(loud.success().stdout, quiet.success().stdout);
    loud.stderr_has("next page");
    quiet
        .assert(!quiet.stderr.contains("next page"), "no hint")
        .assert(!quiet.stderr.contains("newest first"), "no count");
}

/// Fills a sandbox with so many records that no pipe holds them.
fn large() -> TestEnv {
    let env = TestEnv::new();
    let line = |n: u32| {
        format!(
            r#"{{"event":"Error Logged","properties":{{"messageId":"m-{n}","discarded":true,"reason":"number {n}","occurredAt":"2025-03-23T20:{:02}:{:02}Z"}}}}"#,
            n / 60 % 60,
            n % 60
        )
    };
    let lines: Vec<String> = (0..6_000).map(line).collect();
    env.run_with_input(&["import", "-"], lines.join("\n"))
        .success();
    env
}

#[test]
fn a_reader_that_leaves_after_a_line_is_no_failure() {
    let env = large();
    // Not Parquet, which makes so little of these records that a pipe holds it all.
    for format in ["csv", "tsv", "json", "ndjson", "md", "raw", "table"] {
        let mut command = env.command(&[
            "show",
            "-o",
            format,
            "-n",
            "6000",
            "--columns",
            "message_id,raw",
        ]);
        if format == "raw" {
            command = env.command(&["show", "-o", "raw"]);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program cannot be started");
        let mut reader = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut first = Vec::new();
        reader.read_until(b'\n', &mut first).expect("a first line");
        drop(reader);
        assert!(!first.is_empty(), "{format}");
        let output = child.wait_with_output().expect("the program was lost");
        env.outcome(&command, &output).success().stderr_is("");
    }
}

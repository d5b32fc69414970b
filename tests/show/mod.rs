//! `faillog show`: what it answers, how it is paged and printed, and what it says of what is missing.
//!
//! Rule: what is asked is in `tests/cases`; here are the streams, formats and exit codes.

mod cases;
mod completion;
mod csv;
mod cursors;
mod dedup;
mod ending;
mod fate;
mod formats;
mod input;
mod messages;
mod pages;
mod patterns;
mod strict;
mod table;

use std::path::{Path, PathBuf};

use crate::support::{Outcome, TestEnv};

/// Returns the path of a file in `tests/cases`.
fn case_file(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    folder.join(name)
}

/// Returns a sandbox that holds two collections of the cases, and their alias.
fn filled() -> TestEnv {
    let env = TestEnv::new();
    env.write("config.toml", "[collections]\np = \"prod\"\n");
    for (file, collection) in [("segment.ndjson", "prod"), ("segment-eu.ndjson", "eu-west")] {
        let file = case_file(file);
        let file = file.to_str().expect("a path in UTF-8");
        let args = ["import", file, "--collection", collection];
        env.run(&args).success();
    }
    env
}

/// Returns the same with a third collection: messages to several destinations, and equal failures.
fn with_many() -> TestEnv {
    let env = filled();
    let file = case_file("segment-many.ndjson");
    let file = file.to_str().expect("a path in UTF-8");
    env.run(&["import", file, "--collection", "many"]).success();
    env
}

/// Runs `faillog show` with more arguments.
fn show(env: &TestEnv, args: &[&str]) -> Outcome {
    env.run(&[&["show"], args].concat())
}

/// Returns the serials of the records that a question gives, in order.
fn serials(env: &TestEnv, args: &[&str]) -> Vec<u64> {
    let outcome = show(
        env,
        &[args, &["--columns", ".serial", "-o", "tsv"]].concat(),
    );
    read_serials(outcome.success())
}

/// Reads what `--columns .serial -o tsv` printed.
fn read_serials(outcome: &Outcome) -> Vec<u64> {
    let mut lines = outcome.stdout.lines();
    outcome.assert(lines.next() == Some(".serial"), "the header `.serial`");
    lines
        .map(|line| line.parse().expect("a serial is a number"))
        .collect()
}

//! `faillog top`, `timeline` and `diff`: what they count, how they print it, and what they say of what is missing.
//!
//! Rule: what is counted is in `cases`, reckoned by `reckon.py` without the program; here are the streams, formats and
//! exit codes.

mod cases;
mod diff;
mod timeline;
mod top;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Outcome, TestEnv};

/// Returns the path of a file in `tests`.
fn test_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// Returns a sandbox that holds the two collections of `tests/cases`, and their alias.
fn filled() -> TestEnv {
    let env = TestEnv::new();
    env.write("config.toml", "[collections]\np = \"prod\"\n");
    for (file, collection) in [("segment.ndjson", "prod"), ("segment-eu.ndjson", "eu-west")] {
        let file = test_file("cases").join(file);
        let file = file.to_str().expect("a path in UTF-8");
        env.run(&["import", file, "--collection", collection])
            .success();
    }
    env
}

/// Returns the rows that `-o ndjson` printed.
fn rows(outcome: &Outcome) -> Vec<Value> {
    let row = |line: &str| serde_json::from_str(line).expect("a line is JSON");
    outcome.stdout.lines().map(row).collect()
}

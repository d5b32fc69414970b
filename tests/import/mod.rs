//! `faillog import` and `faillog store`: what comes in is kept once, whole, and can be checked and removed.
//!
//! Rule: what goes wrong with one file is told by its name and takes nothing else with it.

mod akeneo;
mod csv;
mod failures;
mod forms;
mod providers;
mod store;
mod wrong;

use crate::support::{Outcome, TestEnv};

/// Writes an error record with a serial, at a minute of the hour.
fn record(serial: u64) -> String {
    format!(
        r#"{{"serial":{serial},"event":"Error Logged","properties":{{"messageId":"m-{serial}","discarded":true,"occurredAt":"2025-03-23T20:{:02}:00Z"}}}}"#,
        serial % 60
    )
}

fn lines(serials: std::ops::Range<u64>) -> String {
    serials.map(|serial| record(serial) + "\n").collect()
}

/// Returns the serials of all stored records, in order.
fn stored(env: &TestEnv) -> Vec<u64> {
    let outcome = env.run(&[
        "show",
        "--columns",
        ".serial",
        "-o",
        "tsv",
        "--sort",
        ".serial",
    ]);
    let serials = outcome.success().stdout.lines().skip(1);
    serials
        .map(|line| line.parse().expect("a serial"))
        .collect()
}

/// Imports files of the sandbox.
fn import(env: &TestEnv, files: &[&str]) -> Outcome {
    env.run(&[&["import"], files].concat())
}

//! Runs the cases: questions and the answers that were reckoned without the program.
//!
//! Rule: every row and its place must be as reckoned.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::{filled, rows, test_file};
use crate::support::TestEnv;

#[test]
fn every_count_is_as_reckoned() {
    let env = &filled();
    let mut cases: Vec<PathBuf> = fs::read_dir(test_file("count/cases"))
        .expect("the folder of cases")
        .map(|entry| entry.expect("a case").path())
        .collect();
    cases.sort();
    assert!(cases.len() > 30, "only {} cases were found", cases.len());
    let failed: Vec<String> = std::thread::scope(|scope| {
        let halves: Vec<_> = cases
            .chunks(cases.len().div_ceil(2))
            .map(|half| scope.spawn(move || half.iter().filter_map(|case| failure(env, case))))
            .collect();
        let joined = halves.into_iter().map(|half| half.join());
        joined
            .flat_map(|failed| failed.expect("a case panicked"))
            .collect()
    });
    assert!(
        failed.is_empty(),
        "{} cases failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

/// Runs a case; returns what is wrong with the answer.
fn failure(env: &TestEnv, case: &PathBuf) -> Option<String> {
    let text = fs::read_to_string(case).expect("a case is text");
    let mut lines = text.lines();
    let args = lines.next().expect("a case begins with its arguments");
    let mut args: Vec<String> = serde_json::from_str(args).expect("arguments are a list");
    args.extend(["-o", "ndjson"].map(str::to_owned));
    let outcome = env.run(&args);
    let got = rows(outcome.success());
    let expected: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).expect("a row is JSON"))
        .collect();
    if got.len() != expected.len() {
        let (got, expected) = (got.len(), expected.len());
        return Some(format!(
            "{}: {got} rows where {expected} should be",
            args.join(" ")
        ));
    }
    let mut pairs = expected.iter().zip(&got).enumerate();
    let (at, (expected, got)) = pairs.find(|(_, (expected, got))| !is_same(expected, got))?;
    Some(format!(
        "{}: row {at}\nexpected {expected}\n     got {got}",
        args.join(" ")
    ))
}

/// Compares rows; numbers may be written in more than one way.
fn is_same(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            let mut keys = expected.iter();
            expected.len() == got.len()
                && keys.all(|(key, value)| got.get(key).is_some_and(|got| is_same(value, got)))
        }
        (Value::Number(expected), Value::Number(got)) => {
            let both = expected.as_f64().zip(got.as_f64());
            both.is_some_and(|(expected, got)| (expected - got).abs() < 1e-9)
        }
        _ => expected == got,
    }
}

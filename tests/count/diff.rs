//! `faillog diff` as a program: windows, formats, what it refuses and how it ends.
//!
//! Rule: what the numbers are is in the cases; here is what is said beside them.

use super::{filled, rows, test_file};
use crate::support::TestEnv;

#[test]
fn a_table_tells_what_is_new_first() {
    let env = filled();
    let args = [
        "diff",
        "--a",
        "2025-03-23T20",
        "--b",
        "2025-03-23T21",
        "--collection",
        "p",
        "--type",
        "exchange",
        "--by",
        "status",
        "-o",
        "table",
    ];
    let outcome = env.run(&args);
    let lines: Vec<&str> = outcome.success().stdout.lines().collect();
    outcome.assert(
        lines[0] == "status  count_a  count_b  rate_a  rate_b  change",
        "the header",
    );
    let changes = lines[1..]
        .iter()
        .filter_map(|line| line.split_whitespace().last());
    let place = |change| {
        ["new", "grown", "gone", "shrunk", "same"]
            .iter()
            .position(|c| *c == change)
    };
    let places: Vec<_> = changes.map(place).collect();
    outcome.assert(
        places.is_sorted() && !places.contains(&None),
        "new before gone",
    );
    outcome.stderr_has("a: 2025-03-23T20:00:00Z to 2025-03-23T21:00:00Z");
    outcome.stderr_has("all of it stored");
}

#[test]
fn the_window_before_is_compared_with_where_nobody_says() {
    let env = filled();
    let left = env.run(&["diff", "--b", "2025-03-23T21", "-o", "csv"]);
    let both = env.run(&[
        "diff",
        "--a",
        "2025-03-23T20..2025-03-23T21",
        "--b",
        "2025-03-23T21+1h",
    ]);
    both.success().stdout_is(&left.success().stdout);
    left.stdout_has("type,destination,status,pattern,count_a,count_b,rate_a,rate_b,change\r\n");
}

#[test]
fn an_incomplete_window_is_marked() {
    let env = filled();
    let args = [
        "diff",
        "--collection",
        "p",
        "--a",
        "2025-03-23T19..2025-03-23T21",
        "--b",
        "2025-03-23T21..2025-03-23T23",
    ];
    let outcome = env.run(&[&args[..], &["--strict"]].concat());
    outcome
        .code(7)
        .stderr_has("not complete (1 h of 2 h stored): `new` may be what is missing");
    env.run(&args).success();
    let complete = [
        "diff",
        "--collection",
        "eu-west",
        "--type",
        "exchange",
        "--b",
        "2025-03-23T21",
        "--strict",
    ];
    env.run(&complete).success();
}

#[test]
fn files_are_asked_without_the_store() {
    let env = TestEnv::new();
    let file = test_file("cases/segment.ndjson");
    let file = file.to_str().expect("a path in UTF-8");
    let args = [
        "diff",
        "--input",
        file,
        "--b",
        "2025-03-23T21",
        "--by",
        "type",
        "-o",
        "ndjson",
    ];
    let outcome = env.run(&args);
    let rows = rows(outcome.success());
    let sum = |name: &str| {
        rows.iter()
            .filter_map(|row| row[name].as_u64())
            .sum::<u64>()
    };
    assert_eq!((sum("count_a"), sum("count_b")), (64, 32));
    outcome.stderr_has("64 records in 1 h\n");
    env.run(&[&args[..], &["--code", "none", "--fail-empty"]].concat())
        .code(3);
}

#[test]
fn windows_that_cannot_be_are_refused() {
    let env = TestEnv::new();
    let refused = |args: &[&str], said: &str| {
        env.run(&[&["diff"], args].concat())
            .code(2)
            .stderr_has(said)
            .stdout_is("");
    };
    refused(&[], "--b <WINDOW>");
    refused(&["--b", "soon"], "--b `soon` is no window of time");
    refused(
        &["--b", "now"],
        "`now` is a moment and no window; write `now+1h`",
    );
    refused(
        &["--a", "2h..3h", "--b", "1h"],
        "--a `2h..3h` ends before it has begun",
    );
    refused(&["--b", "1h", "--last", "1h"], "--a and --b say when");
    let overlapping = env.run(&["diff", "--a", "2h", "--b", "1h"]);
    overlapping.success().stderr_has("the windows overlap");
}

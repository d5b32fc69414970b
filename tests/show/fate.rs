//! Fates that hang on the clock: what failed within the last four hours is still being retried.
//!
//! Rule: records are made relative to now, with minutes to spare on both sides of the limit.

use chrono::{SecondsFormat, TimeDelta, Utc};

use super::show;
use crate::support::TestEnv;

/// Writes an attempt that was made so many minutes ago.
fn attempt(message: &str, minutes_ago: i64, outcome: &str) -> String {
    let time = Utc::now() - TimeDelta::minutes(minutes_ago);
    let time = time.to_rfc3339_opts(SecondsFormat::Micros, true);
    format!(
        r#"{{"event":"Delivery Attempt Logged","properties":{{"messageId":"{message}","attempt":1,"outcome":"{outcome}","occurredAt":"{time}"}}}}"#
    )
}

fn error(message: &str, minutes_ago: i64, discarded: bool) -> String {
    attempt(message, minutes_ago, "failure")
        .replace("Delivery Attempt Logged", "Error Logged")
        .replace("\"attempt\":1", &format!("\"discarded\":{discarded}"))
}

#[test]
fn what_failed_within_four_hours_is_being_retried() {
    let env = TestEnv::new();
    let lines = [
        attempt("fresh", 10, "failure"),
        attempt("just-in-time", 235, "failure"),
        attempt("too-late", 245, "failure"),
        attempt("again", 600, "failure"),
        attempt("again", 100, "failure"),
        error("given-up", 5, true),
        attempt("given-up", 6, "failure"),
        error("error-only", 30, false),
        attempt("well", 9, "failure"),
        attempt("well", 3, "success"),
        attempt("well-and-ill", 9, "success"),
        attempt("well-and-ill", 3, "failure"),
        attempt("waiting", 8, "pending"),
    ];
    env.run_with_input(&["import", "-"], lines.join("\n"))
        .success();
    let messages = |fate: &str| {
        let args = ["--fate", fate, "--columns", "message_id", "-o", "tsv"];
        let outcome = show(&env, &args);
        let mut found: Vec<String> = outcome
            .success()
            .stdout
            .lines()
            .skip(1)
            .map(str::to_owned)
            .collect();
        found.sort();
        found.dedup();
        found.join(" ")
    };
    assert_eq!(
        messages("retrying"),
        "again error-only fresh just-in-time well-and-ill"
    );
    assert_eq!(messages("discarded"), "given-up");
    assert_eq!(messages("delivered"), "well");
    assert_eq!(messages("unknown"), "too-late waiting");
    // Out of the way: what is still tried, and what has arrived.
    let settled = [
        "--fate",
        "discarded",
        "--fate",
        "unknown",
        "--last",
        "24h",
        "-o",
        "tsv",
        "--columns",
        "fate",
    ];
    show(&env, &settled)
        .success()
        .stdout_is("fate\ndiscarded\ndiscarded\nunknown\nunknown\n");
}

//! The end of the request budget, by our own count and by the server's word.
//!
//! Rule: a spent day is never asked again, what was got before is kept, and the time to go on is told.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Case, hours_ago, logs};
use crate::support::Outcome;
use crate::support::server::{Object, Reply};

const RESERVE: &str = "requests_per_day = 8\nreserve = 6\n";

fn too_many(ms_before_next: u64) -> Reply {
    let data =
        json!({ "remainingPoints": 0, "msBeforeNext": ms_before_next, "consumedPoints": 121 });
    let error = json!({ "type": "RequestError", "message": "Too many requests", "data": data });
    Reply::json(429, &json!({ "errors": [error] }))
}

/// Holds logs for the hours 33 to 31 ago; returns those of the newest.
fn three_hours() -> (Case, Vec<String>) {
    let (case, newest) = Case::with_hour(hours_ago(31), 3);
    for hours in [32, 33] {
        let lines = logs::journeys(hours_ago(hours), 3);
        case.hold(hours_ago(hours), vec![Object::new(logs::ndjson(&lines))]);
    }
    (case, newest)
}

/// Asserts that a clock time is told which lies so far ahead, to the minute.
#[track_caller]
fn tells_time_ahead(outcome: &Outcome, ahead: Duration) {
    let minute = |slack: i64| {
        let ahead = chrono::Duration::from_std(ahead).expect("a short span");
        let at = chrono::Utc::now() + ahead + chrono::Duration::seconds(slack);
        at.format("%Y-%m-%dT%H:%M").to_string()
    };
    let told = [minute(-10), minute(0), minute(10)]
        .iter()
        .any(|at| outcome.stderr.contains(at));
    outcome.assert(told, &format!("a time about {}", minute(0)));
}

#[test]
fn a_range_stops_at_the_reserve_and_a_named_hour_may_spend_it() {
    let (case, _) = three_hours();
    let case = case.config(RESERVE);
    let told = case.fetch_range(hours_ago(34), hours_ago(30), &[]);
    told.code(5)
        .stderr_has("6 requests kept back")
        .stderr_has("2 hours left");
    case.asked(&told, &[hours_ago(31), hours_ago(32)]);
    tells_time_ahead(&told, Duration::from_secs(86_400));
    let again = case.fetch_range(hours_ago(34), hours_ago(30), &[]);
    again.code(5);
    case.asked(&again, &[hours_ago(31), hours_ago(32)]);
    let named = case.fetch(hours_ago(33));
    named.success();
    case.asked(&named, &[hours_ago(31), hours_ago(32), hours_ago(33)]);
}

#[test]
fn the_last_request_of_the_day_is_the_last() {
    let (case, _) = three_hours();
    let case = case.config("requests_per_day = 2\nreserve = 0\n");
    for (hours, code) in [(31, 0), (32, 0), (33, 5)] {
        case.fetch(hours_ago(hours)).code(code);
    }
    let told = case.fetch_range(hours_ago(34), hours_ago(30), &["--dry-run"]);
    told.success().stderr_has("0 of 2 left");
    case.asked(&told, &[hours_ago(31), hours_ago(32)]);
}

#[test]
fn a_short_wait_is_waited_out_and_asked_once_more() {
    let hour = hours_ago(31);
    let (case, lines) = Case::with_hour(hour, 3);
    let reply = Reply::error(429, "RateLimited", "Rate limit exceeded");
    case.server.next_post(reply.with("Retry-After", "1"));
    let started = Instant::now();
    let told = case.fetch(hour);
    told.success();
    told.assert(
        started.elapsed() >= Duration::from_secs(1),
        "the wait that was asked for",
    );
    case.asked(&told, &[hour, hour]);
    case.stores(&lines);
}

#[test]
fn a_spent_day_ends_the_run_and_is_remembered() {
    let (case, newest) = three_hours();
    case.server.next_post_as_usual();
    case.server.next_post(too_many(5 * 3_600_000));
    let told = case.fetch_range(hours_ago(33), hours_ago(30), &[]);
    told.code(5).stderr_has("2 hours left");
    case.asked(&told, &[hours_ago(31), hours_ago(32)]);
    tells_time_ahead(&told, Duration::from_secs(5 * 3600));
    case.stores(&newest);
    case.leaves_no_temporary_files(&told);

    let go_on = super::command_told(&told);
    let go_on: Vec<&str> = go_on.iter().map(String::as_str).collect();
    for args in [
        &go_on[..],
        &[
            "fetch",
            "--collection",
            super::COLLECTION,
            "--hour",
            &hours_ago(33).name(),
        ],
    ] {
        let again = case.run(args);
        again.code(5);
        again.assert(case.server.posts().len() == 2, "no further request");
        tells_time_ahead(&again, Duration::from_secs(5 * 3600));
    }
    case.run(&["quota", "-o", "ndjson"])
        .success()
        .stdout_has("\"left\":0");
}

#[test]
fn a_limit_without_a_time_or_with_a_long_one_is_not_sat_out() {
    for reply in [
        Reply::error(429, "RateLimited", "Rate limit exceeded"),
        Reply::error(429, "RateLimited", "Rate limit exceeded").with("Retry-After", "3600"),
        Reply::new(429, "slow down"),
    ] {
        let (case, _) = three_hours();
        case.server.next_post(reply);
        let told = case.fetch_range(hours_ago(33), hours_ago(30), &[]);
        told.code(5);
        case.asked(&told, &[hours_ago(31)]);
        case.stores(&[]);
    }
}

#[test]
fn a_server_that_says_nothing_remains_is_believed() {
    let (case, newest) = three_hours();
    let reset = chrono::Utc::now() + chrono::Duration::hours(3);
    let reset = reset.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    case.server.tell_quota(120, 0, &reset);
    let told = case.fetch_range(hours_ago(33), hours_ago(30), &[]);
    told.code(5);
    case.asked(&told, &[hours_ago(31)]);
    tells_time_ahead(&told, Duration::from_secs(3 * 3600));
    case.stores(&newest);
    let named = case.fetch(hours_ago(32));
    named.code(5);
    case.asked(&named, &[hours_ago(31)]);
}

#[test]
fn a_spent_budget_is_one_json_object_for_a_script() {
    let (case, _) = three_hours();
    case.server.next_post(too_many(5 * 3_600_000));
    let told = case.fetch_range(hours_ago(33), hours_ago(30), &["-o", "json", "--quiet"]);
    told.code(5);
    let error: serde_json::Value = serde_json::from_str(&told.stderr).unwrap_or_default();
    told.assert(error["error"]["kind"] == "budget_spent", "one object");
    told.assert(error["error"]["exit_code"] == 5, "the exit code in it");
    let hints = error["error"]["hints"].to_string();
    told.assert(
        hints.contains("faillog fetch"),
        "the command to go on in it",
    );
}

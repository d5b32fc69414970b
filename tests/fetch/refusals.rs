//! Every way in which the API refuses or fails, its exit code, and what it costs.
//!
//! Rule: what every further request would meet too is met once.

use serde_json::{Value, json};

use super::{COLLECTION, Case, hours_ago};
use crate::support::server::{Reply, TOKEN, dead_url};
use crate::support::{Outcome, TestEnv};

const EU: &str = "Requests for this workspace must be sent to Segment's EU-hosted API";

/// Answers every request for three hours so. Asserts how the run ends and what it costs; returns it and its JSON error.
#[track_caller]
fn refused(reply: &Reply, code: i32, requests: usize) -> (Outcome, Value) {
    let case = Case::new();
    for _ in 0..4 {
        case.server.next_post(reply.clone());
    }
    let told = case.fetch_range(hours_ago(33), hours_ago(30), &["-o", "json"]);
    told.stdout_is("").nowhere(TOKEN);
    let last = told.stderr.lines().last().unwrap_or_default();
    let error: Value = serde_json::from_str(last).unwrap_or_default();
    let error = error["error"].clone();
    told.assert(
        error["exit_code"] == told.code,
        "one object with the exit code",
    );
    told.assert(case.server.downloads().is_empty(), "nothing downloaded");
    told.assert(case.raw().is_empty(), "nothing stored");
    case.leaves_no_temporary_files(&told);
    let posts = case.server.posts().len();
    told.code(code).assert(
        posts == requests,
        &format!("{requests} requests, not {posts}"),
    );
    (told, error)
}

#[test]
fn a_refused_token_ends_the_run_at_once() {
    for (reply, said) in [
        (
            Reply::error(401, "Unauthorized", "Invalid token"),
            "Invalid token",
        ),
        (
            Reply::error(403, "Forbidden", "plan does not include"),
            "plan does not include",
        ),
        (Reply::error(400, "x", EU), "EU"),
        (
            Reply::json(403, &json!({ "error": { "message": EU } })),
            "EU",
        ),
        (
            Reply::json(200, &json!({ "errors": [{ "type": "x", "message": EU }] })),
            "EU",
        ),
    ] {
        let (told, error) = refused(&reply, 4, 1);
        told.assert(error["message"].to_string().contains(said), said);
        told.assert(error["hints"] != json!([]), "advice");
    }
}

#[test]
fn a_wrong_region_is_told_with_the_right_one() {
    for reply in [
        Reply::error(401, "x", EU),
        Reply::json(401, &json!({ "error": { "message": EU } })),
    ] {
        let (told, error) = refused(&reply, 4, 1);
        let hints = error["hints"].to_string();
        told.assert(
            hints.contains("region = \\\"eu\\\""),
            "the setting to mend it",
        );
    }
}

#[test]
fn an_invalid_collection_is_asked_for_once() {
    let invalid = Reply::error(422, "input-validation", "\"collectionId\" is invalid");
    let _ = refused(&invalid, 6, 1);
    // The others of the same run are not held up.
    let (case, lines) = Case::with_hour(hours_ago(30), 3);
    case.server.next_post(invalid);
    let hour = hours_ago(30).name();
    let told = case.run(&[
        "fetch",
        "--collection",
        "0bad",
        "--collection",
        COLLECTION,
        "--hour",
        &hour,
    ]);
    told.code(6).stderr_has("0bad").stderr_has("collectionId");
    case.stores(&lines);
}

#[test]
fn a_failing_server_is_given_up_after_two_hours() {
    for status in [500, 502, 503] {
        let (told, error) = refused(&Reply::error(status, "Internal", "try later"), 6, 2);
        let status = status.to_string();
        told.assert(error["message"].to_string().contains(&status), &status);
    }
    let _ = refused(&Reply::silence(), 6, 2);
}

#[test]
fn one_failing_answer_costs_one_hour_and_the_rest_is_fetched() {
    let (case, lines) = Case::with_hour(hours_ago(32), 3);
    case.server
        .next_post(Reply::error(503, "Internal", "try later"));
    let told = case.fetch_range(hours_ago(33), hours_ago(30), &[]);
    told.code(6)
        .stderr_has(&hours_ago(31).name())
        .stderr_has("503");
    case.asked(&told, &[31, 32, 33].map(hours_ago));
    case.stores(&lines);
    let go_on = super::command_told(&told);
    let go_on: Vec<&str> = go_on.iter().map(String::as_str).collect();
    let again = case.run(&go_on);
    again.success();
    case.asked(&again, &[31, 32, 33, 31].map(hours_ago));
}

#[test]
fn a_redirect_is_not_followed_with_the_token() {
    let other = crate::support::server::Server::start();
    for status in [301, 302, 307, 308] {
        let to = format!("{}/customer-insights/download", other.url());
        let _ = refused(&Reply::new(status, "").with("Location", &to), 6, 1);
    }
    assert_eq!(other.story(), "");
}

#[test]
fn pages_for_a_browser_are_no_answer() {
    for status in [200, 404, 418] {
        let page = Reply::new(status, "<!DOCTYPE html><title>Sign in</title>");
        let _ = refused(&page.with("Content-Type", "text/html"), 6, 2);
    }
}

#[test]
fn nobody_listening_is_a_network_failure() {
    let env = TestEnv::new()
        .set("FAILLOG_TOKEN", TOKEN)
        .set("FAILLOG_API_URL", &dead_url());
    let hour = hours_ago(30).name();
    env.run(&["fetch", "--collection", COLLECTION, "--hour", &hour])
        .code(6)
        .stderr_has("refused")
        .nowhere(TOKEN);
}

#[test]
fn a_token_is_not_sent_in_plain_text_to_another_machine() {
    let env = TestEnv::new()
        .set("FAILLOG_TOKEN", TOKEN)
        .set("FAILLOG_API_URL", "http://192.0.2.1:9");
    let hour = hours_ago(30).name();
    let told = env.run(&["fetch", "--collection", COLLECTION, "--hour", &hour]);
    told.code(6).stderr_has("plain http").nowhere(TOKEN);
    env.run(&["quota", "-o", "ndjson"])
        .success()
        .stdout_has("\"spent\":0");
}

#[test]
fn without_a_token_nothing_is_asked() {
    let case = Case::new();
    let env = TestEnv::new().set("FAILLOG_API_URL", &case.server.url());
    let hour = hours_ago(30).name();
    env.run(&["fetch", "--collection", COLLECTION, "--hour", &hour])
        .code(4)
        .stderr_has("faillog auth login");
    assert_eq!(case.server.story(), "");
}

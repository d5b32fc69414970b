//! `faillog quota` after real requests, and which of them count.
//!
//! Rule: it asks nobody.

use serde_json::{Value, json};

use super::{Case, hours_ago};
use crate::support::TestEnv;
use crate::support::server::{Reply, TOKEN, dead_url};

/// Asserts what some columns say.
#[track_caller]
fn quota_is(case: &Case, expected: &[(&str, Value)]) {
    let before = case.server.requests().len();
    let told = case.run(&["quota", "-o", "ndjson"]);
    told.success().nowhere(TOKEN);
    told.assert(case.server.requests().len() == before, "nobody asked");
    let row: Value = serde_json::from_str(&told.stdout).unwrap_or_default();
    for (column, value) in expected {
        told.assert(row[*column] == *value, &format!("`{column}` to be {value}"));
    }
}

#[test]
fn a_request_is_counted_until_the_server_knows_better() {
    let (case, _) = Case::with_hour(hours_ago(30), 3);
    let own = |spent: u64| {
        [
            ("limit", json!(120)),
            ("spent", json!(spent)),
            ("left", json!(120 - spent)),
            ("source", json!("ledger")),
        ]
    };
    quota_is(&case, &own(0));
    case.fetch(hours_ago(30)).success();
    quota_is(&case, &own(1));
    // Others of the workspace have asked too.
    case.server.tell_quota(50, 70, "3600");
    case.fetch(hours_ago(31)).success();
    let told = [("limit", 120), ("spent", 50), ("left", 70)].map(|(column, n)| (column, json!(n)));
    quota_is(&case, &told);
    quota_is(&case, &[("source", json!("server"))]);
}

#[test]
fn only_requests_that_may_have_been_counted_are() {
    let refused = |status| Reply::error(status, "x", "no");
    for (reply, spent) in [
        (refused(401), 0),
        (refused(403), 0),
        (refused(429), 0),
        (refused(500), 1),
        (refused(422), 1),
        (Reply::silence(), 1),
    ] {
        let (case, hour) = (Case::new(), hours_ago(30));
        case.server.next_post(reply.clone());
        let told = case.fetch(hour);
        told.assert(told.code != 0, "a failure");
        quota_is(&case, &[("spent", json!(spent))]);
    }
    let env = TestEnv::new()
        .set("FAILLOG_TOKEN", TOKEN)
        .set("FAILLOG_API_URL", &dead_url());
    env.run(&[
        "fetch",
        "--collection",
        "c",
        "--hour",
        &hours_ago(30).name(),
    ])
    .code(6);
    env.run(&["quota", "-o", "ndjson"])
        .success()
        .stdout_has("\"spent\":0");
}

#[test]
fn tokens_of_one_named_workspace_share_a_count_and_others_do_not() {
    let (case, _) = Case::with_hour(hours_ago(30), 3);
    let case = case
        .config("[profiles.default]\nworkspace = 'acme'\n[profiles.other]\nworkspace = 'acme'\n");
    case.fetch(hours_ago(30)).success();
    case.run(&["quota", "--profile", "other", "-o", "ndjson"])
        .success()
        .stdout_has("\"workspace\":\"acme\"")
        .stdout_has("\"spent\":1");
    case.run(&["quota", "--profile", "third", "-o", "ndjson"])
        .success()
        .stdout_has("\"spent\":0");
}

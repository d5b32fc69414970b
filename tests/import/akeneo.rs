//! Akeneo's logs: the published examples, found by every field; a record that changes; counts that are lower bounds.
//!
//! Rule: the files in `tests/data/akeneo` are the vendor's published examples, as published.

use std::path::Path;

use crate::support::{Outcome, TestEnv};

/// Returns the path of a published example.
fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/akeneo");
    folder.join(name).display().to_string()
}

fn imported(env: &TestEnv, files: &[&str]) -> Outcome {
    env.run(&[&["import"], files, &["--collection", "pim"]].concat())
}

fn operations(env: &TestEnv, filter: &[&str]) -> Vec<String> {
    let line = [&["show"], filter, &["--columns", "operation", "-o", "tsv"]].concat();
    let outcome = env.run(&line);
    let lines = outcome.success().stdout.lines().skip(1);
    lines.map(str::to_owned).collect()
}

/// A log of an error, last seen at a minute of the hour.
fn error(id: &str, seen: &str) -> String {
    format!(
        r#"{{"log_id":"{id}","log_type":"error","timestamp":"2024-11-25T{seen}Z","error_message":"no"}}"#
    )
}

#[test]
fn the_published_logs_are_recognised_and_found_by_each_field() {
    let env = TestEnv::new();
    let files = [
        example("action.json"),
        example("error.json"),
        example("status.json"),
    ];
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    imported(&env, &files).success();
    imported(&env, &files)
        .success()
        .stderr_has("0 records added to akeneo `pim`, 3 known already");
    let action = "subscription_suspended_by_the_user";
    let failed = "failed_to_deliver_event";
    let status = "subscription.suspended.system";
    for (filter, expected) in [
        (["--provider", "akeneo"], vec![status, action, failed]),
        (["--type", "action"], vec![action]),
        (["--type", "error"], vec![failed]),
        (["--type", "event"], vec![status]),
        (["--outcome", "success"], vec![action]),
        (["--outcome", "failure"], vec![status, failed]),
        (["--operation", failed], vec![failed]),
        (
            ["--subscriber", "019363c4-6e22-7dd4-a811-6aab07f1d474"],
            vec![action, failed],
        ),
        (
            ["--subscription", "01934a2c-1491-7bea-bced-5176bf92ff3c"],
            vec![failed],
        ),
        (
            ["--subscription", "018e1ec5-29da-78ad-aae6-92065b9ca2a6"],
            vec![status],
        ),
        (
            ["--id", "0193642e-1083-7e37-93c1-04df60e0f5b6"],
            vec![action],
        ),
        (["--code", "failed_delivery"], vec![failed]),
        (["--status", "5xx"], vec![failed]),
        (["--grep", "took too long"], vec![failed]),
        (["--since", "2024-11-25T12:00:00Z"], vec![status, action]),
        (["--where", "method = POST"], vec![action]),
        (["--where", "url ~ /suspend$"], vec![action]),
        (["--where", ".response.status = suspended"], vec![action]),
        (
            ["--where", ".events[0] = com.akeneo.pim.v1.product.created"],
            vec![status],
        ),
    ] {
        assert_eq!(operations(&env, &filter), expected, "{filter:?}");
    }
    let line = [
        "show",
        "--type",
        "error",
        "--columns",
        "logged_at,time",
        "-o",
        "csv",
    ];
    env.run(&line)
        .success()
        .stdout_is("logged_at,time\r\n2024-11-25T10:07:56.231Z,2024-11-25T10:07:56Z\r\n");
}

#[test]
fn a_record_whose_time_moved_takes_the_place_of_its_older_self() {
    let env = TestEnv::new();
    let first = format!(
        r#"{{"items":[{},{}]}}"#,
        error("a", "10:58:00"),
        error("b", "10:10:00")
    );
    env.write("first", &first);
    env.write(
        "second",
        format!(r#"{{"items":[{}]}}"#, error("a", "11:01:00")),
    );
    env.write("third", error("a", "10:59:00"));
    imported(&env, &["first"])
        .success()
        .stderr_has("2 records added to akeneo `pim`, 0 known already, in 1 hour");
    imported(&env, &["second"])
        .success()
        .stderr_has("0 records added to akeneo `pim`, 1 updated, 0 known already, in 1 hour");
    for older in ["first", "third"] {
        imported(&env, &[older])
            .success()
            .stderr_has("0 records added");
    }
    let line = ["show", "--columns", "id,time", "-o", "tsv"];
    env.run(&line)
        .success()
        .stdout_is("id\ttime\na\t2024-11-25T11:01:00Z\nb\t2024-11-25T10:10:00Z\n");
    env.run(&["store", "verify"]).success();
}

#[test]
fn counts_of_folded_errors_are_lower_bounds() {
    let env = TestEnv::new();
    let (action, failed) = (example("action.json"), example("error.json"));
    imported(&env, &[&action, &failed]).success();
    let why = "≥: Akeneo Event Platform folds equal errors within 5 minutes";
    env.run(&["show", "-n", "1"])
        .success()
        .stderr_has("1 of ≥ 2 records, newest first")
        .stderr_has(why);
    env.run(&["show", "--input", &failed])
        .success()
        .stderr_has("≥ 1 record, newest first");
    let exact = env.run(&["show", "--type", "action"]);
    let exact = exact.success().stderr_has("1 record, newest first");
    exact.assert(!exact.stderr.contains('≥'), "no lower bound of actions");
}

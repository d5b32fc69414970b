//! NotificationAPI's logs through the whole program: imported, asked, exported.
//!
//! Rule: the files in `tests/data/notificationapi` have the documented shapes; counts are reckoned from them by hand.

use std::path::Path;

use crate::support::{Outcome, TestEnv};

fn data_file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/notificationapi");
    let path = folder.join(name).into_os_string();
    path.into_string().expect("a path in UTF-8")
}

/// Imports files without saying whose they are.
fn import(env: &TestEnv, files: &[&str]) -> Outcome {
    let paths: Vec<_> = files.iter().map(|name| data_file(name)).collect();
    let mut args = vec!["import"];
    args.extend(paths.iter().map(String::as_str));
    env.run(&args)
}

/// Returns a column of the records that a question gives, sorted.
fn column(env: &TestEnv, column: &str, question: &[&str]) -> Vec<String> {
    let args = [&["show", "--columns", column, "-o", "tsv"], question].concat();
    let outcome = env.run(&args);
    let lines = outcome.success().stdout.lines().skip(1);
    let mut values: Vec<_> = lines.map(str::to_owned).collect();
    values.sort_unstable();
    values
}

#[test]
fn log_rows_are_recognised_and_stored_once() {
    let env = TestEnv::new();
    // One row is a notification and 4 events; six rows are 6 and 7 + 5 + 4 + 2 + 3 + 2 events.
    import(&env, &["bounce.json"])
        .success()
        .stderr_has("5 records added");
    import(&env, &["query-answer.json", "bounce.json"])
        .success()
        .stderr_has("29 records added");
    let again = import(&env, &["query-answer.json", "bounce.json"]);
    again.success().stderr_has("0 records added");
    assert_eq!(
        column(&env, "provider", &["--type", "notification"]),
        ["notificationapi"; 7]
    );
}

#[test]
fn states_events_and_fields_are_found_by_filters() {
    let env = TestEnv::new();
    import(&env, &["bounce.json", "query-answer.json", "messages.json"]).success();
    let bounce = "019abc12-3456-7890-abcd-ef1234567890";
    let notification = ["--type", "notification"];
    for (question, expected) in [
        (
            &["--outcome", "failure"][..],
            &[bounce, "t-half", "t-unnamed"][..],
        ),
        (&["--outcome", "success"], &["t-call", "t-delivered"]),
        (&["--outcome", "pending"], &["t-waiting"]),
        (&["--operation", "welcome_email"], &[bounce]),
        (&["--code", "THROTTLING"], &["t-throttled"]),
        (&["--code", "NO_ANSWER"], &["t-call"]),
        (&["--code", "30005", "--channel", "sms"], &["t-half"]),
        (&["--actor", "u2"], &["t-delivered"]),
        (&["--destination", "jane@doe.com"], &[bounce]),
        (
            &["--where", ".email_failed_code = PERMANENT_NO_EMAIL_BOUNCE"],
            &[bounce],
        ),
        (&["--where", ".test = true"], &["t-unnamed"]),
        (&["--where", ".call_sent_from exists"], &["t-call"]),
    ] {
        let question = [&notification, question].concat();
        assert_eq!(
            column(&env, "message_id", &question),
            expected,
            "{question:?}"
        );
    }
    for (question, expected) in [
        (&["--operation", "failed"][..], &["email", "sms"][..]),
        (&["--operation", "opened"], &["email"]),
        (
            &["--operation", "ignored", "--message-id", "t-delivered"],
            &["sms"],
        ),
        (&["--operation", "inbound"], &["email"]),
    ] {
        let question = [&["--type", "event"], question].concat();
        let mut channels = column(&env, "channel", &question);
        channels.retain(|channel| !channel.is_empty());
        assert_eq!(channels, expected, "{question:?}");
    }
    assert_eq!(
        column(&env, "id", &["--resource", "welcome_email"]).len(),
        5
    );
}

#[test]
fn raw_gives_each_row_back_as_it_was() {
    let env = TestEnv::new();
    import(&env, &["bounce.json"]).success();
    let outcome = env.run(&["show", "--type", "notification", "-o", "raw"]);
    let file = std::fs::read_to_string(data_file("bounce.json")).expect("the file is there");
    let row = file.trim_end().trim_start_matches(r#"{"logs":["#);
    let row = row.trim_end_matches("]}");
    assert_eq!(outcome.success().stdout.trim_end(), row);
}

#[test]
fn rows_of_the_first_api_are_recognised() {
    let env = TestEnv::new();
    import(&env, &["legacy.ndjson"])
        .success()
        .stderr_has("5 records added");
    assert_eq!(
        column(&env, "id", &["--code", "Bounce", "--operation", "failed"]),
        ["172cf2f4-18cd-4f1f-b2ac-e50c7d71891c/email/failed"]
    );
    assert_eq!(
        column(
            &env,
            "message_id",
            &[
                "--where",
                ".request.mergeTags.item exists",
                "--type",
                "notification"
            ]
        ),
        ["172cf2f4-18cd-4f1f-b2ac-e50c7d71891c"]
    );
}

#[test]
fn an_answer_longer_than_what_is_looked_at_is_recognised() {
    let env = TestEnv::new();
    let preview = "p".repeat(1000);
    let rows: Vec<_> = (0..400)
        .map(|serial| {
            format!(
                r#"{{"trackingId":"t-{serial}","received_at":"2026-08-20T10:00:00Z","email_preview":"{preview}"}}"#
            )
        })
        .collect();
    env.write(
        "answer.json",
        format!(r#"{{"status":"Complete","logs":[{}]}}"#, rows.join(",")),
    );
    let outcome = env.run(&["import", "answer.json"]);
    outcome.success().stderr_has("800 records added");
}

//! What is sent, in which shape and order, and that each record is sent once.

use serde_json::{Value, json};

use super::source::{AUTHORIZATION, Source, WRITE_KEY};
use super::*;

#[test]
fn records_arrive_oldest_first_and_once_over_two_runs() {
    let source = Source::start();
    let env = holding(70, &source);
    forward(&env, &[])
        .success()
        .stdout_is("")
        .stderr_has("70 events sent to `127.0.0.1:")
        .stderr_has(" in 1 request\n")
        .stderr_has("hint: Segment says 200");
    assert_eq!(arrived(&source), (0..70).collect::<Vec<_>>());

    import(&env, 70..75);
    let again = forward(&env, &[]);
    again
        .success()
        .stderr_has("5 events sent to `")
        .stderr_has("; 70 sent before");
    again.assert(!again.stderr.contains("hint: Segment"), "no hint again");
    assert_eq!(arrived(&source), (0..75).collect::<Vec<_>>());
    assert_eq!(source.repeated(), 0);

    forward(&env, &[])
        .success()
        .stderr_has("0 events sent to `")
        .stderr_has("; 75 sent before");
    assert_eq!(source.requests().len(), 2);
}

#[test]
fn an_event_has_the_columns_of_the_record_and_an_id_of_its_own() {
    let source = Source::start();
    let env = holding(1, &source);
    forward(&env, &[]).success();
    let mut event = source.events().remove(0);
    let id = event["messageId"].take();
    let id = id.as_str().expect("an id");
    assert!(id.starts_with("faillog-segment-") && id.len() < 100, "{id}");
    assert_eq!(
        event,
        json!({
            "type": "track",
            "event": "Delivery Error",
            "anonymousId": "faillog",
            "messageId": null,
            "timestamp": "2025-03-23T20:00:00Z",
            "properties": {
                "provider": "segment",
                "collection": "c",
                "time": "2025-03-23T20:00:00Z",
                "type": "error",
                "outcome": "failure",
                "discarded": true,
                "reason": "cause 0",
                "message_id": "m-0",
            }
        })
    );
    let request = &source.requests()[0];
    assert_eq!(request.header("authorization"), Some(AUTHORIZATION));
    assert!(!request.body.contains(WRITE_KEY));
}

#[test]
fn an_attempt_takes_its_status_along_from_its_exchange() {
    let source = Source::start();
    let env = TestEnv::new();
    let exchange = json!({"event": "Destination Exchange Logged", "properties": {
        "destinationExchangeId": "x", "occurredAt": "2025-03-23T20:00:01Z",
        "responseFromDestination": {"status": 429, "body": "slow down"}}});
    let attempt = json!({"event": "Delivery Attempt Logged", "properties": {
        "destinationExchangeId": "x", "messageId": "m", "attempt": 2, "outcome": "failure",
        "occurredAt": "2025-03-23T20:00:00Z"}});
    let file = env.write("logs.ndjson", format!("{exchange}\n{attempt}\n"));
    let key = env.write("key", format!("{WRITE_KEY}\n"));
    let args = [
        "--input",
        path(&file),
        "--type",
        "attempt",
        "--raw",
        "--write-key-file",
        path(&key),
        "--tracking-url",
        &source.url(),
    ];
    forward(&env, &args).success();
    let events = source.events();
    assert_eq!(events.len(), 1);
    let properties = &events[0]["properties"];
    assert_eq!(properties["status"], 429);
    assert_eq!(properties["reason"], "slow down");
    assert_eq!(properties["raw"], attempt.to_string());
}

#[test]
fn an_attempt_without_its_exchange_is_told() {
    let source = Source::start();
    let env = holding(1, &source);
    let attempt = json!({"event": "Delivery Attempt Logged", "properties": {
        "destinationExchangeId": "x", "messageId": "m-9", "attempt": 1, "outcome": "failure",
        "occurredAt": "2025-03-23T20:30:00Z"}});
    let file = env.write("attempt.ndjson", attempt.to_string());
    env.run(&["import", path(&file), "--collection", "c"])
        .success();
    forward(&env, &[])
        .success()
        .stderr_has("2 events sent")
        .stderr_has("warning: 1 attempt without a status: the exchange is not stored");
}

#[test]
fn an_audit_event_is_its_actors() {
    let source = Source::start();
    let env = holding(0, &source);
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/segment_audit/page.json"
    );
    env.run(&[
        "import",
        page,
        "--provider",
        "segment-audit",
        "--collection",
        "acme",
    ])
    .success();
    forward(&env, &["--operation", "Audience Run Failed"]).success();
    let events = source.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["event"], "Segment Audit");
    assert_eq!(events[0]["userId"], "users/3aZ9");
    assert_eq!(events[0]["properties"]["outcome"], "failure");
    assert_eq!(
        events[0]["properties"]["resource"],
        "audience/spaces/default/audiences/aud_1"
    );
    // What was forwarded reads as the event it was.
    let file = env.write("forwarded.ndjson", events[0].to_string());
    let columns = "type,operation,actor,resource,reason,outcome";
    let args = ["--provider", "segment-audit", "--columns", columns];
    let show = [&["show", "--input", path(&file), "-o", "tsv"][..], &args].concat();
    let row = [
        "audit",
        "Audience Run Failed",
        "users/3aZ9",
        "audience/spaces/default/audiences/aud_1",
        "order completed",
        "failure",
    ];
    let expected = format!("{}\n{}\n", columns.replace(',', "\t"), row.join("\t"));
    env.run(&show).success().stdout_is(&expected);
}

#[test]
fn a_limit_counts_what_was_not_sent_yet() {
    let source = Source::start();
    let env = holding(5, &source);
    forward(&env, &["-n", "2"])
        .success()
        .stderr_has("2 events sent to `")
        .stderr_has("; there are more");
    forward(&env, &["-n", "2"]).success();
    assert_eq!(arrived(&source), [0, 1, 2, 3]);
    let last = forward(&env, &["-n", "2"]);
    last.success()
        .assert(!last.stderr.contains("there are more"), "no more");
    assert_eq!(arrived(&source), [0, 1, 2, 3, 4]);
}

#[test]
fn all_sends_again_with_the_same_ids() {
    let source = Source::start();
    let env = holding(3, &source);
    forward(&env, &[]).success();
    forward(&env, &["--all"])
        .success()
        .stderr_has("3 events sent to `");
    assert_eq!((source.events().len(), source.repeated()), (3, 3));
}

#[cfg(unix)]
#[test]
fn the_config_names_the_command_that_has_the_key_and_the_address() {
    let source = Source::start();
    let env = TestEnv::new();
    import(&env, 0..2);
    env.write("key", format!("{WRITE_KEY}\n"));
    let profile = format!(
        "[profiles.ops]\nwrite_key_command = 'cat key'\ntracking_url = '{}'\n",
        source.url()
    );
    env.write("config.toml", profile);
    forward(&env, &["--profile", "ops"]).success();
    assert_eq!(arrived(&source), [0, 1]);
    env.run(&["config", "show", "--profile", "ops"])
        .success()
        .stdout_has("\nwrite_key_command,set,config ")
        .stdout_has(&format!("\ntracking_url,{},config ", source.url()));
}

#[test]
fn another_source_gets_everything() {
    let (first, second) = (Source::start(), Source::start());
    let env = holding(3, &first);
    forward(&env, &[]).success();
    forward(&env, &["--tracking-url", &second.url()]).success();
    assert_eq!(arrived(&second), [0, 1, 2]);
    forward(&env, &["--tracking-url", &second.url()])
        .success()
        .stderr_has("; 3 sent before");
}

#[test]
fn many_records_go_out_in_batches_within_the_limits() {
    let source = Source::start();
    let env = TestEnv::new()
        .set("FAILLOG_WRITE_KEY", WRITE_KEY)
        .set("FAILLOG_TRACKING_URL", &source.url());
    let line = |serial: u64| {
        // With a space in it: a single word would be taken for the code too.
        let reason = format!("so {}", "x".repeat((serial % 50) as usize * 1000));
        let event = json!({"event": "Error Logged", "properties": {"messageId": format!("m-{serial}"),
            "reason": reason, "occurredAt": format!("2025-03-23T20:{:02}:{:02}Z", serial / 60, serial % 60)}});
        format!("{event}\n")
    };
    let lines: String = (0..1000).map(line).collect();
    let file = env.write("records.ndjson", lines);
    let outcome = forward(&env, &["--input", path(&file)]);
    // Of each 50, those with 32,000 characters or more are too long: 18.
    outcome
        .success()
        .stderr_has("1,000 events sent to `")
        .stderr_has("warning: 360 events over 32 kB");
    assert_eq!(arrived(&source), (0..1000).collect::<Vec<_>>());
    let longest = source
        .events()
        .iter()
        .map(|event| event.to_string().len())
        .max();
    assert!(longest.is_some_and(|longest| longest > 31_000));
    let cut = |event: &&Value| event["properties"]["truncated"] == json!(["reason"]);
    assert_eq!(source.events().iter().filter(cut).count(), 360);
}

#[test]
fn a_dry_run_prints_the_events_and_sends_nothing() {
    let source = Source::start();
    let env = holding(4, &source);
    let dry = forward(&env, &["--dry-run"]);
    dry.success()
        .stderr_has("4 events would be sent in 1 request");
    let printed: Vec<Value> = dry
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    assert!(source.requests().is_empty());
    forward(&env, &["-n", "1"]).success();
    forward(&env, &["--dry-run"])
        .success()
        .stderr_has("3 events would be sent in 1 request; 1 sent before");
    forward(&env, &[]).success();
    assert_eq!(source.events(), printed);
    forward(&env, &["--dry-run"])
        .success()
        .stdout_is("")
        .stderr_has("0 events would be sent in 0 requests; 4 sent before");
}

#[test]
fn a_dry_run_needs_no_key_and_then_knows_nothing_of_before() {
    let env = TestEnv::new();
    import(&env, 0..2);
    let dry = forward(&env, &["--dry-run"]);
    dry.success().stderr_has("without a write key nobody knows");
    assert_eq!(dry.stdout.lines().count(), 2);
    dry.assert(!env.home().join("state/forward").exists(), "no memory");
}

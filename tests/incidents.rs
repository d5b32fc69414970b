//! From "events are failing" to the cause in three commands: made-up incidents, found as somebody on call would.
//!
//! Rule: the records are made here, so that every count is known before the program is asked.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Outcome, TestEnv};

/// Writes deliveries as Segment logs them.
struct Log {
    lines: String,
    exchanges: u32,
}

impl Log {
    /// One exchange with a destination, and an attempt for each message in it; a failed attempt has its error.
    fn deliver(
        &mut self,
        to: &str,
        time: &str,
        said: (u16, &str),
        try_: (u8, bool),
        who: &[String],
    ) {
        let (status, body) = said;
        let (attempt, discarded) = try_;
        self.exchanges += 1;
        let exchange = format!("x-{}", self.exchanges);
        let time = format!("2025-03-23T{time}Z");
        let with = |event: &str, more: Value| {
            let mut properties = json!({
                "routed": {"from": [{"type": "source", "id": "app"}], "to": [{"type": "destination", "id": to}]},
                "occurredAt": time,
                "loggedAt": time,
            });
            if let (Some(all), Value::Object(more)) = (properties.as_object_mut(), more) {
                all.extend(more);
            }
            json!({"type": "observability", "event": event, "version": "v1", "properties": properties})
        };
        let mut records = vec![with(
            "Destination Exchange Logged",
            json!({
                "destinationExchangeId": exchange,
                "requestToDestination": {"method": "POST", "url": format!("https://{to}.example/track"), "body": "{}"},
                "responseFromDestination": {"status": status, "headers": {}, "body": body},
            }),
        )];
        let outcome = if status < 400 { "success" } else { "failure" };
        for message in who {
            records.push(with(
                "Delivery Attempt Logged",
                json!({"destinationExchangeId": exchange, "messageId": message, "attempt": attempt, "outcome": outcome}),
            ));
            if status >= 400 {
                records.push(with(
                    "Error Logged",
                    json!({"messageId": message, "discarded": discarded}),
                ));
            }
        }
        for record in records {
            writeln!(self.lines, "{record}").expect("a string takes all");
        }
    }
}

fn one(name: &str, number: u32) -> [String; 1] {
    [format!("{name}-{number:02}")]
}

/// Two quiet hours and two of five incidents at once, at three destinations.
fn incidents() -> TestEnv {
    let mut log = Log {
        lines: String::new(),
        exchanges: 0,
    };
    for hour in 18..22 {
        for at in 0..6 {
            let time = format!("{hour}:{at}5:00");
            let body = format!(
                r#"{{"message":"user {} is unknown"}}"#,
                7000 + hour * 10 + at
            );
            let who = one("stranger", hour * 10 + at);
            log.deliver("ads", &time, (400, &body), (1, true), &who);
        }
    }
    for n in 0..30 {
        // An outage, over by the second try.
        let who = one("held-up", n);
        let page = "<html><title>503 Service Unavailable</title></html>";
        let time = |hour: u32| format!("{hour}:{:02}:00", n + 10);
        log.deliver("mail", &time(20), (503, page), (1, false), &who);
        log.deliver("mail", &time(21), (200, r#"{"ok":true}"#), (2, false), &who);
    }
    for n in 0..25 {
        let time = format!("20:{:02}:30", n + 20);
        // An expired credential: the day, the time and the trace differ.
        let body = format!(
            r#"{{"error":{{"message":"Session has expired on Sunday, 23-Mar-25 {time} PDT. trace Aq{n}kZ9x{n}Tb"}}}}"#
        );
        log.deliver("ads", &time, (401, &body), (1, true), &one("locked-out", n));
    }
    for n in 0..15 {
        // A schema change.
        let body = format!(
            r#"{{"message":"price must be a number, got \"{n},90\", in event 'purchase'"}}"#
        );
        let time = format!("21:{:02}:10", n + 1);
        log.deliver("ads", &time, (422, &body), (1, true), &one("purchase", n));
    }
    for n in 0..40 {
        // A rate limit.
        let body = format!(
            r#"{{"message":"Rate limit exceeded, retry in {} seconds"}}"#,
            n + 5
        );
        let time = format!("21:{:02}:20", n + 5);
        log.deliver(
            "hook",
            &time,
            (429, &body),
            (1, false),
            &one("throttled", n),
        );
    }
    // A batch that one message poisoned; without it, it goes through.
    let mut batch: Vec<String> = (0..50).map(|n| format!("fellow-{n:02}")).collect();
    batch.insert(17, "poison".to_owned());
    let said = (400, r#"{"message":"batch rejected: event 17 has no id"}"#);
    log.deliver("hook", "20:13:00", said, (1, false), &batch);
    batch.remove(17);
    log.deliver("hook", "20:22:00", (200, "{}"), (2, false), &batch);
    let said = (400, r#"{"message":"batch rejected: event 0 has no id"}"#);
    log.deliver("hook", "20:22:00", said, (2, true), &["poison".to_owned()]);

    let env = TestEnv::new();
    let file = env.write("export.ndjson", &log.lines);
    let file = file.to_str().expect("a path in UTF-8");
    env.run(&["import", file, "--collection", "all"]).success();
    env
}

fn rows(outcome: &Outcome) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).expect("a line is JSON");
    outcome.success().stdout.lines().map(line).collect()
}

/// Returns the only row of a destination and pattern.
fn find<'r>(rows: &'r [Value], destination: &str, status: u16, pattern: &str) -> &'r Value {
    let is_it = |row: &&Value| {
        row["destination"] == destination && row["status"] == status && row["pattern"] == pattern
    };
    let found: Vec<&Value> = rows.iter().filter(is_it).collect();
    assert_eq!(
        found.len(),
        1,
        "{destination} {status} {pattern} in {rows:#?}"
    );
    found[0]
}

const OUTAGE: &str = "503 service unavailable";
const EXPIRED: &str = "session has expired on <time>. trace <*>";
const SCHEMA: &str = "price must be a number, got <text>, in event <text>";
const LIMIT: &str = "rate limit exceeded, retry in <*> seconds";
const BATCH: &str = "batch rejected: event <*> has no id";
const NOISE: &str = "user <*> is unknown";

#[test]
fn top_has_a_row_for_each_cause() {
    let env = incidents();
    let outcome = env.run(&[
        "top",
        "--type",
        "attempt",
        "--outcome",
        "failure",
        "-o",
        "ndjson",
    ]);
    let rows = rows(&outcome);
    assert_eq!(rows.len(), 6, "{rows:#?}");
    for (destination, status, pattern, count, messages) in [
        ("mail", 503, OUTAGE, 30, 30),
        ("ads", 401, EXPIRED, 25, 25),
        ("ads", 422, SCHEMA, 15, 15),
        ("hook", 429, LIMIT, 40, 40),
        ("hook", 400, BATCH, 52, 51),
        ("ads", 400, NOISE, 24, 24),
    ] {
        let row = find(&rows, destination, status, pattern);
        assert_eq!(row["count"], count, "{row}");
        assert_eq!(row["messages"], messages, "{row}");
    }
    let outage = find(&rows, "mail", 503, OUTAGE);
    assert_eq!(outage["first_seen"], "2025-03-23T20:10:00Z");
    assert_eq!(outage["last_seen"], "2025-03-23T20:39:00Z");
}

#[test]
fn diff_tells_causes_from_what_is_always_there() {
    let env = incidents();
    let (a, b) = ("2025-03-23T18/2025-03-23T20", "2025-03-23T20/2025-03-23T22");
    let outcome = env.run(&[
        "diff", "--a", a, "--b", b, "--type", "exchange", "-o", "ndjson",
    ]);
    let rows = rows(&outcome);
    for (destination, status, pattern, count) in [
        ("mail", 503, OUTAGE, 30),
        ("ads", 401, EXPIRED, 25),
        ("ads", 422, SCHEMA, 15),
        ("hook", 429, LIMIT, 40),
        ("hook", 400, BATCH, 2),
    ] {
        let row = find(&rows, destination, status, pattern);
        assert_eq!(
            (&row["change"], &row["count_b"]),
            (&json!("new"), &json!(count))
        );
    }
    let noise = find(&rows, "ads", 400, NOISE);
    assert_eq!(noise["change"], "same");
    assert_eq!(
        (&noise["count_a"], &noise["count_b"]),
        (&json!(12), &json!(12))
    );
}

#[test]
fn trace_names_the_message_that_poisoned_a_batch() {
    let env = incidents();
    let args = [
        "show",
        "--type",
        "exchange",
        "--pattern",
        BATCH,
        "--columns",
        "exchange_id",
        "--sort",
        "time",
        "-o",
        "ndjson",
    ];
    let exchanges = rows(&env.run(&args));
    assert_eq!(exchanges.len(), 2);
    let id = exchanges[0]["exchange_id"].as_str().expect("an id");
    env.run(&["trace", id, "-o", "table"])
        .success()
        .stdout_has("51 messages in the batch\n  50 messages  delivered, the last attempt with 200\n  1 message  discarded, the last attempt with 400\n\n  poison ");
}

#[test]
fn what_an_outage_only_delayed_is_left_out_of_what_is_final() {
    let env = incidents();
    let outcome = env.run(&[
        "top",
        "--type",
        "error",
        "--final",
        "--by",
        "destination",
        "-o",
        "ndjson",
    ]);
    let counts: Vec<(Value, Value)> = rows(&outcome)
        .into_iter()
        .map(|row| (row["destination"].clone(), row["count"].clone()))
        .collect();
    // 24 strangers, 25 locked out and 15 purchases; 40 throttled, and both errors of the one that poisoned its batch.
    assert_eq!(
        counts,
        [(json!("ads"), json!(64)), (json!("hook"), json!(42))]
    );
}

#[test]
fn a_cause_with_many_recipients_has_a_hint_to_one_row() {
    let mut log = Log {
        lines: String::new(),
        exchanges: 0,
    };
    for n in 0..30 {
        let said = (550, "mailbox is full");
        log.deliver(
            &format!("user-{n:02}"),
            "20:00:00",
            said,
            (1, true),
            &one("letter", n),
        );
    }
    let env = TestEnv::new();
    let file = env.write("export.ndjson", &log.lines);
    let file = file.to_str().expect("a path in UTF-8");
    let asked = ["top", "--type", "attempt", "--input", file, "-o", "ndjson"];
    let outcome = env.run(&asked);
    assert_eq!(rows(&outcome).len(), 30);
    let by = ["--by", "type,status,pattern"];
    outcome.stderr_has(&by.join(" "));
    let outcome = env.run(&[&asked[..], &by].concat());
    assert_eq!(rows(&outcome)[0]["count"], 30);
    outcome.assert(
        !outcome.stderr.contains("hint"),
        "no hint where there is a --by",
    );
}

//! `faillog forward`: what arrives at a source, how often, and what is said of the rest.
//!
//! Rule: what arrived is compared with what was imported as this crate's own JSON code reads it.

mod failures;
mod source;
mod wiring;

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Outcome, TestEnv};
use source::{Source, WRITE_KEY};

/// An error record with a serial, at a minute of the hour.
fn error(serial: u64) -> String {
    let event = json!({
        "type": "observability",
        "event": "Error Logged",
        "properties": {
            "messageId": format!("m-{serial}"),
            "discarded": true,
            "reason": format!("cause {serial}"),
            "occurredAt": format!("2025-03-23T{:02}:{:02}:00Z", 20 + serial / 60 % 4, serial % 60),
        }
    });
    format!("{event}\n")
}

/// A sandbox with the write key in its environment, and records 0 to `records` in its store.
fn holding(records: u64, source: &Source) -> TestEnv {
    let env = TestEnv::new()
        .set("FAILLOG_WRITE_KEY", WRITE_KEY)
        .set("FAILLOG_TRACKING_URL", &source.url());
    import(&env, 0..records);
    env
}

fn import(env: &TestEnv, serials: std::ops::Range<u64>) {
    let lines: String = serials.map(error).collect();
    let file = env.write("records.ndjson", lines);
    env.run(&["import", path(&file), "--collection", "c"])
        .success();
}

fn path(file: &Path) -> &str {
    file.to_str().expect("a path in UTF-8")
}

fn forward(env: &TestEnv, args: &[&str]) -> Outcome {
    env.run(&[&["forward"], args].concat())
}

/// The serials of the events that arrived, in order.
fn arrived(source: &Source) -> Vec<u64> {
    source.events().iter().map(serial).collect()
}

fn serial(event: &Value) -> u64 {
    let id = event["properties"]["message_id"].as_str();
    let serial = id.and_then(|id| id.strip_prefix("m-"));
    serial
        .and_then(|serial| serial.parse().ok())
        .unwrap_or_else(|| panic!("no serial in {event}"))
}

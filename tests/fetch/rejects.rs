//! Lines that are no records, and records of other versions of the log's format.
//!
//! Rule: nothing that came in is lost: a line is a record, or it is kept whole where the user is told.

use serde_json::{Value, json};

use super::{Case, hours_ago, logs};
use crate::support::rejects_in;
use crate::support::server::Object;

#[test]
fn broken_lines_are_kept_whole_and_told() {
    let (case, hour) = (Case::new(), hours_ago(30));
    let good = logs::journeys(hour, 6);
    let broken = [
        r#"{"type":"observability","event":"Error Logged","properties":{"discarded": true | false}}"#,
        r#"{"type":"observability","event":"Error Logged","properties":{"messageId":"no time"}}"#,
        "upstream connect error or disconnect/reset before headers",
        r#"{"type":"observability","properties":{"occurredAt":"yesterday"}}"#,
    ];
    let mut served = good.clone();
    for (place, line) in broken.iter().enumerate() {
        served.insert(place * 3 + 1, (*line).to_owned());
    }
    case.hold(hour, vec![Object::new(logs::gzip(&logs::ndjson(&served)))]);
    let told = case.fetch(hour);
    told.success()
        .stderr_has("4 lines")
        .stderr_has(&hour.name())
        .stderr_has("_rejects-");
    case.stores(&good);

    let kept = rejects_in(&case.hour_folder(hour)).expect("the rejects");
    let kept: Vec<Value> = kept
        .lines()
        .map(|line| serde_json::from_str(line).expect("each reject is an object"))
        .collect();
    let raw: Vec<&str> = kept
        .iter()
        .filter_map(|line| line["raw"].as_str())
        .collect();
    told.assert(raw == broken, &format!("the broken lines, not {kept:#?}"));
    let lines: Vec<u64> = kept
        .iter()
        .filter_map(|line| line["line"].as_u64())
        .collect();
    told.assert(
        lines == [2, 5, 8, 11],
        &format!("their places, not {lines:?}"),
    );
    // Not complete in the strict sense, and not paid for again.
    case.fetch_with(hour, &["--refresh", "--strict"]).code(7);
    let told = case.fetch(hour);
    case.asked(&told, &[hour, hour]);
}

#[test]
fn bytes_that_are_no_text_are_kept_too() {
    let (case, hour) = (Case::new(), hours_ago(30));
    let good = logs::journeys(hour, 3);
    let mut served = logs::ndjson(&good);
    served.extend(b"{\"messageId\":\"\xff\xfe\"}\n");
    case.hold(hour, vec![Object::new(served)]);
    case.fetch(hour).success().stderr_has("1 line");
    case.stores(&good);
    let kept = rejects_in(&case.hour_folder(hour)).expect("the rejects");
    assert!(
        kept.contains("7b226d6573736167654964223a22fffe227d"),
        "{kept}"
    );
}

/// The objects are of another product, or the storage sent an error page with a good status.
#[test]
fn an_object_without_any_record_fails_its_hour_or_is_kept_whole() {
    let (case, hour) = (Case::new(), hours_ago(30));
    let good = logs::journeys(hour, 3);
    case.hold(hour, vec![Object::new(logs::ndjson(&good))]);
    case.fetch(hour).success();
    case.hold(hour, vec![Object::new("<html>maintenance</html>\n")]);
    let told = case.fetch_with(hour, &["--refresh"]);
    let kept = rejects_in(&case.hour_folder(hour)).unwrap_or_default();
    told.assert(
        case.raw().len() == good.len() || kept.contains("<html>maintenance</html>"),
        "the old records, or the page among the rejects",
    );
    told.assert(told.stderr.contains(&hour.name()), "the hour named");
}

#[test]
fn the_drafts_of_the_format_are_read() {
    let (case, hour) = (Case::new(), hours_ago(30));
    let routed = json!({
        "to": [{ "type": "destination", "id": "abc" }, { "type": "subscription", "id": "def" }],
        "from": [{ "type": "source", "id": "ghi" }]
    });
    let drafts = [
        json!({ "type": "observability", "event": "Error Logged", "version": 1, "properties": {
            "routed": routed, "discarded": true, "attempt": 3, "reason": "failed insert function",
            "featureName": "destinationInsertFunction", "messageId": "m1", "unknown": { "deep": [1] },
            "occurredAt": hour.time(1001), "loggedAt": hour.time(1002) } }),
        json!({ "type": "observability", "event": "Delivery Attempt Logged", "version": 1, "properties": {
            "routed": routed, "attempt": 2, "outcome": "failure", "reason": "some description for why",
            "featureName": "delivery", "destinationExchangeId": "e1", "messageId": "m2",
            "occurredAt": hour.time(2001), "loggedAt": hour.time(2002) } }),
        json!({ "type": "observability", "event": "Delivery Exchange Logged", "version": "v1", "properties": {
            "routed": { "to": [], "from": [] }, "destinationExchangeId": "e2",
            "responseFromDestination": { "status": 503, "headers": {}, "body": "" },
            "occurredAt": hour.time(3001), "loggedAt": hour.time(3002) } }),
        json!({ "type": "observability", "event": "Something New Logged", "version": "v9", "properties": {
            "occurredAt": hour.time(4001) } }),
    ];
    let lines: Vec<String> = drafts.iter().map(Value::to_string).collect();
    case.hold(hour, vec![Object::new(logs::ndjson(&lines))]);
    case.fetch(hour).success();
    let shown = case.run(&["show", "--sort", "time", "-o", "ndjson"]);
    let shown_records = logs::parsed(&shown.stdout);
    let expected = [
        json!({ "time": hour.time(1001), "logged_at": hour.time(1002), "type": "error", "outcome": "failure",
            "attempt": 3, "discarded": true, "reason": "failed insert function",
            "operation": "destinationInsertFunction", "source": "ghi", "destination": "abc",
            "subscriber": "def", "message_id": "m1" }),
        json!({ "time": hour.time(2001), "logged_at": hour.time(2002), "type": "attempt", "outcome": "failure",
            "attempt": 2, "reason": "some description for why", "operation": "delivery", "source": "ghi",
            "destination": "abc", "subscriber": "def", "message_id": "m2", "exchange_id": "e1" }),
        json!({ "time": hour.time(3001), "logged_at": hour.time(3002), "type": "exchange", "outcome": "failure",
            "status": 503, "exchange_id": "e2" }),
        json!({ "time": hour.time(4001), "type": "other" }),
    ];
    for (expected, got) in expected.iter().zip(&shown_records) {
        let mut got = got.clone();
        got.remove("provider");
        got.remove("collection");
        shown.assert(
            &Value::Object(got.clone()) == expected,
            &format!("{expected:#}, not {:#}", Value::Object(got)),
        );
    }
    shown.assert(shown_records.len() == 4, "four records");
    let mut served = lines;
    served.sort();
    shown.assert(case.raw() == served, "the bytes that were served");
}

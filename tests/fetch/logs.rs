//! Made failure logs, and what they say as plain JSON code reads it.
//!
//! Rule: reckoned from the served bytes and the published meaning of the keys alone, never with the program's decoder.

use std::collections::HashMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

use super::At;

/// Makes the logs of some messages that failed: each an attempt and an error, every three of them one exchange.
///
/// All times differ, and none ends in a zero fraction, so that each is printed as it was sent.
pub(super) fn journeys(hour: At, messages: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for number in 0..messages {
        let (id, batch) = (format!("msg-{}-{number}", hour.name()), number / 3);
        let exchange = format!("ex-{}-{batch}", hour.name());
        let at = i64::try_from(number).expect("a small number") * 40;
        let status = [429, 500, 400][batch % 3];
        let routed = json!({
            "to": [{ "type": "destination", "id": "dst_1" }],
            "from": [{ "type": "source", "id": "src_1" }]
        });
        if number % 3 == 0 {
            lines.push(event(
                "Destination Exchange Logged",
                json!({
                    "requestToDestination": { "body": "{\"events\":[1,2,3]}" },
                    "responseFromDestination": {
                        "status": status,
                        "headers": { "content-type": "application/json", "x-list": ["a", "b"] },
                        "body": format!("{{\"message\":\"refused, batch {batch}: ünïcode\"}}")
                    },
                    "routed": routed,
                    "destinationExchangeId": exchange,
                    "occurredAt": hour.time(at + 1),
                    "loggedAt": hour.time(at + 5001),
                }),
            ));
        }
        lines.push(event(
            "Delivery Attempt Logged",
            json!({
                "routed": routed, "attempt": number % 4 + 1, "outcome": "failure",
                "destinationExchangeId": exchange, "messageId": id,
                "occurredAt": hour.time(at + 2), "loggedAt": hour.time(at + 5002),
            }),
        ));
        lines.push(event(
            "Error Logged",
            json!({
                "routed": routed, "discarded": number % 2 == 0, "messageId": id,
                "occurredAt": hour.time(at + 3), "loggedAt": hour.time(at + 5003),
            }),
        ));
    }
    lines
}

fn event(name: &str, properties: Value) -> String {
    json!({ "type": "observability", "event": name, "version": "v1", "properties": properties })
        .to_string()
}

pub(super) fn ndjson(lines: &[String]) -> Vec<u8> {
    lines
        .iter()
        .flat_map(|line| [line.as_bytes(), b"\n"].concat())
        .collect()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes any bytes");
    encoder.finish().expect("memory takes any bytes")
}

/// Returns what `show -o ndjson` printed, in a fixed order.
pub(super) fn parsed(ndjson: &str) -> Vec<Map<String, Value>> {
    let parse = |line: &str| serde_json::from_str(line).expect("each line is an object");
    in_order(ndjson.lines().map(parse).collect())
}

fn in_order(mut records: Vec<Map<String, Value>>) -> Vec<Map<String, Value>> {
    records.sort_by_key(|record| record["time"].to_string() + &record["type"].to_string());
    records
}

/// Returns what should be printed of the lines: each with its own keys, and joined: an attempt with its exchange and the
/// error it ended in, an error with its attempt.
pub(super) fn reckoned(lines: &[String], collection: &str) -> Vec<Map<String, Value>> {
    let events: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).expect("the lines are JSON"))
        .collect();
    let properties = |name: &'static str| {
        let of = events.iter().filter(move |event| event["event"] == name);
        of.map(|event| &event["properties"])
    };
    let exchanges: HashMap<&str, &Value> = properties("Destination Exchange Logged")
        .map(|p| (p["destinationExchangeId"].as_str().expect("an id"), p))
        .collect();
    let attempts: HashMap<&str, &Value> = properties("Delivery Attempt Logged")
        .map(|p| (p["messageId"].as_str().expect("an id"), p))
        .collect();
    let errors: HashMap<&str, &Value> = properties("Error Logged")
        .map(|p| (p["messageId"].as_str().expect("an id"), p))
        .collect();
    let reckon = |event: &Value| {
        let own = &event["properties"];
        let message = own["messageId"].as_str().unwrap_or_default();
        let (kind, exchange) = match event["event"].as_str().expect("a name") {
            "Destination Exchange Logged" => ("exchange", Some(own)),
            "Delivery Attempt Logged" => ("attempt", Some(own)),
            _ => ("error", attempts.get(message).copied()),
        };
        let id = exchange.and_then(|of| of["destinationExchangeId"].as_str());
        let response = id
            .and_then(|id| exchanges.get(id))
            .map(|p| &p["responseFromDestination"]);
        let said = response.and_then(|response| response["body"].as_str());
        let said: Option<Value> = said.map(|body| serde_json::from_str(body).expect("JSON"));
        let mut record = json!({
            "provider": "segment", "collection": collection,
            "time": own["occurredAt"], "logged_at": own["loggedAt"],
            "type": kind, "outcome": "failure",
            "attempt": exchange.map(|of| &of["attempt"]),
            "discarded": errors.get(message).map(|of| &of["discarded"]),
            "status": response.map(|response| &response["status"]),
            "reason": said.map(|said| said["message"].clone()),
            "source": own["routed"]["from"][0]["id"],
            "destination": own["routed"]["to"][0]["id"],
            "message_id": own["messageId"],
            "exchange_id": id,
        });
        let record = record.as_object_mut().expect("it is an object");
        record.retain(|_, value| !value.is_null());
        std::mem::take(record)
    };
    in_order(events.iter().map(reckon).collect())
}

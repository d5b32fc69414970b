//! Events of made-up records: their shape, their ids, and that they fit.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

fn cells<'v>(filled: &[(Column, Value<'v>)]) -> Vec<Value<'v>> {
    let value = |column: &Column| {
        let found = filled.iter().find(|(known, _)| known == column);
        found.map_or(Value::Null, |(_, value)| value.clone())
    };
    Column::ALL.iter().map(value).collect()
}

fn text(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

fn at(text: &str) -> Value<'static> {
    Value::Time(Timestamp::parse(text).unwrap())
}

fn audit() -> Vec<(Column, Value<'static>)> {
    vec![
        (Column::Provider, text("segment-audit")),
        (Column::Collection, text("acme")),
        (Column::Time, at("2022-03-04T21:29:22Z")),
        (Column::Type, text("audit")),
        (Column::Reason, text("Foo \"Func\"")),
        (Column::Operation, text("Source Function Deleted")),
        (Column::Actor, text("users/1")),
        (Column::Resource, text("function/8AWE8yZRdy")),
        (Column::Id, text("events/145876976")),
        (Column::Raw, Value::Bytes(b"{\"raw\":1}")),
    ]
}

fn read(event: &Event) -> Json {
    serde_json::from_str(&event.text).unwrap()
}

#[test]
fn an_audit_event_has_its_actor_as_the_user_and_its_columns_as_properties() {
    let event = make(&cells(&audit()), false);
    let mut read = read(&event);
    let id = read["messageId"].take();
    let id = id.as_str().unwrap();
    let hash = id.strip_prefix("faillog-segment-audit-").unwrap();
    assert_eq!(hash.len(), 32);
    assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(
        read,
        json!({
            "type": "track",
            "event": "Segment Audit",
            "userId": "users/1",
            "messageId": null,
            "timestamp": "2022-03-04T21:29:22Z",
            "properties": {
                "provider": "segment-audit",
                "collection": "acme",
                "time": "2022-03-04T21:29:22Z",
                "type": "audit",
                "reason": "Foo \"Func\"",
                "operation": "Source Function Deleted",
                "actor": "users/1",
                "resource": "function/8AWE8yZRdy",
                "id": "events/145876976",
            }
        })
    );
    assert_eq!(event.hour.to_string(), "2022-03-04T21");
    assert!(!event.is_cut);
}

#[test]
fn a_failed_delivery_is_nobodys_and_keeps_its_own_message_id_as_a_property() {
    let filled = [
        (Column::Provider, text("segment")),
        (Column::Time, at("2025-03-23T20:00:00.5Z")),
        (Column::Type, text("attempt")),
        (Column::Attempt, Value::Int(3)),
        (Column::Discarded, Value::Bool(false)),
        (Column::Status, Value::Int(429)),
        (Column::MessageId, text("m-1")),
        (Column::Raw, Value::Bytes(b"{\xff}")),
    ];
    let event = make(&cells(&filled), true);
    assert!(!event.is_bare);
    let read = read(&event);
    assert_eq!(read["event"], "Delivery Attempt");
    assert_eq!(read["anonymousId"], "faillog");
    assert_eq!(read.get("userId"), None);
    let id = read["messageId"].as_str().unwrap();
    assert!(id.starts_with("faillog-segment-") && id.len() < 100);
    assert_eq!(
        read["properties"],
        json!({
            "provider": "segment",
            "time": "2025-03-23T20:00:00.500Z",
            "type": "attempt",
            "attempt": 3,
            "discarded": false,
            "status": 429,
            "message_id": "m-1",
            "raw": "{\u{fffd}}",
        })
    );
}

#[test]
fn an_attempt_without_the_status_of_its_exchange_is_told() {
    let mut filled = vec![
        (Column::Time, at("2025-03-23T20:00:00Z")),
        (Column::Type, text("attempt")),
        (Column::ExchangeId, text("x")),
    ];
    assert!(make(&cells(&filled), false).is_bare);
    filled.push((Column::Status, Value::Int(200)));
    assert!(!make(&cells(&filled), false).is_bare);
}

#[test]
fn every_type_has_a_name_of_its_own() {
    let names: HashSet<&str> = RecordType::ALL.iter().map(|t| name(t.name())).collect();
    assert_eq!(names.len(), RecordType::ALL.len());
}

#[test]
fn a_record_has_one_key_and_another_record_another() {
    let key = |change: &[(Column, Value<'static>)]| {
        let mut filled = audit();
        filled.retain(|(column, _)| change.iter().all(|(changed, _)| changed != column));
        filled.extend(change.iter().cloned());
        make(&cells(&filled), false).key
    };
    let same = key(&[]);
    // What was joined or decoded anew makes no other record of it, nor do its bytes where it has an id.
    assert_eq!(key(&[(Column::Status, Value::Int(500))]), same);
    assert_eq!(key(&[(Column::Reason, text("x"))]), same);
    assert_eq!(key(&[(Column::Raw, Value::Bytes(b"{}"))]), same);
    let others = [
        key(&[(Column::Provider, text("segment"))]),
        key(&[(Column::Collection, text("acm"))]),
        key(&[(Column::Type, text("event"))]),
        key(&[(Column::Id, text("events/145876977"))]),
        // It changed.
        key(&[(Column::Time, at("2022-03-04T21:29:23Z"))]),
        key(&[(Column::LoggedAt, at("2022-03-04T21:29:24Z"))]),
        // Without an id the bytes count.
        key(&[(Column::Id, Value::Null)]),
        key(&[
            (Column::Id, Value::Null),
            (Column::Raw, Value::Bytes(b"{}")),
        ]),
        key(&[(Column::Id, text("{\"raw\":1}"))]),
    ];
    let distinct: HashSet<u128> = others.into_iter().chain([same]).collect();
    assert_eq!(distinct.len(), others.len() + 1);
}

#[test]
fn what_is_too_large_is_cut_and_says_so_the_raw_record_first() {
    let long = "x".repeat(40_000);
    let mut filled = audit();
    filled.retain(|(column, _)| *column != Column::Raw);
    filled.push((Column::Raw, Value::Bytes(long.as_bytes())));
    // It is not cut where it is not sent.
    assert!(!make(&cells(&filled), false).is_cut);
    let event = make(&cells(&filled), true);
    assert!(event.is_cut && event.text.len() <= MAX_EVENT && event.text.len() > 31_000);
    assert_eq!(read(&event)["properties"]["truncated"], json!(["raw"]));
    assert_eq!(read(&event)["properties"]["reason"], "Foo \"Func\"");

    filled.push((Column::Url, text(&long)));
    let event = make(&cells(&filled), true);
    assert!(event.text.len() <= MAX_EVENT);
    let read = read(&event);
    assert_eq!(read["properties"]["truncated"], json!(["url", "raw"]));
    assert_eq!(read["properties"]["raw"].as_str().unwrap().len(), KEPT);
    assert!(read["properties"]["url"].as_str().unwrap().len() > 29_000);
}

proptest! {
    #[test]
    fn ids_are_short_namespaced_and_different_for_different_records(
        records in proptest::collection::hash_set((0usize..9, proptest::option::of("[a-c]{1,2}"), "[a-c]{0,2}", 0i64..3), 1..60),
    ) {
        let mut keys = HashSet::new();
        let mut seen = HashSet::new();
        for (kind, id, raw, time) in &records {
            // With an id the bytes tell nothing apart; without one the time does not, since it is read from them.
            let identity = match id {
                Some(id) => (*kind, Some(id.clone()), String::new(), *time),
                None => (*kind, None, raw.clone(), 0),
            };
            let filled = [
                (Column::Provider, text("notificationapi")),
                (Column::Type, text(RecordType::ALL[*kind].name())),
                (Column::Time, Value::Time(Timestamp::from_micros(*time))),
                (Column::Id, id.as_deref().map_or(Value::Null, text)),
                (Column::Raw, Value::Bytes(raw.as_bytes())),
            ];
            let event = make(&cells(&filled), false);
            let read = read(&event);
            let message_id = read["messageId"].as_str().unwrap();
            prop_assert!(message_id.starts_with("faillog-notificationapi-") && message_id.len() < 100);
            let hash = format!("{:032x}", event.key);
            prop_assert!(message_id.ends_with(&hash));
            prop_assert_eq!(keys.insert(event.key), seen.insert(identity));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whatever_a_record_holds_its_event_is_json_and_fits(
        texts in proptest::collection::vec(("[\\x00-\\x1f\"\\\\a-zé😀]{0,40}", 0usize..1500), Column::ALL.len()),
        with_raw: bool,
    ) {
        let texts: Vec<String> = texts.into_iter().map(|(text, times)| text.repeat(times)).collect();
        let cells: Vec<Value<'_>> = Column::ALL.iter().zip(&texts).map(|(column, filling)| match column {
            Column::Provider => text("notificationapi"),
            Column::Type => text("notification"),
            Column::Time | Column::LoggedAt => at("2025-03-23T20:00:00.123456Z"),
            Column::Raw => Value::Bytes(filling.as_bytes()),
            Column::Attempt | Column::Status | Column::DurationMs | Column::DelayMs => Value::Int(i64::MIN),
            Column::Discarded => Value::Bool(true),
            _ => text(filling),
        }).collect();
        let event = make(&cells, with_raw);
        prop_assert!(event.text.len() <= MAX_EVENT, "{}", event.text.len());
        let read = read(&event);
        let who = [&read["userId"], &read["anonymousId"]].into_iter().find_map(Json::as_str);
        prop_assert!(who.is_some_and(|who| !who.is_empty()));
        prop_assert_eq!(event.is_cut, read["properties"].get("truncated").is_some());
        for (column, whole) in Column::ALL.iter().zip(&cells) {
            // What is not named as cut is there whole.
            let Value::Text(whole) = whole else { continue };
            let sent = read["properties"][column.name()].as_str().unwrap();
            let is_cut = read["properties"]["truncated"].as_array().is_some_and(|names| names.contains(&json!(column.name())));
            prop_assert!(whole.starts_with(sent) && (is_cut || sent == whole));
        }
        prop_assert_eq!(make(&cells, with_raw), event);
    }
}

//! The published logs, and what may be sent instead.

use proptest::prelude::*;

use super::*;
use crate::model::Provider;
use crate::providers::spec;

const ACTION: &[u8] = include_bytes!("../../../tests/data/akeneo/action.json");
const ERROR: &[u8] = include_bytes!("../../../tests/data/akeneo/error.json");
const WITH_REASON: &[u8] = include_bytes!("../../../tests/data/akeneo/error-reason.json");
const STATUS: &[u8] = include_bytes!("../../../tests/data/akeneo/status.json");

fn with<T>(raw: &[u8], look: impl FnOnce(&Record<'_>) -> T) -> T {
    let mut look = Some(look);
    let mut made = None;
    decode(raw, &mut |record| {
        made = look.take().map(|look| look(record));
    })
    .unwrap();
    made.unwrap()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn a_published_error_is_read() {
    with(ERROR, |record| {
        assert_eq!(record.record_type, RecordType::Error);
        assert_eq!(record.outcome, Some(Outcome::Failure));
        assert_eq!(record.time, time("2024-11-25T10:07:56Z"));
        assert_eq!(record.logged_at, Some(time("2024-11-25T10:07:56.231Z")));
        assert_eq!(record.code.as_deref(), Some("failed_delivery"));
        assert_eq!(record.error_type.as_deref(), Some("failed_delivery"));
        assert_eq!(record.status, Some(500));
        assert_eq!(
            record.reason.as_deref(),
            Some(
                "an error was returned when calling the destination, or it took too long to respond"
            )
        );
        assert_eq!(record.operation.as_deref(), Some("failed_to_deliver_event"));
        assert_eq!(
            record.destination.as_deref(),
            Some("01934a2c-1491-7bea-bced-5176bf92ff3c")
        );
        assert_eq!(
            record.subscriber.as_deref(),
            Some("019363c4-6e22-7dd4-a811-6aab07f1d474")
        );
        assert_eq!(
            record.id.as_deref(),
            Some("019362ca-c547-7364-9274-8d3cf7c3d130")
        );
        assert_eq!((&record.method, &record.url), (&None, &None));
        assert_eq!(record.raw, ERROR);
    });
    with(WITH_REASON, |record| {
        assert_eq!(record.code.as_deref(), Some("authentication_failed"));
        assert_eq!(record.error_type.as_deref(), Some("failed_delivery"));
        assert_eq!(record.status, Some(404));
    });
}

#[test]
fn a_published_action_is_read() {
    with(ACTION, |record| {
        assert_eq!(record.record_type, RecordType::Action);
        assert_eq!(record.outcome, Some(Outcome::Success));
        assert_eq!(
            record.operation.as_deref(),
            Some("subscription_suspended_by_the_user")
        );
        assert_eq!(record.method.as_deref(), Some("POST"));
        assert!(record.url.as_deref().unwrap().ends_with("/suspend"));
        assert_eq!((record.status, &record.code), (None, &None));
    });
}

#[test]
fn an_offset_may_have_no_colon() {
    let raw =
        br#"{"log_id":"l1","log_type":"error","timestamp":"2024-11-25T12:07:56+0200","error_code":"504 Gateway Timeout"}"#;
    with(raw, |record| {
        assert_eq!(record.time, time("2024-11-25T10:07:56Z"));
        assert_eq!((record.status, &record.error_type), (Some(504), &None));
    });
}

#[test]
fn the_first_of_equal_errors_is_in_the_id() {
    let first = |id: &str, timestamp: &str| {
        let raw = format!(r#"{{"log_id":"{id}","log_type":"error","timestamp":"{timestamp}"}}"#);
        with(raw.as_bytes(), |record| record.logged_at)
    };
    const ID: &str = "019362ca-c547-7364-9274-8d3cf7c3d130";
    let seen = Some(time("2024-11-25T10:07:56.231Z"));
    assert_eq!(first(ID, "2024-11-25T10:12:30Z"), seen);
    assert_eq!(first(&ID.to_uppercase(), "2024-11-25T10:07:57Z"), seen);
    assert_eq!(
        first(ID, "2024-11-25T10:07:55Z"),
        None,
        "after the last of them"
    );
    for id in [
        "f32a1b1a-98df-4d5c-9e93-75e213678b3e",
        "019362ca-c547-7364-1274-8d3cf7c3d130",
        "00000000-0001-7364-9274-8d3cf7c3d130",
        "019362cac5477364-9274-8d3cf7c3d130--",
        "a",
    ] {
        assert_eq!(first(id, "2024-11-25T10:12:30Z"), None, "{id}");
    }
}

#[test]
fn a_status_notification_is_an_event_with_an_id_of_its_fields() {
    with(STATUS, |record| {
        assert_eq!(record.record_type, RecordType::Event);
        assert_eq!(record.outcome, Some(Outcome::Failure));
        assert_eq!(record.time, time("2026-04-29T12:34:56Z"));
        assert_eq!(
            record.operation.as_deref(),
            Some("subscription.suspended.system")
        );
        assert_eq!(
            record.reason.as_deref(),
            Some("Success rate dropped below 90%")
        );
        assert_eq!(
            record.destination.as_deref(),
            Some("018e1ec5-29da-78ad-aae6-92065b9ca2a6")
        );
        assert_eq!(
            record.subscriber.as_deref(),
            Some("018e1ec5-29da-78ad-aae6-92065b9ca2a5")
        );
        assert_eq!(
            record.url.as_deref(),
            Some("https://my-app.example.com/webhook")
        );
        assert_eq!(
            record.id.as_deref(),
            Some(
                "subscription.suspended.system/018e1ec5-29da-78ad-aae6-92065b9ca2a6/2026-04-29T12:34:56Z"
            )
        );
    });
    let made = |raw: &str| {
        with(raw.as_bytes(), |record| {
            (
                record.time,
                record.outcome,
                record.id.clone().unwrap().into_owned(),
            )
        })
    };
    let (at, outcome, id) = made(r#"{"notification_type":"subscription.resumed","n":1}"#);
    assert_eq!((at, outcome), (Record::NO_TIME, Some(Outcome::Success)));
    let again = made(" {\"notification_type\":\"subscription.resumed\",\"n\":1}\n");
    assert_eq!(again.2, id);
    let other = made(r#"{"notification_type":"subscription.resumed","n":2}"#);
    assert_ne!(other.2, id);
    let revoked = made(r#"{"notification_type":"subscription.revoked"}"#);
    assert_eq!(revoked.1, Some(Outcome::Failure));
    assert_eq!(made(r#"{"notification_type":"test"}"#).1, None);
}

#[test]
fn odd_values_cost_no_record() {
    let raw = r#"{"log_id":"","log_type":"audit","timestamp":"2024-11-25T10:07:56+01:00","subscriber_id":"",
        "subscription_id":7,"error_code":"42","error_message":"a\n b","request":"POST","response":[1]}"#;
    with(raw.as_bytes(), |record| {
        assert_eq!(record.record_type, RecordType::Other);
        assert_eq!(record.time, time("2024-11-25T09:07:56Z"));
        assert_eq!((&record.id, &record.subscriber), (&None, &None));
        assert_eq!(record.destination.as_deref(), Some("7"));
        assert_eq!(record.status, Some(42));
        assert_eq!(record.reason.as_deref(), Some("a b"));
        assert_eq!((record.outcome, &record.method), (None, &None));
    });
    let refused = |raw: &str| decode(raw.as_bytes(), &mut |_| {}).unwrap_err().to_string();
    assert_eq!(refused(r#"{"log_id":"a"}"#), "no `timestamp`");
    assert_eq!(
        refused(r#"{"log_id":"a","timestamp":"soon"}"#),
        "`timestamp` is no time but `soon`"
    );
    assert_eq!(
        refused(r#"{"items":[],"timestamp":"2024-11-25T10:07:56Z"}"#),
        "no `log_id`"
    );
}

#[test]
fn logs_are_recognised_bare_and_wrapped() {
    let spec = spec(Provider::Akeneo);
    let text = |raw: &[u8]| String::from_utf8_lossy(raw).into_owned();
    for raw in [ACTION, ERROR, WITH_REASON, STATUS] {
        assert!(is_log(raw));
        let raw = text(raw);
        for wrapped in [
            format!("[{raw}]"),
            format!(r#"{{"items":[{raw}]}}"#),
            format!(r#"{{"_embedded":{{"items":[{raw}]}}}}"#),
        ] {
            assert!(spec.recognises(wrapped.as_bytes()), "{wrapped}");
            assert_eq!(spec.elements(wrapped.as_bytes()).unwrap().len(), 1);
        }
    }
    for empty in ["null", "[]", r#"{"items":null}"#, r#"{"items":[]}"#] {
        assert!(spec.elements(empty.as_bytes()).unwrap().is_empty());
    }
    for other in [
        "{}",
        r#"{"log_id":"a"}"#,
        r#"{"log_id":"a","log_type":"x"}"#,
        r#"{"log_type":"error"}"#,
        r#"{"notification_type":"subscription.resumed"}"#,
        r#"{"notification_type":"welcome","subscription_id":"a"}"#,
        "7",
        "",
    ] {
        assert!(!is_log(other.as_bytes()), "{other}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_kept_as_they_are(raw in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = decode(&raw, &mut |record| assert_eq!(record.raw, raw));
        let _ = is_log(&raw);
    }

    #[test]
    fn any_log_is_kept_as_it_is(
        id in "\\PC{0,40}|019[0-9a-f]{5}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        log_type in "error|action|\\PC{0,6}",
        request in "null|\\{\\}|\\[1\\]|\"a\"|7|\\{\"method\":(1|null|\"GET\"),\"url\":(\\[\\]|\"\")\\}",
        code in "null|404|\"x\"|1e3|-7|true",
    ) {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let raw = format!(
            r#"{{"log_id":{},"log_type":{},"timestamp":"2024-11-25T10:07:56Z","request":{request},"error_code":{code}}}"#,
            quoted(&id),
            quoted(&log_type),
        );
        with(raw.as_bytes(), |record| {
            assert_eq!(record.raw, raw.as_bytes());
            assert_eq!(record.id.as_deref().unwrap_or_default(), id);
            assert!(record.logged_at.is_none_or(|first| first.since(record.time) < 1_000_000));
        });
    }
}

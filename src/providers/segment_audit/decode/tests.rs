//! The published examples of both shapes, and events that are odd.

use proptest::prelude::*;

use super::*;
use crate::providers::envelope;

const PAGE: &[u8] = include_bytes!("../../../../tests/data/segment_audit/page.json");
const FORWARDED_EVENT: &[u8] =
    include_bytes!("../../../../tests/data/segment_audit/forwarded.json");

/// The columns that audit events fill, in order: time, operation, outcome, actor, resource, reason, id.
type Told = (
    String,
    Option<String>,
    Option<Outcome>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

fn read(raw: &[u8]) -> Result<Told, DecodeError> {
    let mut told = Vec::new();
    decode(raw, &mut |record| {
        assert_eq!(record.record_type, RecordType::Audit);
        assert_eq!(record.raw, raw);
        let text = |value: &Option<Cow<'_, str>>| value.as_deref().map(str::to_owned);
        told.push((
            record.time.to_rfc3339(),
            text(&record.operation),
            record.outcome,
            text(&record.actor),
            text(&record.resource),
            text(&record.reason),
            text(&record.id),
        ));
    })?;
    assert_eq!(told.len(), 1);
    Ok(told.remove(0))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_published_page_is_read_event_by_event() {
    let events = envelope::elements(PAGE, super::super::SPEC.envelopes).unwrap();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| is_log(event)));
    assert_eq!(
        read(events[0]).unwrap(),
        (
            "2022-03-04T21:29:22Z".to_owned(),
            some("Source Function Deleted"),
            None,
            some("public-api-token/TJ7z8cg6"),
            some("function/8AWE8yZRdy"),
            some("Foo Func 543"),
            some("events/145876976"),
        )
    );
    let (time, operation, outcome, actor, resource, ..) = read(events[2]).unwrap();
    assert_eq!(time, "2022-03-04T21:30:00.250Z");
    assert_eq!(operation, some("Audience Run Failed"));
    assert_eq!(outcome, Some(Outcome::Failure));
    assert_eq!(actor, some("users/3aZ9"));
    assert_eq!(resource, some("audience/spaces/default/audiences/aud_1"));
}

#[test]
fn a_forwarded_event_fills_the_same_columns() {
    assert!(is_log(FORWARDED_EVENT));
    assert_eq!(
        read(FORWARDED_EVENT).unwrap(),
        (
            "2019-11-24T06:24:46.877Z".to_owned(),
            some("Audience Created"),
            None,
            some("users/MNxxtIRCbe"),
            some("audience/spaces/default/audiences/aud_1U3E4"),
            some("order completed"),
            some("api-1U3E4UE7HqqBqUdl3oaR0YRCPCR"),
        )
    );
}

#[test]
fn the_actor_and_the_resource_have_other_names() {
    let names = |raw: &[u8]| {
        let mut names = (None, None, None);
        decode(raw, &mut |record| {
            let text = |value: &Option<Cow<'_, str>>| value.as_deref().map(str::to_owned);
            names = (
                text(&record.actor),
                text(&record.actor_email),
                text(&record.resource_id),
            );
        })
        .unwrap();
        names
    };
    let events = envelope::elements(PAGE, super::super::SPEC.envelopes).unwrap();
    assert_eq!(
        names(events[0]),
        (some("public-api-token/TJ7z8cg6"), None, some("8AWE8yZRdy"))
    );
    assert_eq!(
        names(events[2]),
        (
            some("users/3aZ9"),
            some("ada@example.com"),
            some("spaces/default/audiences/aud_1")
        )
    );
    assert_eq!(
        names(FORWARDED_EVENT).2,
        some("spaces/default/audiences/aud_1U3E4")
    );
    let ours = |properties: &str| {
        names(format!(r#"{{"type":"track","event":"Segment Audit","timestamp":"2022-03-04T21:29:22Z","properties":{{"operation":"x"{properties}}}}}"#).as_bytes())
    };
    assert_eq!(
        ours(r#","actor":"a","actor_email":"a@example.com","resource":"source/x""#),
        (some("a"), some("a@example.com"), some("x"))
    );
    assert_eq!(ours(r#","resource":"x","resource_id":"y""#).2, some("y"));
    assert_eq!(ours(r#","resource":"x""#).2, None);
}

#[test]
fn names_in_lower_case_and_events_without_details_or_timestamp_are_read() {
    let raw = br#"{"type":"track","event":"audit","userId":"u","messageId":"m","receivedAt":"2024-01-02T03:04:05Z","properties":{"type":"Source Run Failed"}}"#;
    assert!(is_log(raw));
    assert_eq!(
        read(raw).unwrap(),
        (
            "2024-01-02T03:04:05Z".to_owned(),
            some("Source Run Failed"),
            Some(Outcome::Failure),
            some("u"),
            None,
            None,
            some("m"),
        )
    );
}

#[test]
fn an_event_that_faillog_forwarded_comes_back_as_it_was() {
    let raw = br#"{"type":"track","event":"Segment Audit","userId":"users/1","messageId":"faillog-segment-audit-00","timestamp":"2022-03-04T21:29:22Z","properties":{"provider":"segment-audit","collection":"acme","type":"audit","reason":"Foo","operation":"Source Deleted","actor":"users/1","resource":"source/x","id":"events/1"}}"#;
    assert!(is_log(raw));
    assert_eq!(
        read(raw).unwrap(),
        (
            "2022-03-04T21:29:22Z".to_owned(),
            some("Source Deleted"),
            None,
            some("users/1"),
            some("source/x"),
            some("Foo"),
            some("faillog-segment-audit-00"),
        )
    );
}

#[test]
fn other_logs_are_not_taken_for_audit_events() {
    for other in [
        r#"{"type":"observability","event":"Error Logged","properties":{"occurredAt":"2025-03-23T20:00:00Z"}}"#,
        r#"{"type":"track","event":"Order Completed","timestamp":"2025-03-23T20:00:00Z","properties":{"type":"x"}}"#,
        r#"{"type":"track","event":"Audit","timestamp":"2025-03-23T20:00:00Z"}"#,
        r#"{"type":"identify","event":"Audit","properties":{"type":"x"}}"#,
        r#"{"timestamp":"2025-03-23T20:00:00Z","type":"x","resourceType":"source"}"#,
        r#"{"id":"events/1","timestamp":null,"type":"x","actor":"a","resourceType":"source"}"#,
        "[]",
        "null",
        "audit",
    ] {
        assert!(!is_log(other.as_bytes()), "{other}");
    }
}

#[test]
fn what_is_missing_or_odd_counts_as_absent_but_for_the_time() {
    let raw = br#"{"timestamp":"2022-03-04T21:29:22Z","type":["x"],"resourceId":7,"resourceName":"two\nlines","actor":{}}"#;
    let (_, operation, outcome, actor, resource, reason, id) = read(raw).unwrap();
    assert_eq!((operation, outcome, actor, id), (None, None, None, None));
    assert_eq!(resource, some("7"));
    assert_eq!(reason, some("two lines"));
    let complaint = |raw: &str| read(raw.as_bytes()).unwrap_err().to_string();
    assert_eq!(complaint(r#"{"type":"x"}"#), "no `timestamp`");
    assert_eq!(
        complaint(r#"{"timestamp":"soon"}"#),
        "`timestamp` is no time but `soon`"
    );
    assert_eq!(
        complaint(r#"{"type":"track","event":"Audit","properties":{}}"#),
        "neither `timestamp` nor `originalTimestamp` nor `receivedAt`"
    );
}

#[test]
fn an_outcome_is_said_only_where_the_event_says_it() {
    let failure = Some(Outcome::Failure);
    for (operation, expected) in [
        ("Warehouse Run Failed", failure),
        ("Computed Trait Destination Sync Failed", failure),
        ("audience run failed", failure),
        ("Audience Run Completed", Some(Outcome::Success)),
        ("Audience Sync Succeeded", Some(Outcome::Success)),
        ("Violations Detected", None),
        ("Failedover Created", None),
        ("Source Created", None),
        ("", None),
    ] {
        assert_eq!(outcome(operation), expected, "{operation}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(raw in "\\PC{0,80}", kind in "[a-zA-Z ]{0,9}") {
        let _ = is_log(raw.as_bytes());
        let _ = decode(raw.as_bytes(), &mut |_| {});
        let json = serde_json::json!({"timestamp": raw, "type": kind, "event": "audit", "properties": raw});
        let _ = decode(json.to_string().as_bytes(), &mut |_| {});
    }
}

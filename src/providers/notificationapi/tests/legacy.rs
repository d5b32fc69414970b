//! Rows of the first API, bare and as the log store under it holds them.

use crate::model::Outcome;

use super::{LEGACY, at, decoded, events};

#[test]
fn rows_of_the_first_api_are_read() {
    let rows: Vec<_> = LEGACY.lines().map(decoded).collect();
    let first = &rows[0][0];
    assert_eq!(first.time, at("2024-06-28T18:53:50.559Z"));
    assert_eq!(first.outcome, Some(Outcome::Failure));
    assert_eq!(first.operation, "order_tracking");
    assert_eq!(first.actor, "abcd-1234");
    assert_eq!(first.code, "Bounce");
    assert_eq!(
        (first.channel.as_str(), first.destination.as_str()),
        ("email", "sponge@bob.com")
    );
    assert_eq!(
        events(&rows[0]),
        [
            "received received -",
            "email/sent sent -",
            "email/failed failed Bounce"
        ]
    );
    let second = &rows[1];
    assert_eq!(second.len(), 1);
    assert_eq!(second[0].id, "t-cloudwatch");
    assert_eq!(second[0].time, at("2024-06-28T18:53:50.559Z"));
    assert_eq!(second[0].outcome, Some(Outcome::Pending));
    assert_eq!(second[0].code, "RECEIVED");
    assert_eq!(second[0].actor, "u9");
}

#[test]
fn every_sub_event_of_the_first_documentation_has_a_code_and_a_channel() {
    for (label, name, code, channel) in [
        ("Failed - Bounce", "failed", "Bounce", "email"),
        (
            "Failed - Delivery Delay",
            "failed",
            "Delivery Delay",
            "email",
        ),
        ("Failed - Undelivered", "failed", "Undelivered", "sms"),
        ("Failed - Infrastructure", "failed", "Infrastructure", "sms"),
        ("Delivered - Completed", "delivered", "Completed", "call"),
        ("Delivered - Busy", "delivered", "Busy", "call"),
        ("Delivered - No Answer", "delivered", "No Answer", "call"),
        ("Failed - Cannot Reach", "failed", "Cannot Reach", "call"),
        ("Received", "received", "-", "-"),
        ("Ignored", "ignored", "-", "-"),
        ("Sending", "sending", "-", "-"),
        ("Sent", "sent", "-", "-"),
    ] {
        let kept = decoded(&format!(
            r#"{{"trackingId":"t","timestamp":1719600830559,"events":["{label}"]}}"#
        ));
        let event = &kept[1];
        assert_eq!(
            (
                event.operation.as_str(),
                event.code.as_str(),
                event.channel.as_str()
            ),
            (name, code, channel)
        );
    }
}

#[test]
fn a_list_of_fields_is_a_row() {
    let kept = decoded(
        r#"[{"field":"@timestamp","value":"2024-06-28 18:53:50.559"},{"field":"@message","value":"{\"trackingId\":\"t\",\"status\":\"SUCCESS\"}"}]"#,
    );
    assert_eq!(
        (kept[0].id.as_str(), kept[0].outcome),
        ("t", Some(Outcome::Success))
    );
    assert!(kept[0].raw.starts_with(b"[{\"field\""));
}

//! Webhooks, with and without the request that brought them, and messages that came in.

use crate::model::{Record, RecordType};

use super::{Kept, MESSAGES, WEBHOOKS, all, at, decoded};

#[test]
fn webhooks_are_events_without_a_time_unless_it_was_kept() {
    let webhooks: Vec<_> = WEBHOOKS
        .lines()
        .map(|line| decoded(line).remove(0))
        .collect();
    let lines: Vec<_> = webhooks
        .iter()
        .map(|webhook| {
            let Kept {
                operation,
                code,
                channel,
                actor,
                resource,
                message_id,
                outcome,
                ..
            } = webhook;
            format!("{operation} {code} {channel} {actor} {resource} {message_id} {outcome:?}")
        })
        .collect();
    assert_eq!(
        lines,
        [
            "opened - email user-123 welcome-email abc123 Some(Success)",
            "failed EMAIL_BOUNCE email user@example.com welcome 019abc12-3456-7890-abcd-ef1234567890 Some(Failure)",
            "unsubscribe - sms user-7 welcome - None",
            "clicked - email u1 welcome abc123 Some(Success)",
        ]
    );
    for webhook in &webhooks[..3] {
        assert_eq!(webhook.record_type, RecordType::Event);
        assert_eq!(webhook.time, Record::NO_TIME);
        assert_eq!(webhook.id.len(), 32);
    }
    assert_eq!(webhooks[3].time, at("2026-08-20T10:00:05Z"));
    assert_eq!(webhooks[3].id, "wh_1");
    assert_eq!(webhooks[3].url, "https://example.com/a");
    assert_eq!(webhooks[3].raw, WEBHOOKS.lines().nth(3).unwrap().as_bytes());
    let spaced = WEBHOOKS.lines().next().unwrap().replace("\":\"", "\" : \"");
    assert_eq!(decoded(&spaced)[0].id, webhooks[0].id);
    assert_ne!(webhooks[0].id, webhooks[1].id);
}

#[test]
fn a_capture_may_hold_its_body_as_an_object_and_its_headers_as_lists() {
    let kept = decoded(
        r#"{"headers":{"x-pingram-timestamp":["1787220005000"],"x-pingram-id":["wh_2"]},"body":{"eventType":"CALL_FAILED","channel":"CALL","failureCode":"30005"}}"#,
    );
    assert_eq!(kept[0].time, at("2026-08-20T10:00:05Z"));
    assert_eq!(
        (kept[0].id.as_str(), kept[0].code.as_str()),
        ("wh_2", "30005")
    );
}

#[test]
fn a_message_that_came_in_is_an_event_of_its_time() {
    let message = &all(MESSAGES)[0][0];
    assert_eq!(message.time, at("2026-08-20T09:00:00Z"));
    assert_eq!(message.operation, "inbound");
    assert_eq!(message.channel, "email");
    assert_eq!(message.actor, "jane@doe.com");
    assert_eq!(message.destination, "help@in.example.com");
    assert_eq!(message.reason, "Re: your order");
    assert_eq!(message.code, "reply");
    assert_eq!(message.id, "<m1@doe.com>");
    assert_eq!(message.outcome, None);
}

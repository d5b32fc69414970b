//! Whatever comes: what is ours is told from what is not, nothing panics, and no record of a row is without its id.

use proptest::prelude::*;

use crate::model::RecordType;

use super::super::SPEC;
use super::super::decode::{decode, is_header, is_log};
use super::{ANSWER, BOUNCE, LEGACY, MESSAGES, WEBHOOKS, decoded};

#[test]
fn only_our_own_are_recognised() {
    for ours in [BOUNCE, ANSWER, MESSAGES] {
        assert!(SPEC.recognises(ours.as_bytes()));
    }
    for ours in WEBHOOKS.lines().chain(LEGACY.lines()) {
        assert!(is_log(ours.as_bytes()), "{ours}");
    }
    for other in [
        "{}",
        r#"{"trackingId":"t"}"#,
        r#"{"trackingId":"t","carrier":"ups"}"#,
        r#"{"eventType":"x"}"#,
        r#"{"type":"observability","event":"Error Logged"}"#,
        r#"{"log_id":"1","log_type":"error","timestamp":"2026-08-20T10:00:00Z"}"#,
        r#"{"headers":{},"body":"hello"}"#,
        r#"[{"field":"a","value":1}]"#,
    ] {
        assert!(!is_log(other.as_bytes()), "{other}");
    }
    assert!(is_header(&["\u{feff}Tracking ID", "Email Sent At"]));
    assert!(is_header(&["received_at", "trackingId"]));
    assert!(!is_header(&["trackingId"]));
    assert!(!is_header(&["trackingId", "Colour"]));
    assert!(!is_header(&["Timestamp", "Endpoint", "Client"]));
}

#[test]
fn an_answer_with_times_of_its_own_is_no_row() {
    for answer in [
        r#"{"status":"Complete","startedAt":"2026-08-20T10:00:00Z","logs":[{"trackingId":"t"}]}"#,
        r#"{"timestamp":1787220005000,"logs":null}"#,
        r#"{"date":"2026-08-20","messages":[]}"#,
    ] {
        assert!(decode(answer.as_bytes(), &mut |_| {}).is_err(), "{answer}");
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "(\\PC|[{}\"/]){0,20}".prop_map(Into::into),
        Just("2026-08-20T10:00:00Z".into()),
        Just(1_787_220_005_000_i64.into()),
    ];
    let key = prop_oneof![
        "(trackingId|eventType|events|request|headers|body|@message|status|ignored|message_id|to)",
        "(email|sms|call|slack|web_push)_(sent|failed|routing|inbound)(_at|_code|_after|)",
        "\\PC{0,10}",
    ];
    leaf.prop_recursive(3, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_decoded_without_panic(value in json(), bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let raw = value.to_string();
        let _ = decode(raw.as_bytes(), &mut |record| assert_eq!(record.raw, raw.as_bytes()));
        let _ = is_log(raw.as_bytes());
        let _ = decode(&bytes, &mut |_| {});
        let _ = is_header(&[&raw]);
    }

    #[test]
    fn every_record_of_a_row_has_its_tracking_id_and_an_id_of_its_own(
        columns in prop::collection::btree_map(
            "(email|sms|call|inapp|slack|web_push|mobile_push|schedule)_(sent|delivered|failed|opened|inbound|routing)(_at|_code|)",
            prop_oneof![Just("2026-08-20T10:00:00Z"), Just("1787220005000"), Just("SEND"), Just("x")],
            0..30,
        )
    ) {
        let mut row = serde_json::Map::new();
        row.insert("trackingId".into(), "t".into());
        row.insert("received_at".into(), "2026-08-20T09:59:59Z".into());
        row.extend(columns.into_iter().map(|(key, value)| (key, value.into())));
        let raw = serde_json::Value::Object(row).to_string();
        let records = decoded(&raw);
        let mut ids: Vec<_> = records.iter().map(|record| record.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), records.len());
        prop_assert_eq!(records.iter().filter(|r| r.record_type == RecordType::Notification).count(), 1);
        for record in &records {
            prop_assert_eq!(record.message_id.as_str(), "t");
            prop_assert_eq!(record.raw.as_slice(), raw.as_bytes());
            prop_assert!(record.id.starts_with('t'));
        }
    }
}

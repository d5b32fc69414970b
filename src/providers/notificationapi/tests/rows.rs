//! Log rows: the notification's state, its events, and where times come from.

use crate::model::{Outcome, Path, RecordType, Timestamp, Value};

use super::super::SPEC;
use super::super::decode::decode;
use super::super::native::NATIVE;
use super::{ANSWER, BOUNCE, Kept, all, at, decoded, events};

#[test]
fn a_bounce_is_a_failed_notification_and_its_events() {
    let rows = all(BOUNCE);
    let row = &rows[0];
    let notification = &row[0];
    let id = "019abc12-3456-7890-abcd-ef1234567890";
    assert_eq!(notification.record_type, RecordType::Notification);
    assert_eq!(notification.time, at("2026-08-20T10:00:00Z"));
    assert_eq!(notification.logged_at, Some(at("2026-08-20T10:00:05Z")));
    assert_eq!(notification.outcome, Some(Outcome::Failure));
    assert_eq!(notification.id, id);
    assert_eq!(notification.operation, "welcome_email");
    assert_eq!(notification.resource, "welcome_email");
    assert_eq!(notification.code, "PERMANENT_NO_EMAIL_BOUNCE");
    assert_eq!(notification.reason, "smtp; 550 5.1.1 user unknown");
    assert_eq!(notification.channel, "email");
    assert_eq!(notification.destination, "jane@doe.com");
    assert_eq!(notification.actor, "u1");
    assert_eq!(notification.source, "env");
    assert_eq!(
        events(row),
        [
            "received received -",
            "email/routing sending SEND",
            "email/sent sent -",
            "email/failed failed PERMANENT_NO_EMAIL_BOUNCE"
        ]
    );
    let failed = row.last().unwrap();
    assert_eq!(failed.record_type, RecordType::Event);
    assert_eq!(failed.id, format!("{id}/email/failed"));
    assert_eq!(failed.time, at("2026-08-20T10:00:05Z"));
    assert_eq!(failed.outcome, Some(Outcome::Failure));
    assert_eq!(failed.delay_ms, Some(5000));
    let raw = SPEC.elements(BOUNCE.as_bytes()).unwrap()[0];
    for record in row {
        assert_eq!(
            (record.message_id.as_str(), record.raw.as_slice()),
            (id, raw)
        );
        assert_eq!(record.resource, "welcome_email");
    }
}

#[test]
fn states_are_concluded_from_all_channels() {
    let rows = all(ANSWER);
    let states: Vec<_> = rows
        .iter()
        .map(|row| {
            let first = &row[0];
            format!(
                "{} {:?} {} {} {}",
                first.id, first.outcome, first.code, first.channel, first.destination
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            "t-delivered Some(Success) delivered email bob@doe.com",
            "t-half Some(Failure) 30005 sms +15005550007",
            "t-waiting Some(Pending) sent - -",
            "t-throttled None THROTTLING - -",
            "t-call Some(Success) NO_ANSWER call +15005550009",
            "t-unnamed Some(Failure) MISSING_NOTIFICATION_TYPE - -",
        ]
    );
    assert_eq!(rows[1][0].reason, "Unknown destination handset");
    assert_eq!(rows[5][0].reason, "type is required");
    assert_eq!(rows[5][0].ip, "198.51.100.4");
}

#[test]
fn events_carry_what_their_columns_say() {
    let rows = all(ANSWER);
    assert_eq!(
        events(&rows[0]),
        [
            "received received -",
            "sms/routing ignored IGNORE",
            "email/routing sending SEND",
            "email/sent sent -",
            "email/delivered delivered -",
            "email/opened opened -",
            "email/clicked clicked -",
        ]
    );
    let event = |key: &str| {
        rows[0]
            .iter()
            .find(|record| record.id.ends_with(key))
            .unwrap()
    };
    assert_eq!(event("sms/routing").reason, "IGNORE_BY_PREFERENCES");
    assert_eq!(event("sms/routing").outcome, None);
    assert_eq!(event("email/delivered").outcome, Some(Outcome::Success));
    assert_eq!(event("email/delivered").delay_ms, Some(3250));
    assert_eq!(event("email/opened").ip, "203.0.113.7");
    assert_eq!(event("email/clicked").url, "https://example.com/orders/1");
    assert_eq!(
        events(&rows[3]),
        ["received received -", "ignored ignored THROTTLING"]
    );
    assert_eq!(rows[3][2].time, at("2026-08-20T11:15:00.400Z"));
    assert_eq!(rows[2][3].destination, "tok-1");
    assert_eq!(rows[4][3].code, "NO_ANSWER");
}

#[test]
fn a_row_of_text_cells_says_the_same() {
    let json = decoded(
        r#"{"trackingId":"t","type":"a","received_at":"2026-08-20T10:00:00Z","email_failed_at":"2026-08-20T10:00:05Z","email_failed_code":"SPAM_CONTENT","test":false,"sms_sent_parts":2}"#,
    );
    let csv = decoded(
        r#"{"Tracking ID":"t","Type":"a","Received At":"2026-08-20T10:00:00Z","email_failed_at":"1787220005000","email_failed_code":"SPAM_CONTENT","test":"false","sms_sent_parts":"2","email_opened_at":"","user_id":""}"#,
    );
    let told = |rows: Vec<Kept>| -> Vec<String> {
        let without_raw = |row: Kept| format!("{:?}", Kept { raw: vec![], ..row });
        rows.into_iter().map(without_raw).collect()
    };
    assert_eq!(told(json), told(csv));
}

#[test]
fn times_fall_back_and_failures_are_never_lost() {
    let row = |rest: &str| {
        decoded(&format!(
            r#"{{"trackingId":"019abc12-3456-7890-abcd-ef1234567890",{rest}}}"#
        ))
    };
    let earliest =
        row(r#""sms_sent_at":"2026-08-20T10:00:02Z","email_sent_at":"2026-08-20T10:00:01Z""#);
    assert_eq!(earliest[0].time, at("2026-08-20T10:00:01Z"));
    let from_id = row(r#""email_failed_code":"NO_ADDRESS""#);
    assert_eq!(
        from_id[0].time,
        Timestamp::from_micros(1_764_091_901_014_000)
    );
    assert_eq!(from_id[0].outcome, Some(Outcome::Failure));
    assert_eq!(events(&from_id), ["email/failed failed NO_ADDRESS"]);
    let odd = row(r#""received_at":"2026-08-20T10:00:00Z","email_failed_at":"a while ago""#);
    assert_eq!(odd[2].operation, "failed");
    assert_eq!(odd[2].time, at("2026-08-20T10:00:00Z"));
    let new =
        row(r#""received_at":"2026-08-20T10:00:00Z","email_snoozed_at":"2026-08-20T10:01:00Z""#);
    assert_eq!(
        events(&new),
        ["received received -", "email/snoozed snoozed -"]
    );
}

#[test]
fn what_has_no_time_is_refused_with_the_reason() {
    let error = |raw: &str| decode(raw.as_bytes(), &mut |_| {}).unwrap_err().to_string();
    assert_eq!(
        error(r#"{"trackingId":"t","type":"a"}"#),
        "no `received_at`, no other time, and no `trackingId` with a time in it"
    );
    assert_eq!(
        error(r#"{"trackingId":"t","received_at":"soon"}"#),
        "`received_at` is no time but `soon`"
    );
    assert_eq!(error("[1]"), "no JSON object but `[1]`");
}

#[test]
fn other_ends_of_a_notification() {
    let outcome = |rest: &str| {
        let kept = decoded(&format!(
            r#"{{"trackingId":"t","received_at":"2026-08-20T10:00:00Z",{rest}}}"#
        ));
        (kept[0].outcome, kept[0].code.clone())
    };
    let time = r#""2026-08-20T10:00:09Z""#;
    let cases = [
        (
            r#""type":"a""#.to_owned(),
            Some(Outcome::Pending),
            "received",
        ),
        (
            r#""email_routing":"SEND""#.to_owned(),
            Some(Outcome::Pending),
            "sending",
        ),
        (
            r#""email_routing":"BATCH""#.to_owned(),
            Some(Outcome::Pending),
            "scheduled",
        ),
        (r#""email_routing":"OFF""#.to_owned(), None, "OFF"),
        (
            format!(r#""scheduled_for":{time},"schedule_deleted_at":{time}"#),
            None,
            "schedule_deleted",
        ),
        (format!(r#""email_inbound_at":{time}"#), None, "inbound"),
        (
            format!(r#""email_sent_at":{time},"email_opened_at":{time}"#),
            Some(Outcome::Success),
            "delivered",
        ),
        (
            format!(r#""email_delivered_at":{time},"sms_routing":"SEND""#),
            Some(Outcome::Pending),
            "sending",
        ),
        (
            format!(
                r#""email_delivered_at":{time},"email_failed_at":{time},"email_failed_code":"COMPLAINT_ABUSE""#
            ),
            Some(Outcome::Failure),
            "COMPLAINT_ABUSE",
        ),
        (r#""status":"Ignored""#.to_owned(), None, "Ignored"),
        (
            r#""status":"FAILURE""#.to_owned(),
            Some(Outcome::Failure),
            "FAILURE",
        ),
    ];
    for (rest, expected, code) in cases {
        assert_eq!(outcome(&rest), (expected, code.to_owned()), "{rest}");
    }
}

/// A row with all columns there are, each with a value of its own.
fn full_row() -> String {
    let mut row = serde_json::Map::new();
    for (at, (name, _)) in NATIVE.iter().enumerate() {
        let value = match *name {
            "ignored" => "THROTTLING".to_owned(),
            name if name.ends_with("_routing") => "SEND".to_owned(),
            name if name.ends_with("_at") => {
                format!("2026-08-20T10:{:02}:{:02}Z", at / 60, at % 60)
            }
            _ => format!("value {at}"),
        };
        row.insert((*name).to_owned(), value.into());
    }
    serde_json::Value::Object(row).to_string()
}

#[test]
fn every_documented_column_is_found_under_its_own_name() {
    let raw = full_row();
    for record in decoded(&raw) {
        for (at, (name, path)) in NATIVE.iter().enumerate() {
            let Value::Text(text) = Path::parse(path).unwrap().lookup(&record.raw) else {
                panic!("{name} is not found");
            };
            let is_own = text == format!("value {at}").as_str();
            assert!(is_own || !text.starts_with("value"), "{name}: {text}");
        }
    }
}

#[test]
fn every_documented_event_is_one_record() {
    let mut expected: Vec<String> = [
        "received",
        "failed",
        "ignored",
        "scheduled",
        "schedule_updated",
        "schedule_deleted",
    ]
    .map(str::to_owned)
    .into();
    for (channel, more) in [
        ("inapp", &[][..]),
        ("mobile_push", &[]),
        ("web_push", &[]),
        ("slack", &[]),
        ("call", &[]),
        ("email", &["opened", "clicked", "inbound"]),
        ("sms", &["inbound", "replied", "unsubscribe", "subscribe"]),
    ] {
        let usual = ["routing", "sent", "delivered", "failed"];
        expected.extend(
            usual
                .iter()
                .chain(more)
                .map(|event| format!("{channel}/{event}")),
        );
    }
    expected.sort_unstable();
    let records = decoded(&full_row());
    let mut found: Vec<_> = records[1..]
        .iter()
        .map(|record| record.id.split_once('/').unwrap().1.to_owned())
        .collect();
    found.sort_unstable();
    assert_eq!((found.len(), found), (41, expected));
}

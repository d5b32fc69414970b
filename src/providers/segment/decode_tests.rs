//! Decoding: the published examples, the drafts, and everything the docs leave open.

use std::borrow::Cow;

use super::*;

#[path = "decode_outcome_tests.rs"]
mod outcomes;
#[path = "decode_refusal_tests.rs"]
mod refusals;
#[path = "decode_route_tests.rs"]
mod routes;

const PUBLISHED: &str = include_str!("../../../tests/data/segment/published.ndjson");
const DRAFTS: &str = include_str!("../../../tests/data/segment/drafts.ndjson");

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn text(value: &'static str) -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed(value))
}

fn decoded(raw: &str) -> Record<'_> {
    decode(raw.as_bytes()).unwrap_or_else(|error| panic!("{error}: {raw}"))
}

/// An error event whose properties are the given JSON, a time added.
fn with_properties(json: &str) -> String {
    format!(
        r#"{{"type":"observability","event":"Error Logged","properties":{{"occurredAt":"2025-03-23T20:00:00Z"{json}}}}}"#
    )
}

#[test]
fn the_published_examples_fill_their_columns() {
    let mut lines = PUBLISHED.lines();
    let mut expect = |record_type, fill: &dyn Fn(&mut Record<'_>)| {
        let raw = lines.next().unwrap();
        let mut expected = Record::new(time("2025-03-23T20:00:00Z"), record_type, raw.as_bytes());
        expected.logged_at = Some(time("2025-03-23T20:00:01Z"));
        expected.source = text("ghi");
        expected.destination = text("abc");
        fill(&mut expected);
        assert_eq!(decoded(raw), expected);
    };
    expect(RecordType::Error, &|record| {
        record.outcome = Some(Outcome::Failure);
        record.discarded = Some(true);
        record.message_id = text("m");
    });
    expect(RecordType::Attempt, &|record| {
        record.outcome = Some(Outcome::Failure);
        record.attempt = Some(4);
        record.exchange_id = text("x");
        record.message_id = text("m");
    });
    expect(RecordType::Exchange, &|record| {
        record.outcome = Some(Outcome::Failure);
        record.status = Some(418);
        record.exchange_id = text("x");
        record.reason = text(r#"{"key": "value"}"#);
    });
}

#[test]
fn the_drafts_fill_their_columns() {
    let lines: Vec<&str> = DRAFTS.lines().collect();

    let mut error = Record::new(
        time("2025-03-23T20:00:00.250Z"),
        RecordType::Error,
        lines[0].as_bytes(),
    );
    error.logged_at = Some(time("2025-03-23T21:00:00Z"));
    error.outcome = Some(Outcome::Failure);
    error.attempt = Some(2);
    error.discarded = Some(false);
    error.reason = text("failed insert function");
    error.operation = text("destinationInsertFunction");
    error.source = text("ghi");
    error.destination = text("abc");
    error.subscriber = text("def");
    error.message_id = text("m");
    assert_eq!(decoded(lines[0]), error);

    let attempt = decoded(lines[1]);
    assert_eq!(attempt.outcome, Some(Outcome::Failure));
    assert_eq!(
        (attempt.code, attempt.reason),
        (text("ETIMEDOUT"), text("ETIMEDOUT"))
    );
    assert_eq!(attempt.operation, text("delivery"));
    assert_eq!(
        (attempt.destination, attempt.subscriber),
        (text("abc"), text("def"))
    );

    let exchange = decoded(lines[2]);
    assert_eq!(exchange.record_type, RecordType::Exchange);
    assert_eq!((exchange.status, exchange.code), (Some(429), None));
    assert_eq!(exchange.reason, text("Rate limit exceeded"));
    assert_eq!(exchange.method, text("POST"));
    assert_eq!(exchange.url, text("https://api.example.com/v2/track"));
    assert_eq!(
        (exchange.source, exchange.destination),
        (text("ghi"), text("abc"))
    );
    assert_eq!(exchange.logged_at, None);
}

#[test]
fn the_code_is_what_was_sent_as_one() {
    let cases: &[(&str, Option<&str>, Option<&str>)] = &[
        ("", None, None),
        (
            r#","reason":"bad credentials""#,
            None,
            Some("bad credentials"),
        ),
        (
            r#","reason":"MESSAGE_REJECTED""#,
            Some("MESSAGE_REJECTED"),
            Some("MESSAGE_REJECTED"),
        ),
        (
            r#","reason":"no such list","code":"404""#,
            Some("404"),
            Some("no such list"),
        ),
        (r#","errorCode":429"#, Some("429"), None),
        (r#","reason":"","code":null"#, None, None),
        (r#","reason":{"text":"x"},"code":[1]"#, None, None),
    ];
    for (properties, code, reason) in cases {
        let raw = with_properties(properties);
        let record = decoded(&raw);
        assert_eq!(record.code.as_deref(), *code, "{properties}");
        assert_eq!(record.reason.as_deref(), *reason, "{properties}");
    }
}

#[test]
fn scalars_are_read_whatever_their_type() {
    /// Properties; attempt, discarded, message id.
    type Case = (
        &'static str,
        Option<i64>,
        Option<bool>,
        Option<&'static str>,
    );
    let cases: &[Case] = &[
        (
            r#","attempt":4,"discarded":true,"messageId":"m""#,
            Some(4),
            Some(true),
            Some("m"),
        ),
        (
            r#","attempt":"4","discarded":"False","messageId":17"#,
            Some(4),
            Some(false),
            Some("17"),
        ),
        (
            r#","attempt":4.0,"discarded":1,"messageId":null"#,
            Some(4),
            Some(true),
            None,
        ),
        (
            r#","attempt":4.5,"discarded":"maybe","messageId":{}"#,
            None,
            None,
            None,
        ),
        (
            r#","attempt":18446744073709551615,"discarded":2,"messageId":18446744073709551615"#,
            None,
            None,
            Some("18446744073709551615"),
        ),
        (
            r#","attempt":1,"attempt":2,"discarded":null,"messageId":"a","messageId":"b""#,
            Some(2),
            None,
            Some("b"),
        ),
        (
            r#","\u0061ttempt":3,"messageId":"\u00e9\n""#,
            Some(3),
            None,
            Some("é\n"),
        ),
    ];
    for (properties, attempt, discarded, message_id) in cases {
        let raw = with_properties(properties);
        let record = decoded(&raw);
        assert_eq!(record.attempt, *attempt, "{properties}");
        assert_eq!(record.discarded, *discarded, "{properties}");
        assert_eq!(record.message_id.as_deref(), *message_id, "{properties}");
    }
}

#[test]
fn a_reason_is_one_line() {
    let raw = with_properties(r#","reason":"no\n  such\thost""#);
    assert_eq!(decoded(&raw).reason, text("no such host"));
}

#[test]
fn text_without_escapes_is_borrowed() {
    let raw = with_properties(r#","messageId":"plain","reason":"with \"escapes\"""#);
    let record = decoded(&raw);
    assert!(matches!(record.message_id, Some(Cow::Borrowed("plain"))));
    assert!(matches!(record.reason, Some(Cow::Owned(_))));
}

#[test]
fn properties_may_be_missing_and_count_more_than_what_stands_beside_them() {
    let flat = decoded(
        r#"{"event":"Error Logged","messageId":"m","id":"i","loggedAt":"2025-03-23T20:00:00+01:00","discarded":true}"#,
    );
    assert_eq!(flat.record_type, RecordType::Error);
    assert_eq!(flat.time, time("2025-03-23T19:00:00Z"));
    assert_eq!(
        (flat.message_id, flat.id, flat.discarded),
        (text("m"), text("i"), Some(true))
    );

    for raw in [
        r#"{"type":"Error Logged","messageId":"own","attempt":1,"properties":{"messageId":"m","attempt":2,"occurredAt":"2025-03-23T20:00:00Z"}}"#,
        r#"{"properties":{"messageId":"m","attempt":2,"occurredAt":"2025-03-23T20:00:00Z"},"attempt":1,"messageId":"own","type":"Error Logged"}"#,
        r#"{"properties":{"event":"Error Logged","messageId":"m","attempt":2,"occurredAt":"2025-03-23T20:00:00Z"},"messageId":"own"}"#,
    ] {
        let record = decoded(raw);
        assert_eq!(record.record_type, RecordType::Error, "{raw}");
        assert_eq!(
            (record.attempt, record.message_id, record.id),
            (Some(2), text("m"), text("own")),
            "{raw}"
        );
    }
}

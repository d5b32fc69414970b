//! How deliveries ended, and what was said of it.

use super::*;

#[test]
fn outcomes_follow_the_type() {
    let cases: &[(&str, &str, RecordType, Option<Outcome>)] = &[
        (
            "Error Logged",
            r#","outcome":"success""#,
            RecordType::Error,
            Some(Outcome::Failure),
        ),
        (
            "Delivery Attempt Logged",
            r#","outcome":"Success""#,
            RecordType::Attempt,
            Some(Outcome::Success),
        ),
        (
            "Delivery Attempt Logged",
            r#","outcome":"retrying""#,
            RecordType::Attempt,
            Some(Outcome::Pending),
        ),
        (
            "Delivery Attempt Logged",
            r#","outcome":"shrug""#,
            RecordType::Attempt,
            None,
        ),
        ("Delivery Attempt Logged", "", RecordType::Attempt, None),
        (
            "Destination Exchange Logged",
            r#","responseFromDestination":{"status":204}"#,
            RecordType::Exchange,
            Some(Outcome::Success),
        ),
        (
            "Destination Exchange Logged",
            r#","responseFromDestination":{"status":302}"#,
            RecordType::Exchange,
            Some(Outcome::Failure),
        ),
        (
            "Delivery Exchange Logged",
            r#","responseFromDestination":{"status":"500"}"#,
            RecordType::Exchange,
            Some(Outcome::Failure),
        ),
        (
            "Destination Exchange Logged",
            r#","responseFromDestination":null"#,
            RecordType::Exchange,
            Some(Outcome::Failure),
        ),
        (
            "destination exchange logged",
            "",
            RecordType::Exchange,
            Some(Outcome::Failure),
        ),
        (
            "Destination Exchange Logged",
            r#","responseFromDestination":{}"#,
            RecordType::Exchange,
            Some(Outcome::Failure),
        ),
        (
            "Destination Exchange Logged",
            r#","responseFromDestination":{"error":{"code":"ETIMEDOUT"}}"#,
            RecordType::Exchange,
            Some(Outcome::Failure),
        ),
        (
            "Destination Exchange Logged",
            r#","responseFromDestination":"connect ECONNREFUSED""#,
            RecordType::Exchange,
            Some(Outcome::Failure),
        ),
        (
            "Destination Exchange Logged",
            r#","responseFromDestination":{"status":"201 Created"}"#,
            RecordType::Exchange,
            Some(Outcome::Success),
        ),
        (
            "Destination Exchange Logged",
            r#","responseFromDestination":{"status":100}"#,
            RecordType::Exchange,
            Some(Outcome::Failure),
        ),
        (
            "Destination Exchange Logged",
            r#","responseFromDestination":{"status":"timeout"}"#,
            RecordType::Exchange,
            Some(Outcome::Failure),
        ),
        // What it was cannot be told.
        (
            "Destination Exchange Logged",
            r#","responseFromDestination":{"status":"200, 500"}"#,
            RecordType::Exchange,
            None,
        ),
        ("Something Else Logged", "", RecordType::Other, None),
    ];
    for (event, properties, record_type, outcome) in cases {
        let raw = with_properties(properties).replace("Error Logged", event);
        let record = decoded(&raw);
        assert_eq!(
            (record.record_type, record.outcome),
            (*record_type, *outcome),
            "{raw}"
        );
    }
}

#[test]
fn the_words_of_an_outcome_are_known_whatever_their_case() {
    let words = [
        (
            "success succeeded successful delivered ok",
            Outcome::Success,
        ),
        (
            "failure failed error rejected timeout timed_out dropped discarded",
            Outcome::Failure,
        ),
        ("pending retry retrying", Outcome::Pending),
    ];
    let read = |word: &str| {
        let raw = with_properties(&format!(r#","outcome":"{word}""#))
            .replace("Error Logged", "DELIVERY attempt Logged");
        decoded(&raw).outcome
    };
    for (words, outcome) in words {
        for word in words.split(' ') {
            assert_eq!(read(word), Some(outcome), "{word}");
            assert_eq!(
                read(&format!(" {} ", word.to_uppercase())),
                Some(outcome),
                "{word}"
            );
        }
    }
    assert_eq!(read("Timed Out"), Some(Outcome::Failure));
    for other in ["partial", "not ok", ""] {
        assert_eq!(read(other), None, "{other}");
    }
}

#[test]
fn a_status_is_read_if_it_has_one_meaning() {
    for (status, expected) in [
        ("401", Some(401)),
        ("\"401\"", Some(401)),
        ("401.0", Some(401)),
        ("4.01e2", Some(401)),
        ("\"401 Unauthorized\"", Some(401)),
        ("401.5", None),
        ("\"Unauthorized\"", None),
        ("null", None),
    ] {
        let raw = with_properties(&format!(
            r#","responseFromDestination":{{"status":{status}}}"#
        ));
        assert_eq!(decoded(&raw).status, expected, "{status}");
    }
}

#[test]
fn an_answer_that_never_came_says_why() {
    for (response, reason) in [
        ("null", None),
        ("{}", None),
        (r#"{"error":"ETIMEDOUT"}"#, Some("ETIMEDOUT")),
        (r#""connect ECONNREFUSED""#, Some("connect ECONNREFUSED")),
        (
            r#"{"error":{"code":"ETIMEDOUT","message":"no answer within 5 s"}}"#,
            Some("no answer within 5 s"),
        ),
        (
            r#"{"error":"ETIMEDOUT","headers":{"message":"x"},"message":"no answer"}"#,
            Some("no answer"),
        ),
        (r#"{"error":"x","body":"{\"msg\":\"y\"}"}"#, Some("y")),
    ] {
        let raw = with_properties(&format!(r#","responseFromDestination":{response}"#));
        assert_eq!(decoded(&raw).reason.as_deref(), reason, "{response}");
    }
}

#[test]
fn bodies_may_be_text_objects_or_cut() {
    let cases: &[(&str, Option<&str>)] = &[
        (r#""{\"message\":\"No such user\"}""#, Some("No such user")),
        (r#"{"message":"No such user"}"#, Some("No such user")),
        (r#"[{"error":"x"}]"#, Some("x")),
        (r#""{\"message\":\"No such us""#, Some("No such us")),
        (
            r#""<html><title>502 Bad Gateway</title>""#,
            Some("502 Bad Gateway"),
        ),
        (r#""plain\nmore""#, Some("plain")),
        (r#""""#, None),
        ("null", None),
        ("12", Some("12")),
    ];
    for (body, reason) in cases {
        let raw = with_properties(&format!(
            r#","responseFromDestination":{{"body":{body},"status":400}}"#
        ))
        .replace("Error Logged", "Destination Exchange Logged");
        assert_eq!(decoded(&raw).reason.as_deref(), *reason, "{body}");
    }
}

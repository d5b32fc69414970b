//! Sending to a real local server, and reading what it says.

use std::time::Duration;

use super::*;
use crate::providers::http::{HttpError, Timeouts};
use crate::providers::test_server::{Reply, TestServer, dead_url};

const KEY: &str = "wk-top-secret";

fn tracking(url: &str) -> Tracking {
    let http = Http::new(Timeouts {
        connect: Duration::from_secs(2),
        read: Duration::from_millis(500),
    });
    Tracking::new(http, Some(url), Region::Us, Token::new(KEY).unwrap()).unwrap()
}

fn now() -> Timestamp {
    Timestamp::parse("2025-03-23T20:00:00Z").unwrap()
}

fn send(reply: Reply) -> Result<(), TrackingError> {
    let server = TestServer::start(vec![reply]);
    let mut batch = Batch::new();
    assert!(batch.push("{}"));
    tracking(&server.url("")).send(&batch, now())
}

#[test]
fn a_batch_goes_out_with_the_key_as_the_user_and_nowhere_else() {
    let server = TestServer::start(vec![Reply::new(200, &[], r#"{"success":true}"#)]);
    let mut batch = Batch::new();
    assert!(batch.push(r#"{"type":"track"}"#) && batch.push("{}"));
    tracking(&server.url("/proxy")).send(&batch, now()).unwrap();
    let request = &server.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/proxy/v1/batch")
    );
    // printf 'wk-top-secret:' | base64
    assert_eq!(
        request.header("authorization"),
        Some("Basic d2stdG9wLXNlY3JldDo=")
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.body, r#"{"batch":[{"type":"track"},{}]}"#);
}

#[test]
fn each_region_has_its_host() {
    for (region, host) in [
        (Region::Us, "api.segment.io"),
        (Region::Eu, "events.eu1.segmentapis.com"),
    ] {
        let http = Http::new(Timeouts::default());
        let made = Tracking::new(http, None, region, Token::new(KEY).unwrap()).unwrap();
        assert_eq!(made.host(), host);
    }
    let http = Http::new(Timeouts::default());
    let made = Tracking::new(http, Some("h"), Region::Us, Token::new(KEY).unwrap());
    assert_eq!(
        made.unwrap_err().to_string(),
        "the Tracking API's address cannot be used: it is no URL"
    );
}

#[test]
fn sources_and_addresses_have_names_of_their_own() {
    let name = tracking("http://127.0.0.1:9/a").fingerprint();
    assert!(name.starts_with("127.0.0.1_9-"), "{name}");
    assert_eq!(name.len(), "127.0.0.1_9-".len() + 16);
    assert_eq!(name, tracking("http://127.0.0.1:9/a/").fingerprint());
    assert_ne!(name, tracking("http://127.0.0.1:9/b").fingerprint());
    let http = Http::new(Timeouts::default());
    let url = Some("http://127.0.0.1:9/a");
    let other = Tracking::new(http, url, Region::Us, Token::new("other").unwrap()).unwrap();
    assert_ne!(name, other.fingerprint());
    assert!(!format!("{other:?}").contains("\"other\""));
}

#[test]
fn any_success_is_taken_unless_it_says_otherwise() {
    for body in [r#"{"success":true}"#, "", "OK", "{}"] {
        assert_eq!(send(Reply::new(200, &[], body)), Ok(()), "{body}");
    }
    let denied = send(Reply::new(200, &[], r#"{"success":false,"message":"no"}"#));
    assert!(matches!(
        denied,
        Err(TrackingError::Refused { status: 200, .. })
    ));
}

#[test]
fn refusals_are_told_apart_and_say_what_the_server_said() {
    use crate::providers::retry::Kind;

    let cases = [
        (
            400,
            r#"{"error":{"message":"Malformed JSON"}}"#,
            "does not accept what was sent (status 400): Malformed JSON",
            Kind::Permanent,
        ),
        (
            413,
            "too large",
            "does not accept what was sent (status 413): too large",
            Kind::Permanent,
        ),
        (
            401,
            r#"{"message":"wk-top-secret? d2stdG9wLXNlY3JldDo="}"#,
            "does not accept the write key (status 401): …? …=",
            Kind::Permanent,
        ),
        (503, "<html>", "failed with status 503", Kind::Transient),
        (
            404,
            "no such page",
            "an unexpected status 404: no such page",
            Kind::Permanent,
        ),
        (301, "", "an unexpected status 301", Kind::Permanent),
    ];
    for (status, body, said, kind) in cases {
        let error = send(Reply::new(status, &[], body)).unwrap_err();
        assert!(error.to_string().ends_with(said), "{error}");
        assert_eq!(error.retry(), (kind, None), "{error}");
    }
}

#[test]
fn a_rate_limit_says_how_many_seconds_it_lasts() {
    let cases = [
        (
            &[("Retry-After", "3"), ("X-RateLimit-Reset", "9")][..],
            Some(3),
        ),
        (&[("X-RateLimit-Reset", "9")], Some(9)),
        (&[], None),
    ];
    for (headers, seconds) in cases {
        let error = send(Reply::new(429, headers, "")).unwrap_err();
        let TrackingError::RateLimited { wait, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(wait, seconds.map(Duration::from_secs));
    }
}

#[test]
fn no_answer_is_told_as_such_and_plain_http_is_for_loopback_alone() {
    let no_answer = |error| matches!(error, TrackingError::Http(HttpError::NoAnswer { .. }));
    assert!(no_answer(send(Reply::raw(b"")).unwrap_err()));
    assert!(no_answer(send(Reply::raw(b"").then_stall()).unwrap_err()));
    let dead = tracking(&dead_url()).send(&Batch::new(), now());
    assert!(no_answer(dead.unwrap_err()));
    let plain = tracking("http://api.segment.io").send(&Batch::new(), now());
    assert!(matches!(
        plain,
        Err(TrackingError::Http(HttpError::PlainToken { .. }))
    ));
}

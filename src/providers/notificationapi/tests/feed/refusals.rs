//! Every way in which a query fails, and what the next step does.

use std::time::Duration;

use crate::providers::Failure;
use crate::providers::feed::FeedError;
use crate::providers::http::HttpError;
use crate::providers::test_server::Reply;

use super::{ROW, STARTED, WHOLE, answer, current, now, ok, sent, steps, told};

#[test]
fn an_answer_without_rows_is_an_end_and_one_without_sense_is_not() {
    for empty in [
        r#"{"status":"Complete","logs":[]}"#,
        r#"{"status":"complete","logs":null}"#,
        r#"{"status":"DONE"}"#,
        r#"{"logs":[]}"#,
    ] {
        let (_server, mut feed) = current(vec![ok(STARTED), ok(empty)]);
        assert_eq!(steps(&mut feed, 2), ["wait 1", WHOLE], "{empty}");
    }
    for (odd, reason) in [
        ("", "it is no JSON object but empty"),
        ("null", "it is no JSON object but `null`"),
        ("<html>", "it is no JSON object but `<html>`"),
        (
            r#"{"status":"Complete","logs":{}}"#,
            "it has neither logs nor a query but `{\"status\":\"Complete\",\"logs\":{}}`",
        ),
        ("{}", "it has neither logs nor a query but `{}`"),
        (
            r#"{"messages":["mind the gap"]}"#,
            "it has neither logs nor a query but `{\"messages\":[\"mind the gap\"]}`",
        ),
    ] {
        let (server, mut feed) = current(vec![ok(odd)]);
        let host = server.url("").replace("http://", "");
        assert_eq!(
            told(feed.step(now())),
            format!("error: the answer of `{host}` cannot be read: {reason}")
        );
    }
}

#[test]
fn each_refusal_has_its_error() {
    let cases = [
        (401, vec![], "", "does not accept the credentials"),
        (
            403,
            vec![],
            r#"{"message":"Forbidden"}"#,
            "does not accept the credentials: Forbidden",
        ),
        (
            400,
            vec![],
            r#"{"trackingId":"t","error":{"code":"BAD","message":"start is too early","fix":"ask later"}}"#,
            "does not accept the request (status 400): start is too early ask later (BAD)",
        ),
        (
            404,
            vec![],
            "<html>",
            "does not accept the request (status 404)",
        ),
        (
            302,
            vec![("Location", "https://elsewhere")],
            "",
            "does not accept the request (status 302): it redirects, which is not followed with a key",
        ),
        (
            429,
            vec![("Retry-After", "7")],
            "",
            "has had enough requests for now",
        ),
        (
            502,
            vec![],
            r#"{"error":"upstream pingram_sk_top-secret"}"#,
            "failed with status 502: upstream …",
        ),
    ];
    for (status, headers, body, expected) in cases {
        let (server, mut feed) = current(vec![Reply::new(status, &headers, body), ok(STARTED)]);
        let host = server.url("").replace("http://", "");
        let error = feed.step(now()).err().unwrap();
        assert_eq!(error.to_string(), format!("`{host}` {expected}"));
        assert!(!format!("{error:?}").contains("top-secret"));
        if let FeedError::RateLimited { wait, .. } = &error {
            assert_eq!(*wait, Some(Duration::from_secs(7)));
        }
        // A step that failed can be taken again.
        assert_eq!(told(feed.step(now())), "wait 1");
    }
}

#[test]
fn a_retry_may_be_asked_for_at_a_time() {
    let date = "Fri, 21 Aug 2026 11:01:30 GMT";
    let (_server, mut feed) = current(vec![Reply::new(429, &[("Retry-After", date)], "")]);
    let error = feed.step(now()).err().unwrap();
    let FeedError::RateLimited { wait, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(wait, Some(Duration::from_secs(90)));
}

#[test]
fn a_break_between_questions_costs_the_question_alone() {
    let body = answer(&[ROW]);
    let (server, mut feed) = current(vec![
        ok(STARTED),
        Reply::raw(b""),
        Reply::partial(200, &[], body.as_bytes(), 20),
        Reply::new(401, &[], r#"{"message":"expired"}"#),
        Reply::new(503, &[], ""),
        ok(&body),
    ]);
    assert_eq!(steps(&mut feed, 1), ["wait 1"]);
    for _ in 0..2 {
        let error = feed.step(now()).err().unwrap();
        let FeedError::Http(HttpError::NoAnswer { failure, .. }) = &error else {
            panic!("{error}");
        };
        assert!(matches!(failure, Failure::Broken(_)), "{failure:?}");
    }
    assert!(matches!(
        feed.step(now()),
        Err(FeedError::Unauthorised { .. })
    ));
    assert!(matches!(feed.step(now()), Err(FeedError::Server { .. })));
    assert_eq!(steps(&mut feed, 2), ["page 1", WHOLE]);
    let posts = sent(&server.requests());
    assert_eq!(
        posts.iter().filter(|line| line.starts_with("POST")).count(),
        1
    );
}

#[test]
fn a_query_that_failed_is_started_anew() {
    for failed in [
        r#"{"status":"Failed","message":"out of memory"}"#,
        r#"{"status":"Cancelled"}"#,
        r#"{"status":"Timeout"}"#,
        r#"{"status":"Running","error":"no such query"}"#,
        r#"{"status":"Complete","logs":[],"error":{"message":"half of it"}}"#,
    ] {
        let (server, mut feed) = current(vec![ok(STARTED), ok(failed), ok(STARTED)]);
        assert_eq!(told(feed.step(now())), "wait 1");
        let error = feed.step(now()).err().unwrap();
        assert!(
            matches!(error, FeedError::Query { again: true, .. }),
            "{error}"
        );
        assert_eq!(told(feed.step(now())), "wait 1");
        assert!(sent(&server.requests())[2].starts_with("POST"));
        if failed.contains("memory") {
            assert!(
                error
                    .to_string()
                    .ends_with(": it ended as `Failed`: out of memory")
            );
        }
    }
}

#[test]
fn queries_that_go_on_failing_are_given_up() {
    let failed = r#"{"status":"Failed","error":"query failed"}"#;
    let replies = (0..3).flat_map(|_| [ok(STARTED), ok(failed)]).collect();
    let (_server, mut feed) = current(replies);
    for again in [true, true, false] {
        assert_eq!(told(feed.step(now())), "wait 1");
        let error = feed.step(now()).err().unwrap();
        assert!(
            matches!(&error, FeedError::Query { again: said, .. } if *said == again),
            "{error}"
        );
    }
}

//! Queries against a real local server: started, asked after, collected.

use std::time::Duration;

use crate::model::{Timestamp, Window};
use crate::providers::Token;
use crate::providers::feed::{FeedError, Step, Wanted};
use crate::providers::http::{Http, Timeouts};
use crate::providers::test_server::{Reply, Request, TestServer};

use super::super::{Access, Feed, Host, Region};
use super::at;

mod coverage;
mod refusals;

const KEY: &str = "pingram_sk_top-secret";

const ROW: &str = r#"{"trackingId":"t1","accountId":"a","received_at":"2026-08-20T10:00:00Z"}"#;

const STARTED: &str = r#"{"queryId":"q/1"}"#;

fn window() -> Window {
    Window {
        start: at("2026-08-20T09:00:00Z"),
        end: at("2026-08-20T11:00:00Z"),
    }
}

/// A day later: everything of the window has been written.
fn now() -> Timestamp {
    at("2026-08-21T11:00:00Z")
}

fn feed_of(server: &TestServer, host: Host, window: Window, params: &[(&str, &str)]) -> Feed {
    let http = Http::new(Timeouts {
        connect: Duration::from_secs(2),
        read: Duration::from_millis(500),
    });
    let access = Access {
        api_url: Some(server.url("/prefix")),
        host,
        region: Region::Us,
        client_id: (host == Host::Legacy).then(|| "client".to_owned()),
        token: Token::new(KEY).unwrap(),
    };
    let params = params
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    Feed::new(http, access, Wanted { window, params }).unwrap()
}

fn current(replies: Vec<Reply>) -> (TestServer, Feed) {
    let server = TestServer::start(replies);
    let feed = feed_of(&server, Host::Current, window(), &[]);
    (server, feed)
}

fn ok(body: &str) -> Reply {
    Reply::new(200, &[], body)
}

fn answer(rows: &[&str]) -> String {
    format!(r#"{{"status":"Complete","logs":[{}]}}"#, rows.join(","))
}

fn sent(requests: &[Request]) -> Vec<String> {
    requests
        .iter()
        .map(|request| format!("{} {}", request.method, request.target))
        .collect()
}

/// What a step gave, in a line.
fn told(step: Result<Step, FeedError>) -> String {
    match step {
        Ok(Step::Page(page)) => format!("page {}", page.records),
        Ok(Step::Wait(wait)) => format!("wait {}", wait.as_secs()),
        Ok(Step::End(coverage)) => match (coverage.window, coverage.gap) {
            (Some(window), None) => format!("end {} to {}", window.start, window.end),
            (Some(window), Some(gap)) => format!("end {} to {}; {gap}", window.start, window.end),
            (None, gap) => format!("end of nothing; {}", gap.unwrap_or_default()),
        },
        Err(error) => format!("error: {error}"),
    }
}

fn steps(feed: &mut Feed, count: usize) -> Vec<String> {
    (0..count).map(|_| told(feed.step(now()))).collect()
}

const WHOLE: &str = "end 2026-08-20T09:00:00Z to 2026-08-20T11:00:00Z";

#[test]
fn a_query_is_started_asked_after_and_collected() {
    let body = answer(&[ROW]);
    let (server, mut feed) = current(vec![
        ok(STARTED),
        ok(r#"{"status":"Scheduled"}"#),
        ok(r#"{"status":"Running","logs":[]}"#),
        Reply::new(202, &[], ""),
        ok(&body),
    ]);
    let mut found = steps(&mut feed, 4);
    let Step::Page(page) = feed.step(now()).unwrap() else {
        panic!("no page");
    };
    assert_eq!(page.body, body.as_bytes());
    assert_eq!(page.records, 1);
    found.extend(steps(&mut feed, 1));
    assert_eq!(found, ["wait 1", "wait 2", "wait 4", "wait 8", WHOLE]);
    let requests = server.requests();
    assert_eq!(
        sent(&requests),
        [
            "POST /prefix/logs/query",
            "GET /prefix/logs/query/q%2F1",
            "GET /prefix/logs/query/q%2F1",
            "GET /prefix/logs/query/q%2F1",
            "GET /prefix/logs/query/q%2F1",
        ]
    );
    for request in &requests {
        assert_eq!(
            request.header("authorization"),
            Some("Bearer pingram_sk_top-secret")
        );
    }
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    assert_eq!(
        requests[0].body,
        r#"{"dateRangeFilter":[1787216400000,1787223600000]}"#
    );
}

#[test]
fn the_first_api_may_answer_at_once_or_with_a_query() {
    let listed = format!("[{ROW}]");
    let wrapped = format!(r#"{{"logs":[{ROW}]}}"#);
    let results = format!(r#"{{"status":"Complete","results":[{ROW},{ROW}]}}"#);
    for (replies, expected) in [
        (vec![ok(&listed)], vec!["page 1", WHOLE]),
        (vec![ok(&wrapped)], vec!["page 1", WHOLE]),
        (vec![ok(&results)], vec!["page 2", WHOLE]),
        (
            vec![ok(STARTED), ok(&wrapped)],
            vec!["wait 1", "page 1", WHOLE],
        ),
    ] {
        let server = TestServer::start(replies);
        let mut feed = feed_of(&server, Host::Legacy, window(), &[]);
        assert_eq!(steps(&mut feed, expected.len()), expected);
        let requests = server.requests();
        assert_eq!(requests[0].target, "/prefix/client/logs/query");
        // client:pingram_sk_top-secret
        assert_eq!(
            requests[0].header("authorization"),
            Some("Basic Y2xpZW50OnBpbmdyYW1fc2tfdG9wLXNlY3JldA==")
        );
        assert_eq!(
            requests[0].body,
            r#"{"dateRangeFilter":{"endTime":1787223600000,"startTime":1787216400000}}"#
        );
        if requests.len() > 1 {
            assert_eq!(requests[1].target, "/prefix/client/logs/query/q%2F1");
        }
    }
}

#[test]
fn a_query_is_not_waited_for_for_ever() {
    let mut replies = vec![ok(STARTED)];
    replies.extend(vec![ok(r#"{"status":"Thinking"}"#); 70]);
    let (server, mut feed) = current(replies);
    let mut waited = 0;
    let error = loop {
        match feed.step(now()) {
            Ok(Step::Wait(wait)) => waited += wait.as_secs(),
            Ok(_) => panic!("an end"),
            Err(error) => break error,
        }
    };
    // 1 + 2 + 4 + 8 + 59 × 10 = 605.
    assert_eq!((waited, server.requests().len()), (605, 64));
    assert!(error.to_string().contains("still running after 10 minutes"));
}

//! Pages against a real local server: envelopes, ways on, ends, gaps and loops.

mod kept;
mod refusals;

use std::time::Duration;

use super::*;
use crate::providers::akeneo::Login;
use crate::providers::http::Timeouts;
use crate::providers::test_server::{Reply, Request, TestServer};

const TOKEN: &str = "pim-token-0123";

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn now() -> Timestamp {
    time("2024-11-26T00:00:00Z")
}

/// The day of the logs below.
fn day() -> Window {
    Window {
        start: time("2024-11-25T00:00:00Z"),
        end: now(),
    }
}

fn given() -> Login {
    Login::Token(Token::new(TOKEN).unwrap())
}

fn password() -> Login {
    Login::Password {
        client_secret: Token::new("client-secret-77").unwrap(),
        username: "kim".to_owned(),
        password: Token::new("hunter2-hunter2").unwrap(),
    }
}

fn feed_with(server: &TestServer, login: Login, params: &[(&str, &str)]) -> Feed {
    let http = Http::new(Timeouts {
        connect: Duration::from_secs(2),
        read: Duration::from_millis(500),
    });
    let access = Access {
        api_url: Some(server.url("/proxy/")),
        pim_url: server.url("/pim/"),
        client_id: "1_client".to_owned(),
        login,
    };
    let params = params
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let wanted = Wanted {
        window: day(),
        params,
    };
    Feed::new(http, access, wanted).unwrap()
}

fn feed(server: &TestServer) -> Feed {
    feed_with(server, given(), &[])
}

/// A log of the day, so many minutes before its end.
fn log(minutes: i64) -> String {
    let time = now().plus(-minutes * 60_000_000);
    format!(r#"{{"log_id":"log-{minutes}","log_type":"error","timestamp":"{time}"}}"#)
}

fn logs(minutes: std::ops::RangeInclusive<i64>) -> String {
    let logs: Vec<String> = minutes.map(log).collect();
    format!("[{}]", logs.join(","))
}

fn ok(body: impl AsRef<str>) -> Reply {
    Reply::new(200, &[], body.as_ref())
}

/// Takes steps to the end: the records of each page, and what was covered.
fn run(feed: &mut Feed) -> (Vec<u64>, Coverage) {
    let mut pages = Vec::new();
    loop {
        match feed.step(now()).unwrap() {
            Step::Page(page) => pages.push(page.records),
            Step::Wait(_) => unreachable!("the API answers at once"),
            Step::End(coverage) => return (pages, coverage),
        }
    }
}

fn fail(feed: &mut Feed) -> FeedError {
    match feed.step(now()) {
        Err(error) => error,
        Ok(_) => panic!("the step should have failed"),
    }
}

fn targets(requests: &[Request]) -> Vec<&str> {
    requests
        .iter()
        .map(|request| request.target.as_str())
        .collect()
}

#[test]
fn a_question_is_asked_as_published() {
    let server = TestServer::start(vec![
        ok(format!(r#"{{"items":{}}}"#, logs(1..=3))),
        ok("null"),
    ]);
    let (pages, coverage) = run(&mut feed(&server));
    assert_eq!(pages, [3]);
    let whole = Coverage {
        window: Some(day()),
        gap: None,
    };
    assert_eq!(coverage, whole);
    let params = [
        ("order", "desc"),
        ("limit", "10"),
        ("log_type", "error"),
        ("a b", "c&d"),
    ];
    run(&mut feed_with(&server, given(), &params));
    let requests = server.requests();
    assert_eq!(
        targets(&requests),
        [
            "/proxy/api/v1/logs?order=desc&limit=50",
            "/proxy/api/v1/logs?order=desc&limit=10&log_type=error&a+b=c%26d",
        ]
    );
    let request = &requests[0];
    assert_eq!(request.method, "GET");
    assert_eq!(request.header("x-pim-token"), Some(TOKEN));
    assert_eq!(request.header("x-pim-client-id"), Some("1_client"));
    assert_eq!(
        request.header("x-pim-url"),
        Some(server.url("/pim").as_str())
    );
    assert_eq!(request.header("authorization"), None);
}

#[test]
fn answers_are_read_in_every_wrapping() {
    let three = logs(1..=3);
    let lines = format!("{}\n{}\n\n", log(1), log(2));
    let cases = [
        (format!(r#"{{"items":{three},"total":3}}"#), vec![3]),
        (three.clone(), vec![3]),
        (format!(r#"{{"_embedded":{{"items":{three}}}}}"#), vec![3]),
        (format!(r#"{{"data":{three}}}"#), vec![3]),
        (log(1), vec![1]),
        (lines, vec![2]),
        (r#"{"items":null}"#.to_owned(), vec![]),
        (r#"{"items":[]}"#.to_owned(), vec![]),
        ("null".to_owned(), vec![]),
        ("[]".to_owned(), vec![]),
        (String::new(), vec![]),
    ];
    for (body, expected) in cases {
        let server = TestServer::start(vec![ok(&body)]);
        let (pages, coverage) = run(&mut feed(&server));
        assert_eq!(pages, expected, "{body}");
        assert_eq!(coverage.window, Some(day()), "{body}");
    }
    for body in [
        "<html>log in</html>",
        "{}",
        "7",
        r#"{"items":{}}"#,
        r#"{"errors":[]}"#,
    ] {
        let server = TestServer::start(vec![ok(body)]);
        let error = fail(&mut feed(&server));
        assert!(
            matches!(error, FeedError::Unreadable { .. }),
            "{body}: {error}"
        );
    }
}

#[test]
fn a_complaint_in_a_success_is_told() {
    let server = TestServer::start(vec![ok(
        r#"{"errors":[{"message":"pim-token-0123 is odd"}]}"#,
    )]);
    let told = fail(&mut feed(&server)).to_string();
    assert!(
        told.ends_with("it holds no list of logs: … is odd"),
        "{told}"
    );
}

#[test]
fn a_full_answer_without_a_way_on_leaves_a_gap() {
    let server = TestServer::start(vec![ok(logs(1..=50))]);
    let (pages, coverage) = run(&mut feed(&server));
    assert_eq!(pages, [50]);
    assert_eq!(
        coverage.gap.as_deref(),
        Some(
            "the answer was full (50 records) and names no next page: records before 2024-11-25T23:10:00Z may be \
             missing; narrow with --param subscription_id=… or log_type=…"
        )
    );
    let sure = Window {
        start: time("2024-11-25T23:10:00.000001Z"),
        end: now(),
    };
    assert_eq!(coverage.window, Some(sure));
    // What is out of order may hide anything.
    let mixed = format!("[{},{}", log(60), &logs(1..=49)[1..]);
    let server = TestServer::start(vec![ok(mixed)]);
    assert_eq!(run(&mut feed(&server)).1.window, None);
    // A limit that the server may have lowered.
    let server = TestServer::start(vec![ok(logs(1..=99)), ok(logs(1..=49))]);
    let (_, coverage) = run(&mut feed_with(&server, given(), &[("limit", "1000")]));
    assert!(coverage.gap.is_some());
    let (_, coverage) = run(&mut feed_with(&server, given(), &[("limit", "1000")]));
    assert!(coverage.gap.is_none());
}

#[test]
fn a_full_answer_that_reaches_back_is_whole() {
    // 1440 minutes are the day.
    let server = TestServer::start(vec![ok(logs(1400..=1449))]);
    let (pages, coverage) = run(&mut feed(&server));
    assert_eq!(
        (pages, coverage.window, coverage.gap),
        (vec![50], Some(day()), None)
    );
}

#[test]
fn a_narrowed_question_covers_no_time() {
    let server = TestServer::start(vec![ok(logs(1..=3))]);
    let (_, coverage) = run(&mut feed_with(&server, given(), &[("log_type", "error")]));
    assert_eq!(coverage.window, None);
    assert_eq!(
        coverage.gap.as_deref(),
        Some("only what matches log_type=error was asked for")
    );
}

#[test]
fn links_are_followed_wherever_the_answer_has_them() {
    for place in [
        r#""next":"LINK""#,
        r#""next_url":"LINK""#,
        r#""links":{"next":"LINK"}"#,
        r#""_links":{"self":{"href":"/x"},"next":{"href":"LINK"}}"#,
        r#""pagination":{"next":"LINK"}"#,
    ] {
        for link in [
            "URL/proxy/api/v1/logs?page=2",
            "/proxy/api/v1/logs?page=2",
            "?page=2",
        ] {
            let server = TestServer::start_with(|url| {
                let place = place.replace("LINK", &link.replace("URL", url));
                let first = format!(r#"{{"items":{},{place}}}"#, logs(1..=50));
                vec![ok(first), ok(format!(r#"{{"items":{}}}"#, logs(51..=100)))]
            });
            let (pages, coverage) = run(&mut feed(&server));
            assert_eq!(pages, [50, 50], "{place} {link}");
            assert_eq!((coverage.window, coverage.gap), (Some(day()), None));
            let requests = server.requests();
            assert_eq!(requests[1].target, "/proxy/api/v1/logs?page=2");
            assert_eq!(requests[1].header("x-pim-token"), Some(TOKEN));
        }
    }
    let server = TestServer::start(vec![
        Reply::new(
            200,
            &[("Link", "</a>; rel=\"first\", </b>; rel=\"next\"")],
            logs(1..=50),
        ),
        ok("[]"),
    ]);
    assert_eq!(run(&mut feed(&server)).0, [50]);
    assert_eq!(server.requests()[1].target, "/b");
}

#[test]
fn pages_end_where_the_window_begins() {
    let server = TestServer::start(vec![
        ok(format!(
            r#"{{"items":{},"next":"?page=2"}}"#,
            logs(1391..=1440)
        )),
        ok(format!(
            r#"{{"items":{},"next":"?page=3"}}"#,
            logs(1441..=1490)
        )),
    ]);
    let (pages, coverage) = run(&mut feed(&server));
    assert_eq!(
        pages,
        [50, 50],
        "a log of the very start may have company on the next page"
    );
    assert_eq!((coverage.window, coverage.gap), (Some(day()), None));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn empty_pages_are_passed_over_and_a_said_end_is_one() {
    let server = TestServer::start(vec![
        ok(r#"{"items":null,"next":"?page=2"}"#),
        ok(r#"{"items":[],"next":"?page=3"}"#),
        ok(format!(r#"{{"items":{},"next":null}}"#, logs(1..=50))),
    ]);
    let (pages, coverage) = run(&mut feed(&server));
    assert_eq!(pages, [50]);
    assert_eq!((coverage.window, coverage.gap), (Some(day()), None));
}

#[test]
fn going_in_circles_ends_with_a_gap() {
    let gap = |script: Vec<Reply>| {
        let count = script.len();
        let server = TestServer::start(script);
        let (_, coverage) = run(&mut feed(&server));
        assert_eq!(server.requests().len(), count);
        coverage.gap.unwrap()
    };
    let page = |logs: String, next: &str| ok(format!(r#"{{"items":{logs},"next":"{next}"}}"#));
    let told = gap(vec![
        page(logs(1..=2), "?page=2"),
        page(logs(3..=4), "?page=2"),
    ]);
    assert!(told.starts_with(
        "the answer names a page as next that was read before: records before 2024-11-25T23:56:00Z"
    ));
    let told = gap(vec![
        page(logs(1..=2), "?page=2"),
        page(logs(1..=2), "?page=3"),
    ]);
    assert!(
        told.starts_with("the next page held nothing but logs that were read before"),
        "{told}"
    );
    let empties = (0..=MAX_EMPTY).map(|n| page("[]".to_owned(), &format!("?page={n}")));
    assert_eq!(
        gap(empties.collect()),
        "more than 20 pages in a row were empty: records may be missing"
    );
}

#[test]
fn a_token_is_sent_nowhere_else() {
    for next in [
        "https://elsewhere.example/logs",
        "http://127.0.0.1:1/logs",
        "//elsewhere.example/logs",
        "http://user:pw@ADDRESS/logs",
    ] {
        let server = TestServer::start_with(|url| {
            let next = next.replace("ADDRESS", url.trim_start_matches("http://"));
            vec![ok(format!(
                r#"{{"items":{},"next":"{next}"}}"#,
                logs(1..=50)
            ))]
        });
        let (_, coverage) = run(&mut feed(&server));
        let gap = coverage.gap.unwrap();
        assert!(
            gap.starts_with("the answer names a next page at another address"),
            "{gap}"
        );
    }
    for (next, told) in [
        (r#""next":"abc""#, "by something that is no link"),
        (r#""next_cursor":"abc""#, "goes on from a `next_cursor`"),
        (
            r#""pagination":{"cursor":7}"#,
            "goes on from a `pagination.cursor`",
        ),
    ] {
        let server = TestServer::start(vec![ok(format!(r#"{{"items":{},{next}}}"#, logs(1..=50)))]);
        let gap = run(&mut feed(&server)).1.gap.unwrap();
        assert!(gap.contains(told), "{gap}");
    }
}

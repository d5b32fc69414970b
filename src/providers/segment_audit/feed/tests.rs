//! The feed against a real local server: pages, endings, refusals, breaks.

use std::time::Duration;

use super::*;
use crate::providers::http::{HttpError, Timeouts};
use crate::providers::test_server::{Reply, Request, TestServer};

const NOW: &str = "2025-03-24T00:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn window(start: &str, end: &str) -> Window {
    Window {
        start: at(start),
        end: at(end),
    }
}

fn hour() -> Window {
    window("2025-03-23T20:00:00Z", "2025-03-23T21:00:00Z")
}

fn feed_with(server: &TestServer, window: Window, params: &[(&str, &str)]) -> Feed {
    let http = Http::new(Timeouts {
        connect: Duration::from_secs(2),
        read: Duration::from_secs(2),
    });
    let access = Access {
        api_url: Some(server.url("/proxy")),
        region: Region::Us,
        token: Token::new("sgp_top-secret").unwrap(),
    };
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let wanted = Wanted {
        window,
        params: params.iter().map(pair).collect(),
    };
    Feed::new(http, access, wanted).unwrap()
}

fn feed(server: &TestServer) -> Feed {
    feed_with(server, hour(), &[])
}

fn page(ids: &[&str], next: &str) -> String {
    let events: Vec<_> = ids
        .iter()
        .map(|id| {
            format!(r#"{{"id":"{id}","timestamp":"2025-03-23T20:00:00Z","type":"Source Created"}}"#)
        })
        .collect();
    format!(
        r#"{{"data":{{"events":[{}],"pagination":{{"current":"c","next":{next}}}}}}}"#,
        events.join(",")
    )
}

fn ok(body: &str) -> Reply {
    Reply::new(200, &[], body)
}

/// What the steps gave: the records of each page, and the end.
fn walk(feed: &mut Feed) -> Result<(Vec<u64>, Coverage), FeedError> {
    let mut pages = Vec::new();
    for _ in 0..20 {
        match feed.step(at(NOW))? {
            Step::Page(page) => pages.push(page.records),
            Step::Wait(_) => panic!("nothing to wait for"),
            Step::End(coverage) => return Ok((pages, coverage)),
        }
    }
    panic!("no end after 20 steps");
}

fn parameters(request: &Request) -> Vec<(String, String)> {
    let url = Url::parse(&format!("http://h{}", request.target)).unwrap();
    url.query_pairs().into_owned().collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn whole(window: Window) -> Coverage {
    Coverage {
        window: Some(window),
        gap: None,
    }
}

#[test]
fn pages_are_asked_for_one_after_the_other_with_the_same_times() {
    let server = TestServer::start(vec![
        ok(&page(&["1", "2"], r#""Mg==""#)),
        ok(&page(&["3"], "null")),
    ]);
    let ended = walk(&mut feed(&server)).unwrap();
    assert_eq!(ended, (vec![2, 1], whole(hour())));
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].target.starts_with("/proxy/audit-events?"));
    assert_eq!(
        requests[0].header("authorization"),
        Some("Bearer sgp_top-secret")
    );
    assert_eq!(requests[0].header("accept"), Some(ACCEPT));
    let first = [
        pair("startTime", "2025-03-23T19:59:59Z"),
        pair("endTime", "2025-03-23T21:00:01Z"),
        pair("pagination[count]", "200"),
    ];
    assert_eq!(parameters(&requests[0]), first);
    let mut second = first.to_vec();
    second.push(pair("pagination[cursor]", "Mg=="));
    assert_eq!(parameters(&requests[1]), second);
}

#[test]
fn a_page_is_the_answer_as_received() {
    let body = page(&["1"], "null");
    let server = TestServer::start(vec![ok(&body)]);
    let Step::Page(page) = feed(&server).step(at(NOW)).unwrap() else {
        panic!("no page");
    };
    assert_eq!(page.body, body.as_bytes());
}

#[test]
fn an_end_is_told_in_many_ways() {
    for body in [
        r#"{"data":{"events":[],"pagination":{"current":"c"}}}"#,
        r#"{"data":{"events":null,"pagination":null}}"#,
        r#"{"data":{"events":[]}}"#,
        r#"{"events":[],"pagination":{"next":""}}"#,
        "[]",
    ] {
        let server = TestServer::start(vec![ok(body)]);
        let ended = walk(&mut feed(&server)).unwrap();
        assert_eq!(ended, (vec![0], whole(hour())), "{body}");
    }
    let server = TestServer::start(vec![Reply::new(204, &[], "")]);
    assert_eq!(walk(&mut feed(&server)).unwrap(), (vec![], whole(hour())));
}

#[test]
fn nothing_of_the_future_is_asked_for_or_taken_for_seen() {
    let server = TestServer::start(vec![ok("[]")]);
    let day = window("2025-03-23T20:00:00Z", "2025-03-24T20:00:00Z");
    let (_, coverage) = walk(&mut feed_with(&server, day, &[])).unwrap();
    assert_eq!(coverage, whole(window("2025-03-23T20:00:00Z", NOW)));
    let asked = parameters(&server.requests()[0]);
    assert_eq!(asked[1], pair("endTime", NOW));

    let tomorrow = window("2025-03-25T20:00:00Z", "2025-03-25T21:00:00Z");
    let (pages, coverage) = walk(&mut feed_with(&server, tomorrow, &[])).unwrap();
    assert_eq!((pages, coverage.window), (vec![], None));
    assert!(server.requests().is_empty());
}

#[test]
fn what_the_vendor_no_longer_keeps_is_not_taken_for_seen() {
    let server = TestServer::start(vec![ok("[]"), ok("[]")]);
    // 90 days before 2025-03-24 is 2024-12-24.
    let long = window("2024-12-01T00:00:00Z", "2025-01-01T00:00:00Z");
    let (_, coverage) = walk(&mut feed_with(&server, long, &[])).unwrap();
    let kept = window("2024-12-24T00:00:00Z", "2025-01-01T00:00:00Z");
    assert_eq!(coverage.window, Some(kept));
    assert!(coverage.gap.unwrap().contains("90 days"));
    let old = window("2024-11-01T00:00:00Z", "2024-12-01T00:00:00Z");
    let (_, coverage) = walk(&mut feed_with(&server, old, &[])).unwrap();
    assert_eq!(coverage.window, None);
}

#[test]
fn parameters_are_passed_on_and_narrow_what_was_seen() {
    let server = TestServer::start(vec![ok(&page(&["1"], r#""n""#)), ok("[]"), ok("[]")]);
    let params = [("resourceId", "a b&c"), ("pagination[count]", "1000")];
    let (_, coverage) = walk(&mut feed_with(&server, hour(), &params)).unwrap();
    assert_eq!(coverage.window, None);
    assert!(coverage.gap.unwrap().starts_with("`resourceId` was given"));
    for (number, request) in server.requests().iter().enumerate() {
        let asked = parameters(request);
        assert_eq!(asked[2], pair("resourceId", "a b&c"), "{number}");
        assert_eq!(asked[3], pair("pagination[count]", "1000"), "{number}");
        assert_eq!(asked.len(), 4 + number);
    }
    // A larger page is no narrower question.
    let params = [("pagination[count]", "1000")];
    let (_, coverage) = walk(&mut feed_with(&server, hour(), &params)).unwrap();
    assert_eq!(coverage, whole(hour()));
}

#[test]
fn a_cursor_that_leads_back_ends_the_walk_with_a_gap() {
    let server = TestServer::start(vec![
        ok(&page(&["1"], r#""a""#)),
        ok(&page(&["2"], r#""b""#)),
        ok(&page(&["3"], r#""a""#)),
    ]);
    let (pages, coverage) = walk(&mut feed(&server)).unwrap();
    assert_eq!((pages, coverage.window), (vec![1, 1, 1], None));
    assert!(coverage.gap.unwrap().contains("read already"));
}

#[test]
fn pages_without_new_events_are_not_followed_for_ever() {
    let replies = (0..20).map(|n| ok(&page(&["1"], &format!(r#""{n}""#))));
    let server = TestServer::start(replies.collect());
    let (pages, coverage) = walk(&mut feed(&server)).unwrap();
    assert_eq!((pages, coverage.window), (vec![1, 1, 1, 1], None));
    assert!(coverage.gap.unwrap().contains("no new event"));
    // An empty page in between is no end.
    let server = TestServer::start(vec![
        ok(&page(&[], r#""a""#)),
        ok(&page(&["1"], r#""b""#)),
        ok(&page(&[], "null")),
    ]);
    assert_eq!(
        walk(&mut feed(&server)).unwrap(),
        (vec![0, 1, 0], whole(hour()))
    );
}

#[test]
fn a_step_that_failed_can_be_taken_again() {
    let last = page(&["2"], "null");
    let server = TestServer::start(vec![
        ok(&page(&["1"], r#""n""#)),
        Reply::new(
            401,
            &[],
            r#"{"errors":[{"type":"x","message":"sgp_top-secret is expired"}]}"#,
        ),
        Reply::partial(200, &[], last.as_bytes(), 30),
        Reply::raw(b""),
        Reply::new(503, &[], "<html>"),
        ok(&last),
    ]);
    let mut feed = feed(&server);
    assert!(matches!(feed.step(at(NOW)), Ok(Step::Page(_))));
    let Err(FeedError::Unauthorised { message, .. }) = feed.step(at(NOW)) else {
        panic!("401 is not told as such");
    };
    assert_eq!(message, "… is expired");
    for _ in 0..2 {
        assert!(matches!(
            feed.step(at(NOW)),
            Err(FeedError::Http(HttpError::NoAnswer { .. }))
        ));
    }
    assert!(matches!(
        feed.step(at(NOW)),
        Err(FeedError::Server { status: 503, .. })
    ));
    assert_eq!(walk(&mut feed).unwrap(), (vec![1], whole(hour())));
    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    assert!(requests[1..].iter().all(|r| r.target == requests[1].target));
}

#[test]
fn a_rate_limit_says_how_long_it_lasts() {
    let points = r#"{"errors":[{"type":"RequestError","message":"Too many requests","data":{"remainingPoints":0,"msBeforeNext":57647,"consumedPoints":21}}]}"#;
    let bare = r#"{"errors":[{"type":"RateLimited","message":"Rate limit exceeded"}]}"#;
    let cases = [
        (
            Reply::new(429, &[("Retry-After", "7")], points),
            Some(7_000),
        ),
        (Reply::new(429, &[], points), Some(57_647)),
        (Reply::new(429, &[], bare), None),
    ];
    for (reply, ms) in cases {
        let server = TestServer::start(vec![reply]);
        let Err(FeedError::RateLimited { wait, .. }) = feed(&server).step(at(NOW)) else {
            panic!("429 is not told as such");
        };
        assert_eq!(wait, ms.map(Duration::from_millis));
    }
}

#[test]
fn refusals_say_what_the_server_said() {
    let cases = [
        (
            404,
            r#"{"errors":[{"type":"NotFound","message":"Resource not found"}]}"#,
            "(status 404): Resource not found",
        ),
        (
            422,
            r#"{"errors":[{"type":"v","message":"too many","field":"pagination.count"}]}"#,
            "(status 422): `pagination.count`: too many",
        ),
        (403, "{}", "does not accept the credentials"),
        (
            400,
            r#"{"errors":[{"message":"This request must be sent to Segment's EU-hosted API."}]}"#,
            "the workspace is in the EU region",
        ),
        (302, "", "redirects"),
        (200, "<html>", "it is no JSON"),
        (200, "{}", "it has no place for events"),
        (200, "null", "it has no place for events"),
        (
            200,
            r#"{"errors":[{"type":"x","message":"no trail"}]}"#,
            "(status 200): no trail",
        ),
    ];
    for (status, body, said) in cases {
        let server = TestServer::start(vec![Reply::new(status, &[], body)]);
        let error = feed(&server).step(at(NOW)).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(said), "{status} {body}: {error}");
        assert!(!format!("{error:?}").contains("sgp_"));
    }
}

#[test]
fn an_address_that_is_none_is_refused_before_anything_is_sent() {
    let access = Access {
        api_url: Some("ftp://h".to_owned()),
        region: Region::Eu,
        token: Token::new("t").unwrap(),
    };
    let wanted = Wanted {
        window: hour(),
        params: Vec::new(),
    };
    let made = Feed::new(Http::new(Timeouts::default()), access, wanted);
    assert!(matches!(made, Err(FeedError::Address { .. })));
}

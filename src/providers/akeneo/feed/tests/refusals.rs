//! Credentials, refusals, broken connections, and the hunt for leaks.

use super::*;

#[test]
fn failures_are_told_apart_and_can_be_tried_again() {
    let complaint = format!(r#"{{"errors":[{{"message":"no {TOKEN} for\nyou"}}]}}"#);
    let reply = |status| Reply::new(status, &[("Retry-After", "7")], &complaint);
    let cut = Reply::partial(200, &[], logs(1..=3).as_bytes(), 20);
    let server = TestServer::start(vec![
        reply(401),
        reply(403),
        reply(400),
        reply(429),
        reply(503),
        Reply::new(302, &[("Location", "https://elsewhere.example/")], ""),
        cut,
        Reply::raw(b""),
        ok(logs(1..=3)),
    ]);
    let mut feed = feed(&server);
    for status in [401, 403] {
        match fail(&mut feed) {
            FeedError::Unauthorised { message, hint, .. } => {
                assert_eq!(message, "no … for you", "{status}");
                assert!(hint.contains("one hour"));
            }
            other => panic!("{status}: {other}"),
        }
    }
    assert!(matches!(
        fail(&mut feed),
        FeedError::Refused { status: 400, .. }
    ));
    match fail(&mut feed) {
        FeedError::RateLimited { wait, .. } => assert_eq!(wait, Some(Duration::from_secs(7))),
        other => panic!("{other}"),
    }
    assert!(matches!(
        fail(&mut feed),
        FeedError::Server { status: 503, .. }
    ));
    let redirect = fail(&mut feed);
    assert!(redirect.to_string().contains("not followed"), "{redirect}");
    for _ in 0..2 {
        let broken = fail(&mut feed);
        assert!(matches!(broken, FeedError::Http(_)), "{broken}");
    }
    assert_eq!(run(&mut feed).0, [3]);
}

#[test]
fn a_break_between_pages_is_gone_over() {
    let server = TestServer::start(vec![
        ok(format!(r#"{{"items":{},"next":"?page=2"}}"#, logs(1..=2))),
        ok(r#"{"items":[],"next":"?page=3"}"#),
        Reply::raw(b""),
        ok(format!(r#"{{"items":{}}}"#, logs(3..=4))),
    ]);
    let mut feed = feed(&server);
    assert!(matches!(feed.step(now()), Ok(Step::Page(_))));
    fail(&mut feed);
    let (pages, coverage) = run(&mut feed);
    assert_eq!((pages, coverage.gap), (vec![2], None));
    let requests = server.requests();
    assert!(requests[2].target.ends_with("?page=3") && requests[3].target.ends_with("?page=3"));
}

#[test]
fn the_pim_gives_a_token_and_a_new_one_when_it_has_run_out() {
    let token = |text: &str| ok(format!(r#"{{"access_token":"{text}","expires_in":3600}}"#));
    let server = TestServer::start(vec![
        token("first"),
        ok(format!(r#"{{"items":{},"next":"?page=2"}}"#, logs(1..=2))),
        Reply::new(401, &[], r#"{"message":"expired"}"#),
        token("second"),
        ok(format!(r#"{{"items":{}}}"#, logs(3..=4))),
    ]);
    assert_eq!(run(&mut feed_with(&server, password(), &[])).0, [2, 2]);
    let requests = server.requests();
    let login = &requests[0];
    assert_eq!(
        (login.method.as_str(), login.target.as_str()),
        ("POST", "/pim/api/oauth/v1/token")
    );
    // base64 of `1_client:client-secret-77`
    assert_eq!(
        login.header("authorization"),
        Some("Basic MV9jbGllbnQ6Y2xpZW50LXNlY3JldC03Nw==")
    );
    let body: serde_json::Value = serde_json::from_str(&login.body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"grant_type": "password", "username": "kim", "password": "hunter2-hunter2"})
    );
    let tokens: Vec<_> = requests
        .iter()
        .map(|request| request.header("x-pim-token"))
        .collect();
    assert_eq!(
        tokens,
        [None, Some("first"), Some("first"), None, Some("second")]
    );
}

#[test]
fn a_new_token_that_is_refused_as_well_ends_it() {
    let server = TestServer::start(vec![
        ok(r#"{"access_token":"first"}"#),
        Reply::new(401, &[], r#"{"message":"first is not of this client"}"#),
        Reply::new(
            422,
            &[],
            r#"{"code":422,"message":"hunter2-hunter2 and client-secret-77 are wrong"}"#,
        ),
        ok(r#"{"token":"?"}"#),
        ok(r#"{"access_token":"has space"}"#),
        Reply::new(500, &[], ""),
    ]);
    let mut feed = feed_with(&server, password(), &[]);
    let mut told = Vec::new();
    for _ in 0..5 {
        let error = fail(&mut feed);
        told.push(format!("{error} {error:?}"));
    }
    assert_eq!(server.requests().len(), 6);
    assert!(told[0].contains(": … is not of this client"), "{}", told[0]);
    assert!(told[1].contains(": … and … are wrong"), "{}", told[1]);
    assert!(told[2].contains("no access token") && told[3].contains("no access token"));
    assert!(told[4].contains("status 500"));
    for text in told {
        for secret in ["hunter2", "client-secret-77", "first", "has space"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn addresses_are_checked_before_anything_is_sent() {
    let refused = |pim_url: &str, client_id: &str, api_url: Option<&str>| {
        let access = Access {
            api_url: api_url.map(str::to_owned),
            pim_url: pim_url.to_owned(),
            client_id: client_id.to_owned(),
            login: given(),
        };
        let wanted = Wanted {
            window: day(),
            params: Vec::new(),
        };
        let made = Feed::new(Http::new(Timeouts::default()), access, wanted);
        made.err().map(|error| error.to_string())
    };
    assert_eq!(refused("https://pim.example/", "c", None), None);
    for (pim, client, api) in [
        ("pim.example", "c", None),
        ("ftp://pim.example", "c", None),
        ("https://a:b@pim.example", "c", None),
        ("https://pim.example/ä b", "c", None),
        ("https://pim.example", "", None),
        ("https://pim.example", "c\nd", None),
        ("https://pim.example", "c", Some("nowhere")),
        ("https://pim.example", "c", Some("https://h/?a=b")),
    ] {
        let told = refused(pim, client, api).unwrap();
        assert!(
            told.starts_with("the API address cannot be used: "),
            "{told}"
        );
    }
}

//! Calls against a real local server, and the hunt for leaks.

use std::time::Duration;

use super::*;
use crate::providers::Failure;
use crate::providers::http::{HttpError, Timeouts};
use crate::providers::test_server::{Reply, TestServer, dead_url};

const TOKEN: &str = "sgp_top-secret";
const NOW: Timestamp = Timestamp::MIN;
const EMPTY: &str = r#"{"data":{"download":{"urls":[]}}}"#;

fn api(base: &str, style: RequestStyle) -> Result<Api, ApiError> {
    let http = Http::new(Timeouts {
        connect: Duration::from_secs(2),
        read: Duration::from_millis(300),
    });
    let token = Token::new(TOKEN).unwrap();
    Api::new(http, Some(base), Region::Us, token, style)
}

fn hour() -> Hour {
    Timestamp::parse("2025-03-23T20:00:00Z").unwrap().hour()
}

fn ask(base: &str) -> Result<Answer, ApiError> {
    api(base, RequestStyle::Both)?.request_download("col 1", hour(), NOW)
}

#[test]
fn a_download_is_asked_for_in_query_and_body() {
    let server = TestServer::start(vec![Reply::new(200, &[], EMPTY); 3]);
    for style in [RequestStyle::Both, RequestStyle::Query, RequestStyle::Body] {
        let api = api(&server.url("/prefix"), style).unwrap();
        api.request_download("col&1", hour(), NOW).unwrap();
    }
    let path = "/prefix/customer-insights/download";
    let query = "?collectionId=col%261&hour=2025-03-23T20%3A00%3A00Z";
    let json = r#"{"collectionId":"col&1","hour":"2025-03-23T20:00:00Z"}"#;
    let requests = server.requests();
    let sent: Vec<_> = requests
        .iter()
        .map(|request| {
            (
                request.target.clone(),
                request.body.as_str(),
                request.header("content-type"),
            )
        })
        .collect();
    assert_eq!(
        sent,
        [
            (format!("{path}{query}"), json, Some("application/json")),
            (format!("{path}{query}"), "", None),
            (path.to_owned(), json, Some("application/json")),
        ]
    );
    for request in &requests {
        assert_eq!(request.method, "POST");
        assert_eq!(
            request.header("authorization"),
            Some("Bearer sgp_top-secret")
        );
        assert_eq!(request.header("accept"), Some(ACCEPT));
    }
}

#[test]
fn an_echo_costs_no_log_request() {
    let server = TestServer::start(vec![
        Reply::new(
            200,
            &[("X-RateLimit-Remaining", "7")],
            r#"{"data":{"message":"faillog"}}"#,
        ),
        Reply::new(401, &[], ""),
        Reply::new(200, &[], "<html>log in to the Wi-Fi</html>"),
    ]);
    let api = api(&server.url(""), RequestStyle::Both).unwrap();
    assert_eq!(api.echo(NOW).unwrap().remaining, Some(7));
    assert!(matches!(api.echo(NOW), Err(ApiError::Unauthorised { .. })));
    assert!(matches!(api.echo(NOW), Err(ApiError::Unreadable { .. })));
    let request = &server.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("GET", "/echo?message=faillog")
    );
}

#[test]
fn a_post_is_made_once_whatever_happens() {
    for reply in [
        Reply::new(503, &[("Retry-After", "0")], ""),
        Reply::new(429, &[("Retry-After", "0")], ""),
        Reply::new(308, &[("Location", "/elsewhere")], ""),
        Reply::partial(200, &[], EMPTY.as_bytes(), 5),
        Reply::raw(b""),
        Reply::raw(b"").then_stall(),
    ] {
        let server = TestServer::start(vec![reply.clone(), Reply::new(200, &[], EMPTY)]);
        assert!(ask(&server.url("")).is_err(), "{reply:?}");
        assert_eq!(server.requests().len(), 1, "{reply:?}");
    }
}

#[test]
fn a_redirect_is_not_followed_and_names_the_host_alone() {
    let to = "https://elsewhere.example/x?X-Amz-Signature=1";
    let server = TestServer::start(vec![Reply::new(307, &[("Location", to)], "")]);
    let error = ask(&server.url("")).unwrap_err().to_string();
    assert!(
        error.ends_with("redirects to `elsewhere.example`, which is not followed with a token"),
        "{error}"
    );
}

#[test]
fn silence_says_whether_the_request_may_be_counted() {
    let refused = ask(&dead_url()).unwrap_err();
    assert!(!refused.may_be_counted());
    assert!(
        refused
            .to_string()
            .ends_with("the connection was refused; the request was not counted")
    );
    let server = TestServer::start(vec![Reply::raw(b"").then_stall()]);
    let silent = ask(&server.url("")).unwrap_err();
    assert!(silent.may_be_counted());
    assert!(
        silent
            .to_string()
            .ends_with("within the time limit; the request may have been counted"),
        "{silent}"
    );
}

#[test]
fn addresses_that_cannot_be_used_are_refused() {
    for (base, reason) in [
        ("api.example", "it is no URL"),
        (
            "ftp://api.example",
            "it begins with neither https:// nor http://",
        ),
        ("https://user@api.example", "it has a user name in it"),
        ("https://api.example?x=1", "it has a query or a fragment"),
    ] {
        assert_eq!(
            api(base, RequestStyle::Both).unwrap_err(),
            ApiError::Address { reason }
        );
    }
    let error = ask("http://api.example").unwrap_err();
    assert_eq!(
        error,
        ApiError::Refused(HttpError::PlainToken {
            host: "api.example".to_owned()
        })
    );
    assert!(!error.may_be_counted());
}

#[test]
fn regions_have_their_hosts() {
    let host = |region| {
        let token = Token::new(TOKEN).unwrap();
        let http = Http::new(Timeouts::default());
        Api::new(http, None, region, token, RequestStyle::Both)
            .unwrap()
            .host()
    };
    assert_eq!(host(Region::Us), "api.segmentapis.com");
    assert_eq!(host(Region::Eu), "eu1.api.segmentapis.com");
}

#[test]
fn nothing_that_is_shown_has_the_token_or_a_signature_in_it() {
    let signed = "https://b.example/k?X-Amz-Credential=AKIAXYZ&X-Amz-Signature=51641u7e";
    let message =
        format!(r#"{{"errors":[{{"message":"token {TOKEN} and {signed}","field":"{signed}"}}]}}"#);
    let links = format!(r#"{{"data":{{"download":{{"urls":["{signed}"]}}}}}}"#);
    let mut shown = Vec::new();
    for status in [200, 302, 400, 401, 403, 404, 409, 422, 429, 500] {
        for body in [message.as_str(), &links, &format!("{TOKEN} {signed}")] {
            let reply = Reply::new(status, &[("Location", signed)], body);
            let server = TestServer::start(vec![reply.clone(), reply]);
            let api = api(&server.url(""), RequestStyle::Both).unwrap();
            shown.push(format!("{api:?}"));
            match api.request_download("c", hour(), NOW) {
                Ok(answer) => shown.push(format!("{answer:?}")),
                Err(error) => shown.push(format!("{error} {error:?} {:?}", error.hint())),
            }
            if let Err(error) = api.echo(NOW) {
                shown.push(format!("{error} {error:?}"));
            }
        }
    }
    let http = Http::new(Timeouts {
        connect: Duration::from_secs(2),
        read: Duration::from_millis(200),
    });
    for url in [
        dead_url(),
        "https://faillog.invalid".to_owned(),
        "http://far.example".to_owned(),
    ] {
        let link =
            crate::providers::PresignedUrl::parse(&format!("{url}/k?X-Amz-Signature=51641u7e"))
                .unwrap();
        let error = http.presigned(&link, None).map(|_| ()).unwrap_err();
        shown.push(format!("{error} {error:?} {link:?} {link} {http:?}"));
    }
    shown.push(format!("{:?}", Failure::Lookup));
    assert!(shown.len() > 60);
    for text in shown {
        for secret in [TOKEN, "top-secret", "51641u7e", "AKIAXYZ", "X-Amz"] {
            assert!(!text.contains(secret), "`{secret}` in {text}");
        }
    }
}

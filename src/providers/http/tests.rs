//! The client against real local servers.

use std::io::Write;
use std::net::TcpListener;
use std::thread;

use super::*;
use crate::providers::test_server::{Reply, TestServer, dead_url};

const QUICK: Timeouts = Timeouts {
    connect: Duration::from_millis(2000),
    read: Duration::from_millis(300),
};

fn http() -> Http {
    Http::new(QUICK)
}

fn token() -> Token {
    Token::new("sgp_top-secret").unwrap()
}

fn link(text: &str) -> PresignedUrl {
    PresignedUrl::parse(text).unwrap()
}

fn failure(result: Result<Response, HttpError>) -> Failure {
    match result.map(|_| ()) {
        Err(HttpError::NoAnswer { failure, .. }) => failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_token_is_sent_as_a_bearer_and_the_program_names_itself() {
    let server = TestServer::start(vec![Reply::new(200, &[("X-A", "b")], "hello")]);
    let url = Url::parse(&server.url("/x")).unwrap();
    let response = http()
        .get(&url, &Auth::Bearer(&token()), "application/json")
        .unwrap();
    assert_eq!(
        (response.status(), response.header("x-a")),
        (200, Some("b"))
    );
    assert_eq!(response.whole(3).unwrap().body, b"hel");
    let request = &server.requests()[0];
    assert_eq!(
        request.header("authorization"),
        Some("Bearer sgp_top-secret")
    );
    assert_eq!(request.header("accept"), Some("application/json"));
    let agent = concat!("faillog/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(agent));
}

#[test]
fn a_post_without_a_body_says_its_length() {
    let server = TestServer::start(vec![Reply::new(200, &[], "")]);
    let url = Url::parse(&server.url("/x")).unwrap();
    http()
        .post(&url, &Auth::Bearer(&token()), "*/*", None)
        .unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.header("content-length"), Some("0"));
    assert_eq!(request.header("content-type"), None);
}

#[test]
fn the_token_goes_over_plain_http_to_this_machine_only() {
    for host in [
        "api.example",
        "10.0.0.1",
        "localhost.example",
        "[2001:db8::1]",
        "0.0.0.0",
    ] {
        let url = Url::parse(&format!("http://{host}/x")).unwrap();
        let error = http()
            .get(&url, &Auth::Bearer(&token()), "*/*")
            .map(|_| ())
            .unwrap_err();
        assert_eq!(
            error,
            HttpError::PlainToken {
                host: host.to_owned()
            }
        );
    }
    for url in [
        "http://127.0.0.1",
        "http://127.9.9.9",
        "http://[::1]",
        "http://LOCALHOST:8080",
    ] {
        assert!(is_loopback(&Url::parse(url).unwrap()), "{url}");
    }
}

#[test]
fn a_presigned_request_is_never_authorised_not_even_after_a_redirect() {
    let server = TestServer::start(vec![
        Reply::new(307, &[("Location", "/b?X-Amz-Signature=2")], ""),
        Reply::new(302, &[("Location", "c")], ""),
        Reply::new(200, &[], "bytes"),
    ]);
    let http = http();
    // A call with the token before, on the same client, must leave nothing behind.
    let api = TestServer::start(vec![Reply::new(200, &[], "")]);
    http.get(
        &Url::parse(&api.url("/")).unwrap(),
        &Auth::Bearer(&token()),
        "*/*",
    )
    .unwrap();
    let rest = Rest {
        from: 7,
        etag: Some("\"e\""),
    };
    let response = http
        .presigned(&link(&server.url("/a?X-Amz-Signature=1")), Some(rest))
        .unwrap();
    assert_eq!(response.whole(99).unwrap().body, b"bytes");
    let requests = server.requests();
    let targets: Vec<_> = requests
        .iter()
        .map(|request| request.target.as_str())
        .collect();
    assert_eq!(
        targets,
        ["/a?X-Amz-Signature=1", "/b?X-Amz-Signature=2", "/c"]
    );
    for request in &requests {
        assert_eq!(request.header("authorization"), None);
        assert_eq!(request.header("referer"), None);
        assert_eq!(request.header("range"), Some("bytes=7-"));
        assert_eq!(request.header("if-range"), Some("\"e\""));
        assert_eq!(request.header("accept-encoding"), Some("identity"));
    }
}

#[test]
fn redirects_that_lead_astray_are_not_followed() {
    let redirect = |to: &str| {
        let server = TestServer::start(vec![Reply::new(302, &[("Location", to)], "")]);
        http()
            .presigned(&link(&server.url("/a")), None)
            .map(|_| ())
            .unwrap_err()
    };
    assert!(matches!(
        redirect("ftp://h/"),
        HttpError::BadRedirect { .. }
    ));
    assert!(matches!(
        redirect("https://user:pw@h/"),
        HttpError::BadRedirect { .. }
    ));
    assert!(matches!(
        redirect("http://far.example/"),
        HttpError::PlainDownload { .. }
    ));
    let secure = Url::parse("https://h/a").unwrap();
    assert!(matches!(
        redirected(&secure, Some("http://127.0.0.1/")),
        Err(HttpError::Downgrade { .. })
    ));
    assert!(matches!(
        redirected(&secure, None),
        Err(HttpError::BadRedirect { .. })
    ));
}

#[test]
fn a_circle_of_redirects_ends() {
    let server = TestServer::start(vec![Reply::new(302, &[("Location", "/a")], ""); 9]);
    let error = http()
        .presigned(&link(&server.url("/a")), None)
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(error, HttpError::TooManyRedirects { .. }));
    assert_eq!(server.requests().len(), MAX_REDIRECTS + 1);
}

#[test]
fn failures_are_told_apart() {
    let get = |url: &str| failure(http().presigned(&link(url), None));
    assert_eq!(get(&dead_url()), Failure::Refused);
    // Names below `.invalid` never exist (RFC 6761), whether or not there is a network. Past proxies, which look up names
    // themselves.
    let url = Url::parse("https://faillog.invalid/").unwrap();
    let direct = build(QUICK, true).unwrap();
    assert_eq!(
        failure(send(&url, direct.get(url.clone()))),
        Failure::Lookup
    );
    let silent = TestServer::start(vec![Reply::raw(b"").then_stall()]);
    assert_eq!(get(&silent.url("/")), Failure::Timeout);
    let closing = TestServer::start(vec![]);
    assert!(matches!(get(&closing.url("/")), Failure::Broken(_)));
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", plain.local_addr().unwrap());
    let thread = thread::spawn(move || {
        let (mut connection, _) = plain.accept().unwrap();
        connection
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        // Until the client hangs up: closing first could take the answer back.
        let _ = std::io::copy(&mut connection, &mut std::io::sink());
    });
    let tls = get(&url);
    thread.join().unwrap();
    assert!(matches!(tls, Failure::Tls(_)), "{tls:?}");
}

#[test]
fn only_what_never_left_counts_as_not_arrived() {
    let text = String::new;
    for failure in [
        Failure::Lookup,
        Failure::Refused,
        Failure::ConnectTimeout,
        Failure::Tls(text()),
        Failure::Connect(text()),
    ] {
        assert!(!failure.may_have_arrived(), "{failure:?}");
    }
    assert!(Failure::Timeout.may_have_arrived() && Failure::Broken(text()).may_have_arrived());
}

#[test]
fn a_body_that_stalls_or_breaks_is_an_error() {
    let stalled = Reply::partial(200, &[], b"0123456789", 4).then_stall();
    let broken = Reply::partial(200, &[], b"0123456789", 4);
    let server = TestServer::start(vec![stalled, broken]);
    let whole = || {
        let response = http().presigned(&link(&server.url("/")), None).unwrap();
        response.whole(99).map(|_| ()).unwrap_err()
    };
    assert!(matches!(
        whole(),
        HttpError::NoAnswer {
            failure: Failure::Timeout,
            ..
        }
    ));
    assert!(matches!(
        whole(),
        HttpError::NoAnswer {
            failure: Failure::Broken(_),
            ..
        }
    ));
}

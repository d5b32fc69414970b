//! Answers in all the forms the API and what stands before it may give.

use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::*;

fn answered(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answered {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(
            HeaderName::try_from(*name).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    Answered {
        status,
        headers: map,
        body: body.as_ref().to_vec(),
    }
}

fn asked() -> Asked {
    Asked {
        host: "h".to_owned(),
        token: Token::new("top-secret").unwrap(),
        now: Timestamp::parse("2025-03-23T20:00:00Z").unwrap(),
    }
}

fn read(status: u16, body: &str) -> Result<Answer, ApiError> {
    asked().download(&answered(status, &[], body))
}

fn objects(body: &str) -> Vec<String> {
    let answer = read(200, body).unwrap();
    let exposed = answer.objects.iter().map(PresignedUrl::expose_for_request);
    exposed.map(str::to_owned).collect()
}

#[test]
fn links_are_found_wherever_they_stand() {
    let expected = ["https://h/1?s=1", "https://h/2?s=2"];
    for body in [
        r#"{"data":{"download":{"urls":["https://h/1?s=1","https://h/2?s=2"]}}}"#,
        r#"{"data":{"download":{"urls":["https://h/1?s=1","https://h/2?s=2","https://h/1?s=1"]},"docsUrl":"https://h/3"}}"#,
        r#"{"data":{"download":["https://h/1?s=1","https://h/2?s=2"]}}"#,
        r#"{"data":{"presignedURLs":["https://h/1?s=1","https://h/2?s=2"]}}"#,
        r#"{"download":{"urls":["https://h/1?s=1","https://h/2?s=2"]}}"#,
        r#"{"data":{"download":{"urls":[{"url":"https://h/1?s=1","size":5},{"url":"https://h/2?s=2"}]}}}"#,
        r#"{"data":[{"download_url":"https://h/1?s=1"},{"download_url":"https://h/2?s=2"}],"errors":[]}"#,
    ] {
        assert_eq!(objects(body), expected, "{body}");
    }
    assert_eq!(
        objects(r#"{"data":{"download":{"urls":"HTTPS://h/1?s=1"}}}"#),
        ["https://h/1?s=1"]
    );
}

#[test]
fn an_hour_without_logs_is_told_in_many_ways() {
    for (status, body) in [
        (200, r#"{"data":{"download":{"urls":[]}}}"#),
        (200, r#"{"data":{"download":{"urls":null}}}"#),
        (200, r#"{"data":{"download":null}}"#),
        (200, r#"{"data":{"urls":[]}}"#),
        (204, ""),
    ] {
        let answer = read(status, body).unwrap();
        assert!(answer.objects.is_empty() && !answer.not_found, "{body}");
    }
    for body in [
        "",
        r#"{"errors":[{"type":"NotFound","message":"Resource not found"}]}"#,
    ] {
        let answer = read(404, body).unwrap();
        assert!(answer.objects.is_empty() && answer.not_found, "{body}");
    }
}

#[test]
fn a_404_that_is_not_the_apis_is_no_empty_hour() {
    for body in [
        "<html>nginx</html>",
        r#"{"message":"no Route matched"}"#,
        "Not Found",
    ] {
        let error = read(404, body).unwrap_err();
        assert!(
            matches!(error, ApiError::Unexpected { status: 404, .. }),
            "{body}"
        );
    }
}

#[test]
fn a_success_that_is_not_understood_is_an_error_that_shows_its_beginning() {
    let cases = [
        (
            "<html>log in</html>",
            "it is no JSON",
            "<html>log in</html>",
        ),
        ("", "it is no JSON", ""),
        (
            r#"{"data":{}}"#,
            "it has no place for download links",
            r#"{"data":{}}"#,
        ),
        (
            r#"{"data":{"download":{"state":"pending"}}}"#,
            "it has no place for download links",
            r#"{"data":{"download":{"state":"pending"}}}"#,
        ),
        (
            r#"{"data":{"download":{"urls":["s3://b/k"]}}}"#,
            "a download link in it is no http or https URL",
            r#"{"data":{"download":{"urls":["s3://b/k"]}}}"#,
        ),
        (
            r#"[1,"top-secret","https://h/?X-Amz-Signature=1"]"#,
            "it has no place for download links",
            r#"[1,"…","https://h/?…"]"#,
        ),
    ];
    for (body, reason, seen) in cases {
        assert_eq!(
            read(200, body).unwrap_err(),
            ApiError::Unreadable {
                host: "h".to_owned(),
                reason,
                seen: seen.to_owned()
            }
        );
    }
    let long = read(200, &"word ".repeat(100)).unwrap_err().to_string();
    assert!(long.chars().count() < 150, "{long}");
}

#[test]
fn links_below_errors_are_none_and_errors_in_a_success_are_errors() {
    let body = r#"{"errors":[{"message":"see url","url":"https://h/docs"}]}"#;
    let error = read(200, body).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`h` answered with an unexpected status 200: see url"
    );
}

#[test]
fn each_status_is_its_own_error() {
    let body = |message: &str| format!(r#"{{"errors":[{{"type":"x","message":"{message}"}}]}}"#);
    let said = |status, message: &str| read(status, &body(message)).unwrap_err().to_string();
    assert_eq!(said(401, "No"), "`h` does not accept the token: No");
    assert_eq!(said(403, "No"), "`h` does not allow this to the token: No");
    assert_eq!(said(500, "Oops"), "`h` failed with status 500: Oops");
    assert_eq!(
        said(413, "Big"),
        "`h` answered with an unexpected status 413: Big"
    );
    assert_eq!(
        said(401, "top-secret\\nis bad"),
        "`h` does not accept the token: … is bad"
    );
    assert_eq!(
        read(401, "<html>").unwrap_err().to_string(),
        "`h` does not accept the token"
    );
    assert_eq!(
        read(502, "upstream  died\n").unwrap_err().to_string(),
        "`h` failed with status 502: upstream died"
    );
    let invalid =
        r#"{"errors":[{"type":"v","message":"is required","field":"hour"},{"message":"second"}]}"#;
    assert_eq!(
        read(422, invalid).unwrap_err().to_string(),
        "`h` does not accept the request because of `hour`: is required; second"
    );
}

#[test]
fn a_wrong_region_is_told_whatever_the_status_and_shape() {
    for (status, body, needed) in [
        (
            400,
            r#"{"errors":[{"message":"Requests must be sent to Segment's EU-hosted API."}]}"#,
            Region::Eu,
        ),
        (
            403,
            r#"{"error":{"message":"must be sent to Segment’s US-hosted API"}}"#,
            Region::Us,
        ),
        (
            404,
            r#"{"errors":[{"message":"This must be sent to Segment's eu-hosted api"}]}"#,
            Region::Eu,
        ),
        (
            200,
            r#"{"error":"must be sent to Segment's EU-hosted API"}"#,
            Region::Eu,
        ),
    ] {
        let error = read(status, body).unwrap_err();
        assert_eq!(
            error,
            ApiError::WrongRegion {
                host: "h".to_owned(),
                needed
            }
        );
    }
    let error = ApiError::WrongRegion {
        host: "h".to_owned(),
        needed: Region::Eu,
    };
    assert_eq!(
        error.to_string(),
        "the workspace is in the EU region, but `h` was asked"
    );
    assert_eq!(error.hint().unwrap(), "set `region = \"eu\"` in the config");
}

#[test]
fn the_wait_of_a_429_is_the_most_exact_one_told() {
    let body = r#"{"errors":[{"message":"Too many requests","data":{"remainingPoints":0,"msBeforeNext":57647}}]}"#;
    let date = ("date", "Sun, 23 Mar 2025 19:00:00 GMT");
    let reset = ("x-ratelimit-reset", "Sun, 23 Mar 2025 19:10:00 GMT");
    let wait = |headers: &[(&str, &str)], body: &str| match asked()
        .download(&answered(429, headers, body))
        .unwrap_err()
    {
        ApiError::RateLimited { wait, .. } => wait,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        wait(&[("retry-after", "7"), date, reset], body),
        Some(Duration::from_secs(7))
    );
    assert_eq!(
        wait(&[date, reset], body),
        Some(Duration::from_millis(57_647))
    );
    // By the server's clock, not ours, which is an hour ahead here.
    assert_eq!(wait(&[date, reset], "{}"), Some(Duration::from_secs(600)));
    assert_eq!(
        wait(
            &[],
            r#"{"errors":[{"type":"RateLimited","message":"Rate limit exceeded"}]}"#
        ),
        None
    );
    assert_eq!(
        wait(&[], r#"{"errors":[{"data":{"msBeforeNext":-5}}]}"#),
        None
    );
}

#[test]
fn the_quota_is_read_beside_everything() {
    let headers = [
        ("x-ratelimit-consumed", "21"),
        ("x-ratelimit-remaining", "99"),
        ("x-ratelimit-reset", "Tue, 31 Dec 2024 23:59:59 GMT"),
    ];
    let quota = Quota {
        consumed: Some(21),
        remaining: Some(99),
        reset: Timestamp::parse("2024-12-31T23:59:59Z"),
    };
    let body = r#"{"data":{"download":{"urls":[]}}}"#;
    assert_eq!(
        asked()
            .download(&answered(200, &headers, body))
            .unwrap()
            .quota,
        quota
    );
    let limited = asked().download(&answered(429, &headers, "")).unwrap_err();
    assert!(matches!(limited, ApiError::RateLimited { quota: told, .. } if told == quota));
    assert_eq!(asked().echo(&answered(200, &headers, "{}")), Ok(quota));
    assert_eq!(read(204, "").unwrap().quota, Quota::default());
}

proptest! {
    #[test]
    fn any_answer_is_read_without_panic(
        status in 100u16..600,
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "\\{\"(data|errors|error|download|urls)\":(null|\\[\\]|\\[1\\]|\"https://h\"|\\{\"urls?\":[\\[\\]\"{}0-9a-z:/,]{0,12}\\})\\}"
                .prop_map(String::into_bytes),
        ],
    ) {
        let answer = answered(status, &[("location", "x"), ("retry-after", "99999999999999999999")], &body);
        let _ = asked().download(&answer).map_err(|error| (error.to_string(), error.hint()));
        let _ = asked().echo(&answer);
    }
}

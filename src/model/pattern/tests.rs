//! Real-looking reasons and the patterns they should have, grouped by hand; and what holds of any text.
//!
//! Rule: the golden lines never change; they are what users' scripts rely on.

use proptest::prelude::*;

use super::*;

/// Each line of a group has the pattern that the group is named by.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "request failed with status code 429",
        &[
            "Request failed with status code 429",
            "request failed with  status code 429.",
        ],
    ),
    (
        "request failed with status code 503",
        &["Request failed with status code 503"],
    ),
    ("502 bad gateway", &["502 Bad Gateway", "502 Bad Gateway\n"]),
    (
        "503 service unavailable",
        &["503 Service Unavailable", "503 service unavailable!"],
    ),
    (
        "http/<*> 504 gateway timeout",
        &["HTTP/1.1 504 Gateway Timeout", "HTTP/2 504 Gateway Timeout"],
    ),
    (
        "upstream: 502 bad gateway from host<*>",
        &[
            "upstream: 502 Bad Gateway from host17",
            "Upstream: 502 Bad Gateway from host3",
        ],
    ),
    (
        "timeout of <*> exceeded",
        &[
            "timeout of 5000ms exceeded",
            "timeout of 10000ms exceeded",
            "Timeout of 1.5s exceeded",
        ],
    ),
    (
        "connect etimedout <ip>",
        &[
            "connect ETIMEDOUT 52.14.8.201:443",
            "connect ETIMEDOUT 10.0.0.7:8443",
            "connect ETIMEDOUT 2600:1f18::5a:443",
        ],
    ),
    (
        "connect econnrefused <ip>",
        &["connect ECONNREFUSED 127.0.0.1:3000"],
    ),
    ("read econnreset", &["read ECONNRESET"]),
    (
        "getaddrinfo enotfound api.example.com",
        &["getaddrinfo ENOTFOUND api.example.com"],
    ),
    (
        "getaddrinfo enotfound hooks.example.org",
        &["getaddrinfo ENOTFOUND hooks.example.org"],
    ),
    (
        "getaddrinfo eai_again api.example.com:<*>",
        &["getaddrinfo EAI_AGAIN api.example.com:443"],
    ),
    (
        "user <*> not found",
        &[
            "User 8f14e45f-ceea-467f-a1d2-0c0f3a1b2c3d not found",
            "User 123456 not found",
            "user 1U3E4UE7HqqBqUdl3oaR0YRCPCR not found",
            "User deadbeefcafe not found",
            "User 404 not found",
        ],
    ),
    ("(#100) invalid parameter", &["(#100) Invalid parameter"]),
    (
        "(#190) error validating access token: session has expired on <time>",
        &[
            "(#190) Error validating access token: Session has expired on Sunday, 23-Mar-2025 20:00:00 PDT",
            "(#190) Error validating access token: Session has expired on Monday, 07-Apr-2025 08:00:00 PDT",
        ],
    ),
    ("error code: 1020", &["error code: 1020"]),
    (
        "invalid value <text> for property <text>",
        &[
            "Invalid value \"blue\" for property 'colour'",
            "Invalid value “42” for property `size`",
        ],
    ),
    (
        "can't deliver to <text>",
        &["Can't deliver to 'o'brien'", "can’t deliver to \"queue 7\""],
    ),
    (
        "custom event attribute <text> is too long (<*> characters)",
        &[
            "Custom event attribute \"note\" is too long (301 characters)",
            "Custom event attribute \"bio\" is too long (1,204 characters)",
        ],
    ),
    (
        "the api key is invalid: <*>",
        &[
            "The API key is invalid: 4f6e2a9c1b7d",
            "The API key is invalid: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        ],
    ),
    (
        "an error was returned when calling the destination, or it took too long to respond",
        &["an error was returned when calling the destination, or it took too long to respond"],
    ),
    (
        "authentication was rejected by the destination",
        &["authentication was rejected by the destination"],
    ),
    (
        "the product <*> could not be validated",
        &[
            "The product 3444ec1b-058e-4208-9b6c-284f47a7aa17 could not be validated",
            "The product 0190fe8a-6213-76ce-8a9f-ba36a5ef555a could not be validated.",
        ],
    ),
    (
        "550 5.1.1 <<email>>: recipient address rejected: user unknown",
        &[
            "550 5.1.1 <jo@example.com>: Recipient address rejected: User unknown",
            "550 5.1.1 <a.b+c@mail.example.org>: Recipient address rejected: User unknown",
        ],
    ),
    ("550 5.7.1 message blocked", &["550 5.7.1 Message blocked"]),
    (
        "452 4.2.2 the email account that you tried to reach is over quota",
        &["452 4.2.2 The email account that you tried to reach is over quota."],
    ),
    (
        "smtp; 550 5.4.1 all recipient addresses rejected",
        &["smtp; 550 5.4.1 All recipient addresses rejected"],
    ),
    (
        "get https://api.example.com/v1/users/<*>?key=<*> failed",
        &[
            "GET https://api.example.com/v1/users/77?key=abc failed",
            "GET https://api.example.com/v1/users/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d?key=XYZ%20 failed",
            "GET https://user:secret@api.example.com/v1/users/5?key=1 failed",
        ],
    ),
    (
        "get https://api.example.org/v1/users/<*> failed",
        &["GET https://api.example.org/v1/users/77 failed"],
    ),
    (
        "token expired at <time>",
        &[
            "Token expired at 2025-03-23T20:00:00Z.",
            "Token expired at 2025-03-23 20:00:00.123",
            "token expired at Mar 23, 2025 8:00 PM",
        ],
    ),
    (
        "rate limit exceeded, retry after <*> seconds",
        &[
            "Rate limit exceeded, retry after 30 seconds",
            "Rate limit exceeded, retry after 7 seconds",
        ],
    ),
    (
        "audience aud_<*> sync failed",
        &[
            "Audience aud_1U3E4UE7HqqBqUdl3oaR0YRCPCR sync failed",
            "Audience aud_2abcDEf9GHi0 sync failed",
        ],
    ),
    (
        "access denied for <*>",
        &["Access denied for arn:aws:iam::123456789012:role/deliver-7"],
    ),
    (
        "invalid_token for oauth2 client <*>",
        &["\"INVALID_TOKEN\" for OAuth2 client 99ab12cd"],
    ),
    (
        "{\"code\":\"invalid_grant\",\"message\":\"refresh token <*> was revoked\",\"request_id\":<text>}",
        &[
            "{\"code\":\"invalid_grant\",\"message\":\"Refresh token 12ab34cd56 was revoked\",\"request_id\":\"r-1\"}",
            "{\"code\":\"invalid_grant\",\"message\":\"Refresh token 99 was revoked\",\"request_id\":\"r-2\"}",
        ],
    ),
    (
        "{\"code\":\"invalid_client\",\"message\":\"no such client\",\"request_id\":<text>}",
        &["{\"code\":\"invalid_client\",\"message\":\"no such client\",\"request_id\":\"r-9\"}"],
    ),
    (
        "missing ids: [<*>]",
        &["Missing ids: [1, 2, 3]", "missing ids: [77]"],
    ),
    (
        "phone number <*> is not reachable",
        &[
            "Phone number +1 (415) 555-2671 is not reachable",
            "phone number +4915112345678 is not reachable",
        ],
    ),
    (
        "<*> records failed",
        &[
            "123 records failed",
            "550 records failed",
            "2 records failed",
        ],
    ),
    ("server returned 503", &["Server returned 503"]),
    (
        "batch of <*> events is larger than <*> kb",
        &[
            "Batch of 500 events is larger than 500 KB",
            "batch of 27 events is larger than 32 KB",
        ],
    ),
    (
        "checksum <*> does not match",
        &["Checksum q1w2E3r4T5y6U7i8O9p0aSdFgHjK+/== does not match"],
    ),
    (
        "invalid utf-8 in sha256 digest over tls <*>",
        &["Invalid UTF-8 in SHA256 digest over TLS 1.2"],
    ),
];

#[test]
fn messages_of_one_cause_have_one_pattern() {
    let mut wrong = Vec::new();
    for (wanted, reasons) in GROUPS {
        for reason in *reasons {
            let got = pattern(reason);
            if got != *wanted {
                wrong.push(format!("{reason}\n  wanted {wanted}\n     got {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn patterns_of_different_causes_differ() {
    let mut patterns: Vec<&str> = GROUPS.iter().map(|(pattern, _)| *pattern).collect();
    let count = patterns.len();
    patterns.sort_unstable();
    patterns.dedup();
    assert_eq!(patterns.len(), count);
    let ids: std::collections::BTreeSet<_> = patterns.iter().map(|p| pattern_id(p)).collect();
    assert_eq!(ids.len(), count);
}

/// The ids of two patterns, from an implementation of XXH3 that is not ours.
#[test]
fn ids_never_change() {
    assert_eq!(pattern_id(""), "5m38019r");
    assert_eq!(pattern_id("read econnreset"), "8ndmwx61");
}

#[test]
fn long_text_is_cut_at_a_word() {
    let cut = pattern(&"word ".repeat(100));
    assert!(cut.ends_with("word…"), "{cut}");
    assert!(cut.chars().count() <= LONGEST);
    assert_eq!(pattern(&cut), cut);
    let unbroken = pattern(&"ä".repeat(5000));
    assert_eq!(unbroken.chars().count(), LONGEST);
}

/// Pieces that bring every recogniser to work.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z]{1,12}",
        "[0-9]{1,6}",
        "[0-9a-f]{6,40}",
        "[A-Za-z0-9_-]{1,30}",
        "[ -~]{0,6}",
        "\\PC{0,4}",
        prop::sample::select(vec![
            "\"",
            "'",
            "`",
            "<",
            ">",
            "<*>",
            "<text>",
            "<time>",
            "<",
            "://",
            "https://a.b/c?d=e",
            "@",
            "a@b.cd",
            ".",
            "-",
            "+",
            ":",
            ",",
            "{\"code\":\"",
            "\":",
            "2025-03-23T20:00:00Z",
            "20:15",
            "Mar 23, 2025",
            "10.0.0.1",
            "::1",
            "502 Bad Gateway",
            "status code ",
            "550 5.1.1",
            "(#",
            "arn:aws:iam::1:role/x",
            "…",
            "\\",
            "HTTP/1.1 ",
        ])
        .prop_map(str::to_owned),
    ];
    let joined = (piece, prop::sample::select(vec!["", " "])).prop_map(|(a, b)| a + b);
    prop::collection::vec(joined, 0..25).prop_map(|all| all.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn the_pattern_of_a_pattern_is_itself(text in pieces()) {
        let once = pattern(&text);
        prop_assert_eq!(pattern(&once), once.clone());
        prop_assert!(once.chars().count() <= LONGEST);
    }

    #[test]
    fn any_text_has_a_pattern(text in any::<String>()) {
        let once = pattern(&text);
        prop_assert_eq!(pattern(&once), once);
    }

    #[test]
    fn one_number_or_id_is_as_good_as_another(
        a in "[1-9][0-9]{0,11}",
        b in "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
        c in "[0-9a-f]{8,64}",
        d in "-?[0-9]{1,5}\\.[0-9]{1,5}",
    ) {
        let wanted = "profile <*> of list was not updated";
        for id in [a, b, c, d] {
            prop_assert_eq!(pattern(&format!("Profile {id} of list was not updated")), wanted);
        }
    }
}

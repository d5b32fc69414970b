//! The text for a person: every shape of body, whole and cut.

use proptest::prelude::*;

use super::*;

#[test]
fn finds_the_text_for_a_person() {
    let cases: &[(&str, Option<&str>)] = &[
        ("", None),
        (" \n ", None),
        ("{}", None),
        ("[[], {}]", None),
        ("<html></html>", None),
        (r#"{"key": "value"}"#, Some(r#"{"key": "value"}"#)),
        ("{\n  \"ok\": false\n}", Some(r#"{ "ok": false }"#)),
        (
            "\n  Too many\trequests \nslow down",
            Some("Too many requests"),
        ),
        // The order of preference, before depth and before order of appearance.
        (
            r#"{"title":"t","error":"e","detail":"d","description":"D","message":"m","error_message":"E"}"#,
            Some("E"),
        ),
        (
            r#"{"title":"Bad Request","error":{"code":190,"message":"Token expired"}}"#,
            Some("Token expired"),
        ),
        (
            r#"{"a":{"b":{"message":"deep"}},"errors":[{"message":"shallow"}]}"#,
            Some("deep"),
        ),
        (
            r#"{"a":{"b":{"c":{"message":"deep"}}},"errors":[{"message":"shallow"}]}"#,
            Some("shallow"),
        ),
        (
            r#"{"error":"invalid_grant","error_description":"Token was revoked"}"#,
            Some("Token was revoked"),
        ),
        (r#"{"Message":"Access denied"}"#, Some("Access denied")),
        (r#"{"errorMessage":"No such list"}"#, Some("No such list")),
        (r#"{"message":"  ","error":"real"}"#, Some("real")),
        (
            r#"{"message":null,"error":["first","second"]}"#,
            Some("first"),
        ),
        (r#"{"message":404,"error":"not found"}"#, Some("not found")),
        (r#"["message","other"]"#, Some(r#"["message","other"]"#)),
        // JSON inside a string is looked into, once.
        (
            r#"{"message":"{\"error\":{\"message\":\"inner\"}}"}"#,
            Some("inner"),
        ),
        (
            r#""{\"message\":\"whole body twice encoded\"}""#,
            Some("whole body twice encoded"),
        ),
        (r#"{"message":"{\"a\":1}"}"#, Some(r#"{"a":1}"#)),
        // Cut bodies.
        (
            r#"{"status":429,"message":"Rate limit exce"#,
            Some("Rate limit exce"),
        ),
        (
            r#"{"message":"Bad phone","data":{"phone":"+4917"#,
            Some("Bad phone"),
        ),
        (r#"{"message":"caf\u00"#, Some("caf")),
        (r#"{"message":"a\"#, Some("a")),
        (r#"{"data":{"x":1},"mess"#, Some(r#"{"data":{"x":1},"mess"#)),
        // Escapes.
        (
            r#"{"message":"a\n\"b\" \u00e9 \ud83d\ude00 \/"}"#,
            Some("a \"b\" é 😀 /"),
        ),
        (r#"{"message":"\ud83d x"}"#, Some("\u{fffd} x")),
        // Markup.
        (
            "<!DOCTYPE html><html><head><TITLE>502 Bad\nGateway</TITLE></head><body>x</body>",
            Some("502 Bad Gateway"),
        ),
        (
            "<html><head><style>a{}</style></head><body><h1>No &amp; no</h1><p>again</p>",
            Some("No & no again"),
        ),
        (
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
            Some("Request has expired"),
        ),
        ("<html><body>cut <b", Some("cut")),
    ];
    for (body, expected) in cases {
        assert_eq!(human_text(body).as_deref(), *expected, "{body}");
    }
}

#[test]
fn a_long_text_is_cut_to_300_characters() {
    let body = format!(r#"{{"message":"{}"}}"#, "é".repeat(400));
    let text = human_text(&body).unwrap();
    assert_eq!(text.chars().count(), 300);
    assert!(text.ends_with("é…"));
    assert_eq!(human_text(&"x".repeat(300)).unwrap(), "x".repeat(300));
}

proptest! {
    #[test]
    fn any_body_gives_one_short_line(body in prop_oneof![
        "\\PC{0,400}",
        "[{}\\[\\]\",:<>\\\\u0-9a-fmessage title/\\n]{0,200}",
    ]) {
        if let Some(text) = human_text(&body) {
            prop_assert!(!text.is_empty() && text.chars().count() <= 300);
            prop_assert!(!text.contains(char::is_control));
            prop_assert_eq!(text.trim(), text.as_str());
        }
    }

    #[test]
    fn a_cut_anywhere_after_the_key_keeps_its_beginning(message in "[a-z \"\\\\\u{e9}]{1,40}", tail in "[a-z]{0,20}") {
        let body = serde_json::json!({"a": 1, "message": message, "tail": tail}).to_string();
        let whole = one_line(message.chars(), 300);
        let start = body.find("\"message\":").unwrap() + 11;
        let end = body.rfind("\",\"tail\":").unwrap();
        for cut in (start..=end).filter(|&cut| body.is_char_boundary(cut)) {
            let text = human_text(&body[..cut]).unwrap();
            let is_blank = !body[start..cut].contains(char::is_alphabetic);
            prop_assert!(whole.starts_with(&text) || (is_blank && text.starts_with('{')), "{} {}", text, whole);
        }
    }
}

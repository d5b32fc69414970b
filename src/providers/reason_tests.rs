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
        (r#"["message","other"]"#, Some("message")),
        (r#"[["a",1],{"b":"c"}]"#, Some("a")),
        (r#"[1,2]"#, Some("[1,2]")),
        // Other names of the same, and texts under the names of fields.
        (r#"{"msg":"Key revoked"}"#, Some("Key revoked")),
        (
            r#"{"error_msg":"Key revoked","msg":"m"}"#,
            Some("Key revoked"),
        ),
        (r#"{"errors":["no such list"]}"#, Some("no such list")),
        (
            r#"{"error":"bad_request","errors":["no such list"]}"#,
            Some("no such list"),
        ),
        (
            r#"{"error":"not_found","reason":"unknown person"}"#,
            Some("unknown person"),
        ),
        (
            r#"{"fault":{"faultstring":"Quota over","detail":{"errorcode":"x"}}}"#,
            Some("Quota over"),
        ),
        (
            r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#,
            Some("field required"),
        ),
        (
            r#"{"errors":{"phone":["is too short"]}}"#,
            Some("phone is too short"),
        ),
        (
            r#"{"errors":{"phone":"is too short"}}"#,
            Some("phone is too short"),
        ),
        (
            r#"{"errors":{"first_name":["is bad","is missing"],"b":["x"]}}"#,
            Some("first_name is bad"),
        ),
        (
            r#"{"errors":{"first_name":["The first name field is required."]}}"#,
            Some("The first name field is required."),
        ),
        (
            r#"{"errors":{"address":{"zip":["is bad"]}}}"#,
            Some("zip is bad"),
        ),
        (
            r#"{"errors":{"title":["is blank"]}}"#,
            Some("title is blank"),
        ),
        (
            r#"{"errors":{"base":["Over the limit"]}}"#,
            Some("Over the limit"),
        ),
        (
            r#"{"errors":{"detail":"Over the limit"}}"#,
            Some("Over the limit"),
        ),
        (
            r#"{"errors":{"email":[{"code":"x","message":"is taken"}]}}"#,
            Some("is taken"),
        ),
        (
            r#"{"errors":{"code":"E1"}}"#,
            Some(r#"{"errors":{"code":"E1"}}"#),
        ),
        (r#"{"errors":{"phöne":["is ba"#, Some("phöne is ba")),
        (
            r#"{"message":"Validation failed","errors":{"phone":["is bad"]}}"#,
            Some("Validation failed"),
        ),
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
        (
            "<soap:Envelope><soap:Body><soap:Fault><faultcode>soap:Server</faultcode><faultstring xml:lang=\"en\">Quota over</faultstring><detail><a>b</a></detail></soap:Fault></soap:Body></soap:Envelope>",
            Some("Quota over"),
        ),
        (
            "<env:Fault><env:Code><env:Value>env:Sender</env:Value></env:Code><env:Reason><env:Text xml:lang=\"en\">Processing error</env:Text></env:Reason></env:Fault>",
            Some("Processing error"),
        ),
        (
            "<ns:faultstring><![CDATA[Quota <over>]]></ns:faultstring>",
            Some("Quota <over>"),
        ),
        ("<faultstring>Quota ov", Some("Quota ov")),
        (
            "<error><code>7</code><reason>unknown person</reason></error>",
            Some("unknown person"),
        ),
        (
            "<errors><error>no such list</error></errors>",
            Some("no such list"),
        ),
        ("<a><message/><b>No key</b></a>", Some("No key")),
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

#[test]
fn a_body_made_to_take_long_does_not() {
    for piece in [
        "<",
        "<error>",
        "<message>",
        "<title",
        "<a>",
        "{\"errors\":",
        "[\"",
        "\\\"",
    ] {
        let _ = human_text(&piece.repeat(200_000));
        let _ = human_text(&format!("<{}", piece.repeat(200_000)));
    }
}

proptest! {
    #[test]
    fn any_body_gives_one_short_line(body in prop_oneof![
        "\\PC{0,400}",
        "[{}\\[\\]\",:<>\\\\u0-9a-fmessage title/\\n]{0,200}",
        "([{}\\[\\]\",:]|\"errors\":|\"phone\":|\"is bad\"|\"msg\"|</?|message|error|>|<!\\[CDATA\\[|é){0,30}",
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

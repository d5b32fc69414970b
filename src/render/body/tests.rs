//! Bodies as lines.

use proptest::prelude::*;

use super::*;

fn shown(text: &str) -> (BodyKind, String) {
    let body = Body::read(text);
    (body.kind, body.lines.join("\n"))
}

#[test]
fn json_is_indented() {
    let text = r#" {"a":1,"b":[true,{}, [ ],"x\u00e9\n"],"c":{"d":null,"e":-1.5e3}} "#;
    let expected = r#"{
  "a": 1,
  "b": [
    true,
    {},
    [],
    "xé\n"
  ],
  "c": {
    "d": null,
    "e": -1.5e3
  }
}"#;
    assert_eq!(shown(text), (BodyKind::Json, expected.to_owned()));
    assert_eq!(Body::read(text).label(), "JSON, 66 B");
}

#[test]
fn json_in_strings_is_decoded_level_by_level() {
    let inner = serde_json::json!({ "user": { "id": 7 } }).to_string();
    let middle = serde_json::json!({ "event": inner, "n": "{not json}", "e": "{}" }).to_string();
    let text = serde_json::json!({ "body": middle }).to_string();
    // Keys of an object made here are in order of the alphabet.
    let expected = r#"{
  "body": (JSON in a string) {
    "e": "{}",
    "event": (JSON in a string) {
      "user": {
        "id": 7
      }
    },
    "n": "{not json}"
  }
}"#;
    assert_eq!(shown(&text), (BodyKind::Json, expected.to_owned()));
    let quoted = serde_json::to_string(r#"{"a":[1]}"#).unwrap();
    assert_eq!(
        shown(&quoted),
        (
            BodyKind::Json,
            "(JSON in a string) {\n  \"a\": [\n    1\n  ]\n}".to_owned()
        )
    );
}

#[test]
fn what_breaks_off_is_indented_as_far_as_it_goes() {
    let cases = [
        (
            r#"{"a":[1,{"b":"hel"#,
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"hel…",
        ),
        (r#"{"a":tru"#, "{\n  \"a\": tru"),
        (r#"{"a":"#, "{\n  \"a\": "),
        (r#"{"a"#, "{\n  \"a…"),
        (r#"{"a":1,"#, "{\n  \"a\": 1,"),
        (r#"{"a":"x\u00"#, "{\n  \"a\": \"x…"),
        (r#"{"a":"x\ud83d\ude"#, "{\n  \"a\": \"x…"),
        (r#"{"a":"x","b"..."#, "{\n  \"a\": \"x\",\n  \"b\"..."),
        (r#"{"a":1,[truncated]"#, "{\n  \"a\": 1,\n  [truncated]"),
        (
            r#"{"body":"{\"id\":5,\"name\":\"An"#,
            "{\n  \"body\": (JSON in a string) {\n    \"id\": 5,\n    \"name\": \"An…",
        ),
        (
            r#"{"body":"{\"id\":5,\"na","ok":true}"#,
            "{\n  \"body\": (JSON in a string) {\n    \"id\": 5,\n    \"na…,\n  \"ok\": true\n}",
        ),
    ];
    for (text, expected) in cases {
        let (kind, lines) = shown(text);
        assert_eq!(lines, expected, "{text}");
        let is_whole_outside = text.ends_with("true}");
        assert_eq!(kind == BodyKind::CutJson, !is_whole_outside, "{text}");
    }
    assert_eq!(
        Body::read(r#"{"a":[1,{"b":"hel"#).label(),
        "JSON, cut by the provider after 17 B"
    );
}

#[test]
fn documents_one_after_the_other_are_json_too() {
    assert_eq!(
        shown("{\"a\":1}\n{\"b\":2}\n"),
        (
            BodyKind::Json,
            "{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}".to_owned()
        )
    );
}

#[test]
fn everything_else_is_shown_as_it_is() {
    assert_eq!(shown(""), (BodyKind::Empty, String::new()));
    assert_eq!(shown("  \n"), (BodyKind::Empty, String::new()));
    let html = "<html>\r\n <b>503</b>\r\n</html>";
    assert_eq!(
        shown(html),
        (BodyKind::Markup, "<html>\n <b>503</b>\n</html>".to_owned())
    );
    for text in [
        "rate limited",
        "[error] no such user",
        "{name} is missing",
        "\"quoted\" text",
        "\"quoted\"",
        "{\"a\":1} and more",
        "{\"a\":1]",
        "a=b&c=%20",
        "429",
    ] {
        assert_eq!(shown(text), (BodyKind::Text, text.to_owned()));
    }
}

#[test]
fn depth_is_no_danger() {
    let deep = "[".repeat(100_000);
    let body = Body::read(&deep);
    assert_eq!((body.kind, body.lines.len()), (BodyKind::CutJson, 100_000));
    let mut nested = "{\"a\":[1]}".to_owned();
    for _ in 0..12 {
        nested = serde_json::json!({ "s": nested }).to_string();
    }
    assert_eq!(Body::read(&nested).kind, BodyKind::Json);
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        // A text that begins with a bracket or a quote, be it after white space, might hold JSON itself.
        "[a-zé\\\\😀][ -~é\n]{0,9}".prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::btree_map("[ -~é]{0,6}", inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_gives_lines(text: String, brackets in "[\\[\\]{}\",:\\\\ntrue0-9. u]{0,60}") {
        let _ = Body::read(&text);
        let _ = Body::read(&brackets);
    }

    #[test]
    fn whole_json_is_read_back(value in json()) {
        let text = serde_json::json!({ "v": value }).to_string();
        let body = Body::read(&text);
        prop_assert_eq!(body.kind, BodyKind::Json);
        let back: serde_json::Value = serde_json::from_str(&body.lines.join("\n")).unwrap();
        prop_assert_eq!(back, serde_json::json!({ "v": value }));
    }

    #[test]
    fn json_cut_anywhere_is_indented_up_to_there(value in json()) {
        let text = serde_json::json!({ "v": value }).to_string();
        let whole = squeezed(&Body::read(&text).lines);
        for (at, _) in text.char_indices().skip(1) {
            let body = Body::read(&text[..at]);
            prop_assert_eq!(body.kind, BodyKind::CutJson, "{}", &text[..at]);
            let shown = squeezed(&body.lines);
            let shown = shown.strip_suffix('…').unwrap_or(&shown);
            prop_assert!(whole.starts_with(shown), "{} of {}", shown, whole);
        }
    }
}

fn squeezed(lines: &[String]) -> String {
    lines.concat().replace(' ', "")
}

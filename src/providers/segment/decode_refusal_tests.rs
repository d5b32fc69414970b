//! What is no record, and how that is said; nothing panics, whatever comes.

use proptest::prelude::*;

use super::*;

#[test]
fn what_is_no_record_says_why() {
    let deep = format!(
        r#"{{"occurredAt":"2025-03-23T20:00:00Z","x":{}{}}}"#,
        "[".repeat(128),
        "]".repeat(128)
    );
    let cases: &[(&[u8], &str)] = &[
        (b"", "no JSON object but ``"),
        (b"[1]", "no JSON object but `[1]`"),
        (b"\"text\"", "no JSON object but `\"text\"`"),
        (b"{\"a\":\"\xff\"}", "no valid UTF-8 at byte 6"),
        (
            b"{\"a\":1",
            "no valid JSON: EOF while parsing an object at column 6",
        ),
        (
            b"{\"a\":1} x",
            "no valid JSON: trailing characters at column 9",
        ),
        (
            b"{\"discarded\": true | false}",
            "no valid JSON: expected `,` or `}` at column 20",
        ),
        (
            b"{\n\"a\":x}",
            "no valid JSON: expected value at line 2 column 5",
        ),
        (b"{}", "neither `occurredAt` nor `loggedAt`"),
        (
            br#"{"occurredAt":"yesterday","loggedAt":"2025-03-23T20:00:00Z"}"#,
            "`occurredAt` is no time but `yesterday`",
        ),
        (
            br#"{"occurredAt":null,"loggedAt":12}"#,
            "`loggedAt` is no time but `12`",
        ),
        (deep.as_bytes(), "nested deeper than 128 levels"),
    ];
    for (raw, message) in cases {
        assert_eq!(
            decode(raw).unwrap_err().to_string(),
            *message,
            "{}",
            raw.escape_ascii()
        );
    }
}

#[test]
fn nesting_is_limited_wherever_it_stands_and_strings_do_not_nest() {
    let nest = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for key in ["properties", "routed", "messageId", "unknown"] {
        let raw = |depth| {
            format!(
                r#"{{"occurredAt":"2025-03-23T20:00:00Z","{key}":{}}}"#,
                nest(depth)
            )
        };
        assert!(
            matches!(decode(raw(100_000).as_bytes()), Err(DecodeError::TooDeep)),
            "{key}"
        );
        assert!(decode(raw(100).as_bytes()).is_ok(), "{key}");
    }
    let in_string = format!(
        r#"{{"occurredAt":"2025-03-23T20:00:00Z","x":"\"{}"}}"#,
        nest(500)
    );
    assert!(decode(in_string.as_bytes()).is_ok());
}

#[test]
fn failure_logs_are_recognised() {
    for raw in PUBLISHED.lines().chain(DRAFTS.lines()) {
        assert!(is_failure_log(raw.as_bytes()), "{raw}");
    }
    assert!(is_failure_log(br#"{"event":"Error Logged"}"#));
    assert!(is_failure_log(
        br#"{"type":"observability","event":"New Thing Logged"}"#
    ));
    for raw in [
        "",
        "a,b,c",
        "{}",
        r#"{"type":"track","event":"Order Completed"}"#,
        "{\"type\":",
    ] {
        assert!(!is_failure_log(raw.as_bytes()), "{raw}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn a_damaged_record_is_read_without_panic(line in 0..6usize, at in 0..700usize, byte in any::<u8>(), cut in any::<bool>()) {
        let lines: Vec<&str> = PUBLISHED.lines().chain(DRAFTS.lines()).collect();
        let mut bytes = lines[line].as_bytes().to_vec();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        if let Ok(record) = decode(&bytes) {
            prop_assert_eq!(record.raw, bytes.as_slice());
        }
        let _ = is_failure_log(&bytes);
    }
}

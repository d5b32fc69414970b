//! Recognition: what is known by its content, and what is said of the rest.

use super::*;

fn of(text: &str) -> Result<Option<Recognised>, RecogniseError> {
    recognise(Box::new(text.as_bytes()), None)
}

fn provider_of(text: &str) -> Option<Provider> {
    of(text).unwrap().map(|recognised| recognised.provider)
}

#[test]
fn segment_logs_are_recognised_and_others_are_named() {
    let event = r#"{"type":"observability","event":"Error Logged"}"#;
    for text in [
        event.to_owned(),
        format!("[{event}]"),
        format!("garbage\n{event}\n"),
        format!("\u{feff}{event}{event}"),
    ] {
        let recognised = of(&text).unwrap().unwrap();
        assert_eq!(recognised.provider, Provider::Segment, "{text}");
        assert_eq!(recognised.form, Form::Json, "{text}");
    }
    for (text, message) in [
        (
            "{\"userId\":1,\"event\":\"Order\"}\n",
            "it is no log of a known provider: it begins with a JSON object with the keys `event`, `userId`",
        ),
        (
            "id,\tname\n1,x\n",
            "it is no log of a known provider: it begins with `id,\\tname`",
        ),
        (
            "\u{1f}\u{fffd}",
            "it is no log of a known provider: it begins with `\\u{1f}\u{fffd}`",
        ),
    ] {
        assert_eq!(of(text).unwrap_err().to_string(), message);
    }
}

#[test]
fn what_holds_no_record_is_of_no_provider() {
    for text in [
        "",
        " \n",
        "[]",
        "null",
        "{\"items\":null}",
        "{\"logs\":[]}\n",
    ] {
        assert_eq!(provider_of(text), None, "{text}");
        let named = recognise(Box::new(text.as_bytes()), Some(Provider::Akeneo)).unwrap();
        assert_eq!(named.is_some(), !text.trim().is_empty(), "{text}");
    }
}

#[test]
fn a_mix_of_providers_is_no_ones() {
    let segment = r#"{"type":"observability","event":"Error Logged"}"#;
    let workato = r#"{"Date":"2025-06-02 14:03:11","Gateway code":"4011","Status details":"x"}"#;
    let error = of(&format!("{segment}\n{workato}\n{segment}\n")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "its records fit several providers: segment (2), workato (1)"
    );
}

#[test]
fn csv_is_recognised_by_its_header_in_any_delimiter_and_order() {
    for (delimiter, header) in [
        (b',', "Date,Type,Code,Status,Gateway code,Status details\n"),
        (
            b';',
            "\u{feff}Status details;GATEWAY_CODE;date\r\n1;2;3\r\n",
        ),
        (b'\t', "\n\"Date\"\tAPI collection\tGateway code\n"),
    ] {
        let recognised = of(header).unwrap().unwrap();
        assert_eq!(recognised.provider, Provider::Workato, "{header}");
        match recognised.form {
            Form::Csv {
                delimiter: found,
                names,
            } => {
                assert_eq!(found, delimiter);
                assert!(names.contains(&"Gateway code".to_owned()));
            }
            Form::Json => panic!("{header}"),
        }
    }
}

#[test]
fn with_the_provider_named_the_form_alone_is_looked_for() {
    let form = |text: &str| {
        let named = recognise(Box::new(text.as_bytes()), Some(Provider::Segment));
        named.unwrap().unwrap().form
    };
    assert!(matches!(
        form("a;b,c;d\n1;2;3\n"),
        Form::Csv {
            delimiter: b';',
            ..
        }
    ));
    for text in [
        "{\"a\":1,\"b\":2}\n",
        "not, json\n{\"a\":1}\n",
        "one word\n",
        "<p>a",
    ] {
        assert_eq!(form(text), Form::Json, "{text}");
    }
}

#[test]
fn what_can_be_no_log_is_said_even_with_the_provider_named() {
    let utf16: Vec<u8> = "\u{feff}Date,Type"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, message) in [
        (
            &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
            "it is a PNG image, not a log",
        ),
        (b"PAR1\x15\x04", "it is a Parquet file, not a log"),
        (
            &utf16,
            "it is UTF-16 or UTF-32 text; logs are read as UTF-8",
        ),
        (b"\x1f\x8b\x08", "its compressed data is damaged or cut"),
    ] {
        for named in [None, Some(Provider::Workato)] {
            let error = recognise(Box::new(bytes), named).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
    let error = recognise(Box::new(&b"{\"caf\xe9\":1}\n"[..]), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it is not UTF-8 text: byte 0xE9 at offset 5"
    );
}

#[test]
fn an_answer_longer_than_the_head_is_recognised_by_what_is_in_it() {
    let log = format!(
        "{{\"log_id\":\"019362ca-c547-7364-9274-8d3cf7c3d130\",\"log_type\":\"error\",\"timestamp\":\"2024-11-25T10:07:56Z\",\"x\":\"{}\"}}",
        "y".repeat(1000)
    );
    let text = format!("{{\"items\":[{}]}}", vec![log; 400].join(","));
    assert_eq!(provider_of(&text), Some(Provider::Akeneo));
}

#[test]
fn a_first_record_without_end_in_sight_is_known_by_its_beginning() {
    let long = "x".repeat(300 << 10);
    for (beginning, provider) in [
        (
            r#"{"log_id":"a","log_type":"error","m":""#,
            Provider::Akeneo,
        ),
        (
            r#"{"type":"observability","event":"Error Logged","p":{"m":""#,
            Provider::Segment,
        ),
    ] {
        assert_eq!(provider_of(&format!("{beginning}{long}")), Some(provider));
    }
    assert!(of(&format!("{{\"a\":1,\"m\":\"{long}")).is_err());
    assert!(of(&long).is_err());
}

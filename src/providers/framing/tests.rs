//! Framing: literal streams, and the rule that no byte is lost however a stream is cut.

use std::io::{self, Read};

use proptest::prelude::*;

use super::super::{Content, Form};
use super::{Blocks, FramingError};

/// Gives out a few bytes at a time, as a network does.
pub(super) struct Dribble<'a> {
    pub(super) rest: &'a [u8],
    pub(super) step: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.step.min(buffer.len()).min(self.rest.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest = &self.rest[count..];
        Ok(count)
    }
}

fn values_of(bytes: &[u8], step: usize, block_bytes: usize) -> Vec<(u64, Vec<u8>)> {
    let reader = Dribble { rest: bytes, step };
    Blocks::with_sizes(reader, Form::Json, block_bytes, 1 << 20)
        .flat_map(|block| {
            block
                .unwrap()
                .values()
                .map(|(line, value)| (line, value.to_vec()))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn texts(text: &str) -> Vec<(u64, String)> {
    values_of(text.as_bytes(), usize::MAX, 1 << 20)
        .into_iter()
        .map(|(line, value)| (line, String::from_utf8(value).unwrap()))
        .collect()
}

#[test]
fn every_framing_gives_the_values_and_their_lines() {
    let cases: &[(&str, &[(u64, &str)])] = &[
        ("", &[]),
        ("\u{feff}{\"a\":1}\n", &[(1, "{\"a\":1}")]),
        (
            "{\"a\":1}\r\n\r\n  {\"b\": 2} \r\n{\"c\":3}",
            &[(1, "{\"a\":1}"), (3, "{\"b\": 2}"), (4, "{\"c\":3}")],
        ),
        (
            "{\"a\":1}\nnot json\n{\"b\":\n{\"c\":3}\n",
            &[
                (1, "{\"a\":1}"),
                (2, "not json"),
                (3, "{\"b\":"),
                (4, "{\"c\":3}"),
            ],
        ),
        (
            "{\"a\":1}{\"b\":2}\n{\"c\":3}",
            &[(1, "{\"a\":1}"), (1, "{\"b\":2}"), (2, "{\"c\":3}")],
        ),
        (
            "{\n  \"a\": 1\n}\n{\n  \"b\": {\n    \"c\": 2\n  }\n}\n",
            &[
                (1, "{\n  \"a\": 1\n}"),
                (4, "{\n  \"b\": {\n    \"c\": 2\n  }\n}"),
            ],
        ),
        (
            "[{\"a\":1},{\"b\":\"}]\"}]",
            &[(1, "{\"a\":1}"), (1, "{\"b\":\"}]\"}")],
        ),
        (
            "[\n  {\n    \"a\": 1\n  },\n  {\n    \"b\": 2\n  }\n]\n",
            &[(2, "{\n    \"a\": 1\n  }"), (5, "{\n    \"b\": 2\n  }")],
        ),
        (
            "[\n{\"a\":1},\n{\"b\":2}\n]\n[{\"c\":3}]",
            &[(2, "{\"a\":1}"), (3, "{\"b\":2}"), (5, "{\"c\":3}")],
        ),
        ("[{\"a\":1},{\"b\":", &[(1, "{\"a\":1}"), (1, "{\"b\":")]),
        (
            "{\"a\":1}\r\n{\r\n  \"b\": 2\r\n}\r\n{\"c\":3}\n",
            &[
                (1, "{\"a\":1}"),
                (2, "{\r\n  \"b\": 2\r\n}"),
                (5, "{\"c\":3}"),
            ],
        ),
        (
            "{\"a\":1}\n{\"b\": \"cut\n{\n  \"c\": [\n    3\n  ]\n}\n{\n  \"d\"",
            &[
                (1, "{\"a\":1}"),
                (2, "{\"b\": \"cut"),
                (3, "{\n  \"c\": [\n    3\n  ]\n}"),
                (8, "{"),
                (9, "\"d\""),
            ],
        ),
    ];
    for (text, expected) in cases {
        let found = texts(text);
        let found: Vec<_> = found
            .iter()
            .map(|(line, value)| (*line, value.as_str()))
            .collect();
        assert_eq!(&found, expected, "{text:?}");
    }
}

#[test]
fn a_value_past_the_limit_is_an_error_that_names_its_line() {
    for (text, line) in [
        (format!("[\n{{}},\n{{\"a\":\"{}\"}}]", "x".repeat(500)), 3),
        (format!("{{\n\"a\":\"{}\"}}", "x".repeat(500)), 1),
    ] {
        let results: Vec<_> = Blocks::with_sizes(text.as_bytes(), Form::Json, 16, 100).collect();
        let error = results.last().unwrap().as_ref().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("line {line} holds a value longer than 100 B")
        );
        let before: usize = results[..results.len() - 1]
            .iter()
            .map(|block| block.as_ref().unwrap().values().count())
            .sum();
        assert_eq!(before, usize::from(line > 1));
    }
}

/// The values of a stream, and its long lines with their size.
fn values_and_skipped(text: &str, step: usize, block_bytes: usize) -> Vec<(u64, String)> {
    let reader = Dribble {
        rest: text.as_bytes(),
        step,
    };
    let mut found = Vec::new();
    for block in Blocks::with_sizes(reader, Form::Json, block_bytes, 100) {
        match block.unwrap().content() {
            Content::Values(values) => found.extend(
                values.map(|(line, value)| (line, String::from_utf8_lossy(value).into_owned())),
            ),
            Content::Skipped(skipped) => {
                assert!(text.contains(std::str::from_utf8(skipped.bytes).unwrap()));
                found.push((skipped.line, skipped.problem.to_string()));
            }
            Content::Rows(_) => panic!("no rows"),
        }
    }
    found
}

#[test]
fn a_line_past_the_limit_is_passed_over_and_the_rest_is_read() {
    let long = format!("{{\"a\":\"{}\"}}", "é".repeat(5000));
    for (text, lines) in [
        (format!("{{}}\n{long}\n{{\"b\":1}}\n"), 3),
        (format!("{{}}\n{long}"), 2),
        (format!("{long}\n{{\"b\":1}}"), 2),
    ] {
        for (step, block_bytes) in [(usize::MAX, 16), (7, 16), (1000, 64), (3, 1)] {
            let found = values_and_skipped(&text, step, block_bytes);
            assert_eq!(found.len(), lines, "{found:?}");
            let (line, problem) = &found[usize::from(text.starts_with("{}"))];
            assert_eq!(*line, 1 + u64::from(text.starts_with("{}")));
            assert!(
                problem.starts_with("longer than 100 B: 10.0 kB, of which only the first "),
                "{problem}"
            );
            if text.contains("\"b\"") {
                assert_eq!(found[lines - 1], (lines as u64, "{\"b\":1}".to_owned()));
            }
        }
    }
}

#[test]
fn a_line_without_end_does_not_exhaust_memory() {
    let mut blocks = Blocks::with_sizes(io::repeat(b'x'), Form::Json, 1 << 16, 1 << 20);
    for block in blocks.by_ref().take(1000) {
        assert_eq!(block.unwrap().len(), 0);
    }
    assert!(blocks.buffer.capacity() <= 4 << 20);
}

#[test]
fn whole_values_come_before_a_read_error_and_the_cut_one_does_not() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::TimedOut, "gone"))
        }
    }
    for text in ["{\"a\":1}\n{\"b\":", "[{\"a\":1},{\"b\":"] {
        let mut blocks = Blocks::new(text.as_bytes().chain(Fails), Form::Json);
        let block = blocks.next().unwrap().unwrap();
        assert_eq!(block.values().collect::<Vec<_>>(), [(1, &b"{\"a\":1}"[..])]);
        match blocks.next() {
            Some(Err(FramingError::Read(error))) => {
                assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            }
            other => panic!("{other:?}"),
        }
        assert!(blocks.next().is_none());
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[ -~\\n\u{e9}]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("[a-z{\\[\"\\\\]{0,4}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn objects() -> impl Strategy<Value = Vec<serde_json::Value>> {
    prop::collection::vec(
        prop::collection::btree_map("[a-z]{1,3}", json(), 1..4)
            .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        1..8,
    )
}

/// What remains of a stream when white space and the punctuation of lists are set aside.
fn essence<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes: Vec<u8> = parts
        .into_iter()
        .flatten()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b',' | b'[' | b']'))
        .collect();
    while bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    bytes
}

proptest! {
    #[test]
    fn generated_streams_give_back_their_values(
        objects in objects(), style in 0..5usize, step in 1..40usize, block_bytes in 1..200usize,
    ) {
        let compact: Vec<String> = objects.iter().map(|object| object.to_string()).collect();
        let pretty: Vec<String> = objects
            .iter()
            .map(|object| serde_json::to_string_pretty(object).unwrap())
            .collect();
        let (text, expected) = match style {
            0 => (compact.join("\n"), compact),
            1 => (compact.join("\r\n\r\n") + "\r\n", compact),
            2 => (compact.concat(), compact),
            3 => (pretty.join("\n"), pretty),
            _ => (format!("[{}]", pretty.join(", ")), pretty),
        };
        let values = values_of(text.as_bytes(), step, block_bytes);
        let found: Vec<_> = values.iter().map(|(_, value)| std::str::from_utf8(value).unwrap()).collect();
        prop_assert_eq!(found, expected);
        let mut at = 0;
        for (line, value) in &values {
            at += memchr::memmem::find(&text.as_bytes()[at..], value).unwrap();
            prop_assert_eq!(*line as usize, 1 + text[..at].matches('\n').count());
            at += value.len();
        }
    }

    #[test]
    fn compact_and_pretty_values_may_follow_one_another(
        objects in prop::collection::vec((objects(), any::<bool>()), 1..5),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\n\n"]),
        step in 1..40usize,
        block_bytes in 1..200usize,
    ) {
        let mut expected = Vec::new();
        for (object, is_pretty) in objects.iter().flat_map(|(all, is)| all.iter().map(move |one| (one, is))) {
            let pretty = serde_json::to_string_pretty(object).unwrap().replace('\n', line_end);
            expected.push(if *is_pretty { pretty } else { object.to_string() });
        }
        let text = expected.join(line_end) + line_end;
        let values = values_of(text.as_bytes(), step, block_bytes);
        let found: Vec<_> = values.iter().map(|(_, value)| std::str::from_utf8(value).unwrap()).collect();
        prop_assert_eq!(found, expected);
        for (line, value) in &values {
            let at = text.lines().nth(*line as usize - 1).unwrap_or_default();
            prop_assert!(value.starts_with(at.trim().as_bytes()) , "line {line}: {at}");
        }
    }

    #[test]
    fn no_byte_is_lost_however_a_stream_is_cut(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[\\[\\]{}\",:a \\n\\\\\\r]{0,120}".prop_map(String::into_bytes),
            "[\\[{]\n? {0,2}[\\[\\]{}\",:a \\n\\\\]{0,120}".prop_map(String::into_bytes),
        ],
        step in 1..20usize,
        block_bytes in 1..60usize,
    ) {
        let whole = values_of(&bytes, usize::MAX, 1 << 20);
        prop_assert_eq!(&values_of(&bytes, step, block_bytes), &whole);
        prop_assert_eq!(
            essence(whole.iter().map(|(_, value)| value.as_slice())),
            essence([bytes.as_slice()])
        );
    }
}

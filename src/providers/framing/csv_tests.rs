//! CSV: literal streams, what the `csv` crate writes, and the rule that no byte is lost however a stream is cut.

use proptest::prelude::*;

use super::super::{Content, Form, RowError};
use super::Blocks;
use super::tests::Dribble;

/// A row as it comes out: its line, and its object, or its bytes and why it is none.
type Found = (u64, Result<String, (String, RowError)>);

fn rows_of(bytes: &[u8], delimiter: u8, step: usize, block_bytes: usize) -> Vec<Found> {
    let form = Form::Csv {
        delimiter,
        names: vec!["Gateway code".to_owned(), "Date".to_owned()],
    };
    let reader = Dribble { rest: bytes, step };
    let mut found = Vec::new();
    let mut object = Vec::new();
    for block in Blocks::with_sizes(reader, form, block_bytes, 1 << 20) {
        let block = block.unwrap();
        let Content::Rows(rows) = block.content() else {
            panic!("no rows");
        };
        for row in rows {
            let made = row.to_object(&mut object);
            let bytes = String::from_utf8_lossy(row.bytes).into_owned();
            let object = String::from_utf8_lossy(&object).into_owned();
            found.push((
                row.line,
                made.map(|()| object).map_err(|error| (bytes, error)),
            ));
        }
    }
    found
}

fn texts(text: &str) -> Vec<(u64, String)> {
    let found = rows_of(text.as_bytes(), b',', usize::MAX, 1 << 20);
    found
        .into_iter()
        .map(|(line, made)| match made {
            Ok(object) => (line, object),
            Err((bytes, error)) => (line, format!("{error}: {bytes}")),
        })
        .collect()
}

#[test]
fn rows_become_objects_of_their_cells_in_order() {
    let cases: &[(&str, &[(u64, &str)])] = &[
        ("", &[]),
        ("a,b", &[]),
        ("a,b\n", &[]),
        (
            "\u{feff}a,b\r\n1,\"x\"\"y, z\"\r\n\r\n,\r\n",
            &[(2, r#"{"a":"1","b":"x\"y, z"}"#), (4, r#"{"a":"","b":""}"#)],
        ),
        (
            "\n\na,b\n1,\"two\r\nlines\"\n3,4",
            &[
                (4, r#"{"a":"1","b":"two\r\nlines"}"#),
                (6, r#"{"a":"3","b":"4"}"#),
            ],
        ),
        // A quote inside a cell, or something after a closing one, is text.
        (
            "a,b\nx\"y\", \"z\"\n\"x\"y,z\n",
            &[
                (2, r#"{"a":"x\"y\"","b":" \"z\""}"#),
                (3, r#"{"a":"xy","b":"z"}"#),
            ],
        ),
        // Names: known ones in the known spelling, repeated ones numbered, missing ones numbered too.
        (
            "GATEWAY_code, date ,x,x,\"x\",,Date\n1,2,3,4,5,6,7\n",
            &[(
                2,
                r#"{"Gateway code":"1","Date":"2","x":"3","x (2)":"4","x (3)":"5","column 6":"6","Date (2)":"7"}"#,
            )],
        ),
        // Files that were put together.
        (
            "a,b\n1,2\n\u{feff}a,b\n3,4\n",
            &[(2, r#"{"a":"1","b":"2"}"#), (4, r#"{"a":"3","b":"4"}"#)],
        ),
    ];
    for (text, expected) in cases {
        let found = texts(text);
        let found: Vec<_> = found
            .iter()
            .map(|(line, made)| (*line, made.as_str()))
            .collect();
        assert_eq!(&found, expected, "{text:?}");
    }
}

#[test]
fn a_broken_row_is_rejected_alone() {
    let cases: &[(&str, &[(u64, &str)])] = &[
        (
            "a,b\n1\n2,3\n4,5,6\n7,8\n",
            &[
                (2, "1 cell where the header has 2: 1"),
                (3, r#"{"a":"2","b":"3"}"#),
                (4, "3 cells where the header has 2: 4,5,6"),
                (5, r#"{"a":"7","b":"8"}"#),
            ],
        ),
        // A ragged row over several lines is one reject.
        (
            "a,b\n1,\"x\ny\",2\n3,4\n",
            &[
                (2, "3 cells where the header has 2: 1,\"x\ny\",2"),
                (4, r#"{"a":"3","b":"4"}"#),
            ],
        ),
        // A quote that is never closed, at the end and before another quoted cell.
        (
            "a,b\n1,\"x\n2,3\n4,5\n",
            &[
                (2, "a quote is opened and never closed: 1,\"x"),
                (3, r#"{"a":"2","b":"3"}"#),
                (4, r#"{"a":"4","b":"5"}"#),
            ],
        ),
        (
            "a,b\n1,\"x\n2,3\n\"4\",5\n6,7\n",
            &[
                (2, "a quote is opened and never closed: 1,\"x"),
                (3, r#"{"a":"2","b":"3"}"#),
                (4, r#"{"a":"4","b":"5"}"#),
                (5, r#"{"a":"6","b":"7"}"#),
            ],
        ),
        // One that the next quoted cell of its column closes, so that the cells are as many as they should be.
        (
            "a,b\n1,\"x\n2,3\n4,\"y\"\n",
            &[
                (2, "a quote is opened and never closed: 1,\"x"),
                (3, r#"{"a":"2","b":"3"}"#),
                (4, r#"{"a":"4","b":"y"}"#),
            ],
        ),
        ("a,b\n\"", &[(2, "a quote is opened and never closed: \"")]),
    ];
    for (text, expected) in cases {
        let found = texts(text);
        let found: Vec<_> = found
            .iter()
            .map(|(line, made)| (*line, made.as_str()))
            .collect();
        assert_eq!(&found, expected, "{text:?}");
    }
    let latin = rows_of(b"a,b\n1,caf\xe9\n2,3\n", b',', 1, 1);
    assert!(matches!(
        &latin[0],
        (2, Err((_, RowError::Utf8 { offset: 5 })))
    ));
    assert!(latin[1].1.is_ok());
}

#[test]
fn a_row_past_the_limit_is_passed_over() {
    let long = "y".repeat(3 << 20);
    for text in [
        format!("a,b\n1,{long}\n2,3\n"),
        format!("a,b\n1,\"{long}\"\n2,3\n"),
    ] {
        let form = Form::Csv {
            delimiter: b',',
            names: Vec::new(),
        };
        let blocks = Blocks::with_sizes(text.as_bytes(), form, 1 << 16, 1 << 20);
        let mut told = Vec::new();
        for block in blocks.map(Result::unwrap) {
            match block.content() {
                Content::Rows(rows) => told.extend(rows.map(|row| (row.line, row.bytes.to_vec()))),
                Content::Skipped(skipped) => {
                    told.push((skipped.line, skipped.problem.to_string().into_bytes()));
                }
                Content::Values(values) => assert_eq!(values.count(), 0),
            }
        }
        assert_eq!(told.len(), 2);
        assert!(told[0].0 == 2 && told[0].1.starts_with(b"longer than 1.0 MB: 3.1 MB"));
        assert_eq!(told[1], (3, b"2,3".to_vec()));
    }
    // An unclosed quote is let go after its line, wherever the next one is.
    let text = format!("a,b\n1,\"x\n{}", "2,3\n".repeat(1 << 19));
    let found = rows_of(text.as_bytes(), b',', usize::MAX, 1 << 16);
    assert_eq!(found.len(), 1 + (1 << 19));
    assert!(found[0].1.is_err() && found[1..].iter().all(|(_, made)| made.is_ok()));
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9]{0,6}",
        "[ -~\u{e9}\u{1f600}\\n\\r\\t;,\"]{0,12}",
        Just(String::new()),
    ]
}

proptest! {
    #[test]
    fn any_cells_come_back(
        (columns, rows) in (2..6usize).prop_flat_map(|columns| (
            Just(columns),
            prop::collection::vec(prop::collection::vec(cell(), columns), 0..12),
        )),
        style in 0..3usize,
        is_crlf in any::<bool>(),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        step in 1..40usize,
        block_bytes in 1..200usize,
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(if is_crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .quote_style([csv::QuoteStyle::Necessary, csv::QuoteStyle::Always, csv::QuoteStyle::NonNumeric][style])
            .from_writer(Vec::new());
        let names: Vec<String> = (0..columns).map(|column| format!("h{column}")).collect();
        writer.write_record(&names).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let written = writer.into_inner().unwrap();
        let found = rows_of(&written, delimiter, step, block_bytes);
        prop_assert_eq!(found.len(), rows.len());
        for ((_, made), row) in found.iter().zip(&rows) {
            let object: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(made.as_ref().unwrap()).unwrap();
            for (name, cell) in names.iter().zip(row) {
                prop_assert_eq!(object[name].as_str().unwrap(), cell);
            }
            prop_assert_eq!(object.len(), columns);
        }
    }

    #[test]
    fn no_byte_is_lost_however_a_stream_is_cut(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "a,b\n[ab,\"\\n\\r ]{0,160}".prop_map(String::into_bytes),
        ],
        step in 1..20usize,
        block_bytes in 1..60usize,
    ) {
        let whole = rows_of(&bytes, b',', usize::MAX, 1 << 20);
        prop_assert_eq!(&rows_of(&bytes, b',', step, block_bytes), &whole);
        // Lines are counted as they stand in the stream.
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        prop_assert!(whole.iter().all(|(line, _)| (1..=lines + 1).contains(line)));
        prop_assert!(whole.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

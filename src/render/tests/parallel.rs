//! Rows rendered elsewhere are the same bytes.

use proptest::prelude::*;

use super::super::Encoder;
use super::*;

const STREAMING: [Format; 6] = [
    Format::Csv,
    Format::Tsv,
    Format::Json,
    Format::Ndjson,
    Format::Markdown,
    Format::Raw,
];

fn add(encoder: &Encoder, cells: &[Value<'_>], out: &mut Vec<u8>) {
    let start = encoder.begin(out);
    for (index, cell) in cells.iter().enumerate() {
        encoder.cell(index, cell, out);
    }
    encoder.end(start, out);
}

fn in_chunks(format: Format, rows: &[Vec<Value<'_>>], sizes: &[usize]) -> Vec<u8> {
    let mut out = Vec::new();
    let headings = headings(&[Column::Status, Column::Reason, Column::Raw]);
    let mut output = Output::new(format, headings, TO_FILE, &mut out).unwrap();
    let encoder = output.encoder().unwrap();
    let mut rest = rows;
    for &size in sizes.iter().chain([&rows.len()]) {
        let (now, later) = rest.split_at(size.min(rest.len()));
        let mut buffer = Vec::new();
        for row in now {
            add(&encoder, row, &mut buffer);
        }
        output.chunk(&buffer).unwrap();
        // A row in between must fit in as well.
        rest = match later {
            [row, rest @ ..] => {
                output.row(row).unwrap();
                rest
            }
            [] => later,
        };
    }
    output.finish().unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn chunks_of_any_size_read_as_rows_one_by_one(
        reasons in prop::collection::vec("\\PC{0,8}|=1|x{70000}", 0..12),
        sizes in prop::collection::vec(0usize..5, 0..6),
    ) {
        let rows: Vec<Vec<Value<'_>>> = reasons
            .iter()
            .enumerate()
            .map(|(i, reason)| vec![Value::Int(i as i64), text(reason), Value::Bytes(reason.as_bytes())])
            .collect();
        for format in STREAMING {
            let headings = headings(&[Column::Status, Column::Reason, Column::Raw]);
            prop_assert!(
                in_chunks(format, &rows, &sizes) == bytes(format, headings, &rows, TO_FILE),
                "{}", format
            );
        }
    }
}

#[test]
fn threads_share_an_encoder() {
    let mut out = Vec::new();
    let mut output = Output::new(Format::Json, text_headings(["id"]), TO_FILE, &mut out).unwrap();
    let encoder = output.encoder().unwrap();
    let chunks: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let render = |id: &'static str| {
            let encoder = encoder.clone();
            scope.spawn(move || {
                let mut buffer = Vec::new();
                add(&encoder, &[text(id)], &mut buffer);
                add(&encoder, &[Value::Null], &mut buffer);
                buffer
            })
        };
        [render("a"), render("b")]
            .map(|thread| thread.join().unwrap())
            .into()
    });
    for chunk in chunks {
        output.chunk(&chunk).unwrap();
    }
    output.finish().unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "[\n{\"id\":\"a\"},\n{},\n{\"id\":\"b\"},\n{}\n]\n"
    );
}

#[test]
fn tables_and_parquet_take_rows_one_by_one() {
    for format in [Format::Table, Format::Parquet] {
        let mut out = Vec::new();
        let mut output = Output::new(format, text_headings(["id"]), TO_FILE, &mut out).unwrap();
        assert!(output.encoder().is_none());
        let error = output.chunk(b"x").unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
    }
}

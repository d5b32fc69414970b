//! What each format looks like.

use super::*;
use crate::render::RenderError;

fn mixed_headings() -> Vec<Heading> {
    let mut headings = headings(&[
        Column::Time,
        Column::Attempt,
        Column::Discarded,
        Column::Reason,
    ]);
    headings.push(Heading::new(".properties.routed", None));
    headings.push(Heading::new(".took", None));
    headings.push(Heading::new("raw", Some(Kind::Bytes)));
    headings
}

fn mixed_rows() -> Vec<Vec<Value<'static>>> {
    vec![
        vec![
            time("2025-03-23T20:15:03.120Z"),
            Value::Int(-3),
            Value::Bool(true),
            text("said \"no\", twice\nthen hung up"),
            Value::Json("{\"to\":\n  [1]}".into()),
            Value::Number("1.50".into()),
            Value::Bytes(b"{\"a\":1}"),
        ],
        vec![
            time("2025-03-23T20:15:04Z"),
            Value::Null,
            Value::Bool(false),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Bytes(b"{\"b\":\t2}"),
        ],
    ]
}

fn mixed(format: Format) -> String {
    render(format, mixed_headings(), &mixed_rows(), TO_FILE)
}

fn empty(format: Format) -> String {
    render(
        format,
        headings(&[Column::Time, Column::Status, Column::Raw]),
        &[],
        TO_FILE,
    )
}

#[test]
fn csv_quotes_what_it_must_and_ends_lines_with_crlf() {
    assert_eq!(
        mixed(Format::Csv),
        "time,attempt,discarded,reason,.properties.routed,.took,raw\r\n\
         2025-03-23T20:15:03.120Z,-3,true,\"said \"\"no\"\", twice\nthen hung up\",\"{\"\"to\"\":\n  [1]}\",1.50,\"{\"\"a\"\":1}\"\r\n\
         2025-03-23T20:15:04Z,,false,,,,\"{\"\"b\"\":\t2}\"\r\n"
    );
    assert_eq!(empty(Format::Csv), "time,status,raw\r\n");
}

#[test]
fn csv_quotes_outer_spaces_and_a_row_of_one_empty_cell() {
    let rows = [
        vec![text(" a")],
        vec![text("a ")],
        vec![text("a b")],
        vec![Value::Null],
        vec![text("")],
    ];
    assert_eq!(
        render(Format::Csv, text_headings(["reason"]), &rows, TO_FILE),
        "reason\r\n\" a\"\r\n\"a \"\r\na b\r\n\"\"\r\n\"\"\r\n"
    );
}

#[test]
fn csv_quotes_long_text_too() {
    for special in [",", "\"", "\r", "\n"] {
        let long = format!("{}{special}", "x".repeat(100));
        let written = render(
            Format::Csv,
            text_headings(["reason"]),
            &[vec![text(&long)]],
            TO_FILE,
        );
        let inner = long.replace('"', "\"\"");
        assert_eq!(written, format!("reason\r\n\"{inner}\"\r\n"));
    }
}

#[test]
fn tsv_has_one_row_a_line() {
    assert_eq!(
        mixed(Format::Tsv),
        "time\tattempt\tdiscarded\treason\t.properties.routed\t.took\traw\n\
         2025-03-23T20:15:03.120Z\t-3\ttrue\tsaid \"no\", twice\\nthen hung up\t{\"to\":\\n  [1]}\t1.50\t{\"a\":1}\n\
         2025-03-23T20:15:04Z\t\tfalse\t\t\t\t{\"b\":\\t2}\n"
    );
    let rows = [vec![text("C:\\temp\r")]];
    assert_eq!(
        render(Format::Tsv, text_headings(["resource"]), &rows, TO_FILE),
        "resource\nC:\\\\temp\\r\n"
    );
    assert_eq!(empty(Format::Tsv), "time\tstatus\traw\n");
}

#[test]
fn json_is_one_array_with_one_object_a_line() {
    assert_eq!(
        mixed(Format::Json),
        r#"[
{"time":"2025-03-23T20:15:03.120Z","attempt":-3,"discarded":true,"reason":"said \"no\", twice\nthen hung up",".properties.routed":{"to":   [1]},".took":1.50,"raw":"{\"a\":1}"},
{"time":"2025-03-23T20:15:04Z","discarded":false,"raw":"{\"b\":\t2}"}
]
"#
        .replace("\t2", "\\t2")
    );
    assert_eq!(empty(Format::Json), "[]\n");
}

#[test]
fn ndjson_is_one_object_a_line() {
    assert_eq!(
        mixed(Format::Ndjson),
        r#"{"time":"2025-03-23T20:15:03.120Z","attempt":-3,"discarded":true,"reason":"said \"no\", twice\nthen hung up",".properties.routed":{"to":   [1]},".took":1.50,"raw":"{\"a\":1}"}
{"time":"2025-03-23T20:15:04Z","discarded":false,"raw":"{\"b\":\t2}"}
"#
        .replace("\t2", "\\t2")
    );
    assert_eq!(empty(Format::Ndjson), "");
}

#[test]
fn json_replaces_bytes_that_are_no_utf8() {
    let rows = [vec![Value::Bytes(b"a\xffb")]];
    assert_eq!(
        render(Format::Ndjson, headings(&[Column::Raw]), &rows, TO_FILE),
        "{\"raw\":\"a\u{fffd}b\"}\n"
    );
}

#[test]
fn markdown_is_a_table_that_stays_one() {
    let headings = headings(&[Column::Type, Column::Status, Column::Code, Column::Reason]);
    let rows = [
        vec![
            text("error"),
            Value::Int(429),
            text("destination_timeout"),
            text("a|b\nc"),
        ],
        vec![
            text("error"),
            Value::Null,
            text("_x_"),
            text("<img src=x> [a](b) `c` *d* & \\ \u{1b}[2J"),
        ],
    ];
    assert_eq!(
        render(Format::Markdown, headings.clone(), &rows, TO_FILE),
        "| type | status | code | reason |\n\
         | --- | ---: | --- | --- |\n\
         | error | 429 | destination_timeout | a\\|b<br>c |\n\
         | error | | \\_x\\_ | &lt;img src=x&gt; \\[a\\](b) \\`c\\` \\*d\\* &amp; \\\\ \\u{1b}\\[2J |\n"
    );
    assert_eq!(
        render(Format::Markdown, headings, &[], TO_FILE),
        "| type | status | code | reason |\n| --- | ---: | --- | --- |\n"
    );
}

#[test]
fn raw_is_the_bytes_as_received() {
    assert_eq!(mixed(Format::Raw), "{\"a\":1}\n{\"b\":\t2}\n");
    assert_eq!(empty(Format::Raw), "");
    let rows = [vec![Value::Bytes(b"\xff\x00\r\n{}")]];
    assert_eq!(
        bytes(Format::Raw, headings(&[Column::Raw]), &rows, TO_FILE),
        b"\xff\x00\r\n{}\n"
    );
}

#[test]
fn raw_needs_the_raw_column() {
    let mut out = Vec::new();
    let result = Output::new(Format::Raw, headings(&[Column::Time]), TO_FILE, &mut out);
    let error = result.err().unwrap();
    assert!(matches!(error, RenderError::NoRaw));
    assert_eq!(
        error.to_string(),
        "`raw` writes records as received, and these rows are no records"
    );
    assert!(error.hint().unwrap().contains("-o csv"));
}

#[test]
fn an_empty_table_is_nothing() {
    assert_eq!(empty(Format::Table), "");
}

#[test]
fn times_are_shown_in_the_zone_asked_for() {
    let options = Options {
        zone: "Europe/Berlin".parse().unwrap(),
        ..TO_FILE
    };
    let rows = [vec![time("2025-07-01T12:00:00.500Z")]];
    for (format, expected) in [
        (Format::Csv, "time\r\n2025-07-01T14:00:00.500+02:00\r\n"),
        (Format::Tsv, "time\n2025-07-01T14:00:00.500+02:00\n"),
        (
            Format::Json,
            "[\n{\"time\":\"2025-07-01T14:00:00.500+02:00\"}\n]\n",
        ),
        (
            Format::Ndjson,
            "{\"time\":\"2025-07-01T14:00:00.500+02:00\"}\n",
        ),
        (
            Format::Markdown,
            "| time |\n| --- |\n| 2025-07-01T14:00:00.500+02:00 |\n",
        ),
        (Format::Table, "time\n2025-07-01T14:00:00.500+02:00\n"),
    ] {
        assert_eq!(
            render(format, headings(&[Column::Time]), &rows, options),
            expected
        );
    }
}

#[test]
fn a_closed_pipe_is_known_as_one() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
    }
    for &format in Format::ALL {
        let mut out = Closed;
        let finished = match Output::new(format, headings(&[Column::Raw]), TO_FILE, &mut out) {
            Ok(mut output) => {
                output.row(&[Value::Bytes(b"{}")]).unwrap();
                output.finish().unwrap_err()
            }
            Err(RenderError::Write(error)) => error,
            Err(error) => panic!("{format}: {error}"),
        };
        assert_eq!(finished.kind(), std::io::ErrorKind::BrokenPipe, "{format}");
    }
}

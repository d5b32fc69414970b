//! The Parquet file as its reader sees it.

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::basic::{Compression, ConvertedType, Type};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::RowAccessor;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};

use super::*;
use crate::render::RenderError;

const COLUMNS: [Column; 5] = [
    Column::Time,
    Column::Status,
    Column::Discarded,
    Column::Reason,
    Column::Raw,
];

fn file(headings: Vec<Heading>, rows: &[Vec<Value<'_>>]) -> Vec<u8> {
    bytes(Format::Parquet, headings, rows, TO_FILE)
}

fn scratch(written: &[u8]) -> std::fs::File {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(written).unwrap();
    file.rewind().unwrap();
    file
}

#[test]
fn columns_have_their_types_and_values_come_back() {
    let rows = [
        vec![
            time("2025-03-23T20:15:03.120456Z"),
            Value::Int(429),
            Value::Bool(true),
            text("größer"),
            Value::Bytes(b"{\"a\":\xff}"),
        ],
        vec![
            time("2025-03-23T20:15:04Z"),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
        ],
    ];
    let written = file(headings(&COLUMNS), &rows);
    let reader = ParquetRecordBatchReaderBuilder::try_new(scratch(&written)).unwrap();
    let schema = reader.schema().clone();
    let types: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.name(), field.data_type()))
        .collect();
    assert_eq!(
        types,
        [
            "time Timestamp(µs, \"UTC\")",
            "status Int64",
            "discarded Boolean",
            "reason Utf8",
            "raw Binary"
        ]
    );
    let batch = reader.build().unwrap().next().unwrap().unwrap();
    let times = batch.column(0).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.value(0), 1_742_760_903_120_456);
    let status = batch.column(1).as_primitive::<Int64Type>();
    assert_eq!((status.value(0), status.is_null(1)), (429, true));
    assert!(batch.column(2).as_boolean().value(0));
    assert_eq!(batch.column(3).as_string::<i32>().value(0), "größer");
    assert_eq!(batch.column(4).as_binary::<i32>().value(0), b"{\"a\":\xff}");
    assert_eq!(
        (2..5).map(|i| batch.column(i).null_count()).sum::<usize>(),
        3
    );
}

#[test]
fn the_file_is_plain_parquet() {
    let written = file(headings(&COLUMNS), &[]);
    let reader = SerializedFileReader::new(scratch(&written)).unwrap();
    let metadata = reader.metadata().file_metadata();
    assert_eq!(metadata.num_rows(), 0);
    assert!(metadata.key_value_metadata().is_none_or(Vec::is_empty));
    assert!(metadata.created_by().unwrap().starts_with("faillog "));
    let columns: Vec<_> = metadata
        .schema_descr()
        .columns()
        .iter()
        .map(|column| (column.physical_type(), column.converted_type()))
        .collect();
    assert_eq!(
        columns,
        [
            (Type::INT64, ConvertedType::TIMESTAMP_MICROS),
            (Type::INT64, ConvertedType::NONE),
            (Type::BOOLEAN, ConvertedType::NONE),
            (Type::BYTE_ARRAY, ConvertedType::UTF8),
            (Type::BYTE_ARRAY, ConvertedType::NONE),
        ]
    );
}

#[test]
fn row_groups_are_bounded_and_compressed() {
    let row = vec![Value::Int(429)];
    let rows = vec![row; 128 * 1024 + 1];
    let written = file(headings(&[Column::Status]), &rows);
    let reader = SerializedFileReader::new(scratch(&written)).unwrap();
    let groups: Vec<i64> = reader
        .metadata()
        .row_groups()
        .iter()
        .map(|group| group.num_rows())
        .collect();
    assert_eq!(groups, [128 * 1024, 1]);
    for group in reader.metadata().row_groups() {
        assert!(matches!(
            group.column(0).compression(),
            Compression::ZSTD(_)
        ));
    }
}

#[test]
fn big_records_are_handed_over_before_a_batch_is_full() {
    let raw = vec![b'x'; 1 << 20];
    let rows = vec![vec![Value::Bytes(&raw)]; 40];
    let written = file(headings(&[Column::Raw]), &rows);
    let reader = SerializedFileReader::new(scratch(&written)).unwrap();
    let read = reader.get_row_iter(None).unwrap();
    let lengths: Vec<usize> = read
        .map(|row| row.unwrap().get_bytes(0).unwrap().len())
        .collect();
    assert_eq!(lengths, vec![1 << 20; 40]);
}

#[test]
fn a_heading_without_a_kind_is_text() {
    let rows = [
        vec![Value::Int(-5)],
        vec![Value::Json("{}".into())],
        vec![Value::Bool(true)],
        vec![Value::Number("1.50".into())],
        vec![time("2025-03-23T20:15:04Z")],
    ];
    let options = Options {
        zone: "+02:00".parse().unwrap(),
        ..TO_FILE
    };
    let written = bytes(
        Format::Parquet,
        vec![Heading::new(".x", None)],
        &rows,
        options,
    );
    let reader = SerializedFileReader::new(scratch(&written)).unwrap();
    let read = reader.get_row_iter(None).unwrap();
    let cells: Vec<String> = read
        .map(|row| row.unwrap().get_string(0).unwrap().clone())
        .collect();
    assert_eq!(cells, ["-5", "{}", "true", "1.50", "2025-03-23T20:15:04Z"]);
}

#[test]
fn a_value_of_another_kind_is_an_error() {
    let mut out = Vec::new();
    let headings = headings(&[Column::Status]);
    let mut output = Output::new(Format::Parquet, headings, TO_FILE, &mut out).unwrap();
    let error = output.row(&[text("429")]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    assert_eq!(
        error.to_string(),
        "the value does not fit the column `status`"
    );
}

#[test]
fn a_terminal_is_refused() {
    let mut out = Vec::new();
    let result = Output::new(Format::Parquet, headings(&COLUMNS), TO_TERMINAL, &mut out);
    let error = result.err().unwrap();
    assert!(matches!(error, RenderError::ParquetOnTerminal));
    assert_eq!(
        error.to_string(),
        "`parquet` is binary, and standard output is a terminal"
    );
    assert_eq!(
        error.hint(),
        Some("Redirect it to a file: `-o parquet > records.parquet`.")
    );
    assert!(out.is_empty());
}

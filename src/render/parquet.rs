//! Rows as one Parquet file, streamed.
//!
//! Columns have the headings' names and kinds: times are microseconds in UTC, whole numbers INT64, booleans, UTF-8
//! text, bytes; a heading without a kind is text. All may be null. Compressed with zstd.
//!
//! Rule: memory is bounded by one batch as it came (16 MiB and a row) and one row group compressed (at most 128 Ki rows
//! and 64 MiB), however many rows come; a value that does not fit its column is an error, never a silent null.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use ::parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::model::{Kind, Value, Zone};

use super::Heading;
use super::number::{write_int, write_time};

const ROWS_PER_GROUP: usize = 128 * 1024;
const BYTES_PER_GROUP: usize = 64 << 20;
/// Rows handed over at once: enough that the cost of handing over vanishes.
const ROWS_PER_BATCH: usize = 8 * 1024;
/// Keeps the 32-bit offsets of a batch far from their end, whatever the rows hold.
const BYTES_PER_BATCH: usize = 16 << 20;

/// Writes rows to a Parquet file.
pub(super) struct Writer<'w> {
    writer: ArrowWriter<Tap<'w>>,
    failure: Failure,
    schema: Arc<Schema>,
    columns: Vec<Column>,
    /// Rows in `columns`, and the bytes of their text.
    rows: usize,
    bytes: usize,
    scratch: Vec<u8>,
}

enum Column {
    Time(TimestampMicrosecondBuilder),
    Int(Int64Builder),
    Bool(BooleanBuilder),
    Text(StringBuilder),
    Bytes(BinaryBuilder),
}

impl<'w> Writer<'w> {
    /// Starts the file.
    pub(super) fn new(
        headings: &[Heading],
        out: &'w mut (dyn Write + Send),
    ) -> io::Result<Writer<'w>> {
        let schema = Arc::new(Schema::new(headings.iter().map(field).collect::<Vec<_>>()));
        let level = ZstdLevel::try_new(3).map_err(io::Error::other)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
            .set_max_row_group_bytes(Some(BYTES_PER_GROUP))
            .set_created_by(concat!("faillog ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        // Without Arrow's own schema in the file: Parquet's says all there is.
        let options = ArrowWriterOptions::new()
            .with_properties(properties)
            .with_skip_arrow_metadata(true);
        let failure = Failure::default();
        let tap = Tap {
            out,
            failure: failure.clone(),
        };
        let writer = ArrowWriter::try_new_with_options(tap, Arc::clone(&schema), options)
            .map_err(|error| failure.explain(error))?;
        Ok(Writer {
            writer,
            failure,
            schema,
            columns: headings.iter().map(Column::new).collect(),
            rows: 0,
            bytes: 0,
            scratch: Vec::new(),
        })
    }

    /// Adds a row.
    ///
    /// Fails when writing fails, or with `InvalidData` when a value does not fit its column.
    pub(super) fn row(&mut self, cells: &[Value<'_>]) -> io::Result<()> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            let cell = cells.get(index).unwrap_or(&Value::Null);
            let added = column.add(cell, &mut self.scratch).ok_or_else(|| {
                let name = self.schema.field(index).name();
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("the value does not fit the column `{name}`"),
                )
            })?;
            self.bytes += added;
        }
        self.rows += 1;
        if self.rows == ROWS_PER_BATCH || self.bytes >= BYTES_PER_BATCH {
            self.flush_batch()?;
        }
        Ok(())
    }

    /// Writes what is left and the footer.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.flush_batch()?;
        let failure = self.failure;
        self.writer
            .into_inner()
            .map_err(|error| failure.explain(error))?
            .flush()
    }

    fn flush_batch(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let arrays = self.columns.iter_mut().map(Column::finish).collect();
        let batch =
            RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(io::Error::other)?;
        (self.rows, self.bytes) = (0, 0);
        self.writer
            .write(&batch)
            .map_err(|error| self.failure.explain(error))
    }
}

impl Column {
    fn new(heading: &Heading) -> Column {
        match heading.kind {
            Some(Kind::Time) => {
                Column::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC"))
            }
            Some(Kind::Int) => Column::Int(Int64Builder::new()),
            Some(Kind::Bool) => Column::Bool(BooleanBuilder::new()),
            Some(Kind::Text) | None => Column::Text(StringBuilder::new()),
            Some(Kind::Bytes) => Column::Bytes(BinaryBuilder::new()),
        }
    }

    /// Adds a cell and returns how many bytes it takes, or `None` if it does not fit.
    fn add(&mut self, cell: &Value<'_>, scratch: &mut Vec<u8>) -> Option<usize> {
        match (self, cell) {
            (Column::Time(column), Value::Null) => column.append_null(),
            (Column::Int(column), Value::Null) => column.append_null(),
            (Column::Bool(column), Value::Null) => column.append_null(),
            (Column::Text(column), Value::Null) => column.append_null(),
            (Column::Bytes(column), Value::Null) => column.append_null(),
            (Column::Time(column), Value::Time(time)) => column.append_value(time.micros()),
            (Column::Int(column), Value::Int(number)) => column.append_value(*number),
            (Column::Bool(column), Value::Bool(value)) => column.append_value(*value),
            (Column::Bytes(column), Value::Bytes(bytes)) => {
                column.append_value(bytes);
                return Some(bytes.len());
            }
            (Column::Bytes(column), Value::Text(text) | Value::Json(text)) => {
                column.append_value(text.as_bytes());
                return Some(text.len());
            }
            (Column::Text(column), cell) => {
                let text = text(cell, scratch);
                column.append_value(&text);
                return Some(text.len());
            }
            (Column::Time(_) | Column::Int(_) | Column::Bool(_) | Column::Bytes(_), _) => {
                return None;
            }
        }
        Some(0)
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Column::Time(column) => Arc::new(column.finish()),
            Column::Int(column) => Arc::new(column.finish()),
            Column::Bool(column) => Arc::new(column.finish()),
            Column::Text(column) => Arc::new(column.finish()),
            Column::Bytes(column) => Arc::new(column.finish()),
        }
    }
}

fn field(heading: &Heading) -> Field {
    let data_type = match heading.kind {
        Some(Kind::Time) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Some(Kind::Int) => DataType::Int64,
        Some(Kind::Bool) => DataType::Boolean,
        Some(Kind::Text) | None => DataType::Utf8,
        Some(Kind::Bytes) => DataType::Binary,
    };
    Field::new(&heading.name, data_type, true)
}

/// Returns a cell that is not null as text.
fn text<'c>(cell: &'c Value<'_>, scratch: &'c mut Vec<u8>) -> std::borrow::Cow<'c, str> {
    scratch.clear();
    match cell {
        Value::Text(text) | Value::Json(text) | Value::Number(text) => return text.as_ref().into(),
        Value::Bytes(bytes) => return String::from_utf8_lossy(bytes),
        Value::Null => {}
        Value::Bool(value) => return if *value { "true" } else { "false" }.into(),
        Value::Int(number) => write_int(*number, scratch),
        Value::Time(time) => write_time(*time, Zone::Utc, scratch),
    }
    String::from_utf8_lossy(scratch)
}

/// The output's own error, which Parquet's errors keep as text at best: a closed pipe must be known as one.
#[derive(Clone, Default)]
struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
    fn keep(&self, error: io::Error) -> io::Error {
        let kind = error.kind();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        kind.into()
    }

    fn explain(&self, error: ParquetError) -> io::Error {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.unwrap_or_else(|| io::Error::other(error))
    }
}

/// The output, its first error kept.
struct Tap<'w> {
    out: &'w mut (dyn Write + Send),
    failure: Failure,
}

impl Write for Tap<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.out.write(bytes) {
            // The caller tries again by itself.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            written => written.map_err(|error| self.failure.keep(error)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| self.failure.keep(error))
    }
}

//! Records in columns, on their way into an hour's file.
//!
//! Rule: filling a batch never fails and copies each field once; a column that a block of records lacks costs nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow_array::builder::{BinaryBuilder, BooleanBuilder, Int64Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int64Array, TimestampMicrosecondArray, new_null_array,
};
use arrow_schema::DataType;
use arrow_select::filter::filter;

use crate::model::{Column, Outcome, Record, RecordType, Timestamp};

use super::dedup::{KeySet, record_key};
use super::own::OwnMask;
use super::schema::{WRITTEN, position};

/// Records of all types, in columns, in the order they were pushed within each type.
#[derive(Default)]
pub(crate) struct Batch {
    types: BTreeMap<RecordType, Builder>,
}

impl Batch {
    pub(crate) fn new() -> Batch {
        Batch::default()
    }

    pub(crate) fn push(&mut self, record: &Record<'_>) {
        self.types
            .entry(record.record_type)
            .or_default()
            .push(record);
    }

    /// Ends the batch, giving the rows of each type.
    pub(super) fn finish(self) -> impl Iterator<Item = (RecordType, Rows)> {
        let types = self.types.into_iter();
        types.map(|(record_type, builder)| (record_type, builder.finish(record_type)))
    }
}

/// Finished rows of one type.
#[derive(Clone)]
pub(super) struct Rows {
    /// One array a stored column, in file order.
    pub(super) columns: Vec<ArrayRef>,
    pub(super) times: TimestampMicrosecondArray,
    /// What makes two records the same one, for merging.
    pub(super) keys: Vec<u128>,
    /// Bytes held, about.
    pub(super) bytes: usize,
}

#[derive(Default)]
struct Builder {
    rows: usize,
    bytes: usize,
    times: Vec<i64>,
    logged_at: Ints,
    outcome: Texts,
    attempt: Ints,
    discarded: Option<BooleanBuilder>,
    discarded_rows: usize,
    status: Ints,
    duration_ms: Ints,
    delay_ms: Ints,
    /// In the order of [`TEXTS`].
    texts: [Texts; TEXTS.len()],
    own: Ints,
    raw: BinaryBuilder,
    keys: Vec<u128>,
}

const TEXTS: [Column; 21] = [
    Column::Code,
    Column::Reason,
    Column::Operation,
    Column::Source,
    Column::Destination,
    Column::Subscriber,
    Column::Actor,
    Column::Channel,
    Column::Resource,
    Column::Id,
    Column::MessageId,
    Column::ExchangeId,
    Column::Method,
    Column::Url,
    Column::Ip,
    Column::MoreSources,
    Column::MoreDestinations,
    Column::MoreSubscribers,
    Column::ErrorType,
    Column::ActorEmail,
    Column::ResourceId,
];

impl Builder {
    fn push(&mut self, record: &Record<'_>) {
        let row = self.rows;
        self.times.push(record.time.micros());
        self.logged_at
            .set(row, record.logged_at.map(Timestamp::micros));
        self.outcome.set(row, record.outcome.map(Outcome::name));
        self.attempt.set(row, record.attempt);
        if let Some(discarded) = record.discarded {
            let builder = self.discarded.get_or_insert_with(BooleanBuilder::new);
            builder.append_nulls(row - self.discarded_rows);
            builder.append_value(discarded);
            self.discarded_rows = row + 1;
        }
        self.status.set(row, record.status);
        self.duration_ms.set(row, record.duration_ms);
        self.delay_ms.set(row, record.delay_ms);
        let texts = [
            &record.code,
            &record.reason,
            &record.operation,
            &record.source,
            &record.destination,
            &record.subscriber,
            &record.actor,
            &record.channel,
            &record.resource,
            &record.id,
            &record.message_id,
            &record.exchange_id,
            &record.method,
            &record.url,
            &record.ip,
            &record.more_sources,
            &record.more_destinations,
            &record.more_subscribers,
            &record.error_type,
            &record.actor_email,
            &record.resource_id,
        ];
        // Eight bytes for each number and text offset is near enough for a bound on memory.
        self.bytes += record.raw.len() + 96;
        for (texts, value) in self.texts.iter_mut().zip(texts) {
            if let Some(value) = value {
                texts.set(row, Some(value));
                self.bytes += value.len() + 8;
            }
        }
        self.own.set(row, OwnMask::of(record).map(OwnMask::bits));
        self.raw.append_value(record.raw);
        self.keys.push(record_key(record.id.as_deref(), record.raw));
        self.rows += 1;
    }

    fn finish(mut self, record_type: RecordType) -> Rows {
        let rows = self.rows;
        let times = TimestampMicrosecondArray::from(self.times).with_timezone("UTC");
        let mut types = StringBuilder::with_capacity(rows, rows * record_type.name().len());
        for _ in 0..rows {
            types.append_value(record_type.name());
        }
        let mut texts = TEXTS
            .into_iter()
            .zip(self.texts)
            .collect::<BTreeMap<_, _>>();
        let columns = Column::stored()
            .zip(WRITTEN.fields())
            .map(|(column, field)| {
                let array: Option<ArrayRef> = match column {
                    Column::Time => Some(Arc::new(times.clone())),
                    Column::Type => Some(Arc::new(types.finish())),
                    Column::LoggedAt => self.logged_at.finish(rows).map(|ints| {
                        let times = ints.reinterpret_cast::<TimestampMicrosecondType>();
                        Arc::new(times.with_timezone("UTC")) as ArrayRef
                    }),
                    Column::Outcome => std::mem::take(&mut self.outcome).finish(rows),
                    Column::Attempt => self.attempt.finish(rows).map(as_array),
                    Column::Discarded => self.discarded.take().map(|mut builder| {
                        builder.append_nulls(rows - self.discarded_rows);
                        Arc::new(builder.finish()) as ArrayRef
                    }),
                    Column::Status => self.status.finish(rows).map(as_array),
                    Column::DurationMs => self.duration_ms.finish(rows).map(as_array),
                    Column::DelayMs => self.delay_ms.finish(rows).map(as_array),
                    Column::Own => self.own.finish(rows).map(as_array),
                    Column::Raw => Some(Arc::new(self.raw.finish())),
                    _ => texts.remove(&column).and_then(|texts| texts.finish(rows)),
                };
                array.unwrap_or_else(|| nulls(field.data_type(), rows))
            })
            .collect();
        Rows {
            columns,
            times,
            keys: self.keys,
            bytes: self.bytes,
        }
    }
}

/// Nulls of the types of the columns. Most columns of a provider have nothing, and blocks share it.
static NULLS: LazyLock<Vec<ArrayRef>> = LazyLock::new(|| {
    let mut types: Vec<&DataType> = WRITTEN.fields().iter().map(|it| it.data_type()).collect();
    types.sort();
    types.dedup();
    let nulls = types.into_iter().map(|it| new_null_array(it, NULL_ROWS));
    nulls.collect()
});

/// Rows of a block of short records, about.
const NULL_ROWS: usize = 4096;

fn nulls(data_type: &DataType, rows: usize) -> ArrayRef {
    let mut shared = NULLS.iter().filter(|_| rows <= NULL_ROWS);
    match shared.find(|nulls| nulls.data_type() == data_type) {
        Some(nulls) => nulls.slice(0, rows),
        None => new_null_array(data_type, rows),
    }
}

fn as_array(ints: Int64Array) -> ArrayRef {
    Arc::new(ints)
}

/// A column of numbers that is made when the first one comes.
#[derive(Default)]
struct Ints {
    builder: Option<Int64Builder>,
    /// Rows appended so far; rows after the last value are filled in by `finish`.
    rows: usize,
}

impl Ints {
    fn set(&mut self, row: usize, value: Option<i64>) {
        if let Some(value) = value {
            let builder = self.builder.get_or_insert_with(Int64Builder::new);
            builder.append_nulls(row - self.rows);
            builder.append_value(value);
            self.rows = row + 1;
        }
    }

    fn finish(&mut self, rows: usize) -> Option<Int64Array> {
        let mut builder = self.builder.take()?;
        builder.append_nulls(rows - self.rows);
        Some(builder.finish())
    }
}

/// A column of texts that is made when the first one comes.
#[derive(Default)]
struct Texts {
    builder: Option<StringBuilder>,
    rows: usize,
}

impl Texts {
    fn set(&mut self, row: usize, value: Option<&str>) {
        if let Some(value) = value {
            let builder = self.builder.get_or_insert_with(StringBuilder::new);
            builder.append_nulls(row - self.rows);
            builder.append_value(value);
            self.rows = row + 1;
        }
    }

    fn finish(self, rows: usize) -> Option<ArrayRef> {
        let mut builder = self.builder?;
        builder.append_nulls(rows - self.rows);
        Some(Arc::new(builder.finish()))
    }
}

impl Rows {
    /// Takes columns in file order; `None` if they are not those of a record.
    pub(super) fn of(columns: Vec<ArrayRef>, bytes: usize) -> Option<Rows> {
        let column = |column| columns.get(position(column)?);
        let raw = column(Column::Raw)?.as_binary_view_opt()?;
        let ids = column(Column::Id)?.as_string_view_opt()?;
        let keys = raw.iter().zip(ids);
        let keys = keys.map(|(raw, id)| record_key(id, raw.unwrap_or_default()));
        Some(Rows {
            keys: keys.collect(),
            times: column(Column::Time)?.as_primitive_opt()?.clone(),
            bytes,
            columns,
        })
    }

    /// Puts other values in place of a column's.
    pub(super) fn replace(&mut self, column: Column, values: ArrayRef) {
        if let Some(slot) = position(column).and_then(|at| self.columns.get_mut(at)) {
            *slot = values;
        }
    }

    /// Leaves out the rows whose key is known already, and remembers the others'.
    pub(super) fn without_known(
        self,
        known: &mut KeySet,
    ) -> Result<Rows, parquet::errors::ParquetError> {
        let is_new = self.keys.iter().map(|key| known.insert(*key)).collect();
        self.only(is_new)
    }

    /// Leaves out the rows that are not marked.
    pub(super) fn only(self, marks: Vec<bool>) -> Result<Rows, parquet::errors::ParquetError> {
        if marks.iter().all(|mark| *mark) {
            return Ok(self);
        }
        let mask = BooleanArray::from(marks.clone());
        let columns = self.columns.iter();
        let columns: Vec<ArrayRef> = columns
            .map(|array| filter(array, &mask))
            .collect::<Result<_, _>>()?;
        let times = filter(&self.times, &mask)?;
        let kept = mask.true_count();
        Ok(Rows {
            times: times.as_primitive::<TimestampMicrosecondType>().clone(),
            keys: self
                .keys
                .into_iter()
                .zip(marks)
                .filter_map(|(key, mark)| mark.then_some(key))
                .collect(),
            bytes: self.bytes * kept / mask.len().max(1),
            columns,
        })
    }

    /// Returns a stored column.
    pub(super) fn column(&self, column: Column) -> Option<&ArrayRef> {
        self.columns.get(position(column)?)
    }
}

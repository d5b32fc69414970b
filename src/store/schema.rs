//! The columns of a record as a Parquet schema, and how each is encoded.
//!
//! Rule: plain types only, so that any Parquet reader understands a file; names and order are those of [`Column`].

use std::sync::{Arc, LazyLock};

use arrow_array::Array;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::schema::types::ColumnPath;

use crate::model::{Column, Kind};

/// Row groups hold at most this many rows.
pub(crate) const MAX_GROUP_ROWS: usize = 128 * 1024;

/// Rows in a data page: what is decoded at least to look at one row. Pages of `raw` end by size long before.
const PAGE_ROWS: usize = 8 * 1024;

/// Bytes in a data page before compression; a whole page is decompressed to read one record's `raw`.
const PAGE_BYTES: usize = 1 << 20;

/// Hours with at most so many rows are written on one thread each, several at a time.
pub(super) const FEW_ROWS: usize = 2 * 1024;

/// Hours whose records are not more than this together are not compressed: what compressing each column needs before it
/// begins takes longer than all else, and their footers are larger.
const SMALL_BYTES: usize = 8 << 10;

/// How files are written, those of few rows, and those that are small.
static PROPERTIES: LazyLock<WriterPropertiesPtr> =
    LazyLock::new(|| Arc::new(writer_properties(MAX_GROUP_ROWS, &COMPRESSED)));
static FEW_PROPERTIES: LazyLock<WriterPropertiesPtr> =
    LazyLock::new(|| Arc::new(writer_properties(FEW_ROWS, &COMPRESSED)));
static SMALL_PROPERTIES: LazyLock<WriterPropertiesPtr> =
    LazyLock::new(|| Arc::new(writer_properties(FEW_ROWS, &[])));

/// The columns that are worth compressing.
const COMPRESSED: [Column; 11] = [
    Column::Time,
    Column::LoggedAt,
    Column::Reason,
    Column::Operation,
    Column::Resource,
    Column::Id,
    Column::MessageId,
    Column::ExchangeId,
    Column::Url,
    Column::Ip,
    Column::Raw,
];

/// Bytes of a dictionary of ids at most: those of a whole row group.
const ID_DICTIONARY_BYTES: usize = 16 << 20;

/// Share of absent ids for which a bloom filter says "maybe": one in a hundred costs 10 bits a value.
const BLOOM_FALSE_POSITIVES: f64 = 0.01;

/// The schema in which new rows are collected: texts stand one after the other, which is encoded fastest.
pub(super) static WRITTEN: LazyLock<SchemaRef> =
    LazyLock::new(|| schema(DataType::Utf8, DataType::Binary));

/// The schema in which files are read: views borrow from decoded pages instead of copying each text.
pub(super) static SCHEMA: LazyLock<SchemaRef> =
    LazyLock::new(|| schema(DataType::Utf8View, DataType::BinaryView));

/// The same with message ids as numbers of distinct ones, as they are stored.
pub(super) static CODED: LazyLock<SchemaRef> = LazyLock::new(|| {
    let fields = SCHEMA.fields().iter().map(|field| {
        let data_type = match field.name() == Column::MessageId.name() {
            true => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            false => field.data_type().clone(),
        };
        Field::new(field.name(), data_type, field.is_nullable())
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
});

fn schema(text: DataType, bytes: DataType) -> SchemaRef {
    let fields: Vec<Field> = Column::stored()
        .map(|column| {
            let data_type = match column.kind() {
                Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                Kind::Text => text.clone(),
                Kind::Int => DataType::Int64,
                Kind::Bool => DataType::Boolean,
                Kind::Bytes => bytes.clone(),
            };
            let is_required = matches!(column, Column::Time | Column::Type | Column::Raw);
            Field::new(column.name(), data_type, !is_required)
        })
        .collect();
    Arc::new(Schema::new(fields))
}

/// Returns the type in which a column is read.
pub(super) fn data_type(column: Column) -> DataType {
    position(column).map_or(DataType::Null, |at| SCHEMA.field(at).data_type().clone())
}

/// Returns the field of a column whose values are in an array of either schema.
pub(super) fn field_of(position: usize, array: &dyn Array) -> Field {
    let field = SCHEMA.field(position);
    Field::new(field.name(), array.data_type().clone(), field.is_nullable())
}

/// Returns the position of a stored column in the file.
pub(super) fn position(column: Column) -> Option<usize> {
    // OK because a file holds the columns in the order of the variants, after the two of its path.
    (column as usize).checked_sub(2)
}

/// How much is written to a file at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) rows: usize,
    pub(super) bytes: usize,
}

impl Scale {
    pub(super) const UNKNOWN: Scale = Scale {
        rows: usize::MAX,
        bytes: usize::MAX,
    };

    /// Returns how such a file is written.
    pub(super) fn properties(self) -> WriterPropertiesPtr {
        let properties = match self {
            Scale { rows, .. } if rows > FEW_ROWS => &PROPERTIES,
            Scale { bytes, .. } if bytes > SMALL_BYTES => &FEW_PROPERTIES,
            Scale { .. } => &SMALL_PROPERTIES,
        };
        Arc::clone(properties)
    }
}

/// How files with at most so many rows in a row group are written: a bloom filter begins as large as these rows need, and
/// is folded to what there is, which gives the same bytes however large it was.
fn writer_properties(max_rows: usize, compressed: &[Column]) -> WriterProperties {
    let path = |column: Column| ColumnPath::from(column.name());
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("faillog ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(MAX_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_sorting_columns(Some(vec![SortingColumn {
            column_idx: 0,
            descending: true,
            nulls_first: false,
        }]));
    for column in [Column::Time, Column::LoggedAt] {
        // Sorted times differ little from row to row.
        properties = properties
            .set_column_dictionary_enabled(path(column), false)
            .set_column_encoding(path(column), Encoding::DELTA_BINARY_PACKED);
    }
    for column in [Column::Id, Column::MessageId, Column::ExchangeId] {
        properties = properties
            .set_column_dictionary_enabled(path(column), false)
            .set_column_bloom_filter_enabled(path(column), true)
            .set_column_bloom_filter_fpp(path(column), BLOOM_FALSE_POSITIVES)
            .set_column_bloom_filter_max_ndv(path(column), max_rows as u64);
    }
    for column in Column::stored().filter(|column| !compressed.contains(column)) {
        // Few distinct values in a dictionary, or next to nothing: to decompress would take longer than to read.
        properties = properties.set_column_compression(path(column), Compression::UNCOMPRESSED);
    }
    // The records of a message stand near one another: most ids stand there twice or more. Other ids stand together, or
    // hardly repeat: a dictionary would be built and thrown away.
    properties = properties
        .set_column_dictionary_enabled(path(Column::MessageId), true)
        .set_column_dictionary_page_size_limit(path(Column::MessageId), ID_DICTIONARY_BYTES);
    // The least and greatest `raw` prune nothing and would copy parts of records into the footer.
    properties = properties
        .set_column_dictionary_enabled(path(Column::Raw), false)
        .set_column_statistics_enabled(path(Column::Raw), EnabledStatistics::None);
    properties.build()
}

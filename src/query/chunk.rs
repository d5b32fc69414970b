//! Rows in their final order, with their columns and what is computed of them.
//!
//! Rule: a value is looked up where it was decoded; nothing is copied until a renderer writes it.

use crate::model::{Column, Fate, Field, Provider, RecordType, Timestamp, Value};
use crate::store::{Columns, HourKey, IdKey, Values, record_key};

use super::question::Orphans;

/// Some rows in order.
#[derive(Default)]
pub(crate) struct Chunk {
    pub(super) parts: Vec<Part>,
    /// For each row in order: its part and its row there.
    pub(super) order: Vec<(u32, u32)>,
    pub(super) patterns: Patterns,
    /// How many records each row in order stands for; empty if rows were not folded.
    pub(super) counts: Vec<u64>,
}

/// Rows of one row group.
pub(super) struct Part {
    pub(super) key: HourKey,
    pub(super) record_type: RecordType,
    pub(super) columns: Columns,
    /// The key of each row's message id; empty if it is not known yet.
    pub(super) messages: Vec<IdKey>,
    /// What became of each row's message; empty if it was not asked for.
    pub(super) judged: Vec<Judged>,
    /// The number of each row's pattern; empty if it was not asked for.
    pub(super) patterns: Vec<u32>,
}

/// What became of a row's message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) fate: Option<Fate>,
    /// The status of the last attempt.
    pub(super) last_status: Option<i64>,
}

/// The patterns of a chunk, each once with its id.
#[derive(Default)]
pub(super) struct Patterns {
    pub(super) all: Vec<(String, String)>,
}

impl Chunk {
    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    pub(crate) fn record_type(&self, row: usize) -> RecordType {
        self.part(row).0.record_type
    }

    pub(crate) fn provider(&self, row: usize) -> Provider {
        self.part(row).0.key.provider
    }

    /// Returns a field of a row.
    pub(crate) fn value<'c>(&'c self, row: usize, field: &Field) -> Value<'c> {
        let (part, at) = self.part(row);
        match field {
            Field::Pattern => self.patterns.text(part.patterns.get(at)),
            Field::PatternId => self.patterns.id(part.patterns.get(at)),
            Field::Count => self.counts.get(row).map_or(Value::Null, |count| {
                Value::Int(i64::try_from(*count).unwrap_or(i64::MAX))
            }),
            Field::Column(_) | Field::Fate | Field::LastStatus | Field::Path(_) => {
                part.value(at, field)
            }
        }
    }

    /// Prepares to read the same fields of many rows.
    pub(crate) fn bind<'c>(&'c self, fields: &'c [Field]) -> Bound<'c> {
        let bind_part = |part: &'c Part| {
            let bind_field = |field: &'c Field| match field {
                Field::Column(Column::Provider) => Cell::Constant(part.key.provider.name()),
                Field::Column(Column::Collection) => Cell::Constant(&part.key.collection),
                Field::Column(Column::Type) => Cell::Constant(part.record_type.name()),
                Field::Column(column) => match part.columns.get(*column) {
                    Some(values) if values.array().null_count() < part.columns.rows() => {
                        Cell::Stored(values)
                    }
                    _ => Cell::Null,
                },
                Field::Fate
                | Field::LastStatus
                | Field::Pattern
                | Field::PatternId
                | Field::Count
                | Field::Path(_) => Cell::Looked(field),
            };
            fields.iter().map(bind_field).collect()
        };
        Bound {
            chunk: self,
            cells: self.parts.iter().map(bind_part).collect(),
        }
    }

    pub(super) fn part(&self, row: usize) -> (&Part, usize) {
        let (part, at) = self.order[row];
        (&self.parts[part as usize], at as usize)
    }

    /// Returns the key of a row's record; `id` and `raw` must have been read.
    pub(super) fn record_key(&self, row: usize) -> u128 {
        let (part, at) = self.part(row);
        record_key(part.columns.text(Column::Id, at), part.columns.raw(at))
    }

    /// Adds the attempts among the rows whose exchange is not stored; `joined` must have been read.
    pub(super) fn add_orphans(&self, orphans: &mut Orphans) {
        for row in 0..self.len() {
            let (part, at) = self.part(row);
            if part.record_type == RecordType::Attempt
                && part.columns.text(Column::Joined, at) == Some("missing")
                && let Value::Time(time) = part.columns.value(Column::Time, at)
            {
                orphans.add(&part.key, time);
            }
        }
    }
}

impl Part {
    /// Returns rows of which nothing is computed yet.
    pub(super) fn new(key: HourKey, record_type: RecordType, columns: Columns) -> Part {
        Part {
            key,
            record_type,
            columns,
            messages: Vec::new(),
            judged: Vec::new(),
            patterns: Vec::new(),
        }
    }

    pub(super) fn time(&self, row: usize) -> Option<Timestamp> {
        match self.columns.value(Column::Time, row) {
            Value::Time(time) => Some(time),
            _ => None,
        }
    }

    pub(super) fn value<'p>(&'p self, row: usize, field: &Field) -> Value<'p> {
        match field {
            Field::Column(Column::Provider) => Value::Text(self.key.provider.name().into()),
            Field::Column(Column::Collection) => Value::Text(self.key.collection.as_str().into()),
            Field::Column(Column::Type) => Value::Text(self.record_type.name().into()),
            Field::Column(column) => self.columns.value(*column, row),
            Field::Fate => {
                let fate = self.judged.get(row).and_then(|judged| judged.fate);
                fate.map_or(Value::Null, |fate| Value::Text(fate.name().into()))
            }
            Field::LastStatus => {
                let status = self.judged.get(row).and_then(|judged| judged.last_status);
                status.map_or(Value::Null, Value::Int)
            }
            Field::Path(path) => path.lookup(self.columns.raw(row)),
            // These are the chunk's.
            Field::Pattern | Field::PatternId | Field::Count => Value::Null,
        }
    }
}

impl Patterns {
    pub(super) fn text(&self, number: Option<&u32>) -> Value<'_> {
        self.value(number, |(text, _)| text)
    }

    pub(super) fn id(&self, number: Option<&u32>) -> Value<'_> {
        self.value(number, |(_, id)| id)
    }

    fn value<'p>(
        &'p self,
        number: Option<&u32>,
        of: impl Fn(&'p (String, String)) -> &'p String,
    ) -> Value<'p> {
        let found = number.and_then(|number| self.all.get(*number as usize));
        found.map_or(Value::Null, |found| Value::Text(of(found).as_str().into()))
    }
}

/// A chunk with the places of some fields found out beforehand.
pub(crate) struct Bound<'c> {
    chunk: &'c Chunk,
    /// By part, by field.
    cells: Vec<Vec<Cell<'c>>>,
}

enum Cell<'c> {
    Null,
    Constant(&'c str),
    Stored(&'c Values),
    Looked(&'c Field),
}

impl<'c> Bound<'c> {
    /// Hands over a row's values in the order of the fields. Each is handed over where it was made: to move a million rows'
    /// values once more takes as long as to write them.
    pub(crate) fn each(&self, row: usize, mut take: impl FnMut(usize, &Value<'c>)) {
        let (part, at) = self.chunk.order[row];
        for (index, cell) in self.cells[part as usize].iter().enumerate() {
            match cell {
                Cell::Null => take(index, &Value::Null),
                Cell::Constant(text) => take(index, &Value::Text((*text).into())),
                Cell::Stored(values) => take(index, &values.value(at as usize)),
                Cell::Looked(field) => take(index, &self.chunk.value(row, field)),
            }
        }
    }

    /// Returns a row's values in the order of the fields.
    pub(crate) fn row(&self, row: usize) -> Vec<Value<'c>> {
        let mut cells = Vec::new();
        self.each(row, |_, cell| cells.push(cell.clone()));
        cells
    }
}

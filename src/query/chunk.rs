//! Rows in their final order, with their columns and what was joined to them.
//!
//! Rule: a value is looked up where it was decoded; nothing is copied until a renderer writes it.

use std::collections::BTreeMap;

use crate::model::{Column, Fate, Field, Provider, RecordType, Value};
use crate::store::{Columns, HourKey, Pick, StoreError, Values};

use super::join::{Link, Linked};
use super::pattern::Patterns;
use super::walk::{Hit, Walk};

/// Some rows in order.
#[derive(Default)]
pub(crate) struct Chunk {
    pub(super) parts: Vec<Part>,
    /// For each row in order: its part and its row there.
    pub(super) order: Vec<(u32, u32)>,
    /// What links point into.
    pub(super) linked: Linked,
    pub(super) patterns: Patterns,
    /// How many records each row in order stands for; empty if rows were not folded.
    pub(super) counts: Vec<u64>,
}

/// Rows of one row group.
pub(super) struct Part {
    pub(super) key: HourKey,
    pub(super) record_type: RecordType,
    pub(super) columns: Columns,
    /// What is joined to each row; empty if nothing was asked to be.
    pub(super) links: Vec<Link>,
    /// The fate of each row's message; empty if it was not asked for.
    pub(super) fates: Vec<Option<Fate>>,
    /// The number of each row's pattern; empty if it was not asked for.
    pub(super) patterns: Vec<u32>,
}

impl Chunk {
    /// Reads columns of hits and keeps the hits' order.
    pub(super) fn read(
        walk: &Walk<'_>,
        hits: &[Hit],
        columns: &[Column],
    ) -> Result<Chunk, StoreError> {
        use rayon::iter::{IntoParallelIterator, ParallelIterator};

        let mut by_source: BTreeMap<u32, Vec<(u32, usize)>> = BTreeMap::new();
        for (at, hit) in hits.iter().enumerate() {
            by_source
                .entry(hit.place.source)
                .or_default()
                .push((hit.place.row, at));
        }
        let mut order = vec![(0, 0); hits.len()];
        let mut work = Vec::new();
        for (part, (source, mut rows)) in by_source.into_iter().enumerate() {
            rows.sort_unstable();
            for (row, (_, at)) in rows.iter().enumerate() {
                // OK because a chunk has fewer than 2^32 rows.
                order[*at] = (part as u32, row as u32);
            }
            work.push((
                source,
                rows.into_iter().map(|(row, _)| row).collect::<Vec<u32>>(),
            ));
        }
        let parts: Vec<Part> = work
            .into_par_iter()
            .map(|(source, rows)| {
                let source = walk.source(source);
                let columns = source.file.read(source.group, columns, Pick::Rows(&rows))?;
                Ok(Part::new(
                    source.file.key().clone(),
                    source.record_type(),
                    columns,
                ))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Chunk {
            parts,
            order,
            ..Chunk::default()
        })
    }

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

    /// Returns whether a row is an attempt whose exchange is not stored; `false` if nothing was joined.
    pub(super) fn is_orphan(&self, row: usize) -> bool {
        let (part, at) = self.part(row);
        part.is_orphan(at)
    }

    /// Returns a field of a row, joined where it has none of its own.
    pub(crate) fn value<'c>(&'c self, row: usize, field: &Field) -> Value<'c> {
        let (part, at) = self.part(row);
        match field {
            Field::Pattern => self.patterns.text(part.patterns.get(at)),
            Field::PatternId => self.patterns.id(part.patterns.get(at)),
            Field::Count => self.counts.get(row).map_or(Value::Null, |count| {
                Value::Int(i64::try_from(*count).unwrap_or(i64::MAX))
            }),
            Field::Column(_) | Field::Fate | Field::Path(_) => part.value(&self.linked, at, field),
        }
    }

    /// Prepares to read the same fields of many rows.
    pub(crate) fn bind<'c>(&'c self, fields: &'c [Field]) -> Bound<'c> {
        let bind_part = |part: &'c Part| {
            let bind_field = |field: &'c Field| match field {
                Field::Column(Column::Provider) => Cell::Constant(part.key.provider.name()),
                Field::Column(Column::Collection) => Cell::Constant(&part.key.collection),
                Field::Column(Column::Type) => Cell::Constant(part.record_type.name()),
                Field::Column(column) if column.is_joined() && !part.links.is_empty() => {
                    Cell::Looked(field)
                }
                Field::Column(column) => part.columns.get(*column).map_or(Cell::Null, Cell::Stored),
                Field::Fate | Field::Pattern | Field::PatternId | Field::Count | Field::Path(_) => {
                    Cell::Looked(field)
                }
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
}

impl Part {
    /// Returns rows to which nothing is joined yet.
    pub(super) fn new(key: HourKey, record_type: RecordType, columns: Columns) -> Part {
        Part {
            key,
            record_type,
            columns,
            links: Vec::new(),
            fates: Vec::new(),
            patterns: Vec::new(),
        }
    }

    pub(super) fn is_orphan(&self, row: usize) -> bool {
        self.links.get(row).is_some_and(|link| link.is_orphan)
    }

    pub(super) fn value<'p>(&'p self, linked: &'p Linked, row: usize, field: &Field) -> Value<'p> {
        match field {
            Field::Column(Column::Provider) => Value::Text(self.key.provider.name().into()),
            Field::Column(Column::Collection) => Value::Text(self.key.collection.as_str().into()),
            Field::Column(Column::Type) => Value::Text(self.record_type.name().into()),
            Field::Column(column) => {
                let own = self.columns.value(*column, row);
                match self.links.get(row) {
                    Some(link) if own.is_null() && column.is_joined() => {
                        linked.value(*link, *column)
                    }
                    _ => own,
                }
            }
            Field::Fate => {
                let fate = self.fates.get(row).copied().flatten();
                fate.map_or(Value::Null, |fate| Value::Text(fate.name().into()))
            }
            Field::Path(path) => path.lookup(self.columns.raw(row)),
            // These are the chunk's.
            Field::Pattern | Field::PatternId | Field::Count => Value::Null,
        }
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
    /// Puts a row's values into `cells`, in the order of the fields.
    pub(crate) fn row(&self, row: usize, cells: &mut Vec<Value<'c>>) {
        let (part, at) = self.chunk.order[row];
        cells.clear();
        cells.extend(self.cells[part as usize].iter().map(|cell| match cell {
            Cell::Null => Value::Null,
            Cell::Constant(text) => Value::Text((*text).into()),
            Cell::Stored(values) => values.value(at as usize),
            Cell::Looked(field) => self.chunk.value(row, field),
        }));
    }
}

//! Counting by the same question that `show` puts: with exchanges joined, fates judged, paths looked up.
//!
//! Rule: nothing is known here of how a field comes by its value.

use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use crate::model::{Column, Field, RecordType, Value};
use crate::providers::spec;
use crate::store::Store;

use super::super::chunk::Chunk;
use super::super::join::Orphans;
use super::super::page::{Question, Sort, ask};
use super::gathered::Gathered;
use super::part::{Finder, Part};
use super::{Count, CountError, Key, of_types};

/// Rows that one thread counts at a time.
const ROWS: usize = 16 * 1024;

/// Counts the records of some types.
pub(super) fn count(
    store: &Store,
    count: &Count<'_>,
    types: impl Iterator<Item = RecordType>,
    gathered: &mut Gathered,
) -> Result<Orphans, CountError> {
    let mut fields = vec![Field::Column(Column::Time)];
    if count.messages {
        fields.push(Field::Column(Column::MessageId));
    }
    let first_key = fields.len();
    fields.extend(count.by.iter().filter_map(|key| match key {
        Key::Field(field) => Some(field.clone()),
        Key::Hour | Key::Day => None,
    }));
    let question = Question {
        filter: of_types(count.filter, types),
        fields: fields.clone(),
        sort: Sort::NEWEST_FIRST,
        limit: None,
        skip: 0,
        after: None,
        now: count.now,
    };
    let answer = ask::<CountError>(store, &question, |chunk| {
        let rows: Vec<usize> = (0..chunk.len()).collect();
        let parts = rows
            .par_chunks(ROWS)
            .map(|rows| count_rows(count, chunk, &fields, first_key, rows))
            .collect();
        gathered.add(parts)
    })?;
    Ok(answer.orphans)
}

fn count_rows(
    count: &Count<'_>,
    chunk: &Chunk,
    fields: &[Field],
    first_key: usize,
    rows: &[usize],
) -> Part {
    let bound = chunk.bind(fields);
    let mut part = Part::default();
    let mut finder = count.buckets.map(Finder::new);
    let (mut cells, mut key) = (Vec::new(), Vec::new());
    for row in rows {
        bound.row(*row, &mut cells);
        let Some(Value::Time(time)) = cells.first().cloned() else {
            // Every record has its time.
            continue;
        };
        let mut own = cells.iter().skip(first_key);
        key.clear();
        key.extend(count.by.iter().map(|by| {
            by.of_time(time, count.zone)
                .or_else(|| own.next().cloned())
                .unwrap_or(Value::Null)
        }));
        let group = part.group(&key);
        let is_folded = spec(chunk.provider(*row)).folds_type(chunk.record_type(*row));
        part.add(group, time.micros(), is_folded);
        if let Some(finder) = &mut finder {
            part.add_to_bucket(group, finder.find(time.micros()));
        }
        if count.messages
            && let Some(Value::Text(id)) = cells.get(1)
        {
            part.add_message(group, id);
        }
    }
    part.end_bucket();
    part
}

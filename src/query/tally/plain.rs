//! Counting row groups that have all it takes in their own columns.
//!
//! Rule: only the columns of the key are read, and `message_id` where messages are counted; values are made of a
//! column's distinct values, never row by row.

use std::collections::HashMap;

use arrow_array::Array;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::model::{Column, Field, Predicate, Timestamp, Value};
use crate::providers::spec;
use crate::store::{Columns, Pick, StoreError, Values, is_settled_by, scan};

use super::super::keys::{IdMap, id_key};
use super::super::walk::Source;
use super::gathered::Gathered;
use super::part::{Finder, Part};
use super::{Count, CountError, Key};

/// Row groups that are counted before their parts are put together; bounds memory.
const WAVE: usize = 16;

/// Whole numbers below this are looked up in a list: every HTTP status.
const SMALL: usize = 1024;

/// Counts the rows of some row groups.
pub(super) fn count(
    count: &Count<'_>,
    sources: &[&Source],
    gathered: &mut Gathered,
) -> Result<(), CountError> {
    for wave in sources.chunks(WAVE) {
        let parts = wave
            .par_iter()
            .map(|source| count_group(count, source))
            .collect::<Result<Vec<Part>, StoreError>>()?;
        gathered.add(parts)?;
    }
    Ok(())
}

fn count_group(count: &Count<'_>, source: &Source) -> Result<Part, StoreError> {
    let (file, group) = (&source.file, source.group);
    let predicates = count.filter.predicates.iter();
    let settled: Vec<&Predicate> = predicates
        .filter(|predicate| is_settled_by(predicate, source.record_type()))
        .collect();
    let hits = scan(file, group, count.filter.window, &settled)?;
    file.forget_times(group);
    let mut part = Part::default();
    let (Some(first), Some(last)) = (hits.rows.first(), hits.rows.last()) else {
        return Ok(part);
    };
    let pick = match (*first as usize, *last as usize + 1) {
        (first, end) if end - first == hits.rows.len() => Pick::Range(first..end),
        _ => Pick::Rows(&hits.rows),
    };
    let columns = file.read(group, &columns_to_read(count), pick)?;
    let codes = codes_of(count, source, &columns, &hits.times);
    let groups: Vec<u32> = codes.values.iter().map(|key| part.group(key)).collect();
    let record_type = file.groups()[group].record_type;
    let is_folded = spec(file.key().provider).folds_type(record_type);
    for (code, time) in codes.of_row.iter().zip(&hits.times) {
        part.add(groups[*code as usize], *time, is_folded);
    }
    if let Some(buckets) = count.buckets {
        let mut finder = Finder::new(buckets);
        for (code, time) in codes.of_row.iter().zip(&hits.times) {
            part.add_to_bucket(groups[*code as usize], finder.find(*time));
        }
        part.end_bucket();
    }
    if let Some(Values::Text(ids)) = columns.get(Column::MessageId)
        && count.messages
        && ids.null_count() < ids.len()
    {
        for (code, id) in codes.of_row.iter().zip(ids) {
            if let Some(id) = id {
                part.add_message(groups[*code as usize], id);
            }
        }
    }
    Ok(part)
}

fn columns_to_read(count: &Count<'_>) -> Vec<Column> {
    let keys = count.by.iter().filter_map(|key| match key {
        Key::Field(Field::Column(column)) => Some(*column),
        _ => None,
    });
    let messages = count.messages.then_some(Column::MessageId);
    let mut columns: Vec<Column> = keys
        .filter(|column| column.is_stored() && *column != Column::Type)
        .chain(messages)
        .collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// For each row the number of its values among the distinct ones.
struct Codes {
    of_row: Vec<u32>,
    values: Vec<Vec<Value<'static>>>,
}

fn codes_of(count: &Count<'_>, source: &Source, columns: &Columns, times: &[i64]) -> Codes {
    let mut all = Codes {
        of_row: vec![0; times.len()],
        values: vec![Vec::new()],
    };
    for key in count.by {
        let (of_row, values) = match key {
            Key::Field(Field::Column(Column::Provider)) => {
                constant(source.file.key().provider.name())
            }
            Key::Field(Field::Column(Column::Collection)) => {
                constant(&source.file.key().collection)
            }
            Key::Field(Field::Column(Column::Type)) => constant(source.record_type().name()),
            Key::Field(Field::Column(column)) => match columns.get(*column) {
                Some(values) => column_codes(values, times.len()),
                None => (None, vec![Value::Null]),
            },
            Key::Hour | Key::Day => time_codes(count, key, times),
            // No other key is told by a row group alone.
            Key::Field(_) => (None, vec![Value::Null]),
        };
        match of_row {
            Some(of_row) => all.split(&of_row, &values),
            None => all
                .values
                .iter_mut()
                .for_each(|key| key.extend(values.first().cloned())),
        }
    }
    all
}

impl Codes {
    /// Divides the groups by one more value.
    fn split(&mut self, of_row: &[u32], values: &[Value<'static>]) {
        if self.values.len() == 1 {
            let prefix = self.values.swap_remove(0);
            let with = |value: &Value<'static>| {
                let mut key = prefix.clone();
                key.push(value.clone());
                key
            };
            self.values = values.iter().map(with).collect();
            self.of_row = of_row.to_vec();
            return;
        }
        let mut numbers: HashMap<(u32, u32), u32> = HashMap::new();
        let mut keys = Vec::new();
        let mut last = None;
        for (code, more) in self.of_row.iter_mut().zip(of_row) {
            let pair = (*code, *more);
            *code = match last {
                Some((known, number)) if known == pair => number,
                _ => *numbers.entry(pair).or_insert_with(|| {
                    let mut key = self.values[pair.0 as usize].clone();
                    key.push(values[pair.1 as usize].clone());
                    keys.push(key);
                    keys.len() as u32 - 1
                }),
            };
            last = Some((pair, *code));
        }
        self.values = keys;
    }
}

/// Numbers for each row, or `None` where all rows have the first value; and the distinct values.
type Distinct = (Option<Vec<u32>>, Vec<Value<'static>>);

fn constant(text: &str) -> Distinct {
    (None, vec![Value::Text(text.to_owned().into())])
}

fn time_codes(count: &Count<'_>, key: &Key, times: &[i64]) -> Distinct {
    let mut of_row = Vec::with_capacity(times.len());
    let mut values: Vec<Value<'static>> = Vec::new();
    // A zone's day changes on no finer boundary than a minute, nor does an hour.
    let mut minute = None;
    for time in times {
        let this = Some(time.div_euclid(crate::model::MINUTE_MICROS));
        if this != minute {
            minute = this;
            let value = key.of_time(Timestamp::from_micros(*time), count.zone);
            let value = value.unwrap_or(Value::Null);
            if values.last() != Some(&value) {
                values.push(value);
            }
        }
        // OK because a row group has at most 128 Ki rows, and its first row has a value.
        of_row.push(values.len() as u32 - 1);
    }
    (Some(of_row), values)
}

fn column_codes(values: &Values, rows: usize) -> Distinct {
    match values {
        Values::Int(array) => int_codes(array),
        Values::Text(array) => text_codes(array),
        Values::Time(_) | Values::Bool(_) | Values::Bytes(_) => {
            let mut scratch = Vec::new();
            let mut numbers: IdMap<u32> = IdMap::default();
            let mut distinct = Vec::new();
            let code = |row: usize| {
                let value = values.value(row);
                let number = super::key::number_of(std::slice::from_ref(&value), &mut scratch);
                *numbers.entry(number).or_insert_with(|| {
                    distinct.push(super::key::owned(&value));
                    distinct.len() as u32 - 1
                })
            };
            let of_row = (0..rows).map(code).collect();
            (Some(of_row), distinct)
        }
    }
}

const NONE: u32 = u32::MAX;

fn int_codes(array: &arrow_array::Int64Array) -> Distinct {
    let mut small = [NONE; SMALL];
    let mut large: HashMap<Option<i64>, u32> = HashMap::new();
    let mut distinct = Vec::new();
    let mut add = |value: Option<i64>| {
        distinct.push(value.map_or(Value::Null, Value::Int));
        distinct.len() as u32 - 1
    };
    let code = |value: Option<i64>| {
        let index = value.and_then(|value| usize::try_from(value).ok());
        match index.and_then(|index| small.get_mut(index)) {
            Some(code) => {
                if *code == NONE {
                    *code = add(value);
                }
                *code
            }
            None => *large.entry(value).or_insert_with(|| add(value)),
        }
    };
    let of_row = array.iter().map(code).collect();
    (Some(of_row), distinct)
}

fn text_codes(array: &arrow_array::StringViewArray) -> Distinct {
    let mut numbers: IdMap<u32> = IdMap::default();
    let mut distinct: Vec<Value<'static>> = Vec::new();
    let mut last: Option<(Option<&str>, u32)> = None;
    let code = |text: Option<&'_ str>| {
        // No text is no id either: 0.
        let number = text.map_or(0, id_key);
        *numbers.entry(number).or_insert_with(|| {
            distinct.push(text.map_or(Value::Null, |text| Value::Text(text.to_owned().into())));
            distinct.len() as u32 - 1
        })
    };
    let mut code = code;
    let mut of_row = Vec::with_capacity(array.len());
    for text in array {
        let found = match last {
            Some((known, found)) if known == text => found,
            _ => code(text),
        };
        last = Some((text, found));
        of_row.push(found);
    }
    (Some(of_row), distinct)
}

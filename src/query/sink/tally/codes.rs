//! What the rows of a row group are grouped by, as numbers: each distinct value once, and for each row which it has.
//!
//! Rule: values are made of a column's distinct values, never row by row; patterns and paths are looked at once a value.

use std::collections::HashMap;

use arrow_array::Array;

use crate::model::{Column, Field, Timestamp, Value};
use crate::store::{IdMap, Values, id_key};

use super::super::super::chunk::Part as Rows;
use super::super::super::enrich::{cause, pattern_of};
use super::count::Count;
use super::key::{Key, number_of, owned};

/// Whole numbers below this are looked up in a list: every HTTP status.
const SMALL: usize = 1024;

/// For each row the number of its values among the distinct ones.
pub(super) struct Codes {
    pub(super) of_row: Vec<u32>,
    pub(super) values: Vec<Vec<Value<'static>>>,
}

/// Returns the groups of rows and their times; what the keys need must have been read and computed.
pub(super) fn codes_of(count: &Count<'_>, rows: &Rows, times: &[i64]) -> Codes {
    let mut all = Codes {
        of_row: vec![0; times.len()],
        values: vec![Vec::new()],
    };
    for key in count.by {
        let (of_row, values) = match key {
            Key::Field(Field::Column(Column::Provider)) => constant(rows.key.provider.name()),
            Key::Field(Field::Column(Column::Collection)) => constant(&rows.key.collection),
            Key::Field(Field::Column(Column::Type)) => constant(rows.record_type.name()),
            Key::Field(Field::Column(column)) => match rows.columns.get(*column) {
                Some(values) => column_codes(values, times.len()),
                None => (None, vec![Value::Null]),
            },
            Key::Field(field @ (Field::Pattern | Field::PatternId)) => pattern_codes(rows, field),
            Key::Field(field @ (Field::Fate | Field::LastStatus | Field::Path(_))) => {
                distinct(times.len(), |row| rows.value(row, field))
            }
            Key::Field(Field::Count) => (None, vec![Value::Null]),
            Key::Hour | Key::Day => time_codes(count, key, times),
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
            distinct(rows, |row| values.value(row))
        }
    }
}

fn distinct<'v>(rows: usize, value: impl Fn(usize) -> Value<'v>) -> Distinct {
    let mut scratch = Vec::new();
    let mut numbers: IdMap<u32> = IdMap::default();
    let mut distinct = Vec::new();
    let code = |row: usize| {
        let value = value(row);
        let number = number_of(std::slice::from_ref(&value), &mut scratch);
        *numbers.entry(number).or_insert_with(|| {
            distinct.push(owned(&value));
            // OK because a row group has at most 128 Ki rows.
            distinct.len() as u32 - 1
        })
    };
    let of_row = (0..rows).map(code).collect();
    (Some(of_row), distinct)
}

/// Finds the pattern of each distinct cause.
fn pattern_codes(rows: &Rows, field: &Field) -> Distinct {
    let mut of_cause: IdMap<u32> = IdMap::default();
    let mut of_pattern: HashMap<Option<String>, u32> = HashMap::new();
    let mut distinct = Vec::new();
    let code = |row: usize| {
        let cause = cause(rows, row);
        let number = cause.as_deref().map_or(0, id_key);
        *of_cause.entry(number).or_insert_with(|| {
            let pattern = cause.as_deref().and_then(pattern_of);
            let shown = pattern.map(|(text, id)| if *field == Field::Pattern { text } else { id });
            *of_pattern.entry(shown).or_insert_with_key(|shown| {
                let value = shown
                    .clone()
                    .map_or(Value::Null, |text| Value::Text(text.into()));
                distinct.push(value);
                // OK because a row group has at most 128 Ki rows.
                distinct.len() as u32 - 1
            })
        })
    };
    let of_row = (0..rows.columns.rows()).map(code).collect();
    (Some(of_row), distinct)
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

//! Finding the rows of a row group that meet conditions, reading as little as can be.
//!
//! Rule: statistics and bloom filters may only rule out what certainly is not there; `raw` is read last, and only for
//! rows that pass everything else.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use parquet::file::statistics::Statistics;

use crate::model::{Column, Comparison, Field, Predicate, RecordType, Test, Value, Window};

use super::columns::{Columns, Values};
use super::error::StoreError;
use super::reader::{HourFile, Pick};

/// Rows whose `raw` is decoded at a time while searching it; bounds memory where records are large.
const RAW_ROWS: usize = 8 * 1024;

/// Rows of one row group that met the conditions, in file order: newest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hits {
    /// Row numbers, ascending.
    pub(crate) rows: Vec<u32>,
    /// The time of each, in microseconds.
    pub(crate) times: Vec<i64>,
}

/// Returns whether a row group of this type can settle a condition by itself. A joined column of an attempt or error
/// may come from another record, a fate from many; a pattern is made of a joined column.
pub(crate) fn is_settled_by(predicate: &Predicate, record_type: RecordType) -> bool {
    let takes_joined = matches!(record_type, RecordType::Attempt | RecordType::Error);
    predicate.fields().all(|field| match field {
        Field::Column(column) => column.is_stored() && !(takes_joined && column.is_joined()),
        Field::Path(_) => true,
        Field::Fate | Field::Pattern | Field::PatternId | Field::Count => false,
    })
}

/// Returns whether a row group can hold rows in the window that meet the conditions it can settle.
pub(crate) fn may_match(
    file: &HourFile,
    group: usize,
    window: Window,
    predicates: &[&Predicate],
) -> Result<bool, StoreError> {
    let info = file.groups()[group];
    if info.newest < window.start || info.oldest >= window.end {
        return Ok(false);
    }
    for predicate in predicates {
        let mut any = false;
        for test in &predicate.any_of {
            any = any || test_may_match(file, group, test)?;
        }
        if !any {
            return Ok(false);
        }
    }
    Ok(true)
}

fn test_may_match(file: &HourFile, group: usize, test: &Test) -> Result<bool, StoreError> {
    let Field::Column(column) = test.field else {
        return Ok(true);
    };
    if column == Column::Type {
        let name = file.groups()[group].record_type.name();
        return Ok(test.comparison.accepts(&Value::Text(name.into())));
    }
    let Some(statistics) = file.statistics(group, column) else {
        return Ok(true);
    };
    let rows = file.groups()[group].rows as u64;
    let is_all_null = statistics.null_count_opt() == Some(rows);
    if is_all_null {
        return Ok(test.comparison.accepts(&Value::Null));
    }
    match (&test.comparison, statistics) {
        (Comparison::Within(range), Statistics::Int64(found)) => {
            let (Some(min), Some(max)) = (found.min_opt(), found.max_opt()) else {
                return Ok(true);
            };
            Ok(min <= range.end() && max >= range.start())
        }
        (
            Comparison::OneOf {
                values,
                ignore_case: false,
            },
            Statistics::ByteArray(found),
        ) => {
            let (Some(min), Some(max)) = (found.min_opt(), found.max_opt()) else {
                return Ok(true);
            };
            let min_is_exact = found.min_is_exact();
            // A cut maximum is rounded up and a cut minimum stays below, so both still bound.
            let inside: Vec<&str> = values
                .iter()
                .map(String::as_str)
                .filter(|v| {
                    v.as_bytes() >= min.data() && (v.as_bytes() <= max.data() || !min_is_exact)
                })
                .collect();
            if inside.is_empty() {
                return Ok(false);
            }
            match column {
                Column::Id | Column::MessageId | Column::ExchangeId => {
                    file.may_hold(group, column, inside)
                }
                _ => Ok(true),
            }
        }
        _ => Ok(true),
    }
}

/// Finds the rows of a row group in the window that meet all conditions; each must be one that it can settle.
pub(crate) fn scan(
    file: &HourFile,
    group: usize,
    window: Window,
    predicates: &[&Predicate],
) -> Result<Hits, StoreError> {
    let times = file.times(group)?;
    let values = times.values();
    // Newest first: rows before `start` are too new, rows from `end` on too old.
    let start = values.partition_point(|time| *time >= window.end.micros());
    let end = values.partition_point(|time| *time >= window.start.micros());
    let range = start..end.max(start);

    let record_type = file.groups()[group].record_type;
    let (raw, plain): (Vec<&Predicate>, Vec<&Predicate>) = predicates
        .iter()
        .filter(|predicate| !is_met_by_type(predicate, record_type))
        .partition(|predicate| needs_raw(predicate));
    let mut rows = scan_columns(file, group, range, &plain)?;
    if !raw.is_empty() {
        rows = scan_raw(file, group, rows, &raw)?;
    }
    let times = rows.iter().map(|row| values[*row as usize]).collect();
    Ok(Hits { rows, times })
}

/// Every row of a group has its type, so that a condition met by it needs no look at the rows.
fn is_met_by_type(predicate: &Predicate, record_type: RecordType) -> bool {
    predicate.any_of.iter().any(|test| {
        test.field == Field::Column(Column::Type)
            && test
                .comparison
                .accepts(&Value::Text(record_type.name().into()))
    })
}

fn needs_raw(predicate: &Predicate) -> bool {
    predicate
        .fields()
        .any(|field| matches!(field, Field::Path(_) | Field::Column(Column::Raw)))
}

fn scan_columns(
    file: &HourFile,
    group: usize,
    range: Range<usize>,
    predicates: &[&Predicate],
) -> Result<Vec<u32>, StoreError> {
    // OK because a row group has at most 128 Ki rows.
    let all = range.start as u32..range.end as u32;
    if predicates.is_empty() || range.is_empty() {
        return Ok(all.collect());
    }
    let columns = columns_of(predicates);
    let first = range.start as u32;
    let read = file.read(group, &columns, Pick::Range(range))?;
    let mut passes = vec![true; read.rows()];
    let mut any = vec![false; read.rows()];
    for predicate in predicates {
        any.fill(false);
        for test in &predicate.any_of {
            if let Field::Column(column) = test.field {
                mark(&read, column, &test.comparison, &mut any);
            }
        }
        passes
            .iter_mut()
            .zip(&any)
            .for_each(|(pass, any)| *pass &= any);
    }
    Ok((first..)
        .zip(passes)
        .filter_map(|(row, pass)| pass.then_some(row))
        .collect())
}

/// Marks the rows whose value passes; the two comparisons that most questions use have loops of their own.
fn mark(read: &Columns, column: Column, comparison: &Comparison, marks: &mut [bool]) {
    match (read.get(column), comparison) {
        (Some(Values::Int(array)), Comparison::Within(range)) => mark_within(array, range, marks),
        (
            Some(Values::Text(array)),
            Comparison::OneOf {
                values,
                ignore_case: false,
            },
        ) => {
            for (mark, value) in marks.iter_mut().zip(array.iter()) {
                *mark |= value.is_some_and(|text| values.iter().any(|wanted| wanted == text));
            }
        }
        (Some(values), _) => {
            for (row, mark) in marks.iter_mut().enumerate() {
                *mark = *mark || comparison.accepts(&values.value(row));
            }
        }
        (None, _) => {}
    }
}

fn mark_within(array: &arrow_array::Int64Array, range: &RangeInclusive<i64>, marks: &mut [bool]) {
    for (mark, value) in marks.iter_mut().zip(array.iter()) {
        *mark |= value.is_some_and(|value| range.contains(&value));
    }
}

fn scan_raw(
    file: &HourFile,
    group: usize,
    rows: Vec<u32>,
    predicates: &[&Predicate],
) -> Result<Vec<u32>, StoreError> {
    let mut columns = columns_of(predicates);
    if !columns.contains(&Column::Raw) {
        columns.push(Column::Raw);
    }
    let mut passed = Vec::new();
    for part in rows.chunks(RAW_ROWS) {
        let read = file.read(group, &columns, Pick::Rows(part))?;
        for (at, row) in part.iter().enumerate() {
            let passes = |test: &Test| match &test.field {
                Field::Column(column) => test.comparison.accepts(&read.value(*column, at)),
                Field::Path(path) => test.comparison.accepts(&path.lookup(read.raw(at))),
                Field::Fate | Field::Pattern | Field::PatternId | Field::Count => false,
            };
            if predicates
                .iter()
                .all(|predicate| predicate.any_of.iter().any(passes))
            {
                passed.push(*row);
            }
        }
    }
    Ok(passed)
}

fn columns_of(predicates: &[&Predicate]) -> Vec<Column> {
    let fields = predicates.iter().flat_map(|predicate| predicate.fields());
    let columns: BTreeSet<Column> = fields
        .filter_map(|field| match field {
            Field::Column(column) => Some(*column),
            Field::Fate | Field::Pattern | Field::PatternId | Field::Count | Field::Path(_) => None,
        })
        .collect();
    columns.into_iter().collect()
}

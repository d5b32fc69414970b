//! The rows of a row group that meet the conditions which columns and raw records settle.
//!
//! Rule: one evaluator for all conditions; `raw` is read last, and only for rows that pass everything else.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::Array;

use crate::model::{Column, Comparison, Condition, Field, RecordType, Test, Value, Window};
use crate::store::{Columns, HourFile, Pick, StoreError, Values};

use super::plan::Stages;
use super::projection::is_of_exchange;
use super::source::{Selected, Source, constant};

/// Rows whose `raw` is decoded at a time while searching it; bounds memory where records are large.
const RAW_ROWS: usize = 8 * 1024;

/// What `joined` says of a record whose exchange is not stored.
const MISSING: &str = "missing";

/// Finds the rows of a row group in the window that meet the conditions of the first stages.
pub(super) fn select(
    source: &Source,
    stages: &Stages<'_>,
    window: Window,
) -> Result<Selected, StoreError> {
    let found = on_columns_once(source, stages, window)?;
    // Newest first: rows before `start` are too new, rows from `end` on too old.
    let inside = |times: &[i64]| {
        let start = times.partition_point(|time| *time >= window.end.micros());
        let end = times.partition_point(|time| *time >= window.start.micros());
        start..end.max(start)
    };
    let range = inside(&found.times);
    let selected = Selected {
        rows: found.rows[range.clone()].to_vec(),
        times: found.times[range].to_vec(),
        doubtful: found.doubtful[inside(&found.doubtful_times)].to_vec(),
        doubtful_times: found.doubtful_times[inside(&found.doubtful_times)].to_vec(),
    };
    if stages.raw.is_empty() {
        return Ok(selected);
    }
    let (rows, times) = on_raw(source, &selected.rows, &selected.times, &stages.raw)?;
    let (doubtful, doubtful_times) = on_raw(
        source,
        &selected.doubtful,
        &selected.doubtful_times,
        &stages.raw,
    )?;
    Ok(Selected {
        rows,
        times,
        doubtful,
        doubtful_times,
    })
}

/// Counts the rows of a row group in the question's window that meet the conditions of the first stages; times are not
/// looked at where all of them lie in the window.
pub(super) fn count(source: &Source, stages: &Stages<'_>) -> Result<u64, StoreError> {
    let window = stages.window;
    let is_inside = source.info.oldest >= window.start && source.info.newest < window.end;
    if !is_inside || !stages.raw.is_empty() {
        return Ok(select(source, stages, window)?.rows.len() as u64);
    }
    let conditions = open_conditions(source, stages);
    if conditions.is_empty() {
        return Ok(source.info.rows as u64);
    }
    if let Some(found) = &*lock(&source.selected) {
        return Ok(found.rows.len() as u64);
    }
    let (rows, _) = on_columns(source, 0..source.info.rows, &conditions, false)?;
    Ok(rows.len() as u64)
}

/// Returns the conditions on columns that the type of a row group does not settle.
pub(super) fn open_conditions<'q>(source: &Source, stages: &Stages<'q>) -> Vec<&'q Condition> {
    let conditions = stages.columns.iter().copied();
    conditions
        .filter(|condition| !is_met_by_type(source, condition))
        .collect()
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the rows of a row group that meet the conditions on columns: those of the whole window of the question, found
/// out once; or where there is nothing to find out those of the given window.
fn on_columns_once(
    source: &Source,
    stages: &Stages<'_>,
    window: Window,
) -> Result<Arc<Selected>, StoreError> {
    let conditions = open_conditions(source, stages);
    let find = |window: Window| {
        let times = source.file.times(source.group)?;
        let values = times.values();
        let start = values.partition_point(|time| *time >= window.end.micros());
        let end = values.partition_point(|time| *time >= window.start.micros());
        let (rows, doubtful) = on_columns(source, start..end.max(start), &conditions, true)?;
        let times_of = |rows: &[u32]| rows.iter().map(|row| values[*row as usize]).collect();
        Ok::<_, StoreError>(Arc::new(Selected {
            times: times_of(&rows),
            doubtful_times: times_of(&doubtful),
            doubtful,
            rows,
        }))
    };
    if conditions.is_empty() {
        return find(window);
    }
    let mut kept = lock(&source.selected);
    match &*kept {
        Some(found) => Ok(Arc::clone(found)),
        None => Ok(Arc::clone(kept.insert(find(stages.window)?))),
    }
}

/// Returns the id columns that the conditions hold to one value, and the value: in rows that pass they need not be read,
/// which takes long for a few rows.
pub(super) fn held_ids<'q>(stages: &Stages<'q>) -> Vec<(Column, &'q str)> {
    let held = stages.columns.iter().filter_map(|condition| {
        let Condition::Is(Test {
            field: Field::Column(column @ (Column::Id | Column::MessageId | Column::ExchangeId)),
            comparison:
                Comparison::OneOf {
                    values,
                    ignore_case: false,
                },
        }) = condition
        else {
            return None;
        };
        match values.as_slice() {
            [one] => Some((*column, one.as_str())),
            _ => None,
        }
    });
    held.collect()
}

/// Returns whether a condition looks at the type alone, and that of the row group meets it.
fn is_met_by_type(source: &Source, condition: &Condition) -> bool {
    let is_type = |field: &Field| *field == Field::Column(Column::Type);
    let name = source.record_type().name();
    condition.fields().all(is_type) && condition.accepts(&|_| Value::Text(name.into()))
}

/// Returns the rows that pass, and if asked for the attempts of which only their exchange could tell.
fn on_columns(
    source: &Source,
    range: Range<usize>,
    conditions: &[&Condition],
    with_doubtful: bool,
) -> Result<(Vec<u32>, Vec<u32>), StoreError> {
    // OK because a row group has at most 128 Ki rows.
    let all = range.start as u32..range.end as u32;
    let first = all.start;
    if conditions.is_empty() || range.is_empty() {
        return Ok((all.collect(), Vec::new()));
    }
    let (file, group) = (&source.file, source.group);
    let may_lack = with_doubtful
        && source.record_type() == RecordType::Attempt
        && conditions
            .iter()
            .any(|condition| condition.fields().any(is_of_exchange))
        && file.bounds(group, Column::Joined).may_hold_text(MISSING);
    let mut columns = columns_of(conditions);
    if may_lack {
        columns.insert(Column::Joined);
    }
    let columns: Vec<Column> = columns.into_iter().collect();
    let read = file.read(group, &columns, Pick::Range(range))?;
    let mut passes = vec![true; read.rows()];
    // What might pass if it had an exchange.
    let mut might: Vec<usize> = match read.get(Column::Joined).filter(|_| may_lack) {
        Some(Values::Text(joined)) => {
            let joined = joined.iter().enumerate();
            let missing = joined.filter(|(_, joined)| *joined == Some(MISSING));
            missing.map(|(row, _)| row).collect()
        }
        _ => Vec::new(),
    };
    for condition in conditions {
        let met = evaluate(condition, &read, file, group);
        passes
            .iter_mut()
            .zip(&met)
            .for_each(|(pass, met)| *pass &= met);
        might.retain(|row| met[*row] || lacks_a_value(condition, &read, *row));
    }
    might.retain(|row| !passes[*row]);
    let rows = (first..).zip(passes);
    let rows = rows.filter_map(|(row, passes)| passes.then_some(row));
    let might = might.into_iter().map(|row| first + row as u32);
    Ok((rows.collect(), might.collect()))
}

/// Returns whether a row has nothing where a condition looks at what it would have from its exchange.
fn lacks_a_value(condition: &Condition, read: &Columns, row: usize) -> bool {
    condition.fields().any(|field| match field {
        Field::Column(column) => is_of_exchange(field) && read.value(*column, row).is_null(),
        _ => false,
    })
}

/// Returns for each row whether it meets a condition that columns settle.
fn evaluate(condition: &Condition, read: &Columns, file: &HourFile, group: usize) -> Vec<bool> {
    let all = |parts: &[Condition], of_none: bool, both: fn(bool, bool) -> bool| {
        let mut marks = vec![of_none; read.rows()];
        for part in parts {
            let part = evaluate(part, read, file, group);
            for (mark, part) in marks.iter_mut().zip(part) {
                *mark = both(*mark, part);
            }
        }
        marks
    };
    match condition {
        Condition::Is(test) => {
            let Field::Column(column) = test.field else {
                return vec![false; read.rows()];
            };
            match constant(file, group, column) {
                Some(value) => vec![test.accepts(&value); read.rows()],
                None => marks(read, column, test),
            }
        }
        Condition::Not(inner) => {
            let mut marks = evaluate(inner, read, file, group);
            marks.iter_mut().for_each(|mark| *mark = !*mark);
            marks
        }
        Condition::All(parts) => all(parts, true, |a, b| a && b),
        Condition::Any(parts) => all(parts, false, |a, b| a || b),
    }
}

/// Marks the rows whose value passes; the comparisons that most questions use have loops of their own.
fn marks(read: &Columns, column: Column, test: &Test) -> Vec<bool> {
    match (read.get(column), &test.comparison) {
        (Some(Values::Int(array)), Comparison::Within(range)) => {
            // All values alike, so that many are compared at once; what stands where there is none does not count.
            let (start, end) = (*range.start(), *range.end());
            let values = array.values().iter();
            let mut marks: Vec<bool> = values
                .map(|value| start <= *value && *value <= end)
                .collect();
            if let Some(valid) = array.nulls() {
                let marks = marks.iter_mut().zip(valid.iter());
                marks.for_each(|(mark, valid)| *mark &= valid);
            }
            marks
        }
        (
            Some(Values::Text(array)),
            Comparison::OneOf {
                values,
                ignore_case: false,
            },
        ) => {
            let is_one = |text: &str| match values.as_slice() {
                [one] => one == text,
                many => many
                    .binary_search_by(|value| value.as_str().cmp(text))
                    .is_ok(),
            };
            let texts = array.iter();
            texts
                .map(|text| text.is_some_and(|text| !text.is_empty() && is_one(text)))
                .collect()
        }
        (Some(values), Comparison::Exists) if !matches!(values, Values::Text(_)) => (0..read
            .rows())
            .map(|row| values.array().is_valid(row))
            .collect(),
        (Some(values), _) => (0..read.rows())
            .map(|row| test.accepts(&values.value(row)))
            .collect(),
        (None, _) => vec![test.accepts(&Value::Null); read.rows()],
    }
}

/// Leaves the rows that meet conditions on their raw records.
fn on_raw(
    source: &Source,
    rows: &[u32],
    times: &[i64],
    conditions: &[&Condition],
) -> Result<(Vec<u32>, Vec<i64>), StoreError> {
    let (file, group) = (&source.file, source.group);
    let timed = || rows.iter().copied().zip(times.iter().copied());
    let rows: Vec<(u32, i64)> = match text_to_find(conditions) {
        // Only where many of the pages have to be read anyway.
        Some(regex) if source.searched.get().is_some() || rows.len() * 8 > source.info.rows => {
            let ranges = match source.searched.get() {
                Some(ranges) => ranges,
                None => {
                    let ranges = file.search_raw(group, &|bytes| regex.is_match(bytes))?;
                    source.searched.get_or_init(|| ranges)
                }
            };
            let is_inside = |(row, _): &(u32, i64)| {
                let next = ranges.partition_point(|range| range.end <= *row as usize);
                ranges
                    .get(next)
                    .is_some_and(|range| range.start <= *row as usize)
            };
            timed().filter(is_inside).collect()
        }
        _ => timed().collect(),
    };
    let mut columns = columns_of(conditions);
    columns.insert(Column::Raw);
    let columns: Vec<Column> = columns.into_iter().collect();
    let mut passed = (Vec::new(), Vec::new());
    for part in rows.chunks(RAW_ROWS) {
        let numbers: Vec<u32> = part.iter().map(|(row, _)| *row).collect();
        let read = file.read(group, &columns, Pick::Rows(&numbers))?;
        for (at, (row, time)) in part.iter().enumerate() {
            let value = |field: &Field| match field {
                Field::Column(column) => {
                    constant(file, group, *column).unwrap_or_else(|| read.value(*column, at))
                }
                Field::Path(path) => path.lookup(read.raw(at)),
                Field::Fate
                | Field::Pattern
                | Field::PatternId
                | Field::LastStatus
                | Field::Count => Value::Null,
            };
            if conditions.iter().all(|condition| condition.accepts(&value)) {
                passed.0.push(*row);
                passed.1.push(*time);
            }
        }
    }
    Ok(passed)
}

/// Returns an expression that must be found in a raw record for it to pass, and that is found among several records one
/// after the other wherever it is found in one: it looks at nothing before or after what it finds.
fn text_to_find<'c>(conditions: &[&'c Condition]) -> Option<&'c regex::bytes::Regex> {
    let mut expressions = conditions.iter().filter_map(|condition| match condition {
        Condition::Is(Test {
            field: Field::Column(Column::Raw),
            comparison: Comparison::Matches(regex),
        }) => Some(regex),
        _ => None,
    });
    expressions.find(|regex| {
        let parsed = regex_syntax::ParserBuilder::new()
            .utf8(false)
            .build()
            .parse(regex.as_str());
        parsed.is_ok_and(|parsed| parsed.properties().look_set().is_empty())
    })
}

fn columns_of(conditions: &[&Condition]) -> BTreeSet<Column> {
    let fields = conditions.iter().flat_map(|condition| condition.fields());
    let columns = fields.filter_map(|field| match field {
        Field::Column(column) => Some(*column),
        _ => None,
    });
    columns
        .filter(|column| column.is_stored() && *column != Column::Type)
        .collect()
}

#[cfg(test)]
mod tests;

//! The columns of a row group with what its rows take from those they are linked to.
//!
//! Rule: a row's own value comes first.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, StringViewBuilder};
use arrow_array::{Array, ArrayRef, Int64Array, new_null_array};
use arrow_select::interleave::interleave;
use parquet::errors::ParquetError;

use crate::model::{Column, RecordType, Value};

use super::super::own::{LINKED, may_take};
use super::super::schema::data_type;
use super::links::{Link, RowRef};
use super::rows::LinkRows;

/// The words of the column `joined`.
const EXCHANGE: &str = "exchange";
const MISSING: &str = "missing";
const ATTEMPT: &str = "attempt";
const ATTEMPT_AND_EXCHANGE: &str = "attempt+exchange";
const ATTEMPT_AND_MISSING: &str = "attempt+missing";

/// How many rows lack something they name or should have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lacking {
    /// Rows whose exchange is not stored.
    pub(super) exchanges: u64,
    /// Errors without attempt.
    pub(super) attempts: u64,
    /// Rows that are linked to one far away.
    pub(super) far: u64,
}

/// Returns whether a row with this word lacks its exchange, or an error its attempt.
pub(super) fn is_lacking(joined: Option<&str>, is_error: bool) -> bool {
    lacks_exchange(joined) || (is_error && lacks_attempt(joined))
}

fn lacks_exchange(joined: Option<&str>) -> bool {
    matches!(joined, Some(MISSING | ATTEMPT_AND_MISSING))
}

fn lacks_attempt(joined: Option<&str>) -> bool {
    !joined.is_some_and(|joined| joined.starts_with(ATTEMPT))
}

/// Linked rows of a row group.
#[derive(Default)]
pub(super) struct Linked {
    /// The columns that are not what they were.
    pub(super) changed: Vec<(Column, ArrayRef)>,
    /// What the rows lacked, and what they lack now.
    pub(super) before: Lacking,
    pub(super) now: Lacking,
    /// Rows that took something else before, from what may lie far away.
    pub(super) changed_links: Vec<u32>,
}

/// Returns what becomes of a group of a pool's rows.
pub(super) fn linked(
    pool: &[LinkRows],
    group: usize,
    links: &[Vec<Link>],
) -> Result<Linked, ParquetError> {
    let (rows, of_rows) = (&pool[group], &links[group]);
    let joined = joined(pool, rows, of_rows, links);
    let mut changed = Vec::new();
    let mut lost = vec![false; rows.len()];
    for column in LINKED {
        let new = match (column, rows.record_type) {
            (Column::Outcome, RecordType::Attempt) if rows.all_state_outcomes() => continue,
            (Column::Discarded, RecordType::Attempt) => discarded(rows, of_rows),
            (column, record_type) if !may_take(record_type, column) => continue,
            _ => taken(pool, group, links, column)?,
        };
        if !is_same(rows, column, &new) {
            mark_lost(rows, column, &joined, &new, &mut lost);
            changed.push((column, new));
        }
    }
    let far: Vec<bool> = of_rows
        .iter()
        .map(|link| is_far(pool, rows, link, links))
        .collect();
    let (mut before, mut now) = (Lacking::default(), Lacking::default());
    for row in 0..rows.len() {
        let word = rows.columns.text(Column::Joined, row);
        before.count(word, rows.own(row).is_far(), rows.record_type);
        now.count(joined[row], far[row], rows.record_type);
        // What an error was linked to far away is to know if it is not any more.
        lost[row] |= rows.own(row).is_far() && rows.record_type == RecordType::Error;
    }
    if let Some(own) = own(rows, &far) {
        changed.push((Column::Own, own));
    }
    let mut words = StringViewBuilder::with_capacity(joined.len());
    joined.iter().for_each(|word| words.append_option(*word));
    let words: ArrayRef = Arc::new(words.finish());
    if !is_same(rows, Column::Joined, &words) {
        changed.push((Column::Joined, words));
    }
    let lost = (0..rows.len() as u32).zip(lost);
    Ok(Linked {
        changed,
        before,
        now,
        changed_links: lost.filter_map(|(row, lost)| lost.then_some(row)).collect(),
    })
}

impl Lacking {
    fn count(&mut self, joined: Option<&str>, is_far: bool, record_type: RecordType) {
        let is_error = record_type == RecordType::Error;
        self.exchanges += u64::from(lacks_exchange(joined));
        self.attempts += u64::from(is_error && lacks_attempt(joined));
        self.far += u64::from(is_far);
    }
}

/// Returns whether a row is linked to one that is not near it.
fn is_far(pool: &[LinkRows], rows: &LinkRows, link: &Link, links: &[Vec<Link>]) -> bool {
    let far_from = |rows: &LinkRows, at: Option<RowRef>| {
        at.is_some_and(|at| !rows.is_near(&pool[at.group as usize]))
    };
    match link.attempt {
        Some(at) => {
            let of_attempt = &links[at.group as usize][at.row as usize];
            far_from(rows, Some(at)) || far_from(&pool[at.group as usize], of_attempt.exchange)
        }
        None => far_from(rows, link.exchange),
    }
}

/// Returns the masks of rows with what is far now; `None` if they are what they were.
fn own(rows: &LinkRows, far: &[bool]) -> Option<ArrayRef> {
    let masks = (0..rows.len()).map(|row| rows.own(row));
    let is_changed = masks
        .clone()
        .zip(far)
        .any(|(mask, far)| mask.is_far() != *far);
    let bits = masks
        .zip(far)
        .map(|(mask, far)| Some(mask.with_far(*far).bits()));
    is_changed.then(|| Arc::new(bits.collect::<Int64Array>()) as ArrayRef)
}

/// Marks the rows of which records far away may have to change too: those that had taken another value before, but not
/// where that was of a link that is only now complete; and attempts whose outcome is known only now.
fn mark_lost(
    rows: &LinkRows,
    column: Column,
    joined: &[Option<&str>],
    new: &ArrayRef,
    lost: &mut [bool],
) {
    // A column that was not read has nothing.
    let was = rows.columns.get(column).map(|values| values.array());
    let is_error = rows.record_type == RecordType::Error;
    let tells_always = matches!(
        column,
        Column::Attempt | Column::ExchangeId | Column::Discarded
    );
    for (row, lost) in lost.iter_mut().enumerate() {
        if rows.own(row).has(column) {
            continue;
        }
        let word = rows.columns.text(Column::Joined, row);
        let is_completed = is_lacking(word, is_error) && joined[row] != word;
        let tells = match was.is_none_or(|was| was.is_null(row)) {
            true => column == Column::Outcome && word.is_some(),
            false => tells_always || !is_completed,
        };
        if tells {
            *lost |= match was {
                Some(was) => was.slice(row, 1).to_data() != new.slice(row, 1).to_data(),
                None => new.is_valid(row),
            };
        }
    }
}

fn joined<'r>(
    pool: &[LinkRows],
    rows: &'r LinkRows,
    of_rows: &[Link],
    links: &[Vec<Link>],
) -> Vec<Option<&'r str>> {
    let words = of_rows
        .iter()
        .enumerate()
        .map(|(row, link)| match link.attempt {
            Some(at) => {
                let attempt = &pool[at.group as usize];
                let of_attempt = &links[at.group as usize][at.row as usize];
                if link.exchange.is_some() || of_attempt.keeps.exchange {
                    Some(ATTEMPT_AND_EXCHANGE)
                } else if attempt.exchanges[at.row as usize] != 0 {
                    Some(ATTEMPT_AND_MISSING)
                } else {
                    Some(ATTEMPT)
                }
            }
            None if link.keeps.attempt => rows.columns.text(Column::Joined, row),
            None if link.exchange.is_some() || link.keeps.exchange => Some(EXCHANGE),
            None if rows.exchanges[row] != 0 => Some(MISSING),
            None => None,
        });
    words.collect()
}

fn discarded(rows: &LinkRows, links: &[Link]) -> ArrayRef {
    let mut values = BooleanBuilder::with_capacity(links.len());
    for (row, link) in links.iter().enumerate() {
        let known = match rows.columns.value(Column::Discarded, row) {
            Value::Bool(known) => Some(known),
            _ => None,
        };
        let stays = rows.own(row).has(Column::Discarded) || link.keeps.errors;
        values.append_option(if stays { known } else { link.discarded });
    }
    Arc::new(values.finish())
}

/// Returns a column with the values that rows take, chosen from the columns of the whole pool.
fn taken(
    pool: &[LinkRows],
    group: usize,
    links: &[Vec<Link>],
    column: Column,
) -> Result<ArrayRef, ParquetError> {
    let rows = &pool[group];
    // The first array has nothing but a null; then the arrays of the groups that have the column.
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(pool.len() + 1);
    let mut number_of = vec![0; pool.len()];
    arrays.push(new_null_array(&data_type(column), 1));
    for (number, rows) in pool.iter().enumerate() {
        if let Some(values) = rows.columns.get(column) {
            number_of[number] = arrays.len();
            arrays.push(values.to_array());
        }
    }
    let place = |at: RowRef| (number_of[at.group as usize], at.row as usize);
    // A column that was not read has nothing.
    let here = |row: usize| match number_of[group] {
        0 => (0, 0),
        number => (number, row),
    };
    let has = |at: &RowRef| pool[at.group as usize].has(column, at.row as usize);
    let has_own = |at: &RowRef| pool[at.group as usize].has_own(column, at.row as usize);
    let is_answer = !matches!(column, Column::Attempt | Column::ExchangeId);
    let choose = |(row, link): (usize, &Link)| {
        if rows.has_own(column, row) {
            return here(row);
        }
        let exchange = link.exchange.filter(has).filter(|_| is_answer);
        if let Some(at) = link.attempt {
            let keeps = links[at.group as usize][at.row as usize].keeps;
            let kept = Some(at).filter(|_| is_answer && keeps.exchange).filter(has);
            let own = Some(at).filter(has_own);
            return own.or(exchange).or(kept).map_or((0, 0), place);
        }
        if link.keeps.attempt {
            return here(row);
        }
        if let Some(exchange) = exchange {
            return place(exchange);
        }
        if is_answer && link.keeps.exchange && rows.has(column, row) {
            return here(row);
        }
        match link.error.filter(|_| column == Column::Reason) {
            Some(error) => place(error),
            // Said by errors that are gone.
            None if column == Column::Reason && link.keeps.errors && link.exchange.is_none() => {
                here(row)
            }
            None => (0, 0),
        }
    };
    let places: Vec<(usize, usize)> = links[group].iter().enumerate().map(choose).collect();
    if places.iter().all(|place| *place == (0, 0)) {
        return Ok(new_null_array(&data_type(column), places.len()));
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(interleave(&arrays, &places)?)
}

/// Whether a column has these values already; one that was not read has none.
fn is_same(rows: &LinkRows, column: Column, new: &ArrayRef) -> bool {
    match rows.columns.get(column) {
        Some(values) => values.array().to_data() == new.to_data(),
        None => new.null_count() == new.len(),
    }
}

/// Puts values of some rows in place of those of a whole column.
pub(super) fn overlay(
    whole: &ArrayRef,
    picked: &[u32],
    values: &ArrayRef,
) -> Result<ArrayRef, ParquetError> {
    let mut places: Vec<(usize, usize)> = (0..whole.len()).map(|row| (0, row)).collect();
    for (at, row) in picked.iter().enumerate() {
        places[*row as usize] = (1, at);
    }
    Ok(interleave(&[whole, values], &places)?)
}

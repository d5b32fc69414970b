//! The pattern of each row's reason, found once for every distinct reason of a chunk.
//!
//! Rule: the reason is what the row shows; without any it is the code, without that the
//! status of a failure (`status 503`). A row with none of them has no pattern.

use std::borrow::Cow;
use std::collections::HashMap;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::model::{Column, Field, Value, pattern, pattern_id};

use super::super::chunk::{Chunk, Part, Patterns};

/// The number of a row without a pattern.
const NONE: u32 = u32::MAX;

/// Returns why a row failed, in its own words.
pub(in super::super) fn cause(part: &Part, row: usize) -> Option<Cow<'_, str>> {
    let value = |column| part.value(row, &Field::Column(column));
    for column in [Column::Reason, Column::Code] {
        if let Value::Text(text) = value(column)
            && !text.trim().is_empty()
        {
            return Some(text);
        }
    }
    match value(Column::Status) {
        Value::Int(status) if status >= 400 => Some(format!("status {status}").into()),
        _ => None,
    }
}

/// Returns the pattern of a cause with its id; `None` if it has none.
pub(in super::super) fn pattern_of(cause: &str) -> Option<(String, String)> {
    let text = pattern(cause);
    let id = pattern_id(&text);
    (!text.is_empty()).then_some((text, id))
}

/// Finds the patterns of a chunk's rows; its parts must have been read with the columns [`CAUSE`](super::super::projection::CAUSE).
pub(in super::super) fn find_patterns(chunk: &mut Chunk) {
    let found: Vec<(Vec<u32>, Vec<String>)> = chunk
        .parts
        .par_iter()
        .map(|part| {
            let mut known: HashMap<Cow<'_, str>, u32> = HashMap::new();
            let mut numbers = Vec::with_capacity(part.columns.rows());
            for row in 0..part.columns.rows() {
                // OK because a chunk has fewer than 2^32 rows.
                let next = known.len() as u32;
                numbers.push(match cause(part, row) {
                    Some(cause) => *known.entry(cause).or_insert(next),
                    None => NONE,
                });
            }
            let mut causes: Vec<(&Cow<'_, str>, &u32)> = known.iter().collect();
            causes.sort_unstable_by_key(|(_, number)| **number);
            let patterns = causes.par_iter().map(|(cause, _)| pattern(cause)).collect();
            (numbers, patterns)
        })
        .collect();
    let mut numbers_of: HashMap<String, u32> = HashMap::new();
    let mut all = Vec::new();
    for (part, (numbers, patterns)) in chunk.parts.iter_mut().zip(found) {
        let mut global = Vec::with_capacity(patterns.len());
        for text in patterns {
            let number = match numbers_of.get(&text) {
                Some(number) => *number,
                None if text.is_empty() => NONE,
                None => {
                    let number = all.len() as u32;
                    all.push((text.clone(), pattern_id(&text)));
                    numbers_of.insert(text, number);
                    number
                }
            };
            global.push(number);
        }
        let of_chunk = |number: u32| global.get(number as usize).copied().unwrap_or(NONE);
        part.patterns = numbers.into_iter().map(of_chunk).collect();
    }
    chunk.patterns = Patterns { all };
}

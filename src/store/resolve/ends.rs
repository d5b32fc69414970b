//! One end of the routes of a row group's rows: the ids that each names.
//!
//! Rule: an end that names nothing meets any.

use std::collections::HashMap;

use arrow_array::Array;
use twox_hash::XxHash3_64;

use crate::model::Column;

use super::super::columns::{Columns, Values};

/// One end of the rows' routes.
#[derive(Default)]
pub(super) struct Ends {
    /// 0 where a row names none.
    first: Vec<u64>,
    more: HashMap<u32, Vec<u64>>,
}

impl Ends {
    /// Takes the first ids, and the lists of further ones.
    pub(super) fn of(columns: &Columns, first: Column, lists: &Columns, more: Column) -> Ends {
        let hash = |id: &str| XxHash3_64::oneshot(id.as_bytes()).max(1);
        let mut ends = Ends::default();
        if let Some(Values::Text(ids)) = columns.get(first) {
            // The same id stands in nearly every row.
            let mut last = ("", 0);
            ends.first.extend(ids.iter().map(|id| {
                let id = id.unwrap_or_default();
                if id != last.0 {
                    last = (id, hash(id));
                }
                if id.is_empty() { 0 } else { last.1 }
            }));
        }
        if let Some(Values::Text(lists)) = lists.get(more)
            && lists.null_count() < lists.len()
        {
            for (row, list) in lists.iter().enumerate() {
                if let Some(list) = list {
                    // OK because a row group has at most 128 Ki rows.
                    ends.more
                        .insert(row as u32, list.lines().map(hash).collect());
                }
            }
        }
        ends
    }

    pub(super) fn meet(&self, row: usize, other: &Ends, other_row: usize) -> bool {
        let (first, second) = (self.first(row), other.first(other_row));
        first == 0
            || second == 0
            || first == second
            || (!(self.more.is_empty() && other.more.is_empty())
                && self
                    .all(row)
                    .any(|id| other.all(other_row).any(|o| o == id)))
    }

    fn first(&self, row: usize) -> u64 {
        self.first.get(row).copied().unwrap_or(0)
    }

    fn all(&self, row: usize) -> impl Iterator<Item = u64> {
        let more = self.more.get(&(row as u32)).into_iter().flatten();
        std::iter::once(self.first(row)).chain(more.copied())
    }
}

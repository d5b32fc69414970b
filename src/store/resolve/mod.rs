//! The join, made once: attempts take the answer of their exchange, errors that of their own attempt, and it is kept in
//! the record. Within an hour, with the hours near it, and beyond them where something is missing.
//!
//! - [`view`]: the hours of a collection as they are about to be, and where ids stand in them.
//! - [`affected`]: which rows must be linked anew when hours change.
//! - [`pool`]: the rows that those of an hour may be linked with.
//! - [`links`]: which row belongs to which; [`values`]: what it takes.
//!
//! Rule: what a row takes depends on what all stored records say themselves, never on the order in which they came. What
//! was taken from records that are gone stays while nothing else with their ids is stored.

mod affected;
mod ends;
mod linking;
mod links;
mod pool;
mod rows;
#[cfg(test)]
mod tests;
mod values;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::ArrayRef;

use crate::model::{Column, RecordType};

use super::meta::Unresolved;
use super::reader::HourFile;
pub(super) use linking::Linking;
use rows::is_linked;

/// A row group of an hour as it is stored or is about to be; `keep` marks the rows that stay.
#[derive(Clone)]
pub(super) struct SourceGroup {
    pub(super) file: Arc<HourFile>,
    pub(super) group: usize,
    pub(super) keep: Option<Vec<bool>>,
}

/// What an hour's rows take from others.
#[derive(Default)]
pub(super) struct Resolved {
    /// By the number of the source group: the columns that change, for the rows that stay.
    pub(super) changed: BTreeMap<usize, Vec<(Column, ArrayRef)>>,
    pub(super) unresolved: Unresolved,
}

impl SourceGroup {
    /// Returns the row groups of a file, with all rows.
    pub(super) fn all_of(file: &Arc<HourFile>) -> Vec<SourceGroup> {
        let group = |group| SourceGroup {
            file: Arc::clone(file),
            group,
            keep: None,
        };
        (0..file.groups().len()).map(group).collect()
    }

    /// Returns how many rows stay.
    pub(super) fn rows(&self) -> usize {
        match &self.keep {
            Some(keep) => keep.iter().filter(|keep| **keep).count(),
            None => self.file.groups()[self.group].rows,
        }
    }

    pub(super) fn record_type(&self) -> RecordType {
        self.file.groups()[self.group].record_type
    }

    /// Leaves out the rows that are not marked, beside those left out before.
    pub(super) fn keep_only(&mut self, marks: Vec<bool>) {
        let marks: Vec<bool> = match &self.keep {
            Some(keep) => keep.iter().zip(marks).map(|(a, b)| *a && b).collect(),
            None => marks,
        };
        self.keep = marks.iter().any(|keep| !keep).then_some(marks);
    }

    pub(super) fn is_linked(&self) -> bool {
        is_linked(self.record_type())
    }

    /// Returns the rows that stay, ascending; `None` for all.
    fn kept_rows(&self) -> Option<Vec<u32>> {
        let keep = self.keep.as_ref()?;
        // OK because a row group has at most 128 Ki rows.
        let rows = (0..keep.len() as u32).zip(keep);
        Some(rows.filter_map(|(row, keep)| keep.then_some(row)).collect())
    }
}

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
mod outlines;
mod pool;
mod rows;
#[cfg(test)]
mod tests;
mod values;
mod view;

use std::collections::BTreeMap;

use arrow_array::ArrayRef;

use crate::model::Column;

use super::meta::Unresolved;
pub(super) use linking::Linking;

/// What an hour's rows take from others.
#[derive(Default)]
pub(super) struct Resolved {
    /// By the number of the source group: the columns that change, for the rows that stay.
    pub(super) changed: BTreeMap<usize, Vec<(Column, ArrayRef)>>,
    pub(super) unresolved: Unresolved,
}

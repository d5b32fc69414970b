//! A message at one destination, on its way to a row.

use std::cmp::Reverse;

use crate::model::Provider;
use crate::store::IdKey;

use super::super::super::deliveries::{FateRule, Seen};

/// The records of one collection that are judged by one rule.
pub(super) type Group = (Provider, String, FateRule);

/// A message at one destination, on its way to a row.
#[derive(Clone, Copy)]
pub(super) struct Story {
    /// The number of its group.
    pub(super) group: u32,
    pub(super) seen: Seen,
}

impl Story {
    pub(super) fn order(&self) -> (Reverse<i64>, u32, IdKey, u64) {
        let Seen {
            last,
            message,
            part,
            ..
        } = self.seen;
        (Reverse(last), self.group, message, part)
    }
}

//! What a chart draws: counts over time, and what is known of each bucket.

use crate::model::{Timestamp, Zone, number};

use super::super::sparkline::Ink;
use super::label::Precision;

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Chart<'c> {
    /// How long a bucket is, as text for people.
    pub(crate) every: String,
    /// Where each bucket begins, ascending.
    pub(crate) starts: &'c [Timestamp],
    /// What of time the buckets' names must tell.
    pub(crate) precision: Precision,
    pub(crate) zone: Zone,
    /// For each bucket.
    pub(crate) covers: &'c [Cover],
    /// With the largest total first; those that find no room are drawn together.
    pub(crate) series: Vec<Series>,
    pub(crate) ink: Ink,
    pub(crate) width: Option<usize>,
}

/// Counts of one kind of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    pub(crate) name: String,
    /// For each bucket.
    pub(crate) counts: Vec<u64>,
    /// The counts are lower bounds.
    pub(crate) is_folded: bool,
}

/// What is known of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    Complete,
    /// Some of it is stored; and why not all.
    Partial(&'static str),
    /// Nothing of it is stored; and why.
    Gap(&'static str),
}

impl Cover {
    pub(crate) fn is_complete(self) -> bool {
        self == Cover::Complete
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Cover::Complete => "",
            Cover::Partial(word) | Cover::Gap(word) => word,
        }
    }
}

impl Series {
    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(super) fn number(&self, count: u64, ink: Ink) -> String {
        let sign = match ink {
            _ if !self.is_folded || count == 0 => "",
            Ink::Blocks => "≥",
            Ink::Ascii => ">=",
        };
        format!("{sign}{}", number(count))
    }
}

//! Counts over time drawn for people: a line a bucket, a bar a series, the numbers beside them.
//!
//! Rule: what is not known is drawn as a gap, never as zero; all bars of a drawing have one scale; nothing is told by
//! colour. A line is never wider than a terminal of 60 columns or more.

mod label;
mod plan;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use crate::model::{Timestamp, Zone, number};

use super::sparkline::Ink;
use plan::Plan;

/// Of so many equal gaps in a row only the first and the last are drawn.
const LONG_RUN: usize = 6;

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

/// How precisely buckets are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    Day,
    Minute,
    Second,
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

    fn word(self) -> &'static str {
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

    fn number(&self, count: u64, ink: Ink) -> String {
        let sign = match ink {
            _ if !self.is_folded || count == 0 => "",
            Ink::Blocks => "≥",
            Ink::Ascii => ">=",
        };
        format!("{sign}{}", number(count))
    }
}

/// Draws a chart. Without buckets or series nothing is drawn.
pub(crate) fn draw(chart: Chart<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(plan) = Plan::new(chart) else {
        return Ok(());
    };
    let mut page = plan.head();
    let mut bucket = 0;
    while bucket < plan.chart.starts.len() {
        let run = plan.gaps_from(bucket);
        page.push_str(&plan.line(bucket));
        if run >= LONG_RUN {
            page.push_str(&plan.left_out(run - 2));
            bucket += run - 2;
        }
        bucket += 1;
    }
    page.push_str(&plan.axis());
    out.write_all(page.as_bytes())?;
    out.flush()
}

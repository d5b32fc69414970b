//! Counts over time drawn for people: a line a bucket, a bar a series, the numbers beside them.
//!
//! Rule: what is not known is drawn as a gap, never as zero; all bars of a drawing have one scale; nothing is told by
//! colour. A line is never wider than a terminal of 60 columns or more.

mod label;
mod plan;
mod series;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

pub(crate) use label::Precision;
use plan::Plan;
pub(crate) use series::{Chart, Cover, Series};

/// Of so many equal gaps in a row only the first and the last are drawn.
const LONG_RUN: usize = 6;

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

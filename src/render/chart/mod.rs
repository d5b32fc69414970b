//! Counts over time drawn for people: a line a bucket, a bar a series, the numbers beside them.
//!
//! Rule: what is not known is drawn as a gap, never as zero; all bars of a drawing have one scale; nothing is told by
//! colour. A line is never wider than the terminal, down to [`NARROWEST`] columns.

mod label;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use crate::model::{Timestamp, Zone, number};

use super::sanitize::visible;
use super::sparkline::Ink;
use super::table::lines::{self, Overflow};

/// Drawings are made for terminals of this width at least.
const NARROWEST: usize = 40;

/// The width where nobody says.
const USUAL: usize = 80;

/// Bars side by side at most; more are hard to compare.
const MOST_SERIES: usize = 7;

/// A bar is at least so wide where there are several.
const LEAST_BAR: usize = 8;

/// Of so many equal gaps in a row only the first and the last are drawn.
const LONG_RUN: usize = 6;

/// Blank columns between two series.
const GAP: usize = 2;

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

    fn number(&self, count: u64) -> String {
        let sign = if self.is_folded && count > 0 {
            "≥"
        } else {
            ""
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

/// How a chart is laid out.
struct Plan<'c> {
    chart: Chart<'c>,
    labels: Vec<String>,
    label_width: usize,
    /// For each series: the width of its numbers.
    numbers: Vec<usize>,
    bar: usize,
    most: u64,
}

impl<'c> Plan<'c> {
    fn new(mut chart: Chart<'c>) -> Option<Plan<'c>> {
        let labels = label::labels(chart.starts, chart.precision, chart.zone);
        let label_width = widest(labels.iter().map(String::as_str));
        let words = widest(chart.covers.iter().map(|cover| cover.word()));
        let words = if words > 0 { GAP + words } else { 0 };
        let width = chart.width.unwrap_or(USUAL).max(NARROWEST);
        let room = width.saturating_sub(label_width + words);
        let mut series = std::mem::take(&mut chart.series);
        if labels.is_empty() || series.is_empty() {
            return None;
        }
        let mut shown = series.len().min(MOST_SERIES);
        loop {
            let fewer = together(&series, shown);
            let numbers: Vec<usize> = fewer.iter().map(number_width).collect();
            let taken: usize = numbers.iter().map(|number| GAP + number + 1).sum();
            let bar = room.saturating_sub(taken) / fewer.len();
            if bar >= LEAST_BAR || shown == 1 {
                series = fewer;
                let counts = series.iter().flat_map(|series| &series.counts);
                return Some(Plan {
                    most: counts.max().copied().unwrap_or(0),
                    labels,
                    label_width,
                    numbers,
                    bar: bar.max(1),
                    chart: Chart { series, ..chart },
                });
            }
            shown -= 1;
        }
    }

    /// Says how long a bucket is, where the zone is, and what stands below.
    fn head(&self) -> String {
        let Chart { every, zone, .. } = &self.chart;
        let mut head = format!("count every {every}, time in {}\n", zone.label());
        if let [only] = self.chart.series.as_slice()
            && only.name.is_empty()
        {
            return head;
        }
        let mut line = " ".repeat(self.label_width);
        for (series, number) in self.chart.series.iter().zip(&self.numbers) {
            let width = number + 1 + self.bar;
            let total = format!(" ({})", series.number(series.total()));
            let name = visible(&series.name);
            let mut fitted = Vec::new();
            Overflow::CutMiddle.fit(&name, width.saturating_sub(total.len()), &mut fitted);
            let text = format!("{}{total}", fitted.concat());
            push_cell(&mut line, &text, width);
        }
        push_line(&mut head, &line);
        head
    }

    fn line(&self, bucket: usize) -> String {
        let label = &self.labels[bucket];
        let blank = self.label_width.saturating_sub(lines::width(label));
        let mut line = format!("{}{label}", " ".repeat(blank));
        let cover = self.chart.covers.get(bucket).copied();
        let cover = cover.unwrap_or(Cover::Complete);
        let is_gap = self.is_gap(bucket);
        for (series, number) in self.chart.series.iter().zip(&self.numbers) {
            let count = series.counts[bucket];
            let (text, bar) = if is_gap {
                let gap = self.chart.ink.gap();
                ("?".to_owned(), gap.to_string().repeat(self.bar))
            } else {
                (series.number(count), self.bar_of(count))
            };
            let text = format!("{}{text}", " ".repeat(number - lines::width(&text)));
            push_cell(&mut line, &format!("{text} {bar}"), number + 1 + self.bar);
        }
        push_cell(&mut line, cover.word(), 0);
        let mut out = String::new();
        push_line(&mut out, &line);
        out
    }

    fn is_gap(&self, bucket: usize) -> bool {
        let mut counts = self.chart.series.iter().map(|series| series.counts[bucket]);
        let is_unknown = matches!(self.chart.covers.get(bucket), Some(Cover::Gap(_)));
        // Records of other hours may have strayed here.
        is_unknown && counts.all(|count| count == 0)
    }

    /// Returns how many buckets from here on are gaps for the same reason.
    fn gaps_from(&self, bucket: usize) -> usize {
        let cover = |bucket: usize| self.chart.covers.get(bucket);
        let is_same = |next: &usize| self.is_gap(*next) && cover(*next) == cover(bucket);
        let rest = bucket..self.chart.starts.len();
        rest.take_while(is_same).count()
    }

    /// Says how many gaps are not drawn.
    fn left_out(&self, buckets: usize) -> String {
        let mut line = " ".repeat(self.label_width);
        let dots = match self.chart.ink {
            Ink::Blocks => "⋮",
            Ink::Ascii => ":",
        };
        push_cell(
            &mut line,
            &format!("{dots} {} more", number(buckets as u64)),
            0,
        );
        let mut out = String::new();
        push_line(&mut out, &line);
        out
    }

    fn bar_of(&self, count: u64) -> String {
        const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        if count == 0 {
            return String::new();
        }
        let scaled = |steps: usize| {
            let length = u128::from(count) * (self.bar * steps) as u128;
            // OK because a count is at most the greatest one.
            length.div_ceil(u128::from(self.most)) as usize
        };
        match self.chart.ink {
            Ink::Ascii => "#".repeat(scaled(1)),
            Ink::Blocks => {
                let eighths = scaled(8);
                format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
            }
        }
    }

    /// Says what the ends of the bars stand for.
    fn axis(&self) -> String {
        let most = number(self.most);
        let mut line = " ".repeat(self.label_width);
        for number in &self.numbers {
            let room = self.bar.saturating_sub(1 + most.len());
            let dash = match self.chart.ink {
                Ink::Blocks => "─",
                Ink::Ascii => "-",
            };
            let scale = match room {
                // Too narrow for a scale: the numbers stand beside the bars.
                0..3 => String::new(),
                room => format!("0 {} {most}", dash.repeat(room - 2)),
            };
            let text = format!("{} {scale}", " ".repeat(*number));
            push_cell(&mut line, &text, number + 1 + self.bar);
        }
        let mut out = String::new();
        push_line(&mut out, &line);
        out
    }
}

/// Returns the series to draw: the first ones, and all others as one if there are more than `shown`.
fn together(series: &[Series], shown: usize) -> Vec<Series> {
    if series.len() <= shown {
        return series.to_vec();
    }
    let (first, others) = series.split_at(shown - 1);
    let mut drawn = first.to_vec();
    let mut counts = vec![0; others.first().map_or(0, |series| series.counts.len())];
    for series in others {
        for (sum, count) in counts.iter_mut().zip(&series.counts) {
            *sum += count;
        }
    }
    drawn.push(Series {
        name: format!("{} more", number(others.len() as u64)),
        counts,
        is_folded: others.iter().any(|series| series.is_folded),
    });
    drawn
}

fn number_width(series: &Series) -> usize {
    let most = series.counts.iter().max().copied().unwrap_or(0);
    lines::width(&series.number(most))
}

fn widest<'t>(texts: impl Iterator<Item = &'t str>) -> usize {
    texts.map(lines::width).max().unwrap_or(0)
}

/// Appends a gap and a cell, filled up to its width.
fn push_cell(line: &mut String, text: &str, width: usize) {
    line.push_str(&" ".repeat(GAP));
    line.push_str(text);
    line.push_str(&" ".repeat(width.saturating_sub(lines::width(text))));
}

/// Appends a line without the blanks at its end.
fn push_line(out: &mut String, line: &str) {
    out.push_str(line.trim_end_matches(' '));
    out.push('\n');
}

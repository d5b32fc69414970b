//! How a chart is laid out: which series find room, how long their bars are.
//!
//! Rule: every line is built of cells of fixed width, so that bars begin below each other.

use crate::model::number;

use super::super::sanitize::visible;
use super::super::sparkline::Ink;
use super::super::table::lines::{self, Overflow};
use super::label;
use super::series::{Chart, Cover, Series};

/// On narrower terminals lines are as long as if they had so many columns.
const NARROWEST: usize = 40;

/// The width where nobody says.
const USUAL: usize = 80;

/// Bars side by side at most; more are hard to compare.
const MOST_SERIES: usize = 7;

/// A bar is at least so wide where there are several.
const LEAST_BAR: usize = 8;

/// Blank columns between two series.
const GAP: usize = 2;

/// How a chart is laid out.
pub(super) struct Plan<'c> {
    pub(super) chart: Chart<'c>,
    labels: Vec<String>,
    label_width: usize,
    /// For each series: the width of its numbers.
    numbers: Vec<usize>,
    bar: usize,
    most: u64,
}

impl<'c> Plan<'c> {
    pub(super) fn new(mut chart: Chart<'c>) -> Option<Plan<'c>> {
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
            let numbers: Vec<usize> = fewer
                .iter()
                .map(|one| number_width(one, chart.ink))
                .collect();
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
    pub(super) fn head(&self) -> String {
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
            let total = format!(" ({})", series.number(series.total(), self.chart.ink));
            let name = visible(&series.name);
            let text = if lines::width(&name) + lines::width(&total) <= width {
                format!("{name}{total}")
            } else {
                // Which it is matters more than how many in all.
                let mut fitted = Vec::new();
                Overflow::CutMiddle.fit(&name, width, &mut fitted);
                fitted.concat()
            };
            push_cell(&mut line, &text, width);
        }
        push_line(&mut head, &line);
        head
    }

    pub(super) fn line(&self, bucket: usize) -> String {
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
                (series.number(count, self.chart.ink), self.bar_of(count))
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
    pub(super) fn gaps_from(&self, bucket: usize) -> usize {
        let cover = |bucket: usize| self.chart.covers.get(bucket);
        let is_same = |next: &usize| self.is_gap(*next) && cover(*next) == cover(bucket);
        let rest = bucket..self.chart.starts.len();
        rest.take_while(is_same).count()
    }

    /// Says how many gaps are not drawn.
    pub(super) fn left_out(&self, buckets: usize) -> String {
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
    pub(super) fn axis(&self) -> String {
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

fn number_width(series: &Series, ink: Ink) -> usize {
    let most = series.counts.iter().max().copied().unwrap_or(0);
    lines::width(&series.number(most, ink))
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

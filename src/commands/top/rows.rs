//! The rows of `top`: groups with their numbers, and their counts over time.
//!
//! Rule: machines get plain numbers, people get them with separators, percent and a drawing; both tell the same.

use crate::model::{Kind, Timestamp, Value};
use crate::query::{Buckets, Key, Tally};
use crate::render::{Cover, Format, Heading, Options, Output, sparkline};

use super::super::counting::{self, Coverage, Naming, shown_count};
use super::super::rows::whole;
use super::super::{Context, Error};

/// The groups to show, and all that is said of them.
pub(super) struct Answer<'a> {
    pub(super) keys: &'a [Key],
    pub(super) tally: &'a Tally,
    /// Numbers of groups.
    pub(super) order: &'a [usize],
    pub(super) buckets: Option<&'a Buckets>,
    /// Buckets are drawn as one word instead of a column each.
    pub(super) is_trend: bool,
    pub(super) coverage: Coverage,
}

/// Returns how many characters a table has for the drawing; none on a narrow terminal.
pub(super) fn trend_width(width: Option<usize>) -> usize {
    match width {
        None => 24,
        Some(0..72) => 0,
        Some(72..140) => 12,
        Some(_) => 24,
    }
}

impl Answer<'_> {
    pub(super) fn write(
        &self,
        context: &mut Context<'_>,
        options: Options,
        format: Format,
    ) -> Result<(), Error> {
        let is_table = format == Format::Table;
        let settings = context.settings.clone();
        let ink = context.terminal.ink;
        let naming = Naming::of(&settings, self.keys, format);
        let gaps = self.gaps();
        let has_trend = self.is_trend && self.tally.over_time(0).is_some();
        let headings = self.headings(context, is_table, has_trend);
        let mut output = Output::new(format, headings, options, context.out)?;
        for at in self.order {
            let group = &self.tally.groups[*at];
            let mut cells = naming.cells(&group.key);
            let share = share(group.count, self.tally.records);
            if is_table {
                let text = |text: String| Value::Text(text.into());
                cells.push(text(shown_count(group.count, group.is_folded)));
                cells.push(text(shown_count(group.messages, group.messages_are_cut)));
                cells.push(text(format!("{:.1}%", share * 100.0)));
                cells.push(Value::Time(full_second(group.first_seen)));
                cells.push(Value::Time(full_second(group.last_seen)));
            } else {
                cells.push(whole(group.count));
                cells.push(whole(group.messages));
                cells.push(Value::Number(format!("{share:.6}").into()));
                cells.push(Value::Time(group.first_seen));
                cells.push(Value::Time(group.last_seen));
            }
            // What no hour is stored of is not known to be nothing.
            let known = |(count, is_gap): (&u64, &bool)| (*count > 0 || !is_gap).then_some(*count);
            let counts = self.tally.over_time(*at).unwrap_or_default();
            let counts: Vec<Option<u64>> = counts.iter().zip(&gaps).map(known).collect();
            if has_trend {
                cells.push(Value::Text(sparkline(&counts, ink).into()));
            } else if !self.is_trend {
                let cell = |count: &Option<u64>| count.map_or(Value::Null, whole);
                cells.extend(counts.iter().map(cell));
            }
            output.row(&cells)?;
        }
        output.finish()?;
        Ok(())
    }

    fn headings(&self, context: &Context<'_>, is_table: bool, has_trend: bool) -> Vec<Heading> {
        // A table's texts stand to the right like the numbers they are.
        let share = is_table.then_some(Kind::Int);
        let mut headings = counting::headings(self.keys);
        headings.extend([
            Heading::new("count", Some(Kind::Int)),
            Heading::new("messages", Some(Kind::Int)),
            Heading::new("share", share),
            Heading::new("first_seen", Some(Kind::Time)),
            Heading::new("last_seen", Some(Kind::Time)),
        ]);
        if has_trend {
            headings.push(Heading::new("trend", Some(Kind::Text)));
        } else if !self.is_trend {
            let starts = self.buckets.map_or(&[][..], Buckets::starts);
            let heading =
                |start: &Timestamp| Heading::new(start.to_zone(context.zone), Some(Kind::Int));
            headings.extend(starts.iter().map(heading));
        }
        headings
    }

    /// Returns for each bucket whether nothing of it is stored.
    fn gaps(&self) -> Vec<bool> {
        let Some(buckets) = self.buckets else {
            return Vec::new();
        };
        let cover = |bucket| self.coverage.cover(buckets.window(bucket));
        (0..buckets.len())
            .map(|bucket| matches!(cover(bucket), Cover::Gap(_)))
            .collect()
    }
}

fn share(count: u64, of: u64) -> f64 {
    // No record in no group; and groups have at least one.
    if of == 0 {
        0.0
    } else {
        count as f64 / of as f64
    }
}

/// Returns the second of an instant: a table for people has no room for more.
fn full_second(time: Timestamp) -> Timestamp {
    Timestamp::from_micros(time.micros().div_euclid(1_000_000) * 1_000_000)
}

//! The rows of `top`: groups with their numbers, and their counts over time.
//!
//! Rule: machines get plain numbers, people get them with separators, percent and a drawing; both tell the same.

use crate::model::{Kind, Timestamp, Value};
use crate::query::{Buckets, Group, Key, Tally};
use crate::render::{Cover, Format, Heading, Options, Output, sparkline, text_width};

use super::super::counting::{self, Coverage, Naming, shown_count};
use super::super::rows::whole;
use super::super::{Context, Error, Settings};
use super::fit::{Fit, Widths};

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

impl Answer<'_> {
    /// Writes the groups; returns which columns a table has room for.
    pub(super) fn write(
        &self,
        context: &mut Context<'_>,
        options: Options,
        format: Format,
    ) -> Result<Fit, Error> {
        let is_table = format == Format::Table;
        let settings = context.settings.clone();
        let ink = context.terminal.ink;
        let naming = Naming::of(&settings, self.keys, format);
        let gaps = self.gaps();
        let fit = match is_table {
            true => Fit::to(
                options.width.filter(|_| self.is_trend),
                &self.widths(&settings),
            ),
            false => Fit {
                trend: 0,
                ..Fit::ALL
            },
        };
        let headings = self.headings(context, is_table, &fit);
        let mut output = Output::new(format, headings, options, context.out)?;
        for at in self.order {
            let group = &self.tally.groups[*at];
            let mut cells = naming.cells(&group.key);
            if is_table {
                self.push_for_people(group, &fit, &mut cells);
            } else {
                self.push_for_programs(group, &mut cells);
            }
            // What no hour is stored of is not known to be nothing.
            let known = |(count, is_gap): (&u64, &bool)| (*count > 0 || !is_gap).then_some(*count);
            let counts = self.tally.over_time(*at).unwrap_or_default();
            let counts: Vec<Option<u64>> = counts.iter().zip(&gaps).map(known).collect();
            if fit.trend > 0 {
                let drawn = sparkline(&at_most(counts, fit.trend), ink);
                cells.push(Value::Text(drawn.into()));
            } else if !self.is_trend {
                let cell = |count: &Option<u64>| count.map_or(Value::Null, whole);
                cells.extend(counts.iter().map(cell));
            }
            output.row(&cells)?;
        }
        output.finish()?;
        Ok(fit)
    }

    fn push_for_programs(&self, group: &Group, cells: &mut Vec<Value<'_>>) {
        let share = format!("{:.6}", self.share(group));
        cells.extend([
            whole(group.count),
            whole(group.messages),
            Value::Number(share.into()),
            Value::Time(group.first_seen),
            Value::Time(group.last_seen),
        ]);
    }

    fn push_for_people(&self, group: &Group, fit: &Fit, cells: &mut Vec<Value<'_>>) {
        let text = |text: String| Value::Text(text.into());
        cells.push(text(shown_count(group.count, group.is_folded)));
        if fit.has_messages {
            let messages = shown_count(group.messages, group.messages_are_cut);
            cells.push(text(messages));
        }
        if fit.has_share {
            cells.push(text(format!("{:.1}%", self.share(group) * 100.0)));
        }
        if fit.has_first_seen {
            cells.push(Value::Time(full_second(group.first_seen)));
        }
        if fit.has_last_seen {
            cells.push(Value::Time(full_second(group.last_seen)));
        }
    }

    fn share(&self, group: &Group) -> f64 {
        // A group has a record at least, so that there is one in all.
        group.count as f64 / self.tally.records as f64
    }

    fn headings(&self, context: &Context<'_>, is_table: bool, fit: &Fit) -> Vec<Heading> {
        // A table's texts stand to the right like the numbers they are.
        let share = is_table.then_some(Kind::Int);
        let columns = [
            (true, "count", Some(Kind::Int)),
            (fit.has_messages, "messages", Some(Kind::Int)),
            (fit.has_share, "share", share),
            (fit.has_first_seen, "first_seen", Some(Kind::Time)),
            (fit.has_last_seen, "last_seen", Some(Kind::Time)),
            (fit.trend > 0, "trend", Some(Kind::Text)),
        ];
        let shown = columns.into_iter().filter(|(is_shown, ..)| *is_shown);
        let mut headings = counting::headings(self.keys);
        headings.extend(shown.map(|(_, name, kind)| Heading::new(name, kind)));
        if !self.is_trend {
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

    fn widths(&self, settings: &Settings) -> Widths {
        let naming = Naming::of(settings, self.keys, Format::Table);
        let groups = || self.order.iter().map(|at| &self.tally.groups[*at]);
        let mut keys: Vec<usize> = self
            .keys
            .iter()
            .map(|key| text_width(&key.to_string()))
            .collect();
        for group in groups() {
            for (width, value) in keys.iter_mut().zip(&group.key) {
                let text = naming.text(std::slice::from_ref(value));
                *width = text_width(&text).max(*width);
            }
        }
        let count = |group: &Group| shown_count(group.count, group.is_folded);
        let messages = |group: &Group| shown_count(group.messages, group.messages_are_cut);
        let widest = |name: &str, text: &dyn Fn(&Group) -> String| {
            let texts = groups().map(|group| text_width(&text(group)));
            texts.max().unwrap_or(0).max(name.len())
        };
        let days = |of: &dyn Fn(&Group) -> Timestamp| {
            let mut days: Vec<String> = groups().map(|group| of(group).hour().date()).collect();
            days.dedup();
            days.len()
        };
        let is_one_day =
            days(&|group| group.first_seen) == 1 && days(&|group| group.last_seen) == 1;
        Widths {
            keys,
            count: widest("count", &count),
            messages: widest("messages", &messages),
            // `first_seen (UTC)` above times of one day, else `2025-03-23T20:00:00+01:00` at most.
            time: if is_one_day { 16 } else { 20 },
            has_trend: self.is_trend && self.tally.over_time(0).is_some(),
        }
    }
}

/// Adds neighbours up until there are at most so many counts; together with something known, nothing unknown is.
fn at_most(counts: Vec<Option<u64>>, most: usize) -> Vec<Option<u64>> {
    let size = counts.len().div_ceil(most.max(1)).max(1);
    let sum = |part: &[Option<u64>]| {
        let known = part.iter().flatten();
        (known.clone().count() > 0).then(|| known.sum())
    };
    counts.chunks(size).map(sum).collect()
}

/// Returns the second of an instant: a table for people has no room for more.
fn full_second(time: Timestamp) -> Timestamp {
    Timestamp::from_micros(time.micros().div_euclid(1_000_000) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_drawn_as_one_where_there_is_no_room() {
        let counts = vec![Some(1), Some(2), None, Some(4), None, None];
        assert_eq!(at_most(counts.clone(), 6), counts);
        assert_eq!(at_most(counts, 3), [Some(3), Some(4), None]);
        assert_eq!(at_most(vec![Some(1); 5], 3), [Some(2), Some(2), Some(1)]);
    }
}

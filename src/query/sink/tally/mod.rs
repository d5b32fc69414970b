//! Counting records by what they have in common.
//!
//! Each row group is counted by itself, column by column, and makes a [`part::Part`]; parts are put together by
//! [`gathered::Gathered`].
//!
//! Rule: memory is bounded by the number of groups, and more of them are an error, never a cut.

mod codes;
mod count;
mod gathered;
mod key;
mod messages;
mod part;
mod whole;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::model::{Column, Field, RecordType, Timestamp, Value};
use crate::providers::spec;
use crate::store::StoreError;

use super::super::chunk::Part as Rows;
use super::super::enrich::Enrich;
use super::super::hours::Hours;
use super::super::known_keys::KnownKeys;
use super::super::plan::Plan;
use super::super::projection::Projection;
use super::super::question::Orphans;
use super::super::select::select;
use super::super::source::Source;
use super::super::stream::pick;
use codes::codes_of;
pub(crate) use count::{Count, CountError, Group, Tally};
use gathered::Gathered;
pub(crate) use key::{Key, compare_keys};
use part::{Finder, Part};
use whole::count_whole;

/// Row groups that are counted before their parts are put together; bounds memory.
const WAVE: usize = 16;

/// Counts the records that match.
pub(in super::super) fn tally(hours: &Hours, count: &Count<'_>) -> Result<Tally, CountError> {
    loop {
        match tally_once(hours, count) {
            // An hour that cannot be read is left out whole, and one that was written anew is counted as it is now.
            Err(CountError::Store(
                error @ (StoreError::Damaged { .. } | StoreError::Replaced { .. }),
            )) => drop(hours.recover(error)?),
            told => return told,
        }
    }
}

fn tally_once(hours: &Hours, count: &Count<'_>) -> Result<Tally, CountError> {
    let plan = Plan::over(hours, count.filter)?;
    let fields = count.by.iter().filter_map(|key| match key {
        Key::Field(field) => Some(field),
        Key::Hour | Key::Day => None,
    });
    let of_conditions = plan
        .stages
        .computed
        .iter()
        .flat_map(|condition| condition.fields());
    let mut projection = Projection::of(fields.chain(of_conditions));
    let is_asked = |key: &Key| *key == Key::Field(Field::Column(Column::MessageId));
    if !count.by.iter().any(is_asked) {
        // The keys of message ids are read by themselves.
        projection
            .columns
            .retain(|column| *column != Column::MessageId);
    }
    let counting = Counting {
        count,
        enrich: Enrich::new(hours, count.now, None),
        plan: &plan,
        projection,
        known: hours.keys(),
    };
    if counting.projection.fate {
        let rows = plan.sources.iter();
        counting
            .enrich
            .prepare(rows.map(|source| (source.file.key(), source.record_type())))?;
    }
    let mut gathered = Gathered::new(count);
    let mut orphans = Orphans::default();
    for wave in plan.sources.chunks(WAVE) {
        let counted = wave
            .par_iter()
            .map(|source| counting.group(source))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut parts = Vec::with_capacity(counted.len());
        for (source, (part, times)) in wave.iter().zip(counted) {
            parts.push(part);
            for time in times {
                orphans.add(source.file.key(), Timestamp::from_micros(time));
            }
        }
        gathered.add(parts)?;
    }
    Ok(gathered.finish(orphans))
}

/// A count on its way.
struct Counting<'c> {
    count: &'c Count<'c>,
    enrich: Enrich<'c>,
    plan: &'c Plan<'c>,
    projection: Projection,
    known: &'c KnownKeys,
}

impl Counting<'_> {
    /// Counts a row group; also returns the times of attempts of which only their exchange could tell the group.
    fn group(&self, source: &Source) -> Result<(Part, Vec<i64>), StoreError> {
        if let Some(part) = count_whole(self.count, self.plan, source)? {
            return Ok((part, Vec::new()));
        }
        let (file, group) = (&source.file, source.group);
        let stages = &self.plan.stages;
        let mut selected = select(source, stages, stages.window)?;
        source.forget();
        let mut orphans = std::mem::take(&mut selected.doubtful_times);
        let mut part = Part::default();
        if selected.rows.is_empty() {
            return Ok((part, orphans));
        }
        let columns = file.read(group, &self.projection.columns, pick(&selected.rows))?;
        let mut rows = Rows::new(file.key().clone(), source.record_type(), columns);
        if self.count.messages || self.projection.fate {
            let all = self.known.keys_of(file, group, Column::MessageId)?;
            rows.messages = match selected.rows.len() == all.len() {
                true => all.to_vec(),
                false => selected.rows.iter().map(|row| all[*row as usize]).collect(),
            };
        }
        let mut rows = [rows];
        if self.projection.fate {
            self.enrich.judge(&mut rows)?;
        }
        let [rows] = rows;
        let times = &selected.times;
        let kept = self.kept(&rows, times.len(), &mut |row| orphans.push(times[row]));
        let is_kept = |row: usize| kept.as_ref().is_none_or(|kept| kept[row]);
        let codes = codes_of(self.count, &rows, times);
        let groups: Vec<u32> = codes.values.iter().map(|key| part.group(key)).collect();
        let is_folded = spec(file.key().provider).folds_type(source.record_type());
        for (row, (code, time)) in codes.of_row.iter().zip(times).enumerate() {
            if is_kept(row) {
                part.add(groups[*code as usize], *time, is_folded);
            }
        }
        if let Some(buckets) = self.count.buckets {
            let mut finder = Finder::new(buckets);
            for (row, (code, time)) in codes.of_row.iter().zip(times).enumerate() {
                if is_kept(row) {
                    part.add_to_bucket(groups[*code as usize], finder.find(*time));
                }
            }
            part.end_bucket();
        }
        if self.count.messages {
            for (row, (code, message)) in codes.of_row.iter().zip(&rows.messages).enumerate() {
                if *message != 0 && is_kept(row) {
                    part.add_message(groups[*code as usize], *message);
                }
            }
        }
        part.leave_out_empty();
        if self.projection.of_exchange && source.record_type() == RecordType::Attempt {
            for (row, time) in times.iter().enumerate() {
                if is_kept(row) && rows.columns.text(Column::Joined, row) == Some("missing") {
                    orphans.push(*time);
                }
            }
        }
        Ok((part, orphans))
    }

    /// Marks the rows that meet the conditions on what is computed; `None`: all of them. Calls `doubt` for attempts of
    /// which only their exchange could tell.
    fn kept(&self, rows: &Rows, len: usize, doubt: &mut dyn FnMut(usize)) -> Option<Vec<bool>> {
        let conditions = &self.plan.stages.computed;
        if conditions.is_empty() {
            return None;
        }
        let marks = (0..len).map(|row| {
            let value = |field: &Field| self.value(rows, row, field);
            let passes = conditions.iter().all(|condition| condition.accepts(&value));
            if !passes
                && self.projection.of_exchange
                && rows.record_type == RecordType::Attempt
                && rows.columns.text(Column::Joined, row) == Some("missing")
            {
                doubt(row);
            }
            passes
        });
        Some(marks.collect())
    }

    fn value<'r>(&self, rows: &'r Rows, row: usize, field: &Field) -> Value<'r> {
        match field {
            Field::Pattern | Field::PatternId => {
                let pattern = super::super::enrich::cause(rows, row)
                    .and_then(|cause| super::super::enrich::pattern_of(&cause));
                pattern.map_or(Value::Null, |(text, id)| {
                    let is_text = *field == Field::Pattern;
                    Value::Text(if is_text { text } else { id }.into())
                })
            }
            field => rows.value(row, field),
        }
    }
}

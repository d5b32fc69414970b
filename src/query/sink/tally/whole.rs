//! Row groups of which all rows in the window are counted in one group: by their times alone, which are decoded only where
//! the footer does not tell enough.
//!
//! Rule: the counts are those that a look at each row would give.

use crate::model::{Column, Field, Timestamp, Value};
use crate::providers::spec;
use crate::store::{Columns, StoreError};

use super::super::super::buckets::Buckets;
use super::super::super::chunk::Part as Rows;
use super::super::super::plan::Plan;
use super::super::super::select::open_conditions;
use super::super::super::source::Source;
use super::codes::codes_of;
use super::count::Count;
use super::key::Key;
use super::part::Part;

/// Counts a row group of which all rows in the window match and are of one group; `None` if that is not certain.
pub(super) fn count_whole(
    count: &Count<'_>,
    plan: &Plan<'_>,
    source: &Source,
) -> Result<Option<Part>, StoreError> {
    let stages = &plan.stages;
    let is_one_group = !count.messages
        && stages.raw.is_empty()
        && stages.computed.is_empty()
        && open_conditions(source, stages).is_empty()
        && count.by.iter().all(is_constant);
    if !is_one_group {
        return Ok(None);
    }
    let key = source.file.key();
    let no_rows = Rows::new(key.clone(), source.record_type(), Columns::default());
    let values = codes_of(count, &no_rows, &[]).values;
    let mut counted = Counted {
        is_folded: spec(key.provider).folds_type(source.record_type()),
        part: Part::default(),
        values: values.first().map_or(&[], Vec::as_slice),
        buckets: count.buckets,
    };
    let (info, window) = (source.info, stages.window);
    let (newest, oldest) = (info.newest.micros(), info.oldest.micros());
    let is_inside = info.oldest >= window.start && info.newest < window.end;
    if is_inside && counted.bucket(newest) == counted.bucket(oldest) {
        // Not decoded, but no less believed than if they were: an hour that is damaged there is left out.
        source.file.check_column(source.group, Column::Time)?;
        counted.add(newest, oldest, info.rows);
        return Ok(Some(counted.part));
    }
    let times = source.file.times(source.group)?;
    let times = times.values();
    let start = times.partition_point(|time| *time >= window.end.micros());
    let end = times.partition_point(|time| *time >= window.start.micros());
    counted.add_all(times.get(start..end).unwrap_or_default());
    source.forget();
    Ok(Some(counted.part))
}

/// Returns whether all rows of a row group have the same value.
fn is_constant(key: &Key) -> bool {
    matches!(
        key,
        Key::Field(Field::Column(
            Column::Provider | Column::Collection | Column::Type
        ))
    )
}

struct Counted<'c> {
    part: Part,
    values: &'c [Value<'static>],
    is_folded: bool,
    buckets: Option<&'c Buckets>,
}

impl Counted<'_> {
    fn bucket(&self, time: i64) -> Option<usize> {
        self.buckets?.index(Timestamp::from_micros(time))
    }

    /// Counts rows by their times, the newest first.
    fn add_all(&mut self, times: &[i64]) {
        let mut rest = times;
        while let Some(newest) = rest.first() {
            let rows = match (self.buckets, self.bucket(*newest)) {
                (Some(buckets), Some(bucket)) => {
                    let start = buckets.starts()[bucket].micros();
                    rest.partition_point(|time| *time >= start)
                }
                (Some(_), None) => 1,
                (None, _) => rest.len(),
            };
            let (these, others) = rest.split_at(rows);
            if let (Some(newest), Some(oldest)) = (these.first(), these.last()) {
                self.add(*newest, *oldest, rows);
            }
            rest = others;
        }
    }

    /// Counts rows of one bucket.
    fn add(&mut self, newest: i64, oldest: i64, rows: usize) {
        let group = self.part.group(self.values);
        self.part
            .add_rows(group, newest, oldest, rows as u64, self.is_folded);
        // OK because there are fewer than 2^32 buckets.
        let bucket = self.bucket(newest).map(|bucket| bucket as u32);
        self.part.add_rows_to_bucket(group, bucket, rows as u64);
    }
}

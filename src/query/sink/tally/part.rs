//! A few thousand rows, counted by group: what threads work out by themselves.
//!
//! Rule: rows come in order of time, so that the counts of a bucket are complete when the next one begins.

use crate::model::Value;

use super::super::super::buckets::Buckets;
use super::key::{number_of, owned};
use super::messages::{Sharded, shard_of};
use crate::store::{IdKey, IdMap};

/// The groups of some rows.
#[derive(Default)]
pub(super) struct Part {
    pub(super) groups: Vec<PartGroup>,
    /// Counts in buckets: group, bucket, records. A pair may stand there several times.
    pub(super) cells: Vec<(u32, u32, u64)>,
    pub(super) messages: Sharded,
    numbers: IdMap<u32>,
    scratch: Vec<u8>,
    bucket: Option<u32>,
    /// By group: its records in `bucket` so far, and the groups that have any.
    in_bucket: Vec<u64>,
    touched: Vec<u32>,
}

pub(super) struct PartGroup {
    /// Stands for the key.
    pub(super) number: IdKey,
    pub(super) key: Vec<Value<'static>>,
    pub(super) count: u64,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) is_folded: bool,
}

impl Part {
    /// Returns the number within this part of the group with these values.
    pub(super) fn group(&mut self, values: &[Value<'_>]) -> u32 {
        let number = number_of(values, &mut self.scratch);
        // OK because a part has fewer than 2^32 rows.
        let next = self.groups.len() as u32;
        let group = *self.numbers.entry(number).or_insert(next);
        if group == next {
            self.groups.push(PartGroup {
                number,
                key: values.iter().map(owned).collect(),
                count: 0,
                first: i64::MAX,
                last: i64::MIN,
                is_folded: false,
            });
            self.in_bucket.push(0);
        }
        group
    }

    /// Counts a row.
    pub(super) fn add(&mut self, group: u32, time: i64, is_folded: bool) {
        let counted = &mut self.groups[group as usize];
        counted.count += 1;
        counted.first = counted.first.min(time);
        counted.last = counted.last.max(time);
        counted.is_folded |= is_folded;
    }

    /// Counts several rows.
    pub(super) fn add_rows(
        &mut self,
        group: u32,
        newest: i64,
        oldest: i64,
        rows: u64,
        is_folded: bool,
    ) {
        let counted = &mut self.groups[group as usize];
        counted.count += rows;
        counted.first = counted.first.min(oldest);
        counted.last = counted.last.max(newest);
        counted.is_folded |= is_folded;
    }

    /// Takes out the groups to which no row came.
    pub(super) fn leave_out_empty(&mut self) {
        if self.groups.iter().all(|group| group.count > 0) {
            return;
        }
        let mut number = 0;
        let numbers: Vec<u32> = self
            .groups
            .iter()
            .map(|group| {
                let own = number;
                number += u32::from(group.count > 0);
                own
            })
            .collect();
        self.groups.retain(|group| group.count > 0);
        for (group, _, _) in &mut self.cells {
            *group = numbers[*group as usize];
        }
        for (group, _) in self.messages.iter_mut().flatten() {
            *group = numbers[*group as usize];
        }
    }

    /// Counts the message of a row.
    pub(super) fn add_message(&mut self, group: u32, message: IdKey) {
        self.messages[shard_of(message)].push((group, message));
    }

    /// Counts a row in its bucket.
    pub(super) fn add_to_bucket(&mut self, group: u32, bucket: Option<u32>) {
        if bucket != self.bucket {
            self.end_bucket();
            self.bucket = bucket;
        }
        let count = &mut self.in_bucket[group as usize];
        if *count == 0 {
            self.touched.push(group);
        }
        *count += 1;
    }

    /// Counts several rows in their bucket.
    pub(super) fn add_rows_to_bucket(&mut self, group: u32, bucket: Option<u32>, rows: u64) {
        self.cells
            .extend(bucket.map(|bucket| (group, bucket, rows)));
    }

    /// Ends the bucket of the rows so far; to be called after the last one.
    pub(super) fn end_bucket(&mut self) {
        for group in self.touched.drain(..) {
            let count = std::mem::take(&mut self.in_bucket[group as usize]);
            // Rows outside of all buckets are counted in none.
            if let Some(bucket) = self.bucket {
                self.cells.push((group, bucket, count));
            }
        }
    }
}

/// Finds the bucket of one time after the other, quickly where they are close together.
pub(super) struct Finder<'b> {
    buckets: &'b Buckets,
    /// The bucket found last, and the times it covers.
    last: (i64, i64, Option<u32>),
}

impl<'b> Finder<'b> {
    pub(super) fn new(buckets: &'b Buckets) -> Finder<'b> {
        Finder {
            buckets,
            last: (i64::MAX, i64::MIN, None),
        }
    }

    pub(super) fn find(&mut self, time: i64) -> Option<u32> {
        let (start, end, bucket) = self.last;
        if (start..end).contains(&time) {
            return bucket;
        }
        let found = self
            .buckets
            .index(crate::model::Timestamp::from_micros(time))?;
        let window = self.buckets.window(found);
        // OK because there are fewer than 2^32 buckets.
        let bucket = Some(found as u32);
        self.last = (window.start.micros(), window.end.micros(), bucket);
        bucket
    }
}

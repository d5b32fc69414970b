//! Walking through rows newest first, a bounded number at a time, over any number of hours.
//!
//! Rule: the order is total and fixed: time (newest first), then collection, hour (newest first), row group, row. New
//! hours may add rows between others; they never change the order of those.

use std::cmp::Reverse;
use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::model::{Filter, Predicate, RecordType, Timestamp, Window};
use crate::store::{Group, HourFile, StoreError, is_settled_by, may_match, scan};

/// A row group that can hold rows asked for.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) file: Arc<HourFile>,
    pub(super) group: usize,
    info: Group,
}

/// A row: the number of its source and of the row in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) source: u32,
    pub(super) row: u32,
}

/// A row that passed the conditions its row group can settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) time: i64,
    pub(super) place: Place,
}

impl Hit {
    /// Returns what hits are ordered by: newest first, equal times by their place.
    pub(super) fn order(&self) -> (Reverse<i64>, Place) {
        (Reverse(self.time), self.place)
    }
}

/// A walk from the newest row of a question to the oldest.
pub(super) struct Walk<'f> {
    filter: &'f Filter,
    /// In the order in which equal times stand.
    sources: Vec<Source>,
    /// Indexes of sources by the time of their newest row, newest first.
    by_newest: Vec<u32>,
    /// Rows at or after this time have been passed.
    end: Timestamp,
}

impl<'f> Walk<'f> {
    /// Prepares a walk over the row groups that can match.
    pub(super) fn new(filter: &'f Filter, files: &[Arc<HourFile>]) -> Result<Walk<'f>, StoreError> {
        let mut sources = Vec::new();
        for file in files {
            for (group, info) in file.groups().iter().enumerate() {
                let settled = settled(filter, info.record_type);
                if may_match(file, group, filter.window, &settled)? {
                    sources.push(Source {
                        file: Arc::clone(file),
                        group,
                        info: *info,
                    });
                }
            }
        }
        sources.sort_by(|a, b| {
            let key = |source: &Source| {
                let key = source.file.key();
                // The order of types in a file follows their sizes, which change as records are added.
                (
                    key.provider,
                    Reverse(key.hour),
                    source.info.record_type,
                    source.group,
                )
            };
            let (a_collection, b_collection) = (&a.file.key().collection, &b.file.key().collection);
            a_collection
                .cmp(b_collection)
                .then_with(|| key(a).cmp(&key(b)))
        });
        // OK because a store has far fewer than 2^32 row groups.
        let mut by_newest: Vec<u32> = (0..sources.len() as u32).collect();
        by_newest.sort_by_key(|index| Reverse(sources[*index as usize].info.newest));
        Ok(Walk {
            filter,
            sources,
            by_newest,
            end: filter.window.end,
        })
    }

    pub(super) fn source(&self, index: u32) -> &Source {
        &self.sources[index as usize]
    }

    /// Returns the row groups that can hold rows asked for.
    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Returns the conditions that the row groups of a type cannot settle.
    pub(super) fn open_predicates(&self, record_type: RecordType) -> Vec<&'f Predicate> {
        let predicates = self.filter.predicates.iter();
        predicates
            .filter(|predicate| !is_settled_by(predicate, record_type))
            .collect()
    }

    /// Counts the rows that match, where that takes no look at any row; `None` where it does.
    pub(super) fn count_by_footers(&self) -> Option<u64> {
        let mut total = 0;
        for source in &self.sources {
            let is_inside = source.info.oldest >= self.filter.window.start
                && source.info.newest < self.filter.window.end;
            let by_type_alone = self.filter.predicates.iter().all(|predicate| {
                predicate.any_of.iter().all(|test| {
                    test.field == crate::model::Field::Column(crate::model::Column::Type)
                })
            });
            if !is_inside || !by_type_alone {
                return None;
            }
            total += source.info.rows as u64;
        }
        Some(total)
    }

    /// Returns the number of rows in all row groups that can match.
    pub(super) fn rows(&self) -> u64 {
        self.sources
            .iter()
            .map(|source| source.info.rows as u64)
            .sum()
    }

    /// Counts the rows that pass the conditions row groups can settle, wherever the walk stands.
    pub(super) fn count(&self) -> Result<u64, StoreError> {
        let counts: Vec<u64> = (0..self.sources.len())
            .into_par_iter()
            .map(|index| {
                let source = &self.sources[index];
                let settled = settled(self.filter, source.info.record_type);
                let hits = scan(&source.file, source.group, self.filter.window, &settled)?;
                Ok(hits.rows.len() as u64)
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(counts.iter().sum())
    }

    /// Starts at a time instead of at the newest row: rows after it are passed.
    pub(super) fn start_at(&mut self, time: Timestamp) {
        self.end = self.end.min(time.plus(1));
    }

    /// Returns the next rows in order, after looking at about `rows` of them; `None` at the end. A step may be empty.
    pub(super) fn next(&mut self, rows: usize) -> Result<Option<Vec<Hit>>, StoreError> {
        let Some((start, active)) = self.next_window(rows)? else {
            return Ok(None);
        };
        let window = Window {
            start,
            end: self.end,
        };
        self.end = start;
        let passed = active.clone();
        let parts: Vec<Vec<Hit>> = active
            .into_par_iter()
            .map(|index| {
                let source = &self.sources[index as usize];
                let settled = settled(self.filter, source.info.record_type);
                let hits = scan(&source.file, source.group, window, &settled)?;
                let hits = hits
                    .rows
                    .into_iter()
                    .zip(hits.times)
                    .map(|(row, time)| Hit {
                        time,
                        place: Place { source: index, row },
                    });
                Ok(hits.collect())
            })
            .collect::<Result<_, StoreError>>()?;
        for index in passed {
            let source = &self.sources[index as usize];
            if source.info.oldest >= start {
                source.file.forget_times(source.group);
            }
        }
        let mut hits = parts.concat();
        // Each part is in order already, which this sort makes use of and an unstable one does not.
        hits.sort_by_key(Hit::order);
        Ok(Some(hits))
    }

    /// Chooses how far to go: returns the start of the next window and the sources with rows in it.
    ///
    /// Each source may give its share of `rows`; the newest time at which one has given it ends the step for all.
    fn next_window(&self, rows: usize) -> Result<Option<(Timestamp, Vec<u32>)>, StoreError> {
        let floor = self.filter.window.start;
        if self.end <= floor {
            return Ok(None);
        }
        let mut start = floor;
        let mut active = Vec::new();
        let mut total = 0;
        let overlapping = self
            .by_newest
            .iter()
            .filter(|i| self.sources[**i as usize].info.oldest < self.end);
        for &index in overlapping {
            let source = &self.sources[index as usize];
            if source.info.newest < start || source.info.newest < floor {
                break;
            }
            let above = source.info.newest.plus(1);
            if total >= rows && above < self.end {
                // Enough without this source: stop above its newest row.
                start = start.max(above);
                break;
            }
            let times = source.file.times(source.group)?;
            let times = times.values();
            let first = times.partition_point(|time| *time >= self.end.micros());
            let share = (rows / 4).max(64);
            total += share.min(times.len() - first);
            if let Some(last) = times.get(first + share) {
                // Rows as old as `last` belong to the step, however many they are.
                start = start.max(Timestamp::from_micros(*last));
            }
            active.push(index);
        }
        if active.is_empty() {
            return Ok(None);
        }
        active.retain(|index| self.sources[*index as usize].info.newest >= start);
        Ok(Some((start, active)))
    }
}

impl Source {
    pub(super) fn record_type(&self) -> RecordType {
        self.info.record_type
    }
}

fn settled(filter: &Filter, record_type: RecordType) -> Vec<&Predicate> {
    let predicates = filter.predicates.iter();
    predicates
        .filter(|predicate| is_settled_by(predicate, record_type))
        .collect()
}

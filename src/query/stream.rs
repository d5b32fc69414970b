//! The one loop over rows: newest first, a bounded number at a time, over any number of hours.
//!
//! Rule: the order is total and fixed: time (newest first), then collection, provider, hour (newest first), row group,
//! row. New hours may add rows between others; they never change the order of those.

mod read;

use std::cmp::Reverse;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::model::{Column, Field, Timestamp, Window};
use crate::store::StoreError;

use super::chunk::Chunk;
use super::enrich::Enrich;
use super::hours::Hours;
use super::plan::Plan;
use super::projection::Projection;
use super::question::{Orphans, Question};
use super::select::{count, select};
use super::source::{Selected, Source};
pub(super) use read::pick;

/// Rows in a chunk at most where their `raw` is read; bounds memory.
const RAW_CHUNK_ROWS: usize = 32 * 1024;

/// The same without `raw`.
const CHUNK_ROWS: usize = 128 * 1024;

/// A row: the number of its source and of the row in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) source: u32,
    pub(super) row: u32,
}

/// A row that passed.
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

/// The rows of one step.
#[derive(Default)]
pub(super) struct Step {
    pub(super) hits: Vec<Hit>,
    /// Attempts that may match or not for want of their exchange: source and time.
    pub(super) doubtful: Vec<Hit>,
}

/// The rows of a question, from the newest to the oldest.
pub(super) struct Stream<'q> {
    pub(super) hours: &'q Hours,
    pub(super) plan: Plan<'q>,
    pub(super) projection: Projection,
    enrich: Enrich<'q>,
    /// Indexes of sources by the time of their newest row, newest first.
    by_newest: Vec<u32>,
    /// Rows at or after this time have been passed.
    end: Timestamp,
}

impl<'q> Stream<'q> {
    pub(super) fn of(hours: &'q Hours, question: &'q Question) -> Result<Stream<'q>, StoreError> {
        let plan = Plan::over(hours, &question.filter)?;
        let mut stream = Stream {
            hours,
            projection: Projection::of(&question.fields),
            enrich: Enrich::new(hours, question.now, question.limit),
            by_newest: Vec::new(),
            end: plan.stages.window.end,
            plan,
        };
        stream.order_sources();
        Ok(stream)
    }

    fn order_sources(&mut self) {
        // OK because a store has far fewer than 2^32 row groups.
        self.by_newest = (0..self.plan.sources.len() as u32).collect();
        let sources = &self.plan.sources;
        self.by_newest
            .sort_by_key(|index| Reverse(sources[*index as usize].newest()));
    }

    /// Starts at a time instead of at the newest row: rows after it are passed.
    pub(super) fn start_at(&mut self, time: Timestamp) {
        self.end = self.end.min(time.plus(1));
    }

    pub(super) fn chunk_rows(&self) -> usize {
        if self.projection.columns.contains(&Column::Raw) {
            RAW_CHUNK_ROWS
        } else {
            CHUNK_ROWS
        }
    }

    /// Returns the next rows in order, after looking at about `rows` of them; `None` at the end. A step may be empty.
    pub(super) fn next(&mut self, rows: usize) -> Result<Option<Step>, StoreError> {
        self.next_filled(rows, 0)
    }

    /// The same in as many steps as it takes to find `enough` rows: to read columns of a row here and a row there takes
    /// nearly as long each time as to read those of all.
    pub(super) fn next_filled(
        &mut self,
        rows: usize,
        enough: usize,
    ) -> Result<Option<Step>, StoreError> {
        let end = self.end;
        let mut looked_at = rows;
        let mut filled: Option<Step> = None;
        loop {
            match self.step(looked_at) {
                Ok(None) => return Ok(filled),
                Ok(Some(step)) => {
                    let filled = filled.get_or_insert_default();
                    filled.hits.extend(step.hits);
                    filled.doubtful.extend(step.doubtful);
                    if filled.hits.len() >= enough {
                        return Ok(Some(std::mem::take(filled)));
                    }
                    looked_at = looked_at.saturating_mul(2).min(self.chunk_rows());
                }
                Err(error) => {
                    self.end = end;
                    filled = None;
                    self.recover(error)?;
                }
            }
        }
    }

    /// Returns whether rows are found by columns alone, so that many are looked through in no time.
    pub(super) fn is_quick(&self) -> bool {
        self.plan.stages.raw.is_empty() && self.plan.stages.computed.is_empty()
    }

    /// Goes back to where rows of a time come next; to the beginning without one.
    pub(super) fn go_back(&mut self, time: Option<Timestamp>) {
        self.end = self.plan.stages.window.end;
        if let Some(time) = time {
            self.start_at(time);
        }
    }

    /// Returns whether the hour that a row is of can still be read.
    pub(super) fn has(&self, hit: &Hit) -> bool {
        self.source(hit.place.source).info.rows > 0
    }

    /// Goes on without an hour that cannot be read, or with what was written in its place.
    pub(super) fn recover(&mut self, error: StoreError) -> Result<(), StoreError> {
        let (StoreError::Damaged { path, .. } | StoreError::Replaced { path }) = &error else {
            return Err(error);
        };
        let path = path.clone();
        let anew = self.hours.recover(error)?;
        // The numbers of the others stay: hits that were handed out name them.
        for source in &mut self.plan.sources {
            if source.file.path() == path {
                source.info.rows = 0;
                source.info.newest = Timestamp::MIN;
                source.info.oldest = Timestamp::MIN;
            }
        }
        if let Some(file) = anew {
            let more = self.plan.sources_of(&file)?;
            self.plan.sources.extend(more);
        }
        self.order_sources();
        Ok(())
    }

    fn step(&mut self, rows: usize) -> Result<Option<Step>, StoreError> {
        let Some((start, active)) = self.next_window(rows)? else {
            return Ok(None);
        };
        let window = Window {
            start,
            end: self.end,
        };
        let selected: Vec<(u32, Selected)> = active
            .to_vec()
            .into_par_iter()
            .map(|index| {
                let source = &self.plan.sources[index as usize];
                Ok((index, select(source, &self.plan.stages, window)?))
            })
            .collect::<Result<_, StoreError>>()?;
        let mut step = Step::default();
        for (index, selected) in selected {
            let rows = selected.rows.into_iter().zip(selected.times);
            step.hits.extend(rows.map(|(row, time)| Hit {
                time,
                place: Place { source: index, row },
            }));
            step.doubtful
                .extend(selected.doubtful_times.into_iter().map(|time| Hit {
                    time,
                    place: Place {
                        source: index,
                        row: u32::MAX,
                    },
                }));
        }
        // Each part is in order already, which this sort makes use of and an unstable one does not.
        step.hits.sort_by_key(Hit::order);
        let step = self.computed(step)?;
        for index in active {
            let source = &self.plan.sources[index as usize];
            if source.info.oldest >= start {
                source.forget();
            }
        }
        self.end = start;
        Ok(Some(step))
    }

    /// Leaves the rows that also meet the conditions on what is computed.
    fn computed(&self, step: Step) -> Result<Step, StoreError> {
        let conditions = &self.plan.stages.computed;
        if conditions.is_empty() {
            return Ok(step);
        }
        let fields = conditions.iter().flat_map(|condition| condition.fields());
        let projection = Projection::of(fields);
        let mut left = Step {
            doubtful: step.doubtful,
            ..Step::default()
        };
        for hits in step.hits.chunks(RAW_CHUNK_ROWS) {
            let chunk = self.read(hits, &projection)?;
            for (row, hit) in hits.iter().enumerate() {
                let value = |field: &Field| chunk.value(row, field);
                if conditions.iter().all(|condition| condition.accepts(&value)) {
                    left.hits.push(*hit);
                } else if projection.of_exchange {
                    let (part, at) = chunk.part(row);
                    if part.columns.text(Column::Joined, at) == Some("missing") {
                        left.doubtful.push(*hit);
                    }
                }
            }
        }
        Ok(left)
    }

    /// Chooses how far to go: returns the start of the next window and the sources with rows in it.
    ///
    /// Each source may give its share of `rows`; the newest time at which one has given it ends the step for all.
    fn next_window(&self, rows: usize) -> Result<Option<(Timestamp, Vec<u32>)>, StoreError> {
        let floor = self.plan.stages.window.start;
        if self.end <= floor {
            return Ok(None);
        }
        let sources = &self.plan.sources;
        let mut start = floor;
        let mut active = Vec::new();
        let mut total = 0;
        let overlapping = self.by_newest.iter().filter(|index| {
            let info = sources[**index as usize].info;
            info.rows > 0 && info.oldest < self.end
        });
        for &index in overlapping {
            let source = &sources[index as usize];
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
        active.retain(|index| sources[*index as usize].info.newest >= start);
        Ok(Some((start, active)))
    }

    /// Hands over all rows, newest first, with what is asked of them. Where an hour turns out to be unreadable, all that
    /// was handed over is to be forgotten, and asked for again.
    pub(super) fn each(
        &mut self,
        projection: &Projection,
        orphans: &mut Orphans,
        mut look: impl FnMut(&Chunk, &[Hit]),
    ) -> Result<(), StoreError> {
        let chunk_rows = self.chunk_rows();
        while let Some(step) = self.next(chunk_rows)? {
            self.doubt(&step.doubtful, orphans);
            for hits in step.hits.chunks(chunk_rows) {
                look(&self.read(hits, projection)?, hits);
            }
        }
        Ok(())
    }

    pub(super) fn doubt(&self, hits: &[Hit], orphans: &mut Orphans) {
        for hit in hits {
            let key = self.source(hit.place.source).file.key();
            orphans.add(key, Timestamp::from_micros(hit.time));
        }
    }

    /// Counts the rows that pass, wherever the stream stands.
    pub(super) fn count(&mut self) -> Result<u64, StoreError> {
        loop {
            match self.count_once() {
                Err(error) => self.recover(error)?,
                counted => return counted,
            }
        }
    }

    fn count_once(&self) -> Result<u64, StoreError> {
        let counts: Vec<u64> = (0..self.plan.sources.len())
            .into_par_iter()
            .filter(|index| self.plan.sources[*index].info.rows > 0)
            .map(|index| {
                let source = &self.plan.sources[index];
                let counted = count(source, &self.plan.stages)?;
                source.forget();
                Ok(counted)
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(counts.iter().sum())
    }

    pub(super) fn source(&self, number: u32) -> &Source {
        &self.plan.sources[number as usize]
    }
}

//! A page of rows: newest first as the stream goes, or in another order.
//!
//! Rule: pages put together equal the whole; what is not known exactly is not given as if it were.

use crate::model::{Column, Timestamp};
use crate::store::StoreError;

use super::super::chunk::Chunk;
use super::super::cursor::Cursor;
use super::super::hours::Hours;
use super::super::projection::Projection;
use super::super::question::{Answer, Orphans, Question, Sort, Total};
use super::super::stream::{Hit, Step, Stream};
use super::sort::{SortKey, Sorter};

/// More rows than this are not looked at just to tell their number.
const MAX_COUNTED_ROWS: u64 = 4_000_000;

/// Answers a question; chunks go to `sink` in order.
pub(in super::super) fn ask<E: From<StoreError>>(
    hours: &Hours,
    question: &Question,
    sink: impl FnMut(&Chunk) -> Result<(), E>,
) -> Result<Answer, E> {
    let page = Page::of(hours, question, sink)?;
    if question.sort == Sort::NEWEST_FIRST {
        page.newest_first()
    } else {
        page.sorted()
    }
}

/// A page on its way to the sink.
pub(super) struct Page<'q, F> {
    pub(super) question: &'q Question,
    pub(super) stream: Stream<'q>,
    sink: F,
    shown: u64,
    last: Option<Hit>,
    /// The rows of the latest time up to which all were shown or skipped.
    passed: Vec<Hit>,
    pub(super) orphans: Orphans,
}

impl<'q, E: From<StoreError>, F: FnMut(&Chunk) -> Result<(), E>> Page<'q, F> {
    pub(super) fn of(
        hours: &'q Hours,
        question: &'q Question,
        sink: F,
    ) -> Result<Self, StoreError> {
        Ok(Page {
            question,
            stream: Stream::of(hours, question)?,
            sink,
            shown: 0,
            last: None,
            passed: Vec::new(),
            orphans: Orphans::default(),
        })
    }

    /// Begins anew, without the hours that cannot be read; nothing may have been shown.
    pub(super) fn begin_anew(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.stream.hours.recover(error)?;
        self.stream = Stream::of(self.stream.hours, self.question)?;
        self.orphans = Orphans::default();
        Ok(())
    }

    /// Returns how many rows were shown.
    pub(super) fn shown(&self) -> u64 {
        self.shown
    }

    /// Returns the last row that was shown.
    pub(super) fn last(&self) -> Option<Hit> {
        self.last
    }

    /// Hands over rows that were put in order, without those of hours that turn out to be unreadable. `false`: there was
    /// such an hour before any row was shown; so all is to be put in order anew.
    pub(super) fn show_all(&mut self, mut rows: Vec<(Hit, Option<u64>)>) -> Result<bool, E> {
        let mut first = 0;
        while first < rows.len() {
            let end = rows.len().min(first + self.stream.chunk_rows());
            let hits: Vec<Hit> = rows[first..end].iter().map(|(hit, _)| *hit).collect();
            match self.stream.read(&hits, &self.stream.projection) {
                Ok(chunk) => {
                    let counts = rows[first..end].iter().filter_map(|(_, count)| *count);
                    self.show(&hits, chunk, counts.collect())?;
                    first = end;
                }
                Err(error) if self.shown == 0 => {
                    self.begin_anew(error)?;
                    return Ok(false);
                }
                Err(error) => {
                    self.stream.recover(error)?;
                    rows.drain(..first);
                    rows.retain(|(hit, _)| self.stream.has(hit));
                    first = 0;
                }
            }
        }
        Ok(true)
    }

    /// Hands over rows that were read; `counts` are empty where rows are not folded.
    fn show(&mut self, hits: &[Hit], mut chunk: Chunk, counts: Vec<u64>) -> Result<(), E> {
        let Some(last) = hits.last() else {
            return Ok(());
        };
        chunk.counts = counts;
        if self.stream.projection.of_exchange {
            chunk.add_orphans(&mut self.orphans);
        }
        self.shown += hits.len() as u64;
        self.last = Some(*last);
        (self.sink)(&chunk)
    }
}

impl<E: From<StoreError>, F: FnMut(&Chunk) -> Result<(), E>> Page<'_, F> {
    fn newest_first(mut self) -> Result<Answer, E> {
        let limit = self.question.limit;
        let mut to_skip = self.question.skip;
        let mut matched = 0;
        let mut has_more = false;
        let mut cursor_row_is_gone = false;
        let mut went_back = false;
        let mut after = self.question.after;
        if let Some(cursor) = after {
            self.stream.start_at(cursor.time);
        }
        let chunk_rows = self.stream.chunk_rows();
        let mut step = limit.map_or(chunk_rows, |limit| {
            usize::try_from(limit.saturating_add(1).saturating_mul(4)).unwrap_or(chunk_rows)
        });
        'stream: loop {
            // A row more than are shown tells that there are more. What takes long to find is shown as it is found.
            let enough = limit.filter(|_| self.stream.is_quick()).map_or(0, |limit| {
                let wanted = to_skip.saturating_add(limit - self.shown).saturating_add(1);
                usize::try_from(wanted).map_or(chunk_rows, |wanted| wanted.min(chunk_rows))
            });
            let rows = step.clamp(256, chunk_rows);
            let Some(next) = self.stream.next_filled(rows, enough)? else {
                break;
            };
            let Step {
                mut hits,
                mut doubtful,
            } = next;
            step = step.saturating_mul(2).min(chunk_rows);
            if let Some(cursor) = after.take() {
                match self.rows_up_to(&hits, cursor) {
                    Ok(Some(passed)) => drop(hits.drain(..passed)),
                    Ok(None) => cursor_row_is_gone = true,
                    Err(error) => {
                        self.stream.recover(error)?;
                        self.stream.go_back(Some(cursor.time));
                        after = Some(cursor);
                        continue;
                    }
                }
            }
            if went_back {
                hits.retain(|hit| !self.passed.contains(hit));
            }
            doubtful.sort_unstable_by_key(Hit::order);
            for part in hits.chunks(chunk_rows) {
                let mut part = part.to_vec();
                let skipped = to_skip.min(part.len() as u64);
                to_skip -= skipped;
                matched += skipped;
                self.pass(&part[..skipped as usize]);
                if let Some(last) = part.drain(..skipped as usize).next_back() {
                    doubtful.retain(|hit| hit.time <= last.time);
                }
                let of_part = part.len() as u64;
                if let Some(limit) = limit {
                    let room = usize::try_from(limit - self.shown).unwrap_or(usize::MAX);
                    if part.len() > room {
                        part.truncate(room);
                        has_more = true;
                        let last = part.last().map(|hit| hit.time);
                        doubtful.retain(|hit| last.is_some_and(|last| hit.time > last));
                    }
                }
                match self.stream.read(&part, &self.stream.projection) {
                    Ok(chunk) => self.show(&part, chunk, Vec::new())?,
                    Err(error) => {
                        // Once more from the last row that was shown or skipped, without the hour.
                        self.stream.recover(error)?;
                        let last = self.passed.last().map(|hit| hit.time);
                        doubtful
                            .retain(|hit| to_skip == 0 && last.is_some_and(|last| hit.time > last));
                        self.stream.doubt(&doubtful, &mut self.orphans);
                        let time = last.map(Timestamp::from_micros);
                        self.stream
                            .go_back(time.or(self.question.after.map(|cursor| cursor.time)));
                        after = self.question.after.filter(|_| last.is_none());
                        (went_back, has_more) = (true, false);
                        continue 'stream;
                    }
                }
                self.pass(&part);
                matched += of_part;
                if has_more {
                    break;
                }
            }
            if to_skip == 0 {
                self.stream.doubt(&doubtful, &mut self.orphans);
            }
            if has_more {
                break 'stream;
            }
        }
        let total = match self.stream.plan.count_by_footers() {
            Some(total) => Total::Exactly(total.max(self.question.skip.min(matched) + self.shown)),
            None if self.question.after.is_some() => Total::AtLeast(matched),
            None if !has_more => Total::Exactly(matched),
            None => self.count_rest()?,
        };
        let next = match self.last.filter(|_| has_more) {
            Some(last) => Some(self.cursor_of(last)?),
            None => None,
        };
        Ok(Answer {
            shown: self.shown,
            total,
            next,
            has_more,
            cursor_row_is_gone,
            orphans: self.orphans,
        })
    }

    /// Remembers rows that were shown or skipped.
    fn pass(&mut self, hits: &[Hit]) {
        let Some(last) = hits.last() else {
            return;
        };
        self.passed.retain(|hit| hit.time == last.time);
        let same_time = hits.iter().rev().take_while(|hit| hit.time == last.time);
        self.passed.extend(same_time);
    }

    fn sorted(mut self) -> Result<Answer, E> {
        let total = loop {
            let (rows, total) = match self.in_order() {
                Ok(rows) => rows,
                Err(error) => {
                    self.begin_anew(error)?;
                    continue;
                }
            };
            let skip = usize::try_from(self.question.skip).unwrap_or(usize::MAX);
            let rows = rows.into_iter().skip(skip).map(|hit| (hit, None));
            if self.show_all(rows.collect())? {
                break total;
            }
        };
        Ok(Answer {
            shown: self.shown,
            total: Total::Exactly(total),
            next: None,
            has_more: self.question.skip.saturating_add(self.shown) < total,
            cursor_row_is_gone: false,
            orphans: self.orphans,
        })
    }

    /// Returns the first rows in order, as many as may be shown, and how many there are in all.
    fn in_order(&mut self) -> Result<(Vec<Hit>, u64), StoreError> {
        let Sort { field, descending } = &self.question.sort;
        let projection = Projection::of([field]);
        let end = self
            .question
            .limit
            .map(|limit| limit.saturating_add(self.question.skip));
        let mut sorter = Sorter::new(
            *descending,
            end.map(|end| usize::try_from(end).unwrap_or(usize::MAX)),
        );
        let mut orphans = Orphans::default();
        self.stream.each(&projection, &mut orphans, |chunk, hits| {
            for (row, hit) in hits.iter().enumerate() {
                sorter.push(SortKey::from(chunk.value(row, field)), *hit);
            }
        })?;
        self.orphans = orphans;
        let total = sorter.seen;
        Ok((sorter.finish(), total))
    }

    /// Counts all rows of the question, if that needs no join, no look into `raw` and not too many rows.
    fn count_rest(&mut self) -> Result<Total, StoreError> {
        let stages = &self.stream.plan.stages;
        let takes_long = !stages.computed.is_empty()
            || !stages.raw.is_empty()
            || self.stream.plan.rows() > MAX_COUNTED_ROWS;
        if takes_long {
            return Ok(Total::AtLeast(self.question.skip + self.shown + 1));
        }
        Ok(Total::Exactly(self.stream.count()?))
    }

    pub(super) fn cursor_of(&mut self, hit: Hit) -> Result<Cursor, StoreError> {
        let columns = [Column::Id, Column::Raw];
        let key = match self.stream.read_columns(&[hit], &columns) {
            Ok(chunk) => chunk.record_key(0),
            Err(error) => {
                self.stream.recover(error)?;
                // That of no record: the next page begins with the rows of its time.
                0
            }
        };
        let time = Timestamp::from_micros(hit.time);
        Ok(Cursor::new(time, key, &self.question.filter))
    }

    /// Returns how many hits stand at or before the cursor's row; `None` if that row is not among them.
    pub(super) fn rows_up_to(
        &self,
        hits: &[Hit],
        cursor: Cursor,
    ) -> Result<Option<usize>, StoreError> {
        let same_time = hits.partition_point(|hit| hit.time >= cursor.time.micros());
        let chunk = self
            .stream
            .read_columns(&hits[..same_time], &[Column::Id, Column::Raw])?;
        let found = (0..same_time)
            .rev()
            .find(|row| chunk.record_key(*row) as u64 == cursor.record);
        Ok(found.map(|row| row + 1))
    }
}

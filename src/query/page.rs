//! Asking for a page: walk, filter what only a join can settle, skip, limit, and hand over chunks in order.
//!
//! Rule: pages put together equal the whole; what is not known exactly is not given as if it were.

use crate::model::{Column, Field, Filter, Predicate, RecordType, Timestamp};
use crate::store::{Store, StoreError, record_key};

use super::asking::{Asking, Passing};
use super::chunk::Chunk;
use super::cursor::Cursor;
use super::hours::Hours;
use super::join::Orphans;
use super::needs::Needs;
use super::order::{SortKey, Sorter};
use super::walk::Hit;

/// More rows than this are not looked at just to tell their number.
const MAX_COUNTED_ROWS: u64 = 4_000_000;

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) filter: Filter,
    /// What will be read of each row.
    pub(crate) fields: Vec<Field>,
    pub(crate) sort: Sort,
    pub(crate) limit: Option<u64>,
    /// Matching rows to pass over first.
    pub(crate) skip: u64,
    pub(crate) after: Option<Cursor>,
    /// Decides which messages may still be retried.
    pub(crate) now: Timestamp,
}

/// The order of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) field: Field,
    pub(crate) descending: bool,
}

impl Sort {
    pub(crate) const NEWEST_FIRST: Sort = Sort {
        field: Field::Column(Column::Time),
        descending: true,
    };
}

/// What is known after all rows were handed over.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) shown: u64,
    pub(crate) total: Total,
    /// Where the next page begins, if there is one and the order is newest first.
    pub(crate) next: Option<Cursor>,
    pub(crate) has_more: bool,
    /// The row that the cursor named is no longer stored, so rows of its very time may be repeated.
    pub(crate) cursor_row_is_gone: bool,
    /// Attempts whose exchange is not stored: those shown with joined columns, and those of which nobody knows for that
    /// reason whether they match.
    pub(crate) orphans: Orphans,
}

/// How many rows match in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Total {
    Exactly(u64),
    AtLeast(u64),
}

/// Answers a question; chunks go to `sink` in order.
pub(crate) fn ask<E: From<StoreError>>(
    store: &Store,
    question: &Question,
    sink: impl FnMut(&Chunk) -> Result<(), E>,
) -> Result<Answer, E> {
    ask_hours(&Hours::of(store), question, sink)
}

/// The same of hours that several questions are put to, so that each is opened once.
pub(super) fn ask_hours<E: From<StoreError>>(
    hours: &Hours<'_>,
    question: &Question,
    sink: impl FnMut(&Chunk) -> Result<(), E>,
) -> Result<Answer, E> {
    Asking::with(hours, question, sink, |asking| {
        if question.sort == Sort::NEWEST_FIRST {
            asking.newest_first()
        } else {
            asking.sorted()
        }
    })
}

impl<E: From<StoreError>, F: FnMut(&Chunk) -> Result<(), E>> Asking<'_, F> {
    fn newest_first(mut self) -> Result<Answer, E> {
        let limit = self.question.limit;
        let mut to_skip = self.question.skip;
        let mut matched = 0;
        let mut has_more = false;
        let mut cursor_row_is_gone = false;
        let by_footers = self.walk.count_by_footers();
        let mut after = self.question.after;
        if let Some(cursor) = after {
            self.walk.start_at(cursor.time);
        }
        let chunk_rows = self.chunk_rows();
        let mut step = limit.map_or(chunk_rows, |limit| {
            usize::try_from(limit.saturating_add(1).saturating_mul(4)).unwrap_or(chunk_rows)
        });
        'walk: while let Some(mut hits) = self.walk.next(step.clamp(256, chunk_rows))? {
            step = step.saturating_mul(2).min(chunk_rows);
            if let Some(cursor) = after.take() {
                match self.rows_up_to(&hits, cursor)? {
                    Some(passed) => drop(hits.drain(..passed)),
                    None => cursor_row_is_gone = true,
                }
            }
            for part in hits.chunks(chunk_rows) {
                let Passing {
                    hits: mut part,
                    mut doubtful,
                } = self.passing(part)?;
                matched += part.len() as u64;
                let skipped = to_skip.min(part.len() as u64);
                to_skip -= skipped;
                if let Some(last) = part.drain(..skipped as usize).next_back() {
                    doubtful.retain(|hit| hit.order() > last.order());
                }
                if let Some(limit) = limit {
                    let room = usize::try_from(limit - self.shown).unwrap_or(usize::MAX);
                    if part.len() > room {
                        part.truncate(room);
                        has_more = true;
                        let last = part.last().map(Hit::order);
                        doubtful.retain(|hit| last.is_some_and(|last| hit.order() < last));
                    }
                }
                if to_skip == 0 {
                    self.doubt(&doubtful);
                }
                self.show(&part, Vec::new())?;
                if has_more {
                    break 'walk;
                }
            }
        }
        let total = match by_footers {
            Some(total) => Total::Exactly(total),
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

    fn sorted(mut self) -> Result<Answer, E> {
        let Sort { field, descending } = &self.question.sort;
        let needs = Needs::for_fields(std::iter::once(field));
        let end = self
            .question
            .limit
            .map(|limit| limit.saturating_add(self.question.skip));
        let mut sorter = Sorter::new(
            *descending,
            end.map(|end| usize::try_from(end).unwrap_or(usize::MAX)),
        );
        let chunk_rows = self.chunk_rows();
        self.walk_all(&needs, |chunk, hits| {
            for (row, hit) in hits.iter().enumerate() {
                sorter.push(SortKey::from(chunk.value(row, field)), *hit);
            }
        })?;
        let total = sorter.seen;
        let rows = sorter.finish();
        let skip = usize::try_from(self.question.skip)
            .unwrap_or(usize::MAX)
            .min(rows.len());
        for part in rows[skip..].chunks(chunk_rows) {
            self.show(part, Vec::new())?;
        }
        Ok(Answer {
            shown: self.shown,
            total: Total::Exactly(total),
            next: None,
            has_more: self.question.skip.saturating_add(self.shown) < total,
            cursor_row_is_gone: false,
            orphans: self.orphans,
        })
    }

    /// Counts all rows of the question, if that needs no join, no look into `raw` and not too many rows.
    fn count_rest(&self) -> Result<Total, StoreError> {
        let at_least = Total::AtLeast(self.question.skip + self.shown + 1);
        let fields = || {
            self.question
                .filter
                .predicates
                .iter()
                .flat_map(Predicate::fields)
        };
        let is_open = RecordType::ALL
            .iter()
            .any(|t| !self.walk.open_predicates(*t).is_empty());
        let looks_into_raw =
            fields().any(|f| matches!(f, Field::Path(_) | Field::Column(Column::Raw)));
        if is_open || looks_into_raw || self.walk.rows() > MAX_COUNTED_ROWS {
            return Ok(at_least);
        }
        Ok(Total::Exactly(self.walk.count()?))
    }

    pub(super) fn cursor_of(&self, hit: Hit) -> Result<Cursor, StoreError> {
        let chunk = Chunk::read(&self.walk, &[hit], &[Column::Id, Column::Raw])?;
        let key = chunk.record_key(0);
        Ok(Cursor::new(
            Timestamp::from_micros(hit.time),
            key,
            &self.question.filter,
        ))
    }

    /// Returns how many hits stand at or before the cursor's row; `None` if that row is not among them.
    pub(super) fn rows_up_to(
        &self,
        hits: &[Hit],
        cursor: Cursor,
    ) -> Result<Option<usize>, StoreError> {
        let same_time = hits.partition_point(|hit| hit.time >= cursor.time.micros());
        let chunk = Chunk::read(&self.walk, &hits[..same_time], &[Column::Id, Column::Raw])?;
        let found = (0..same_time)
            .rev()
            .find(|row| chunk.record_key(*row) as u64 == cursor.record);
        Ok(found.map(|row| row + 1))
    }
}

impl Chunk {
    /// Returns the key of a row's record; `id` and `raw` must have been read.
    fn record_key(&self, row: usize) -> u128 {
        let (part, at) = self.order[row];
        let columns = &self.parts[part as usize].columns;
        record_key(
            columns.text(Column::Id, at as usize),
            columns.raw(at as usize),
        )
    }
}

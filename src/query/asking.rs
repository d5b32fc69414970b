//! A question on its way to its answer: walking, deciding what only a join can settle, reading, and handing over.
//!
//! Rule: memory is bounded by a chunk; what cannot be decided for want of an exchange is counted, never passed over.

use crate::model::{Column, Field, Predicate, RecordType, Timestamp};
use crate::store::StoreError;

use super::chunk::Chunk;
use super::fate::judge;
use super::hours::Hours;
use super::join::{Orphans, join};
use super::needs::Needs;
use super::page::Question;
use super::pattern::find_patterns;
use super::walk::{Hit, Walk};

/// Rows in a chunk at most where their `raw` is read; bounds memory.
const RAW_CHUNK_ROWS: usize = 32 * 1024;

/// The same without `raw`: each chunk looks up its exchanges anew, so that fewer and larger ones are quicker.
const CHUNK_ROWS: usize = 128 * 1024;

/// What is left of some hits, in their order.
#[derive(Default)]
pub(super) struct Passing {
    pub(super) hits: Vec<Hit>,
    /// Attempts that may match or not: what would tell is their exchange, and that is not stored.
    pub(super) doubtful: Vec<Hit>,
}

/// A question being answered.
pub(super) struct Asking<'q, F> {
    pub(super) question: &'q Question,
    pub(super) hours: &'q Hours<'q>,
    pub(super) walk: Walk<'q>,
    pub(super) needs: Needs,
    pub(super) sink: F,
    pub(super) shown: u64,
    pub(super) last: Option<Hit>,
    pub(super) orphans: Orphans,
}

impl<E: From<StoreError>, F: FnMut(&Chunk) -> Result<(), E>> Asking<'_, F> {
    /// Opens the hours of a question and has it answered.
    pub(super) fn with<A>(
        hours: &Hours<'_>,
        question: &Question,
        sink: F,
        answer: impl FnOnce(Asking<'_, F>) -> Result<A, E>,
    ) -> Result<A, E> {
        let files = hours.matching(&question.filter)?;
        answer(Asking {
            question,
            hours,
            walk: Walk::new(&question.filter, &files)?,
            needs: Needs::of(question),
            sink,
            shown: 0,
            last: None,
            orphans: Orphans::default(),
        })
    }

    pub(super) fn hours(&self) -> &Hours<'_> {
        self.hours
    }

    /// Returns the last row that was shown.
    pub(super) fn last(&self) -> Option<Hit> {
        self.last
    }

    pub(super) fn into_orphans(self) -> Orphans {
        self.orphans
    }

    /// Hands over all rows that match, newest first, with what is needed of them.
    pub(super) fn walk_all(
        &mut self,
        needs: &Needs,
        mut look: impl FnMut(&Chunk, &[Hit]),
    ) -> Result<(), StoreError> {
        let chunk_rows = self.chunk_rows();
        while let Some(hits) = self.walk.next(chunk_rows)? {
            for part in hits.chunks(chunk_rows) {
                let Passing { hits, doubtful } = self.passing(part)?;
                self.doubt(&doubtful);
                let chunk = self.read(&hits, needs)?;
                look(&chunk, &hits);
            }
        }
        Ok(())
    }

    pub(super) fn chunk_rows(&self) -> usize {
        let reads_raw = self.needs.columns.contains(&Column::Raw);
        if reads_raw {
            RAW_CHUNK_ROWS
        } else {
            CHUNK_ROWS
        }
    }

    /// Leaves the hits that also meet the conditions that no row group can settle.
    pub(super) fn passing(&self, hits: &[Hit]) -> Result<Passing, StoreError> {
        let open = |record_type: RecordType| self.walk.open_predicates(record_type);
        let by_type: Vec<(RecordType, Vec<&Predicate>)> = RecordType::ALL
            .iter()
            .map(|record_type| (*record_type, open(*record_type)))
            .collect();
        let of_type = |record_type: RecordType| {
            let found = by_type.iter().find(|(t, _)| *t == record_type);
            found.map_or(&[][..], |(_, predicates)| predicates.as_slice())
        };
        if by_type.iter().all(|(_, predicates)| predicates.is_empty()) {
            return Ok(Passing {
                hits: hits.to_vec(),
                doubtful: Vec::new(),
            });
        }
        let fields = by_type
            .iter()
            .flat_map(|(_, predicates)| predicates.iter().flat_map(|p| p.fields()));
        let chunk = self.read(hits, &Needs::for_fields(fields))?;
        let mut passing = Passing::default();
        for (row, hit) in hits.iter().enumerate() {
            let value = |field: &Field| chunk.value(row, field);
            let meets = |predicate: &Predicate| {
                let mut tests = predicate.any_of.iter();
                tests.any(|test| test.comparison.accepts(&value(&test.field)))
            };
            // A value that only the exchange could give.
            let lacks = |field: &Field| {
                let is_joined = match field {
                    Field::Column(column) => column.is_joined(),
                    Field::Pattern | Field::PatternId => true,
                    Field::Fate | Field::Count | Field::Path(_) => false,
                };
                is_joined && value(field).is_null()
            };
            let predicates = of_type(chunk.record_type(row));
            let passes = predicates.iter().all(|predicate| meets(predicate));
            let is_doubtful = chunk.is_orphan(row)
                && predicates.iter().any(|p| p.fields().any(lacks))
                && predicates.iter().all(|p| meets(p) || p.fields().any(lacks));
            if passes {
                passing.hits.push(*hit);
            }
            // Those shown with joined columns are counted when they are shown.
            if is_doubtful && !(passes && self.needs.join) {
                passing.doubtful.push(*hit);
            }
        }
        Ok(passing)
    }

    pub(super) fn doubt(&mut self, hits: &[Hit]) {
        for hit in hits {
            let key = self.walk.source(hit.place.source).file.key();
            self.orphans.add_one(key, Timestamp::from_micros(hit.time));
        }
    }

    pub(super) fn read(&self, hits: &[Hit], needs: &Needs) -> Result<Chunk, StoreError> {
        let mut chunk = Chunk::read(&self.walk, hits, &needs.columns)?;
        if needs.join {
            join(&mut chunk, self.hours)?;
        }
        if needs.fate {
            judge(&mut chunk, self.hours, self.question.now)?;
        }
        if needs.pattern {
            find_patterns(&mut chunk);
        }
        Ok(chunk)
    }

    /// Hands over rows; `counts` are empty where rows are not folded.
    pub(super) fn show(&mut self, hits: &[Hit], counts: Vec<u64>) -> Result<(), E> {
        let Some(last) = hits.last() else {
            return Ok(());
        };
        let mut chunk = self.read(hits, &self.needs)?;
        chunk.counts = counts;
        self.orphans.add(&chunk);
        self.shown += hits.len() as u64;
        self.last = Some(*last);
        (self.sink)(&chunk)
    }
}

//! What is computed of rows once they are chosen: the fate of their message, and the pattern of their reason.
//!
//! Rule: once a chunk, and only what is asked for.

mod fate;
mod pattern;

use crate::model::{RecordType, Timestamp};
use crate::store::{HourKey, StoreError};

use super::chunk::{Chunk, Part};
use super::hours::Hours;
use super::projection::Projection;
pub(super) use fate::Fates;
pub(super) use pattern::{cause, find_patterns, pattern_of};

/// What a question needs to compute.
pub(super) struct Enrich<'q> {
    fates: Fates<'q>,
}

impl<'q> Enrich<'q> {
    pub(super) fn new(hours: &'q Hours, now: Timestamp, limit: Option<u64>) -> Enrich<'q> {
        Enrich {
            fates: Fates::new(hours, now, limit),
        }
    }

    /// Judges rows that stand for themselves.
    pub(super) fn judge(&self, parts: &mut [Part]) -> Result<(), StoreError> {
        self.fates.judge(parts)
    }

    /// Makes ready to judge rows of these hours and types on many threads.
    pub(super) fn prepare<'k>(
        &self,
        rows: impl Iterator<Item = (&'k HourKey, RecordType)>,
    ) -> Result<(), StoreError> {
        self.fates.prepare(rows)
    }

    pub(super) fn add_to(
        &self,
        chunk: &mut Chunk,
        projection: &Projection,
    ) -> Result<(), StoreError> {
        if projection.fate {
            self.judge(&mut chunk.parts)?;
        }
        if projection.pattern {
            find_patterns(chunk);
        }
        Ok(())
    }
}

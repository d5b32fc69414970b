//! Reading the rows that were chosen: each row group once, whatever order they are wanted in.
//!
//! Rule: what the conditions hold to one value is known, and not read.

use std::collections::BTreeMap;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::model::Column;
use crate::store::{Pick, StoreError};

use super::super::chunk::{Chunk, Part};
use super::super::projection::Projection;
use super::super::select::held_ids;
use super::{Hit, Stream};

impl Stream<'_> {
    /// Reads rows with what is asked of them, and keeps their order.
    pub(in super::super) fn read(
        &self,
        hits: &[Hit],
        projection: &Projection,
    ) -> Result<Chunk, StoreError> {
        let mut chunk = self.read_columns(hits, &projection.columns)?;
        self.enrich.add_to(&mut chunk, projection)?;
        Ok(chunk)
    }

    /// Reads columns of rows that passed and keeps their order.
    pub(in super::super) fn read_columns(
        &self,
        hits: &[Hit],
        columns: &[Column],
    ) -> Result<Chunk, StoreError> {
        let mut by_source: BTreeMap<u32, Vec<(u32, usize)>> = BTreeMap::new();
        for (at, hit) in hits.iter().enumerate() {
            by_source
                .entry(hit.place.source)
                .or_default()
                .push((hit.place.row, at));
        }
        let mut order = vec![(0, 0); hits.len()];
        let mut work = Vec::new();
        for (part, (source, mut rows)) in by_source.into_iter().enumerate() {
            rows.sort_unstable();
            for (row, (_, at)) in rows.iter().enumerate() {
                // OK because a chunk has fewer than 2^32 rows.
                order[*at] = (part as u32, row as u32);
            }
            work.push((
                source,
                rows.into_iter().map(|(row, _)| row).collect::<Vec<u32>>(),
            ));
        }
        let mut held = held_ids(&self.plan.stages);
        held.retain(|(column, _)| columns.contains(column));
        let is_held = |column: &Column| held.iter().any(|(held, _)| held == column);
        let columns: Vec<Column> = columns.iter().copied().filter(|c| !is_held(c)).collect();
        let parts: Vec<Part> = work
            .into_par_iter()
            .map(|(source, rows)| {
                let source = self.source(source);
                let mut columns = source.file.read(source.group, &columns, pick(&rows))?;
                for (column, text) in &held {
                    columns.add_constant(*column, text);
                }
                Ok(Part::new(
                    source.file.key().clone(),
                    source.record_type(),
                    columns,
                ))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Chunk {
            parts,
            order,
            ..Chunk::default()
        })
    }
}

/// Returns how to read ascending rows: those that stand together at once.
pub(in super::super) fn pick(rows: &[u32]) -> Pick<'_> {
    match (rows.first(), rows.last()) {
        (Some(first), Some(last)) if (last - first) as usize + 1 == rows.len() => {
            Pick::Range(*first as usize..*last as usize + 1)
        }
        _ => Pick::Rows(rows),
    }
}

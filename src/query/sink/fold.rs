//! Folding equal failures: those of one destination with one reason, within a span, are one row with a count.
//!
//! Two failures are equal if provider, collection, type, destination and reason are the same; the reason is what the row
//! shows, else its code, else its status. A failure of which none is known is equal to no other. What is no failure is
//! never folded.
//!
//! A window opens with the earliest failure that no window holds, and is `span` long from there, its end included (three errors
//! from 10:00 to 10:05 are one row of five minutes): it does not slide on, so that a failure a minute all day long gives a
//! row every six minutes. The row is the latest record of
//! its window. With three errors at 10:00:10, 10:02:00 and 10:04:59, five minutes give one row, of 10:04:59, with count 3.
//!
//! Rule: windows hang on all records that match, never on the page; so all are looked at first, which takes 32 bytes of
//! memory for each, and 24 more for each row they are folded into.

use std::collections::HashMap;
use std::ops::Range;

use crate::model::{Column, Field, RecordType};
use crate::store::{IdKey, IdMap, StoreError, id_key};

use super::super::chunk::Chunk;
use super::super::enrich::cause;
use super::super::hours::Hours;
use super::super::projection::{CAUSE, Projection};
use super::super::question::{Answer, Orphans, Question, Sort, Total};
use super::super::stream::Hit;
use super::page::Page;
use super::sort::SortKey;

/// What is known after all rows were handed over.
pub(crate) struct Folded {
    /// Of the rows, each of which may stand for several records.
    pub(crate) answer: Answer,
    /// How many records match.
    pub(crate) records: u64,
    /// Some of them come from a vendor that folds equal failures itself, so that counts are lower bounds.
    pub(crate) is_lower_bound: bool,
}

/// A row: its latest record, and how many it stands for.
#[derive(Clone, Copy)]
struct Fold {
    hit: Hit,
    count: u64,
}

/// Answers a question with equal failures folded; chunks with counts go to `sink` in order.
pub(in super::super) fn ask_folded<E: From<StoreError>>(
    hours: &Hours,
    question: &Question,
    span_micros: i64,
    folds_itself: impl Fn(&Chunk, usize) -> bool,
    sink: impl FnMut(&Chunk) -> Result<(), E>,
) -> Result<Folded, E> {
    let mut page = Page::of(hours, question, sink)?;
    let told = loop {
        let told = match told(&mut page, span_micros, &folds_itself) {
            Ok(told) => told,
            Err(error) => {
                page.begin_anew(error)?;
                continue;
            }
        };
        let rows = told.folds[told.shown.clone()].iter();
        if page.show_all(rows.map(|fold| (fold.hit, Some(fold.count))).collect())? {
            break told;
        }
    };
    let has_more = told.shown.end < told.folds.len();
    let next = match page.last() {
        Some(last) if has_more && question.sort == Sort::NEWEST_FIRST => {
            Some(page.cursor_of(last)?)
        }
        _ => None,
    };
    Ok(Folded {
        answer: Answer {
            shown: page.shown(),
            total: Total::Exactly(told.folds.len() as u64),
            next,
            has_more,
            cursor_row_is_gone: told.cursor_row_is_gone,
            orphans: page.orphans,
        },
        records: told.records,
        is_lower_bound: told.is_lower_bound,
    })
}

/// The rows of all records, and which of them are shown.
struct Told {
    folds: Vec<Fold>,
    shown: Range<usize>,
    records: u64,
    is_lower_bound: bool,
    cursor_row_is_gone: bool,
}

fn told<E: From<StoreError>, F: FnMut(&Chunk) -> Result<(), E>>(
    page: &mut Page<'_, F>,
    span_micros: i64,
    folds_itself: impl Fn(&Chunk, usize) -> bool,
) -> Result<Told, StoreError> {
    let question = page.question;
    let mut needed = vec![
        Field::Column(Column::Outcome),
        Field::Column(Column::Destination),
    ];
    needed.extend(CAUSE.map(Field::Column));
    let projection = Projection::of(&needed);
    let mut rows: Vec<(Hit, IdKey)> = Vec::new();
    let mut is_lower_bound = false;
    let mut text = String::new();
    let mut orphans = Orphans::default();
    page.stream.each(&projection, &mut orphans, |chunk, hits| {
        for (row, hit) in hits.iter().enumerate() {
            rows.push((*hit, fold_key(chunk, row, &mut text)));
            is_lower_bound |= folds_itself(chunk, row);
        }
    })?;
    page.orphans = orphans;
    let mut folds = fold(&rows, span_micros);
    let records = rows.len() as u64;
    drop(rows);

    if question.sort != Sort::NEWEST_FIRST {
        folds = sorted(page, &folds, &question.sort)?;
    }
    let mut first = usize::try_from(question.skip).unwrap_or(usize::MAX);
    let mut cursor_row_is_gone = false;
    if let Some(cursor) = question.after {
        let newer = folds.partition_point(|fold| fold.hit.time > cursor.time.micros());
        let hits: Vec<Hit> = folds[newer..].iter().map(|fold| fold.hit).collect();
        let passed = page.rows_up_to(&hits, cursor)?;
        cursor_row_is_gone = passed.is_none();
        first = first.saturating_add(newer + passed.unwrap_or(0));
    }
    let first = first.min(folds.len());
    let room = question.limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let end = first.saturating_add(room).min(folds.len());
    Ok(Told {
        folds,
        shown: first..end,
        records,
        is_lower_bound,
        cursor_row_is_gone,
    })
}

/// Returns the same key for equal failures; 0 for what is not folded.
fn fold_key(chunk: &Chunk, row: usize, text: &mut String) -> IdKey {
    let (part, at) = chunk.part(row);
    let is_failure = part.columns.text(Column::Outcome, at) == Some("failure")
        || part.record_type == RecordType::Error;
    let Some(cause) = cause(part, at).filter(|_| is_failure) else {
        return 0;
    };
    let destination = part.columns.text(Column::Destination, at);
    text.clear();
    let pieces = [
        part.key.provider.name(),
        &part.key.collection,
        part.record_type.name(),
        destination.unwrap_or_default(),
        &cause,
    ];
    for piece in pieces {
        // Ended by what no text of a log holds, so that two pieces cannot run into one another.
        text.push_str(piece);
        text.push('\0');
    }
    id_key(text)
}

/// Folds rows that stand newest first; what comes stands newest first as well.
fn fold(rows: &[(Hit, IdKey)], span_micros: i64) -> Vec<Fold> {
    let mut folds: Vec<Fold> = Vec::new();
    // The open window of each key: when it opened, and its row.
    let mut open: IdMap<(i64, usize)> = HashMap::default();
    for (hit, key) in rows.iter().rev() {
        let window = open.get(key).filter(|_| *key != 0);
        match window {
            Some((opened, at)) if hit.time <= opened.saturating_add(span_micros) => {
                folds[*at].hit = *hit;
                folds[*at].count += 1;
            }
            _ => {
                open.insert(*key, (hit.time, folds.len()));
                folds.push(Fold {
                    hit: *hit,
                    count: 1,
                });
            }
        }
    }
    folds.sort_unstable_by_key(|fold| fold.hit.order());
    folds
}

/// Sorts rows by a field of their latest record, or by their counts; equal ones stay newest first.
fn sorted<E, F>(page: &Page<'_, F>, folds: &[Fold], sort: &Sort) -> Result<Vec<Fold>, StoreError>
where
    E: From<StoreError>,
    F: FnMut(&Chunk) -> Result<(), E>,
{
    let projection = Projection::of([&sort.field]);
    let mut keyed = Vec::with_capacity(folds.len());
    for part in folds.chunks(page.stream.chunk_rows()) {
        let hits: Vec<Hit> = part.iter().map(|fold| fold.hit).collect();
        let mut chunk = page.stream.read(&hits, &projection)?;
        chunk.counts = part.iter().map(|fold| fold.count).collect();
        for (row, fold) in part.iter().enumerate() {
            keyed.push((SortKey::from(chunk.value(row, &sort.field)), *fold));
        }
    }
    // Stable, so that equal ones keep their order.
    keyed.sort_by(|(a, _), (b, _)| a.compare(b, sort.descending));
    Ok(keyed.into_iter().map(|(_, fold)| fold).collect())
}

#[cfg(test)]
mod tests {
    use super::super::super::stream::Place;
    use super::*;

    const MINUTE: i64 = 60_000_000;

    /// Folds records given as key and seconds, newest first; returns seconds and counts.
    fn folded(rows: &[(IdKey, i64)]) -> Vec<(i64, u64)> {
        let row = |(number, (key, seconds)): (usize, &(IdKey, i64))| {
            let place = Place {
                source: 0,
                row: number as u32,
            };
            let hit = Hit {
                time: seconds * 1_000_000,
                place,
            };
            (hit, *key)
        };
        let rows: Vec<_> = rows.iter().enumerate().map(row).collect();
        let folds = fold(&rows, 5 * MINUTE);
        folds
            .iter()
            .map(|fold| (fold.hit.time / 1_000_000, fold.count))
            .collect()
    }

    #[test]
    fn three_errors_within_five_minutes_are_one_row() {
        assert_eq!(folded(&[(1, 299), (1, 120), (1, 10)]), [(299, 3)]);
    }

    #[test]
    fn a_window_ends_where_its_span_does_and_does_not_slide() {
        assert_eq!(folded(&[(1, 311), (1, 120), (1, 10)]), [(311, 1), (120, 2)]);
        assert_eq!(folded(&[(1, 310), (1, 120), (1, 10)]), [(310, 3)]);
        let every_minute: Vec<_> = (0..60).rev().map(|minute| (1, minute * 60)).collect();
        let folds = folded(&every_minute);
        assert_eq!(folds.len(), 10);
        assert!(folds.iter().all(|(_, count)| *count == 6));
    }

    #[test]
    fn other_keys_and_what_has_none_stay_apart() {
        assert_eq!(
            folded(&[(0, 30), (2, 20), (1, 20), (0, 10), (1, 5)]),
            [(30, 1), (20, 1), (20, 2), (10, 1)]
        );
    }
}

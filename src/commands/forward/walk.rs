//! The way of records from the store to the source, or to the screen in a dry run.
//!
//! Rule: oldest first, and memory holds the times of a few hours at most, however much is stored.

use std::collections::BTreeMap;

use crate::model::{Column, Field, Filter, Hour};
use crate::providers::segment_tracking::Batch;
use crate::query::{Engine, Question, Sort};
use crate::render::visible;
use crate::store::{Store, StoreError};

use super::super::{Context, Error, Kind};
use super::event::{self, Event};
use super::sender::Sender;
use super::sent::Sent;

/// Hours are asked for together up to so many records: each question opens the hours around it anew, and keeps the times
/// of all its records.
const ASKED_RECORDS: u64 = 256 * 1024;

/// Which of the records that match are sent, and what of them.
pub(super) struct Selection {
    /// At most so many that were not sent yet.
    pub(super) limit: Option<u64>,
    /// Also what was sent before.
    pub(super) all: bool,
    /// The record as received too.
    pub(super) raw: bool,
}

/// What became of the records.
#[derive(Default)]
pub(super) struct Outcome {
    /// Sent or, in a dry run, printed.
    pub(super) events: u64,
    pub(super) sent_before: u64,
    pub(super) cut: u64,
    /// Attempts without the status of their exchange.
    pub(super) bare: u64,
    /// There are more, beyond the limit.
    pub(super) is_limited: bool,
}

/// Where events go.
pub(super) enum Target {
    Source(Box<Sender>),
    /// Nowhere: they are printed. Without a write key nobody knows what was sent before.
    Print {
        sent: Option<Sent>,
        batch: Batch,
        batches: u64,
    },
}

/// Why the walk ends before its end.
enum Halt {
    Enough,
    Failed(Error),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Halt::Failed(error.into())
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Halt::Failed(error)
    }
}

/// Takes the records to the target, oldest first: hours in order, and within those asked for together by time.
pub(super) fn walk(
    context: &mut Context<'_>,
    selection: &Selection,
    store: &Store,
    engine: &Engine,
    filter: &Filter,
    target: &mut Target,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let fields = event::fields();
    for hours in together(store, filter)? {
        let question = Question {
            filter: Filter {
                hours,
                ..filter.clone()
            },
            fields: fields.clone(),
            sort: Sort {
                field: Field::Column(Column::Time),
                descending: false,
            },
            limit: None,
            skip: 0,
            after: None,
            now: context.now,
        };
        let asked = engine.ask::<Halt>(&question, |chunk| {
            let rows = chunk.bind(&fields);
            for row in 0..chunk.len() {
                let cells = rows.row(row);
                take(
                    context,
                    selection,
                    event::make(&cells, selection.raw),
                    target,
                    outcome,
                )?;
            }
            Ok(())
        });
        match asked {
            Ok(_) => {}
            Err(Halt::Enough) => break,
            Err(Halt::Failed(error)) => return Err(error),
        }
        if let Some(sent) = target.sent() {
            sent.unload();
        }
    }
    if let Target::Source(sender) = target {
        sender.flush(&mut context.messages)?;
    }
    Ok(())
}

/// Divides the stored hours that a filter allows into those that are asked for together.
fn together(store: &Store, filter: &Filter) -> Result<Vec<Vec<Hour>>, StoreError> {
    let mut records: BTreeMap<Hour, u64> = BTreeMap::new();
    for key in store.hours(filter)? {
        // One that cannot be read is told of when it is asked.
        let meta = store.meta(&key).ok().flatten();
        *records.entry(key.hour).or_default() += meta.map_or(0, |meta| meta.records());
    }
    Ok(divided(records))
}

fn divided(records: BTreeMap<Hour, u64>) -> Vec<Vec<Hour>> {
    let mut groups: Vec<Vec<Hour>> = Vec::new();
    let mut sum = 0;
    for (hour, records) in records {
        sum += records;
        match groups.last_mut() {
            Some(group) if sum <= ASKED_RECORDS => group.push(hour),
            _ => {
                groups.push(vec![hour]);
                sum = records;
            }
        }
    }
    groups
}

fn take(
    context: &mut Context<'_>,
    selection: &Selection,
    event: Event,
    target: &mut Target,
    outcome: &mut Outcome,
) -> Result<(), Halt> {
    if context.is_interrupted() {
        return Err(Error::new(Kind::Interrupted, "interrupted").into());
    }
    let was_sent = match target.sent() {
        Some(sent) if !selection.all => sent.contains(event.hour, event.key)?,
        _ => false,
    };
    if was_sent {
        outcome.sent_before += 1;
        return Ok(());
    }
    if selection.limit.is_some_and(|limit| outcome.events >= limit) {
        outcome.is_limited = true;
        return Err(Halt::Enough);
    }
    outcome.events += 1;
    outcome.cut += u64::from(event.is_cut);
    outcome.bare += u64::from(event.is_bare);
    match target {
        Target::Source(sender) => sender.push(&event, &mut context.messages)?,
        Target::Print { batch, batches, .. } => {
            if !batch.push(&event.text) || *batches == 0 {
                *batches += 1;
                *batch = Batch::new();
                // OK because an event fits into an empty batch.
                let _ = batch.push(&event.text);
            }
            let text = if context.terminal.stdout_is_terminal {
                visible(&event.text)
            } else {
                event.text.as_str().into()
            };
            writeln!(context.out, "{text}").map_err(Error::from)?;
        }
    }
    Ok(())
}

impl Target {
    fn sent(&mut self) -> Option<&mut Sent> {
        match self {
            Target::Source(sender) => Some(sender.sent()),
            Target::Print { sent, .. } => sent.as_mut(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn small_hours_are_asked_for_together_and_large_ones_alone() {
        let hour = |n: i32| {
            Hour::parse("2025-03-23T20", Timestamp::MIN)
                .unwrap()
                .plus(n)
        };
        let most = ASKED_RECORDS;
        let records = [1, most - 1, 1, 0, 2 * most, 5, 6];
        let records = records.iter().zip(0..).map(|(n, at)| (hour(at), *n));
        let groups = divided(records.collect());
        let expected = [vec![0, 1], vec![2, 3], vec![4], vec![5, 6]];
        let expected = expected.map(|group| group.into_iter().map(hour).collect::<Vec<_>>());
        assert_eq!(groups, expected);
        assert!(divided(BTreeMap::new()).is_empty());
    }
}

//! Everything about one message, exchange or record, over all stored hours.
//!
//! A whole id is looked up through the bloom filters: as a message's, else as an exchange's, else as a record's. Only what is
//! none of these is taken for the beginning of one, which takes a walk through the id columns of every hour.
//!
//! Rule: one id, one subject: a beginning that fits several ids is never guessed.

mod entry;
mod find;
#[cfg(test)]
mod tests;
mod traced;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Column, Filter, RecordType, Test, Timestamp};
use crate::store::StoreError;

use super::super::hours::Hours;

pub(crate) use entry::{Entry, Route};
use find::{Prefix, by_prefix, records};
pub(crate) use traced::{Member, Subject, Trace, Traced};

/// Traces an id, or the beginning of one, through the hours of the providers and collections in `scope`.
pub(in super::super) fn trace(
    hours: &Hours,
    scope: &Filter,
    id: &str,
    now: Timestamp,
) -> Result<Traced, StoreError> {
    let tracing = Tracing { hours, scope, now };
    if let Some(trace) = tracing.whole(id)? {
        return Ok(Traced::One(Box::new(trace)));
    }
    let Prefix {
        candidates,
        has_more,
        nearest,
    } = by_prefix(hours, scope, id, now)?;
    let ids: BTreeSet<&str> = candidates.keys().map(String::as_str).collect();
    if let (1, Some(whole)) = (ids.len(), ids.first())
        && let Some(trace) = tracing.whole(whole)?
    {
        return Ok(Traced::One(Box::new(trace)));
    }
    if candidates.is_empty() {
        let nearest = nearest.map(|(id, subject)| (subject, id));
        return Ok(Traced::Nothing { nearest });
    }
    let candidates = candidates.into_iter();
    Ok(Traced::Several {
        candidates: candidates.map(|(id, subject)| (subject, id)).collect(),
        has_more,
    })
}

/// One run's view of the store.
struct Tracing<'h> {
    hours: &'h Hours,
    scope: &'h Filter,
    now: Timestamp,
}

impl Tracing<'_> {
    /// Traces a whole id; `None` if nothing has it.
    fn whole(&self, id: &str) -> Result<Option<Trace>, StoreError> {
        for subject in Subject::ALL {
            let mut found = self.find(subject.column(), [id.to_owned()])?;
            if found.records.is_empty() {
                continue;
            }
            found.id = id.to_owned();
            found.subject = subject;
            match subject {
                Subject::Message => self.add_exchanges(&mut found)?,
                Subject::Exchange => self.add_batch(&mut found)?,
                Subject::Record => self.add_context(&mut found)?,
            }
            found.records.sort_by_key(Entry::order);
            return Ok(Some(found));
        }
        Ok(None)
    }

    /// Returns the records that have one of the ids in a column.
    fn find(
        &self,
        column: Column,
        ids: impl IntoIterator<Item = String>,
    ) -> Result<Trace, StoreError> {
        let test = Test::text(column, ids);
        records(self.hours, self.scope, vec![vec![test]], self.now)
    }

    /// Adds the exchanges of a message's attempts.
    fn add_exchanges(&self, trace: &mut Trace) -> Result<(), StoreError> {
        let ids: BTreeSet<String> = trace
            .records
            .iter()
            .filter(|entry| entry.record_type != RecordType::Exchange)
            .filter_map(|entry| entry.text(Column::ExchangeId).map(str::to_owned))
            .collect();
        if ids.is_empty() {
            return Ok(());
        }
        let named = Test::text(Column::ExchangeId, ids);
        let exchange = Test::text(Column::Type, [RecordType::Exchange.name().to_owned()]);
        let conditions = vec![vec![named], vec![exchange]];
        let found = records(self.hours, self.scope, conditions, self.now)?;
        trace.is_cut |= found.is_cut;
        trace.records.extend(found.records);
        Ok(())
    }

    /// Finds out what became of the messages of an exchange.
    fn add_batch(&self, trace: &mut Trace) -> Result<(), StoreError> {
        let mut batch: BTreeMap<(Vec<String>, String), Member> = BTreeMap::new();
        let is_attempt = |entry: &&Entry| entry.record_type == RecordType::Attempt;
        let attempts = trace.records.iter().filter(is_attempt);
        let tried: BTreeSet<&str> = attempts
            .filter_map(|entry| entry.text(Column::MessageId))
            .collect();
        for entry in &trace.records {
            // The attempts tell what was carried; an error does where its attempt is not stored.
            if let Some(id) = entry.text(Column::MessageId)
                && (is_attempt(&entry) || !tried.contains(id))
            {
                let member = Member {
                    message_id: id.to_owned(),
                    attempt: entry.int(Column::Attempt),
                    fate: entry.fate,
                    last_status: entry.int(Column::Status),
                    last_time: entry.time(),
                    attempts: 0,
                };
                batch.insert((route_of(entry), id.to_owned()), member);
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        let ids: BTreeSet<String> = batch.keys().map(|(_, id)| id.clone()).collect();
        let named = Test::text(Column::MessageId, ids);
        let attempt = Test::text(Column::Type, [RecordType::Attempt.name().to_owned()]);
        let conditions = vec![vec![named], vec![attempt]];
        let found = records(self.hours, self.scope, conditions, self.now)?;
        let mut attempts: Vec<&Entry> = found.records.iter().collect();
        // Numbers order attempts, and clocks those of one number.
        attempts.sort_by_key(|entry| (entry.int(Column::Attempt), entry.time()));
        for entry in attempts {
            let id = entry.text(Column::MessageId).unwrap_or_default();
            // What became of it at another destination is not this exchange's doing.
            if let Some(member) = batch.get_mut(&(route_of(entry), id.to_owned())) {
                member.attempts += 1;
                member.last_time = entry.time();
                member.last_status = entry.int(Column::Status);
            }
        }
        trace.is_cut |= found.is_cut;
        trace.batch = batch.into_values().collect();
        Ok(())
    }

    /// Adds the timeline of a record's message or exchange.
    fn add_context(&self, trace: &mut Trace) -> Result<(), StoreError> {
        let first = |column| {
            let mut values = trace.records.iter();
            values.find_map(|entry: &Entry| entry.text(column).map(str::to_owned))
        };
        let (message, exchange) = (first(Column::MessageId), first(Column::ExchangeId));
        let around = match (message, exchange) {
            (Some(id), _) => {
                let mut found = self.find(Column::MessageId, [id])?;
                self.add_exchanges(&mut found)?;
                found
            }
            (None, Some(id)) => {
                let mut found = self.find(Column::ExchangeId, [id])?;
                self.add_batch(&mut found)?;
                found
            }
            (None, None) => return Ok(()),
        };
        *trace = Trace {
            id: std::mem::take(&mut trace.id),
            subject: trace.subject,
            ..around
        };
        Ok(())
    }
}

/// Returns what tells the ways of one message apart: provider, collection and destination.
fn route_of(entry: &Entry) -> Vec<String> {
    let Route {
        provider,
        collection,
        destination,
    } = entry.route();
    let destination = destination.unwrap_or_default();
    [provider.name(), collection, destination]
        .map(str::to_owned)
        .to_vec()
}

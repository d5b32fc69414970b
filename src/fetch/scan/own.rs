//! Whether a record is what is sought by what it says itself.
//!
//! Rule: a value that a record does not have but may take from another is not known, and what hangs on it is not judged.

use std::cell::Cell;

use crate::model::{Column, Condition, Field, Filter, Outcome, Provider, Record, Value};
use crate::providers::{Outline, Spec, spec};
use crate::store::may_take;

/// What is sought of each record.
pub(super) enum Judge<'j> {
    Conditions(Conditions<'j>),
    /// Being, or belonging to, what has this id.
    Id(&'j str),
}

/// A filter's conditions, in the order in which they are judged.
pub(super) struct Conditions<'f> {
    filter: &'f Filter,
    spec: &'static Spec,
    provider: &'static str,
    collection: &'f str,
    /// On what a record is found by.
    outlined: Vec<&'f Condition>,
    /// On what a record says itself.
    own: Vec<&'f Condition>,
    /// On what it may take from others.
    linked: Vec<&'f Condition>,
}

/// Whether a record meets a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Meets,
    Fails,
    /// That hangs on other records.
    Hangs,
}

impl Judge<'_> {
    /// Judges a record by what was read of it, and by all of it where that does not suffice.
    pub(super) fn judge(&self, outline: &Outline<'_>, raw: &[u8]) -> Verdict {
        match self {
            Judge::Conditions(conditions) => conditions.judge(outline, raw),
            Judge::Id(id) => {
                let is = |known: &Option<_>| known.as_deref() == Some(*id);
                if is(&outline.message_id) || is(&outline.exchange_id) {
                    Verdict::Meets
                } else if !is(&outline.id) {
                    Verdict::Fails
                } else if outline.message_id.is_some() {
                    Verdict::Meets
                } else {
                    // Its exchange is told with all who name that one.
                    Verdict::Hangs
                }
            }
        }
    }
}

impl<'f> Conditions<'f> {
    /// Sorts the conditions of a filter; `None` if some are on what is concluded from all records, or another collection
    /// is meant.
    pub(super) fn of(
        filter: &'f Filter,
        provider: Provider,
        collection: &'f str,
    ) -> Option<Conditions<'f>> {
        if !filter.wants_collection(provider, collection) {
            return None;
        }
        let mut conditions = Conditions {
            filter,
            spec: spec(provider),
            provider: provider.name(),
            collection,
            outlined: Vec::new(),
            own: Vec::new(),
            linked: Vec::new(),
        };
        for condition in &filter.conditions {
            let ranks = condition.fields().map(rank).collect::<Option<Vec<_>>>()?;
            match ranks.into_iter().max() {
                None | Some(Rank::Outlined) => conditions.outlined.push(condition),
                Some(Rank::Own) => conditions.own.push(condition),
                Some(Rank::Linked) => conditions.linked.push(condition),
            }
        }
        Some(conditions)
    }

    fn judge(&self, outline: &Outline<'_>, raw: &[u8]) -> Verdict {
        let is_inside = self.filter.window.contains(outline.time)
            && self.filter.wants_hour(outline.time.hour());
        let outlined = |field: &Field| match field {
            Field::Column(Column::Type) => Value::Text(outline.record_type.name().into()),
            Field::Column(Column::Time) => Value::Time(outline.time),
            Field::Column(Column::MessageId) => text(outline.message_id.as_deref()),
            Field::Column(Column::Id) => text(outline.id.as_deref()),
            Field::Column(Column::Provider) => Value::Text(self.provider.into()),
            Field::Column(Column::Collection) => Value::Text(self.collection.into()),
            _ => Value::Null,
        };
        if !is_inside
            || !self
                .outlined
                .iter()
                .all(|condition| condition.accepts(&outlined))
        {
            return Verdict::Fails;
        }
        if self.own.is_empty() && self.linked.is_empty() {
            return Verdict::Meets;
        }
        let mut verdict = Verdict::Hangs;
        // It was read before, and so it can be decoded.
        let _: Result<(), _> = (self.spec.decode)(raw, &mut |record| {
            verdict = self.judge_whole(record);
        });
        verdict
    }

    fn judge_whole(&self, record: &Record<'_>) -> Verdict {
        let hangs = Cell::new(false);
        let value = |field: &Field| match field {
            Field::Path(path) => path.lookup(record.raw),
            Field::Column(Column::Provider) => Value::Text(self.provider.into()),
            Field::Column(Column::Collection) => Value::Text(self.collection.into()),
            Field::Column(column) => {
                let value = own_value(record, *column);
                if value.is_null() && may_take(record.record_type, *column) {
                    hangs.set(true);
                }
                value
            }
            _ => Value::Null,
        };
        if !self.own.iter().all(|condition| condition.accepts(&value)) {
            return Verdict::Fails;
        }
        for condition in &self.linked {
            hangs.set(false);
            let meets = condition.accepts(&value);
            if hangs.get() {
                return Verdict::Hangs;
            }
            if !meets {
                return Verdict::Fails;
            }
        }
        Verdict::Meets
    }
}

/// What must be known to look at a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Outlined,
    Own,
    Linked,
}

/// Returns what must be known to look at a field; `None`: all records.
fn rank(field: &Field) -> Option<Rank> {
    use Column::{
        Attempt, Collection, Discarded, ExchangeId, Id, Joined, MessageId, Method, Outcome, Own,
        Provider, Reason, Status, Time, Type, Url,
    };
    match field {
        Field::Column(Joined | Own) => None,
        Field::Column(Type | Time | MessageId | Id | Provider | Collection) => Some(Rank::Outlined),
        Field::Column(
            Outcome | Attempt | Discarded | Status | Reason | ExchangeId | Method | Url,
        ) => Some(Rank::Linked),
        Field::Column(_) | Field::Path(_) => Some(Rank::Own),
        Field::Fate | Field::LastStatus | Field::Pattern | Field::PatternId | Field::Count => None,
    }
}

fn text(text: Option<&str>) -> Value<'_> {
    text.map_or(Value::Null, |text| Value::Text(text.into()))
}

fn int(number: Option<i64>) -> Value<'static> {
    number.map_or(Value::Null, Value::Int)
}

/// Returns what a record says itself in a column.
fn own_value<'r>(record: &'r Record<'_>, column: Column) -> Value<'r> {
    match column {
        Column::Time => Value::Time(record.time),
        Column::LoggedAt => record.logged_at.map_or(Value::Null, Value::Time),
        Column::Type => Value::Text(record.record_type.name().into()),
        Column::Outcome => text(record.outcome.map(Outcome::name)),
        Column::Attempt => int(record.attempt),
        Column::Discarded => record.discarded.map_or(Value::Null, Value::Bool),
        Column::Status => int(record.status),
        Column::Code => text(record.code.as_deref()),
        Column::Reason => text(record.reason.as_deref()),
        Column::Operation => text(record.operation.as_deref()),
        Column::Source => text(record.source.as_deref()),
        Column::Destination => text(record.destination.as_deref()),
        Column::Subscriber => text(record.subscriber.as_deref()),
        Column::Actor => text(record.actor.as_deref()),
        Column::Channel => text(record.channel.as_deref()),
        Column::Resource => text(record.resource.as_deref()),
        Column::Id => text(record.id.as_deref()),
        Column::MessageId => text(record.message_id.as_deref()),
        Column::ExchangeId => text(record.exchange_id.as_deref()),
        Column::Method => text(record.method.as_deref()),
        Column::Url => text(record.url.as_deref()),
        Column::Ip => text(record.ip.as_deref()),
        Column::DurationMs => int(record.duration_ms),
        Column::DelayMs => int(record.delay_ms),
        Column::MoreSources => text(record.more_sources.as_deref()),
        Column::MoreDestinations => text(record.more_destinations.as_deref()),
        Column::MoreSubscribers => text(record.more_subscribers.as_deref()),
        Column::ErrorType => text(record.error_type.as_deref()),
        Column::ActorEmail => text(record.actor_email.as_deref()),
        Column::ResourceId => text(record.resource_id.as_deref()),
        Column::Raw => Value::Bytes(record.raw),
        Column::Provider | Column::Collection | Column::Joined | Column::Own => Value::Null,
    }
}

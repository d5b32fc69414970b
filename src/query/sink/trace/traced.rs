//! What an id leads to: data.

use crate::model::{Column, Fate, Timestamp};

use super::super::super::question::Orphans;
use super::entry::Entry;

/// What an id is the id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Message,
    Exchange,
    Record,
}

impl Subject {
    /// In the order in which an id is tried.
    pub(super) const ALL: [Subject; 3] = [Subject::Message, Subject::Exchange, Subject::Record];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Subject::Message => "message",
            Subject::Exchange => "exchange",
            Subject::Record => "record",
        }
    }

    pub(super) fn column(self) -> Column {
        match self {
            Subject::Message => Column::MessageId,
            Subject::Exchange => Column::ExchangeId,
            Subject::Record => Column::Id,
        }
    }
}

/// What is stored of one message, exchange or record.
#[derive(Debug)]
pub(crate) struct Trace {
    /// The whole id.
    pub(crate) id: String,
    pub(crate) subject: Subject,
    /// The timeline, oldest first: a message's records with its exchanges; an exchange with the attempts it carried and
    /// their errors; a record, with the timeline of its message or exchange.
    pub(crate) records: Vec<Entry>,
    /// Of an exchange: what became of those it carried.
    pub(crate) batch: Vec<Member>,
    /// Attempts whose exchange is not stored.
    pub(crate) orphans: Orphans,
    /// There are more records than are looked at.
    pub(crate) is_cut: bool,
}

/// A message in an exchange's batch, by what is stored of it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) message_id: String,
    /// Which try of it the exchange carried.
    pub(crate) attempt: Option<i64>,
    pub(crate) fate: Option<Fate>,
    /// Of its last attempt that is stored.
    pub(crate) last_status: Option<i64>,
    pub(crate) last_time: Timestamp,
    pub(crate) attempts: u64,
}

/// What an id leads to.
#[derive(Debug)]
pub(crate) enum Traced {
    One(Box<Trace>),
    /// It is the beginning of several ids; only some of them if there are many.
    Several {
        candidates: Vec<(Subject, String)>,
        has_more: bool,
    },
    /// Nothing has such an id; the one most like it, if one begins like it.
    Nothing {
        nearest: Option<(Subject, String)>,
    },
}

//! Asking the store: question, plan, stream, enrich, sink.
//!
//! A [`Question`] is planned: which row groups can hold rows, what is settled where, which columns are read. A stream
//! gives the rows, newest first; what is computed of them is added a chunk at a time; and a sink makes of them a page,
//! a sorted list, folds, counts, messages or a trace. Verbs ask an [`Engine`].
//!
//! Rule: a question is data in, chunks of rows out; memory is bounded by a chunk, not by the store. Nothing here knows
//! how rows are shown, and nothing joins: what belongs together was put together when the hours were written.

mod buckets;
mod chunk;
mod cursor;
mod deliveries;
mod distinct;
mod engine;
mod enrich;
mod extent;
mod hours;
mod known_keys;
mod plan;
mod projection;
mod question;
mod select;
mod sink;
mod source;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use buckets::{Buckets, Every, EveryError};
pub(crate) use chunk::Chunk;
pub(crate) use cursor::Cursor;
pub(crate) use deliveries::RETRY_MICROS;
pub(crate) use engine::Engine;
pub(crate) use question::{Answer, Orphans, Question, Sort, Total};
pub(crate) use sink::messages::{MESSAGE_COLUMNS, Messages};
pub(crate) use sink::tally::{Count, CountError, Group, Key, Tally, compare_keys};
pub(crate) use sink::trace::{Entry, Member, Route, Subject, Trace, Traced};

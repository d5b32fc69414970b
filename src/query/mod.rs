//! Asking the store: which records, in which order, with their exchanges and fates.
//!
//! Rule: a question is data in, chunks of rows out; memory is bounded by a chunk, not by the store. Nothing here knows
//! where hours come from or how rows are shown.

mod asking;
mod buckets;
mod chunk;
mod cursor;
mod dedup;
mod distinct;
mod fate;
mod few;
mod hours;
mod join;
mod keys;
mod lives;
mod lookup;
mod message;
mod needs;
mod order;
mod page;
mod pattern;
mod tally;
mod telling;
mod trace;
mod walk;

#[cfg(test)]
mod tests;

pub(crate) use buckets::{Buckets, Every, EveryError};
pub(crate) use chunk::Chunk;
pub(crate) use cursor::Cursor;
pub(crate) use dedup::ask_folded;
pub(crate) use distinct::distinct;
pub(crate) use fate::RETRY_MICROS;
pub(crate) use join::Orphans;
pub(crate) use message::{MESSAGE_COLUMNS, Messages, ask_messages};
pub(crate) use page::{Answer, Question, Sort, Total, ask};
pub(crate) use tally::{Count, CountError, Group, Key, Tally, compare_keys, extent, tally};
pub(crate) use trace::{Entry, Member, Route, Subject, Trace, Traced, trace};

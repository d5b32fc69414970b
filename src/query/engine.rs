//! What verbs ask, whatever answers: today the store on this machine.
//!
//! Rule: verbs know questions and answers, never files.

use std::collections::BTreeMap;

use crate::model::{Column, Filter, Stretches, Timestamp, Value};
use crate::store::{HourKey, Store, StoreError};

use super::chunk::Chunk;
use super::hours::Hours;
use super::plan::Plan;
use super::question::{Answer, Question};
use super::sink::fold::{Folded, ask_folded};
use super::sink::messages::{Messages, ask_messages};
use super::sink::page::ask;
use super::sink::tally::{Count, CountError, Tally, tally};
use super::sink::trace::{Traced, trace};

/// What answers questions.
pub(crate) enum Engine {
    /// A store's files, read by this process.
    Local(Hours),
}

impl Engine {
    /// Takes a store; nothing is read until something is asked.
    pub(crate) fn local(store: &Store) -> Engine {
        Engine::Local(Hours::of(store))
    }

    /// Answers a question; chunks go to `sink` in order.
    pub(crate) fn ask<E: From<StoreError>>(
        &self,
        question: &Question,
        sink: impl FnMut(&Chunk) -> Result<(), E>,
    ) -> Result<Answer, E> {
        let Engine::Local(hours) = self;
        ask(hours, question, sink)
    }

    /// Answers a question with equal failures folded; chunks with counts go to `sink` in order.
    pub(crate) fn ask_folded<E: From<StoreError>>(
        &self,
        question: &Question,
        span_micros: i64,
        folds_itself: impl Fn(&Chunk, usize) -> bool,
        sink: impl FnMut(&Chunk) -> Result<(), E>,
    ) -> Result<Folded, E> {
        let Engine::Local(hours) = self;
        ask_folded(hours, question, span_micros, folds_itself, sink)
    }

    /// Hands over one row for each message at a destination of which a record matches, the last seen first. Of the question
    /// filter, limit, skip and now count.
    pub(crate) fn ask_messages<E: From<StoreError>>(
        &self,
        question: &Question,
        sink: impl FnMut(&[Value<'_>]) -> Result<(), E>,
    ) -> Result<Messages, E> {
        let Engine::Local(hours) = self;
        ask_messages(hours, question, sink)
    }

    /// Counts the records that match.
    pub(crate) fn tally(&self, count: &Count<'_>) -> Result<Tally, CountError> {
        let Engine::Local(hours) = self;
        tally(hours, count)
    }

    /// Returns where the stored records that may match lie, as footers tell and, where these reach far, the times of rows.
    pub(crate) fn stretches(&self, filter: &Filter) -> Result<Stretches, StoreError> {
        let Engine::Local(hours) = self;
        loop {
            match Plan::over(hours, filter)?.stretches() {
                Err(error) => drop(hours.recover(error)?),
                stretches => return stretches,
            }
        }
    }

    /// Traces an id, or the beginning of one, through the hours of the providers and collections in `scope`.
    pub(crate) fn trace(
        &self,
        scope: &Filter,
        id: &str,
        now: Timestamp,
    ) -> Result<Traced, StoreError> {
        let Engine::Local(hours) = self;
        trace(hours, scope, id, now)
    }

    /// Returns up to `limit` values of a column from the newest stored hours, in order.
    pub(crate) fn distinct(&self, column: Column, limit: usize) -> Result<Vec<String>, StoreError> {
        let Engine::Local(hours) = self;
        super::distinct::distinct(hours.store(), column, limit)
    }

    /// Returns the hours that could not be read and so were left out of the answers, and why.
    pub(crate) fn left_out(&self) -> BTreeMap<HourKey, String> {
        let Engine::Local(hours) = self;
        hours.left_out()
    }
}

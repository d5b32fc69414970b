//! The records that a trace is made of, and the ids that begin with a text.
//!
//! Rule: records are asked for like any others, so that a trace never shows what `show` would not.

use std::collections::BTreeMap;

use regex::bytes::Regex;

use crate::model::{Comparison, Field, Filter, Test, Timestamp, Value, nearest_few};
use crate::store::StoreError;

use super::super::super::hours::Hours;
use super::super::super::question::{Question, Sort};
use super::super::page::ask;
use super::entry::{Entry, fields};
use super::traced::{Subject, Trace};

/// More records than this of one message or exchange are not looked at: nobody reads them as a timeline.
const MOST_RECORDS: u64 = 20_000;

/// Candidates of an ambiguous beginning that are collected.
const MOST_CANDIDATES: usize = 20;

/// Ids that begin like the one asked for, to find the nearest among.
const MOST_NEAR: usize = 2000;

/// Shorter beginnings than this have nothing in common with their id.
const SHORTEST_NEAR: usize = 4;

/// Asks for the records that meet all the conditions, each of which is met by any of its tests.
pub(super) fn records(
    hours: &Hours,
    scope: &Filter,
    conditions: Vec<Vec<Test>>,
    now: Timestamp,
) -> Result<Trace, StoreError> {
    let mut question = question(scope, conditions, fields(), now);
    question.limit = Some(MOST_RECORDS);
    let mut records = Vec::new();
    let answer = ask::<StoreError>(hours, &question, |chunk| {
        records.extend((0..chunk.len()).map(|row| Entry::of(chunk, row)));
        Ok(())
    })?;
    Ok(Trace {
        id: String::new(),
        subject: Subject::Record,
        records,
        batch: Vec::new(),
        orphans: answer.orphans,
        is_cut: answer.has_more,
    })
}

fn question(
    scope: &Filter,
    conditions: Vec<Vec<Test>>,
    fields: Vec<Field>,
    now: Timestamp,
) -> Question {
    let mut filter = scope.clone();
    conditions
        .into_iter()
        .for_each(|any_of| filter.require(any_of));
    Question {
        filter,
        fields,
        sort: Sort::NEWEST_FIRST,
        limit: None,
        skip: 0,
        after: None,
        now,
    }
}

/// The ids that begin with a text.
#[derive(Debug, Default)]
pub(super) struct Prefix {
    /// Each with the first of what it is the id of.
    pub(super) candidates: BTreeMap<String, Subject>,
    pub(super) has_more: bool,
    /// The id most like the text, if none begins with it.
    pub(super) nearest: Option<(String, Subject)>,
}

/// Ends a walk early.
enum Ended {
    Enough,
    Failed(StoreError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Ended::Failed(error)
    }
}

/// Walks through the id columns of every hour.
pub(super) fn by_prefix(
    hours: &Hours,
    scope: &Filter,
    id: &str,
    now: Timestamp,
) -> Result<Prefix, StoreError> {
    let length = id.chars().count();
    // In any case: an id that was typed off a screen is found by its neighbour.
    let near: String = id.chars().take((length / 2).max(SHORTEST_NEAR)).collect();
    // OK because an escaped text is always a pattern.
    let Ok(begins) = Regex::new(&format!("(?i)^{}", regex::escape(&near))) else {
        return Ok(Prefix::default());
    };
    let test = |subject: Subject| Test {
        field: Field::Column(subject.column()),
        comparison: Comparison::Matches(begins.clone()),
    };
    let any_of = Subject::ALL.map(test).to_vec();
    let fields = Subject::ALL.map(|subject| Field::Column(subject.column()));
    let question = question(scope, vec![any_of], fields.to_vec(), now);
    let mut collected = Collected {
        id,
        near: near.to_lowercase(),
        begun: BTreeMap::new(),
        others: BTreeMap::new(),
    };
    let walked = ask::<Ended>(hours, &question, |chunk| {
        for row in 0..chunk.len() {
            for (subject, field) in Subject::ALL.into_iter().zip(&fields) {
                collected.add(chunk.value(row, field), subject);
            }
            if collected.begun.len() > MOST_CANDIDATES {
                return Err(Ended::Enough);
            }
        }
        Ok(())
    });
    let has_more = match walked {
        Ok(_) => false,
        Err(Ended::Enough) => true,
        Err(Ended::Failed(error)) => return Err(error),
    };
    let nearest = collected.nearest();
    Ok(Prefix {
        candidates: collected.begun,
        has_more,
        nearest,
    })
}

/// Ids on the way, each with the first of what it is the id of.
struct Collected<'t> {
    id: &'t str,
    /// The part of it that an id has to begin with to be looked at, in lower case.
    near: String,
    begun: BTreeMap<String, Subject>,
    others: BTreeMap<String, Subject>,
}

impl Collected<'_> {
    fn add(&mut self, value: Value<'_>, subject: Subject) {
        let Value::Text(text) = value else {
            return;
        };
        let into = if text.starts_with(self.id) {
            &mut self.begun
        } else if self.others.len() < MOST_NEAR && text.to_lowercase().starts_with(&self.near) {
            &mut self.others
        } else {
            return;
        };
        if let Some(known) = into.get_mut(text.as_ref()) {
            *known = (*known).min(subject);
        } else {
            into.insert(text.into_owned(), subject);
        }
    }

    /// Returns the id most like the one asked for, if none begins with it.
    fn nearest(&self) -> Option<(String, Subject)> {
        if !self.begun.is_empty() {
            return None;
        }
        let texts = self.others.keys().map(String::as_str);
        let likely = nearest_few(self.id, texts, 1).first().copied()?;
        Some((likely.to_owned(), *self.others.get(likely)?))
    }
}

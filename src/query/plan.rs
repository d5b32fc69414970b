//! How a question is answered: which row groups can hold rows, which conditions are settled where.
//!
//! Conditions are settled in stages: by the footer, on columns, on the raw records, and last on what is computed.
//!
//! Rule: statistics and bloom filters may only rule out what certainly is not there.

use std::sync::Arc;

use crate::model::{Column, Comparison, Condition, Field, Filter, RecordType, Test, Window};
use crate::store::{Bounds, HourFile, StoreError};

use super::hours::Hours;
use super::projection::is_of_exchange;
use super::source::{Source, constant};

/// The conditions of a question by the stage that settles them.
pub(super) struct Stages<'q> {
    pub(super) window: Window,
    /// Settled on columns.
    pub(super) columns: Vec<&'q Condition>,
    /// Settled on the raw records.
    pub(super) raw: Vec<&'q Condition>,
    /// Settled on what is computed of a record.
    pub(super) computed: Vec<&'q Condition>,
}

/// A question's row groups and stages.
pub(super) struct Plan<'q> {
    pub(super) stages: Stages<'q>,
    /// In the order in which equal times stand.
    pub(super) sources: Vec<Source>,
}

impl<'q> Stages<'q> {
    pub(super) fn of(filter: &'q Filter) -> Stages<'q> {
        let mut stages = Stages {
            window: filter.window,
            columns: Vec::new(),
            raw: Vec::new(),
            computed: Vec::new(),
        };
        for condition in &filter.conditions {
            let is_computed = |field: &Field| {
                matches!(
                    field,
                    Field::Fate
                        | Field::Pattern
                        | Field::PatternId
                        | Field::LastStatus
                        | Field::Count
                )
            };
            let is_raw =
                |field: &Field| matches!(field, Field::Path(_) | Field::Column(Column::Raw));
            if condition.fields().any(is_computed) {
                stages.computed.push(condition);
            } else if condition.fields().any(is_raw) {
                stages.raw.push(condition);
            } else {
                stages.columns.push(condition);
            }
        }
        stages
    }

    /// Returns whether a row's fate can be told by its columns alone.
    pub(super) fn needs_no_look(&self) -> bool {
        let by_type = |condition: &&Condition| {
            condition
                .fields()
                .all(|field| *field == Field::Column(Column::Type))
        };
        self.raw.is_empty() && self.computed.is_empty() && self.columns.iter().all(by_type)
    }

    /// Returns whether a row group can hold rows that match, or attempts of which that is not known.
    fn may_match(&self, file: &HourFile, group: usize) -> Result<bool, StoreError> {
        let info = file.groups()[group];
        if info.newest < self.window.start || info.oldest >= self.window.end {
            return Ok(false);
        }
        let mut is_doubtful = false;
        for condition in self.columns.iter().chain(&self.raw) {
            if may_match(file, group, condition)? {
                continue;
            }
            let may_lack = info.record_type == RecordType::Attempt
                && condition.fields().any(is_of_exchange)
                && file.bounds(group, Column::Joined).may_hold_text("missing");
            if !may_lack {
                return Ok(false);
            }
            is_doubtful = true;
        }
        Ok(!is_doubtful || info.record_type == RecordType::Attempt)
    }
}

impl<'q> Plan<'q> {
    /// Plans what a filter asks of the hours that can be read.
    pub(super) fn over(hours: &Hours, filter: &'q Filter) -> Result<Plan<'q>, StoreError> {
        loop {
            match Plan::of(filter, &hours.matching(filter)?) {
                Err(error) => drop(hours.recover(error)?),
                planned => return planned,
            }
        }
    }

    pub(super) fn of(filter: &'q Filter, files: &[Arc<HourFile>]) -> Result<Plan<'q>, StoreError> {
        let mut plan = Plan {
            stages: Stages::of(filter),
            sources: Vec::new(),
        };
        let mut sources = Vec::new();
        for file in files {
            sources.extend(plan.sources_of(file)?);
        }
        sources.sort_by(|a, b| a.order().cmp(&b.order()));
        plan.sources = sources;
        Ok(plan)
    }

    /// Returns the row groups of an hour that can match.
    pub(super) fn sources_of(&self, file: &Arc<HourFile>) -> Result<Vec<Source>, StoreError> {
        let mut sources = Vec::new();
        for (group, info) in file.groups().iter().enumerate() {
            if self.stages.may_match(file, group)? {
                sources.push(Source {
                    file: Arc::clone(file),
                    group,
                    info: *info,
                    searched: Arc::default(),
                    selected: Arc::default(),
                });
            }
        }
        Ok(sources)
    }

    /// Counts the rows that match, where that takes no look at any row; `None` where it does.
    pub(super) fn count_by_footers(&self) -> Option<u64> {
        if !self.stages.needs_no_look() {
            return None;
        }
        let Window { start, end } = self.stages.window;
        let is_inside = |source: &&Source| source.info.oldest >= start && source.info.newest < end;
        let all = self.sources.iter().all(|source| is_inside(&source));
        all.then(|| {
            self.sources
                .iter()
                .map(|source| source.info.rows as u64)
                .sum()
        })
    }

    /// Returns the number of rows in all row groups that can match.
    pub(super) fn rows(&self) -> u64 {
        self.sources
            .iter()
            .map(|source| source.info.rows as u64)
            .sum()
    }
}

/// Returns whether a row group can hold rows that meet a condition.
fn may_match(file: &HourFile, group: usize, condition: &Condition) -> Result<bool, StoreError> {
    match condition {
        Condition::Is(test) => test_may_match(file, group, test),
        Condition::Not(inner) => Ok(match &**inner {
            Condition::Is(test) => !is_met_by_all(file, group, test),
            Condition::Not(_) | Condition::All(_) | Condition::Any(_) => true,
        }),
        Condition::All(parts) => {
            for part in parts {
                if !may_match(file, group, part)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Condition::Any(parts) => {
            for part in parts {
                if may_match(file, group, part)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// Returns whether every row certainly meets a test.
fn is_met_by_all(file: &HourFile, group: usize, test: &Test) -> bool {
    let Field::Column(column) = test.field else {
        return false;
    };
    if let Some(value) = constant(file, group, column) {
        return test.accepts(&value);
    }
    match (file.bounds(group, column), &test.comparison) {
        (Bounds::Ints { min, max, nulls: 0 }, Comparison::Within(range)) => {
            range.contains(&min) && range.contains(&max)
        }
        _ => false,
    }
}

fn test_may_match(file: &HourFile, group: usize, test: &Test) -> Result<bool, StoreError> {
    let Field::Column(column) = test.field else {
        return Ok(true);
    };
    if let Some(value) = constant(file, group, column) {
        return Ok(test.accepts(&value));
    }
    let bounds = file.bounds(group, column);
    match (&test.comparison, &bounds) {
        // No comparison is met by what is absent.
        (_, Bounds::Nothing) => Ok(false),
        (Comparison::Within(range), Bounds::Ints { min, max, .. }) => {
            Ok(min <= range.end() && max >= range.start())
        }
        (Comparison::During(window), Bounds::Ints { min, max, .. }) => {
            Ok(*min < window.end.micros() && *max >= window.start.micros())
        }
        (
            Comparison::OneOf {
                values,
                ignore_case: false,
            },
            Bounds::Texts { .. },
        ) => {
            let inside = || {
                values
                    .iter()
                    .map(String::as_str)
                    .filter(|v| bounds.may_hold_text(v))
            };
            if inside().next().is_none() {
                return Ok(false);
            }
            match column {
                Column::Id | Column::MessageId | Column::ExchangeId => {
                    file.may_hold(group, column, inside())
                }
                _ => Ok(true),
            }
        }
        _ => Ok(true),
    }
}

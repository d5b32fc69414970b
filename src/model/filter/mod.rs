//! A question about records, parsed once into data that the store can prune by.
//!
//! Rule: a filter is data, never a closure: the store looks into it to skip hours, row groups and columns. Equal meanings
//! have one form, whichever flag they came from.

mod comparison;
mod condition;
mod contains;
mod further;
mod literal;
mod loose;
mod meaning;
mod normal;
mod range;
#[cfg(test)]
mod tests;
mod written;

use super::column::Column;
use super::field::Field;
use super::provider::Provider;
use super::time::{Hour, Timestamp, Window};

pub(crate) use comparison::Comparison;
pub(crate) use condition::{Condition, Test};
pub(crate) use literal::Literal;
pub(super) use meaning::Operator;
pub(crate) use range::parse_int_range;

/// Which records are asked for. An empty list sets no limit; the parts are joined by *and*.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) providers: Vec<Provider>,
    /// Collection ids, aliases already resolved.
    pub(crate) collections: Vec<String>,
    /// The hours under which records are stored, not their own times.
    pub(crate) hours: Vec<Hour>,
    /// The records' own times.
    pub(crate) window: Window,
    /// What each record must meet: all of them. In their normal form, none of them an `All`.
    pub(crate) conditions: Vec<Condition>,
}

/// Why a filter's value was not understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilterError {
    #[error("`{given}` is no whole number or range; write `429`, `5xx`, `400-499` or `>=500`")]
    IntRange { given: String },
    #[error("`{given}` is no whole number, as `{field}` needs")]
    Int { given: String, field: String },
    #[error("`{given}` is neither `true` nor `false`, as `{field}` needs")]
    Bool { given: String, field: String },
    #[error("`{given}` is no time, as `{field}` needs; write `2025-03-23T20:00:00Z` or `now-3h`")]
    Time { given: String, field: String },
    #[error("this regular expression was not understood: {0}")]
    Regex(#[from] regex::Error),
}

impl Default for Filter {
    fn default() -> Self {
        Filter {
            providers: vec![],
            collections: vec![],
            hours: vec![],
            window: Window::ALL,
            conditions: vec![],
        }
    }
}

impl Filter {
    /// Adds a condition that any of `tests` must meet; no tests, no condition.
    pub(crate) fn require(&mut self, any_of: Vec<Test>) {
        if !any_of.is_empty() {
            self.add(Condition::Any(
                any_of.into_iter().map(Condition::Is).collect(),
            ));
        }
    }

    /// Adds a condition; what it says of nothing but the time, the provider or the collection becomes a part of what the filter
    /// says of them.
    pub(crate) fn add(&mut self, condition: Condition) {
        let mut all = std::mem::take(&mut self.conditions);
        all.push(condition);
        let conditions = match Condition::All(all).normal() {
            Condition::All(conditions) => conditions,
            one => vec![one],
        };
        for condition in conditions {
            if !self.is_narrowed_by(&condition) {
                self.conditions.push(condition);
            }
        }
    }

    /// Takes a condition into the window or the names, if that says all of it.
    fn is_narrowed_by(&mut self, condition: &Condition) -> bool {
        let Condition::Is(Test {
            field: Field::Column(column),
            comparison,
        }) = condition
        else {
            return false;
        };
        match (column, comparison) {
            (Column::Time, Comparison::During(window)) => {
                self.window = both(self.window, *window);
                true
            }
            (Column::Collection, Comparison::OneOf { values, .. }) => {
                narrow(&mut self.collections, values.clone())
            }
            (Column::Provider, Comparison::OneOf { values, .. }) => {
                let known = values.iter().filter_map(|value| value.parse().ok());
                narrow(&mut self.providers, known.collect())
            }
            _ => false,
        }
    }

    /// Returns whether records stored under this name can match.
    pub(crate) fn wants_collection(&self, provider: Provider, collection: &str) -> bool {
        (self.providers.is_empty() || self.providers.contains(&provider))
            && (self.collections.is_empty()
                || self.collections.iter().any(|wanted| wanted == collection))
    }

    /// Returns whether records stored under this hour can match.
    pub(crate) fn wants_hour(&self, hour: Hour) -> bool {
        self.hours.is_empty() || self.hours.contains(&hour)
    }

    /// Returns a text that is the same for the same question, whatever its windows of time, which move on between two
    /// pages; cursors carry its hash.
    pub(crate) fn fingerprint(&self) -> String {
        let (mut providers, mut collections) = (self.providers.clone(), self.collections.clone());
        providers.sort_unstable();
        collections.sort_unstable();
        let conditions = self
            .conditions
            .iter()
            .cloned()
            .map(Condition::without_times);
        let conditions = Condition::All(conditions.collect());
        format!(
            "{providers:?} {collections:?} {:?} {conditions}",
            self.hours
        )
    }
}

impl Condition {
    /// Forgets the bounds of windows.
    fn without_times(self) -> Condition {
        self.map(&|mut test| {
            if let Comparison::During(window) = &mut test.comparison {
                *window = Window::ALL;
            }
            Condition::Is(test)
        })
    }
}

/// Leaves of a list what is wanted too; returns whether it can: no list means all, so that an empty one cannot mean none.
fn narrow<T: PartialEq>(list: &mut Vec<T>, mut wanted: Vec<T>) -> bool {
    if !list.is_empty() {
        wanted.retain(|name| list.contains(name));
    }
    let can = !wanted.is_empty();
    if can {
        *list = wanted;
    }
    can
}

/// Returns what two windows have in common; never one that ends before it starts.
fn both(a: Window, b: Window) -> Window {
    let start: Timestamp = a.start.max(b.start);
    Window {
        start,
        end: a.end.min(b.end).max(start),
    }
}

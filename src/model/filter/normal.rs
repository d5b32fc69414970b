//! The one form of conditions that mean the same.
//!
//! Rule: negations stand at the tests, nothing of a kind stands in its own kind, and parts are in the order of their text, each
//! once. Tests of one field that one test can say are one: ranges in which a value must lie at once, and texts of which it
//! may be any.

use std::ops::RangeInclusive;

use super::super::time::{Timestamp, Window};
use super::comparison::sorted;
use super::{Comparison, Condition, Test};

impl Condition {
    /// Returns the normal form, which means the same.
    pub(crate) fn normal(self) -> Condition {
        match self {
            Condition::Is(_) => self,
            Condition::Not(inner) => inner.normal().negated(),
            Condition::All(parts) => join(parts.into_iter().map(Condition::normal), true),
            Condition::Any(parts) => join(parts.into_iter().map(Condition::normal), false),
        }
    }

    /// Negates a normal form into one.
    fn negated(self) -> Condition {
        match self {
            Condition::Is(_) => Condition::Not(Box::new(self)),
            Condition::Not(inner) => *inner,
            Condition::All(parts) => join(parts.into_iter().map(Condition::negated), false),
            Condition::Any(parts) => join(parts.into_iter().map(Condition::negated), true),
        }
    }
}

impl Comparison {
    /// The range of whole numbers that holds none.
    pub(super) const NO_NUMBER: RangeInclusive<i64> = RangeInclusive::new(1, 0);
}

/// The window that holds no time.
const NO_TIME: Window = Window {
    start: Timestamp::from_micros(0),
    end: Timestamp::from_micros(0),
};

fn join(parts: impl Iterator<Item = Condition>, is_all: bool) -> Condition {
    let mut merged = Vec::new();
    let mut others = Vec::new();
    for part in parts {
        match part {
            Condition::All(inner) if is_all => {
                inner
                    .into_iter()
                    .for_each(|p| merge(p, is_all, &mut merged, &mut others));
            }
            Condition::Any(inner) if !is_all => {
                inner
                    .into_iter()
                    .for_each(|p| merge(p, is_all, &mut merged, &mut others));
            }
            part => merge(part, is_all, &mut merged, &mut others),
        }
    }
    others.extend(merged);
    let mut parts: Vec<(String, Condition)> = others
        .into_iter()
        .map(|part| (part.to_string(), part))
        .collect();
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    parts.dedup_by(|a, b| a.0 == b.0);
    let mut parts = parts.into_iter().map(|(_, part)| part);
    match (parts.next(), parts.next()) {
        (Some(only), None) => only,
        (first, second) => {
            let parts = first.into_iter().chain(second).chain(parts).collect();
            if is_all {
                Condition::All(parts)
            } else {
                Condition::Any(parts)
            }
        }
    }
}

/// Adds a part to those that may take in further tests, or to the others.
fn merge(part: Condition, is_all: bool, merged: &mut Vec<Condition>, others: &mut Vec<Condition>) {
    let (test, is_negated) = match &part {
        Condition::Is(test) => (test, false),
        Condition::Not(inner) => match &**inner {
            Condition::Is(test) => (test, true),
            _ => return others.push(part),
        },
        Condition::All(_) | Condition::Any(_) => return others.push(part),
    };
    // "Both in a and in b" is "in what they share", and so is its negation, "not in a or not in b".
    let can_merge = match &test.comparison {
        Comparison::Within(_) | Comparison::During(_) => is_all != is_negated,
        Comparison::OneOf { .. } | Comparison::AnyLine(_) => is_all == is_negated,
        _ => false,
    };
    if !can_merge {
        return others.push(part);
    }
    for earlier in merged.iter_mut() {
        let earlier = match earlier {
            Condition::Is(earlier) if !is_negated => earlier,
            Condition::Not(inner) if is_negated => match &mut **inner {
                Condition::Is(earlier) => earlier,
                _ => continue,
            },
            _ => continue,
        };
        if earlier.field == test.field && earlier.take_in(test) {
            return;
        }
    }
    merged.push(part);
}

impl Test {
    /// Makes one test of two of the same field; returns whether that can be.
    fn take_in(&mut self, other: &Test) -> bool {
        match (&mut self.comparison, &other.comparison) {
            (Comparison::Within(mine), Comparison::Within(other)) => {
                let (start, end) = (mine.start().max(other.start()), mine.end().min(other.end()));
                *mine = if start <= end {
                    *start..=*end
                } else {
                    Comparison::NO_NUMBER
                };
            }
            (Comparison::During(mine), Comparison::During(other)) => {
                let (start, end) = (mine.start.max(other.start), mine.end.min(other.end));
                *mine = if start < end {
                    Window { start, end }
                } else {
                    NO_TIME
                };
            }
            (
                Comparison::OneOf {
                    values: mine,
                    ignore_case,
                },
                Comparison::OneOf {
                    values: other,
                    ignore_case: other_ignores,
                },
            ) if ignore_case == other_ignores => add(mine, other),
            (Comparison::AnyLine(mine), Comparison::AnyLine(other)) => add(mine, other),
            _ => return false,
        }
        true
    }
}

fn add(mine: &mut Vec<String>, other: &[String]) {
    mine.extend_from_slice(other);
    *mine = sorted(std::mem::take(mine));
}

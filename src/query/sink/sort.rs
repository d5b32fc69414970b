//! Other orders than newest first: the sort keys of all matching rows are kept, the rows themselves are not.
//!
//! Rule: absent values come last in either direction; equal keys stay newest first.

use std::cmp::Ordering;

use crate::model::Value;

use super::super::stream::Hit;

/// A value to sort by, owned and small.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SortKey {
    Int(i64),
    Number(f64),
    Text(Box<str>),
    Null,
}

impl From<Value<'_>> for SortKey {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => SortKey::Null,
            Value::Bool(value) => SortKey::Int(value.into()),
            Value::Int(value) => SortKey::Int(value),
            Value::Time(time) => SortKey::Int(time.micros()),
            Value::Number(text) => text.parse().map_or(SortKey::Null, SortKey::Number),
            Value::Text(text) | Value::Json(text) => SortKey::Text(text.into()),
            Value::Bytes(bytes) => SortKey::Text(String::from_utf8_lossy(bytes).into()),
        }
    }
}

impl SortKey {
    pub(super) fn compare(&self, other: &SortKey, descending: bool) -> Ordering {
        let ordering = match (self, other) {
            (SortKey::Null, SortKey::Null) => return Ordering::Equal,
            (SortKey::Null, _) => return Ordering::Greater,
            (_, SortKey::Null) => return Ordering::Less,
            (SortKey::Int(a), SortKey::Int(b)) => a.cmp(b),
            (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
            (SortKey::Text(_), _) => Ordering::Greater,
            (_, SortKey::Text(_)) => Ordering::Less,
            (a, b) => a.as_float().total_cmp(&b.as_float()),
        };
        if descending {
            ordering.reverse()
        } else {
            ordering
        }
    }

    fn as_float(&self) -> f64 {
        match self {
            SortKey::Int(value) => *value as f64,
            SortKey::Number(value) => *value,
            SortKey::Text(_) | SortKey::Null => f64::NAN,
        }
    }
}

/// Collects rows and gives back the first of them in order.
pub(super) struct Sorter {
    descending: bool,
    /// Rows beyond this many, in order, are of no use.
    limit: Option<usize>,
    /// With the number in walking order, which decides between equal keys.
    rows: Vec<(SortKey, u64, Hit)>,
    pub(super) seen: u64,
}

impl Sorter {
    pub(super) fn new(descending: bool, limit: Option<usize>) -> Sorter {
        Sorter {
            descending,
            limit,
            rows: Vec::new(),
            seen: 0,
        }
    }

    pub(super) fn push(&mut self, key: SortKey, hit: Hit) {
        self.rows.push((key, self.seen, hit));
        self.seen += 1;
        // Cutting back only when twice too long makes the cost of each row constant.
        if let Some(limit) = self.limit
            && self.rows.len() >= 2 * limit.max(1024)
        {
            self.sort();
            self.rows.truncate(limit);
        }
    }

    pub(super) fn finish(mut self) -> Vec<Hit> {
        self.sort();
        if let Some(limit) = self.limit {
            self.rows.truncate(limit);
        }
        self.rows.into_iter().map(|(_, _, hit)| hit).collect()
    }

    fn sort(&mut self) {
        let descending = self.descending;
        self.rows.sort_unstable_by(|(a, a_at, _), (b, b_at, _)| {
            a.compare(b, descending).then(a_at.cmp(b_at))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::stream::Place;
    use super::*;

    fn sorted(keys: &[Value<'static>], descending: bool, limit: Option<usize>) -> Vec<u32> {
        let mut sorter = Sorter::new(descending, limit);
        for (row, key) in keys.iter().enumerate() {
            let place = Place {
                source: 0,
                row: row as u32,
            };
            sorter.push(key.clone().into(), Hit { time: 0, place });
        }
        sorter
            .finish()
            .into_iter()
            .map(|hit| hit.place.row)
            .collect()
    }

    #[test]
    fn absent_values_come_last_and_ties_keep_their_order() {
        let keys = [Value::Int(5), Value::Null, Value::Int(7), Value::Int(5)];
        assert_eq!(sorted(&keys, false, None), [0, 3, 2, 1]);
        assert_eq!(sorted(&keys, true, None), [2, 0, 3, 1]);
        assert_eq!(sorted(&keys, true, Some(2)), [2, 0]);
    }

    #[test]
    fn a_limit_keeps_the_first_of_many() {
        let keys: Vec<_> = (0..10_000).map(|n| Value::Int(n * 7919 % 10_000)).collect();
        let all = sorted(&keys, false, None);
        assert_eq!(sorted(&keys, false, Some(5)), all[..5]);
    }
}

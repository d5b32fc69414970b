//! What became of a group from one window to the other.
//!
//! Rule: a change is told by rates, so that a longer window does not look worse; and only where it is more than chance
//! would make of a steady rate.

use std::cmp::Ordering;

const HOUR_MICROS: f64 = 3_600_000_000.0;

/// A rate has changed if it is so many times as high, or as low, as it was.
const LEAST_RATIO: f64 = 2.0;

/// And if the difference is so many standard deviations of what chance makes of two counts.
const LEAST_DEVIATIONS: f64 = 2.0;

/// A group in one of the windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) count: u64,
    /// How much of the window is stored.
    pub(super) stored_micros: i64,
}

/// What became of a group; in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    New,
    Grown,
    Gone,
    Shrunk,
    Same,
}

impl Change {
    pub(super) fn name(self) -> &'static str {
        match self {
            Change::New => "new",
            Change::Grown => "grown",
            Change::Gone => "gone",
            Change::Shrunk => "shrunk",
            Change::Same => "same",
        }
    }
}

impl Side {
    /// Returns the records in an hour of what is stored; `None` if nothing is.
    pub(super) fn rate(self) -> Option<f64> {
        (self.stored_micros > 0).then(|| self.count as f64 / self.hours())
    }

    /// Returns the variance of the rate: a count varies by its square root.
    fn variance(self) -> f64 {
        self.count as f64 / self.hours().powi(2)
    }

    fn hours(self) -> f64 {
        self.stored_micros as f64 / HOUR_MICROS
    }
}

/// Returns what became of a group from `a` to `b`; `None` where nothing of one of them is stored.
pub(super) fn change(a: Side, b: Side) -> Option<Change> {
    let (rate_a, rate_b) = (a.rate()?, b.rate()?);
    let difference = rate_b - rate_a;
    let is_chance = difference.abs() <= LEAST_DEVIATIONS * (a.variance() + b.variance()).sqrt();
    Some(match (a.count, b.count) {
        (0, 0) => Change::Same,
        (0, _) => Change::New,
        (_, 0) => Change::Gone,
        _ if is_chance => Change::Same,
        _ if rate_b >= LEAST_RATIO * rate_a => Change::Grown,
        _ if rate_a >= LEAST_RATIO * rate_b => Change::Shrunk,
        _ => Change::Same,
    })
}

/// Orders groups by what became of them, then by the size of the difference, the largest first. Without a rate the
/// counts are compared.
pub(super) fn compare(x: (Side, Side), y: (Side, Side)) -> Ordering {
    let size = |(a, b): (Side, Side)| match (a.rate(), b.rate()) {
        (Some(rate_a), Some(rate_b)) => (rate_b - rate_a).abs(),
        _ => a.count.abs_diff(b.count) as f64,
    };
    let place = |(a, b)| change(a, b).unwrap_or(Change::Same);
    place(x)
        .cmp(&place(y))
        .then_with(|| size(y).total_cmp(&size(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(count: u64, hours: f64) -> Side {
        Side {
            count,
            stored_micros: (hours * HOUR_MICROS) as i64,
        }
    }

    fn told(a: (u64, f64), b: (u64, f64)) -> Option<&'static str> {
        change(side(a.0, a.1), side(b.0, b.1)).map(Change::name)
    }

    #[test]
    fn a_change_is_told_by_rates_and_not_by_chance() {
        let cases = [
            ((0, 1.0), (1, 1.0), "new"),
            ((1, 1.0), (0, 1.0), "gone"),
            ((0, 1.0), (0, 1.0), "same"),
            ((100, 1.0), (200, 1.0), "grown"),
            ((200, 1.0), (100, 1.0), "shrunk"),
            ((100, 1.0), (199, 1.0), "same"),
            // The same rate in twice the time.
            ((100, 1.0), (200, 2.0), "same"),
            // 100 in the hour, then 100 in half an hour.
            ((100, 1.0), (100, 0.5), "grown"),
            // Twice as many, but 2 beside 4 differ by 2 where sqrt(6) * 2 is 4.9.
            ((2, 1.0), (4, 1.0), "same"),
            // 2 beside 10: 8 where sqrt(12) * 2 is 6.9.
            ((2, 1.0), (10, 1.0), "grown"),
            // 1 beside 6: 5 where sqrt(7) * 2 is 5.3; beside 7: 6 where sqrt(8) * 2 is 5.7.
            ((1, 1.0), (6, 1.0), "same"),
            ((7, 1.0), (1, 1.0), "shrunk"),
        ];
        for (a, b, expected) in cases {
            assert_eq!(told(a, b), Some(expected), "{a:?} {b:?}");
        }
    }

    #[test]
    fn nothing_is_claimed_where_nothing_is_stored() {
        assert_eq!(told((0, 0.0), (5, 1.0)), None);
        assert_eq!(told((5, 1.0), (0, 0.0)), None);
        assert_eq!(side(5, 0.0).rate(), None);
        assert_eq!(side(5, 2.0).rate(), Some(2.5));
    }

    #[test]
    fn what_is_new_comes_first_and_the_largest_before_the_smaller() {
        let pair = |a, b| (side(a, 1.0), side(b, 1.0));
        let mut pairs = [
            pair(5, 5),
            pair(9, 0),
            pair(100, 10),
            pair(0, 3),
            pair(10, 100),
            pair(0, 4),
        ];
        pairs.sort_by(|x, y| compare(*x, *y));
        let counts: Vec<(u64, u64)> = pairs.iter().map(|(a, b)| (a.count, b.count)).collect();
        assert_eq!(
            counts,
            [(0, 4), (0, 3), (10, 100), (9, 0), (100, 10), (5, 5)]
        );
    }
}

//! Stretches of time in which something lies, and those that lie far from all others.
//!
//! Rule: one clock that is wrong neither costs what lies between, nor hides where everything else is.

use super::{DAY_MICROS, HOUR, Window};

/// What lies farther apart than this does not belong together: 31 days.
const FAR_MICROS: i64 = 31 * DAY_MICROS;

/// A far stretch no longer than this is an outlier, however much lies in it.
const SHORT_MICROS: i64 = 2 * HOUR;

/// So is one with no more than one record for as many of the largest.
const FEW: u64 = 100;

/// A stretch of time, and how many records lie in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) window: Window,
    pub(crate) records: u64,
}

/// Where things lie, oldest first, with no two stretches near one another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stretches {
    pub(crate) bulk: Vec<Stretch>,
    /// Far from the bulk, and little beside it.
    pub(crate) outliers: Vec<Stretch>,
}

impl Stretches {
    /// Puts together what lies near one another.
    pub(crate) fn of(all: impl IntoIterator<Item = Stretch>) -> Stretches {
        let mut all: Vec<Stretch> = all.into_iter().collect();
        all.sort_unstable_by_key(|stretch| stretch.window.start);
        let mut joined: Vec<Stretch> = Vec::new();
        for stretch in all {
            match joined.last_mut() {
                Some(last) if stretch.window.start.since(last.window.end) <= FAR_MICROS => {
                    last.window.end = last.window.end.max(stretch.window.end);
                    last.records = last.records.saturating_add(stretch.records);
                }
                _ => joined.push(stretch),
            }
        }
        let size = |stretch: &Stretch| (stretch.records, stretch.length());
        let Some(largest) = joined.iter().max_by_key(|stretch| size(stretch)).copied() else {
            return Stretches::default();
        };
        let is_outlier = |stretch: &Stretch| {
            *stretch != largest
                && (stretch.length() <= SHORT_MICROS
                    || stretch.records.saturating_mul(FEW) <= largest.records)
        };
        let (outliers, bulk) = joined.into_iter().partition(is_outlier);
        Stretches { bulk, outliers }
    }

    /// Returns the time from the beginning of the bulk to its end.
    pub(crate) fn of_bulk(&self) -> Option<Window> {
        around(&self.bulk)
    }

    /// Returns the time from the beginning of all to the end, outliers too.
    pub(crate) fn of_all(&self) -> Option<Window> {
        around(self.bulk.iter().chain(&self.outliers))
    }
}

impl Stretch {
    fn length(&self) -> i64 {
        self.window.end.since(self.window.start)
    }
}

fn around<'s>(stretches: impl IntoIterator<Item = &'s Stretch>) -> Option<Window> {
    let windows = stretches.into_iter().map(|stretch| stretch.window);
    windows.reduce(|a, b| Window {
        start: a.start.min(b.start),
        end: a.end.max(b.end),
    })
}

/// Returns whether two times lie so far apart that what is between is not looked at one by one.
pub(crate) fn are_far(window: Window) -> bool {
    window.end.since(window.start) > FAR_MICROS
}

#[cfg(test)]
mod tests {
    use super::super::Timestamp;
    use super::*;

    /// Days and records; each stretch is an hour for each record.
    fn stretches(days: &[(i64, u64)]) -> Stretches {
        Stretches::of(days.iter().map(|(day, records)| {
            let start = Timestamp::from_micros(day * DAY_MICROS);
            let end = start.plus(HOUR * *records as i64);
            Stretch {
                window: Window { start, end },
                records: *records,
            }
        }))
    }

    fn days(stretches: &[Stretch]) -> Vec<(i64, u64)> {
        let day = |stretch: &Stretch| stretch.window.start.micros() / DAY_MICROS;
        stretches
            .iter()
            .map(|stretch| (day(stretch), stretch.records))
            .collect()
    }

    #[test]
    fn what_lies_near_belongs_together() {
        let all = stretches(&[(31, 3), (0, 1), (90, 4), (60, 5)]);
        assert_eq!(days(&all.bulk), [(0, 13)]);
        assert_eq!(all.outliers, []);
        assert_eq!(all.of_bulk(), all.of_all());
        assert_eq!(Stretches::of([]), Stretches::default());
        assert_eq!(Stretches::default().of_all(), None);
    }

    #[test]
    fn a_little_that_is_far_away_is_an_outlier() {
        let all = stretches(&[(20_000, 5), (20_010, 5), (47_000, 1), (-1, 2)]);
        assert_eq!(days(&all.bulk), [(20_000, 10)]);
        assert_eq!(days(&all.outliers), [(-1, 2), (47_000, 1)]);
        let window = all.of_bulk().unwrap();
        assert_eq!(window.start.micros(), 20_000 * DAY_MICROS);
        assert!(all.of_all().unwrap().end.micros() > 47_000 * DAY_MICROS);
        // Much that is far away is none, unless there is a hundred times as much elsewhere.
        let both = stretches(&[(0, 30), (400, 100)]);
        assert_eq!(days(&both.bulk), [(0, 30), (400, 100)]);
        let many = stretches(&[(0, 30), (400, 3000)]);
        assert_eq!(days(&many.outliers), [(0, 30)]);
    }
}

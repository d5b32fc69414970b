//! A UTC hour, and ranges of time.
//!
//! Rule: an hour is named by its date and its number in the day, as in the paths of the store.

use std::fmt;

use super::{HOUR, Timestamp};

/// A UTC hour, the unit in which logs are bought and kept. Hours since 1970-01-01T00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hour(pub(super) i32);

impl Hour {
    pub(crate) fn start(self) -> Timestamp {
        Timestamp(i64::from(self.0) * HOUR)
    }

    /// Returns the first instant that is no longer in the hour.
    pub(crate) fn end(self) -> Timestamp {
        self.next().start()
    }

    pub(crate) fn next(self) -> Hour {
        self.plus(1)
    }

    pub(crate) fn plus(self, hours: i32) -> Hour {
        Hour(self.0.saturating_add(hours))
    }

    /// Returns the number of hours up to and with another, which must not be earlier.
    pub(crate) fn hours_to(self, last: Hour) -> u64 {
        // OK because the difference of two 32-bit numbers fits.
        u64::try_from(i64::from(last.0) - i64::from(self.0) + 1).unwrap_or(0)
    }

    /// Returns the hour halfway to a later one.
    pub(crate) fn middle(self, later: Hour) -> Hour {
        let middle = (i64::from(self.0) + i64::from(later.0)).div_euclid(2);
        // OK because it lies between two 32-bit numbers.
        Hour(middle as i32)
    }

    /// Returns the hour's UTC date, `2025-03-23`.
    pub(crate) fn date(self) -> String {
        self.start().to_rfc3339()[..10].to_owned()
    }

    /// Returns the hour of the day, 0 to 23.
    pub(crate) fn of_day(self) -> u32 {
        // OK because rem_euclid by 24 is in 0..24.
        self.0.rem_euclid(24) as u32
    }

    /// Puts a date and an hour of the day together again.
    pub(crate) fn from_parts(date: &str, of_day: &str) -> Option<Hour> {
        let is_plain =
            date.len() == 10 && of_day.len() == 2 && of_day.bytes().all(|b| b.is_ascii_digit());
        let hour = Timestamp::parse(&format!("{date}T{of_day}:00:00Z"))?.hour();
        is_plain.then_some(hour)
    }
}

impl Timestamp {
    pub(crate) fn hour(self) -> Hour {
        // OK because i64::MAX / HOUR fits in an i32.
        Hour(self.0.div_euclid(HOUR) as i32)
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.start().to_rfc3339()[..13])
    }
}

/// A half-open range of time: `start` is in it, `end` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Window {
    pub(crate) const ALL: Window = Window {
        start: Timestamp::MIN,
        end: Timestamp::MAX,
    };

    pub(crate) fn contains(&self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
    }

    /// Returns the hours that have any part in the window, oldest first. The window must be bounded.
    pub(crate) fn hours(&self) -> impl DoubleEndedIterator<Item = Hour> + use<> {
        let first = self.start.hour().0;
        let end = if self.end <= self.start {
            first
        } else {
            self.end.plus(-1).hour().0.saturating_add(1)
        };
        (first..end).map(Hour)
    }
}

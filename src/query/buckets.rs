//! Time cut into buckets: spans counted from midnight, or whole days of a calendar.
//!
//! Rule: buckets follow each other without gap or overlap, and begin at midnight of the zone; the last one before
//! midnight is cut short where the span does not fit into the day, or the day is shorter.

use std::fmt;

use crate::model::{DAY_MICROS, Day, MINUTE_MICROS, Timestamp, Window, Zone, parse_span};

/// How long a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Every {
    /// Microseconds, above zero and less than a day.
    Span(i64),
    /// So many calendar days; seven of them begin on a Monday.
    Days(i64),
}

/// Why a step of time cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum EveryError {
    #[error("{0}")]
    Span(#[from] crate::model::TimeError),
    #[error("`{0}` is longer than a day and no number of whole days")]
    NotWholeDays(String),
    #[error("`{0}` is less than a second")]
    TooShort(String),
    #[error("{0} buckets are more than {1}; take a longer step or a shorter range of time")]
    TooMany(u64, usize),
}

const SECOND_MICROS: i64 = MINUTE_MICROS / 60;
const HOUR_MICROS: i64 = 60 * MINUTE_MICROS;

/// The steps that [`Every::fitting`] chooses from, shortest first.
const STEPS: [Every; 14] = [
    Every::Span(SECOND_MICROS),
    Every::Span(5 * SECOND_MICROS),
    Every::Span(15 * SECOND_MICROS),
    Every::Span(MINUTE_MICROS),
    Every::Span(5 * MINUTE_MICROS),
    Every::Span(15 * MINUTE_MICROS),
    Every::Span(30 * MINUTE_MICROS),
    Every::Span(HOUR_MICROS),
    Every::Span(3 * HOUR_MICROS),
    Every::Span(6 * HOUR_MICROS),
    Every::Days(1),
    Every::Days(7),
    Every::Days(28),
    Every::Days(364),
];

impl Every {
    /// Reads a span such as `5m`, `1h`, `1d`, `1w`.
    pub(crate) fn parse(text: &str) -> Result<Every, EveryError> {
        let span = parse_span(text)?;
        if span < SECOND_MICROS {
            Err(EveryError::TooShort(text.to_owned()))
        } else if span < DAY_MICROS {
            Ok(Every::Span(span))
        } else if span % DAY_MICROS == 0 {
            Ok(Every::Days(span / DAY_MICROS))
        } else {
            Err(EveryError::NotWholeDays(text.to_owned()))
        }
    }

    /// Returns the shortest usual step that cuts a window into at most so many buckets.
    pub(crate) fn fitting(window: Window, most: usize) -> Every {
        let fits = |every: &&Every| every.estimate(window) < most as u64;
        let [.., longest] = STEPS;
        *STEPS.iter().find(fits).unwrap_or(&longest)
    }

    /// Returns whether buckets of this length begin on full minutes.
    pub(crate) fn is_whole_minutes(self) -> bool {
        match self {
            Every::Span(span) => span % MINUTE_MICROS == 0,
            Every::Days(_) => true,
        }
    }

    /// Returns about how many buckets a window is cut into.
    fn estimate(self, window: Window) -> u64 {
        let span = match self {
            Every::Span(span) => span,
            Every::Days(days) => days.saturating_mul(DAY_MICROS),
        };
        let length = window.end.since(window.start).max(0);
        (length / span) as u64 + 1
    }

    /// Returns the start of the bucket that an instant falls into.
    fn start_of(self, time: Timestamp, zone: Zone) -> Timestamp {
        match self {
            Every::Span(span) => {
                let midnight = time.day(zone).start(zone);
                midnight.plus(time.since(midnight).div_euclid(span) * span)
            }
            Every::Days(days) => {
                let Day(day) = time.day(zone);
                // Day 0 was a Thursday, so that day -3 was a Monday.
                Day(day - (day + 3).rem_euclid(days)).start(zone)
            }
        }
    }

    /// Returns the start of the bucket after the one that begins at `start`.
    fn after(self, start: Timestamp, zone: Zone) -> Timestamp {
        match self {
            Every::Span(span) => {
                let midnight = start.day(zone).plus(1).start(zone);
                start.plus(span).min(midnight)
            }
            Every::Days(days) => start.day(zone).plus(days).start(zone),
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match *self {
            Every::Days(days) => (days, "d"),
            Every::Span(span) if span % HOUR_MICROS == 0 => (span / HOUR_MICROS, "h"),
            Every::Span(span) if span % MINUTE_MICROS == 0 => (span / MINUTE_MICROS, "min"),
            Every::Span(span) if span % SECOND_MICROS == 0 => (span / SECOND_MICROS, "s"),
            Every::Span(span) => (span / 1000, "ms"),
        };
        write!(f, "{number} {unit}")
    }
}

/// The buckets of a window, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Buckets {
    /// Where each begins, ascending; at least one.
    starts: Vec<Timestamp>,
    /// Where the last one ends.
    end: Timestamp,
    /// What was asked for: the first and the last bucket may reach beyond it.
    window: Window,
}

impl Buckets {
    /// Cuts a bounded window that is not empty into at most `most` buckets.
    pub(crate) fn of(
        window: Window,
        every: Every,
        zone: Zone,
        most: usize,
    ) -> Result<Buckets, EveryError> {
        let estimate = every.estimate(window);
        // Days cut short may add some; the exact number is checked below.
        if estimate > 2 * most as u64 {
            return Err(EveryError::TooMany(estimate, most));
        }
        let mut starts = vec![every.start_of(window.start, zone)];
        let mut end = every.after(starts[0], zone);
        while end < window.end {
            starts.push(end);
            let next = every.after(end, zone);
            // The calendar ends somewhere; time after that is one bucket.
            end = if next > end { next } else { Timestamp::MAX };
        }
        if starts.len() > most {
            return Err(EveryError::TooMany(starts.len() as u64, most));
        }
        Ok(Buckets {
            starts,
            end,
            window,
        })
    }

    /// Cuts a bounded window into so many equal parts, or fewer if it is that short.
    pub(crate) fn equal(window: Window, parts: usize) -> Buckets {
        let length = window.end.since(window.start).max(1);
        let parts = (parts.max(1) as i64).min(length);
        // OK because 64 bits could overflow for a window of millions of years.
        let start = |part: i64| {
            let offset = i128::from(length) * i128::from(part) / i128::from(parts);
            window.start.plus(offset as i64)
        };
        Buckets {
            starts: (0..parts).map(start).collect(),
            end: window.start.plus(length),
            window,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn starts(&self) -> &[Timestamp] {
        &self.starts
    }

    /// Returns the part of a bucket that lies in the window.
    pub(crate) fn window(&self, bucket: usize) -> Window {
        let end = self.starts.get(bucket + 1).copied().unwrap_or(self.end);
        Window {
            start: self.starts[bucket].max(self.window.start),
            end: end.min(self.window.end),
        }
    }

    /// Returns the bucket that an instant falls into; those outside fall into none.
    pub(crate) fn index(&self, time: Timestamp) -> Option<usize> {
        let after = self.starts.partition_point(|start| *start <= time);
        (time < self.end).then(|| after.checked_sub(1)).flatten()
    }
}

#[cfg(test)]
mod tests;

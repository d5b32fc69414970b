//! An instant, and its one spelling in output: RFC 3339.
//!
//! Rule: printing an instant and reading it back gives the same instant.

use std::fmt;

use chrono::DateTime;

use super::calendar::{civil_from_days, digits, parse_utc};
use super::{DAY, HOUR, Hour, SECOND};

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Timestamp(pub(super) i64);

impl Timestamp {
    /// Before and after everything a log can hold.
    pub(crate) const MIN: Timestamp = Timestamp(i64::MIN);
    pub(crate) const MAX: Timestamp = Timestamp(i64::MAX);

    pub(crate) fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    pub(crate) fn micros(self) -> i64 {
        self.0
    }

    /// Returns the instant `micros` later, or the last there is.
    pub(crate) fn plus(self, micros: i64) -> Self {
        Timestamp(self.0.saturating_add(micros))
    }

    /// Returns the microseconds from `earlier` to here; negative if it is later.
    pub(crate) fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn hour(self) -> Hour {
        // OK because i64::MAX / HOUR fits in an i32.
        Hour(self.0.div_euclid(HOUR) as i32)
    }

    /// Reads an RFC 3339 instant as providers write it: `2025-03-23T20:00:00[.fff…](Z|±hh:mm)`; digits beyond
    /// microseconds are dropped.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse_utc(text.as_bytes()).or_else(|| {
            let parsed = DateTime::parse_from_rfc3339(text).ok()?;
            Some(Timestamp(parsed.timestamp_micros()))
        })
    }

    /// Returns the instant as RFC 3339 with 0, 3 or 6 fraction digits, as many as it needs.
    pub(crate) fn to_rfc3339(self) -> String {
        let mut out = Vec::with_capacity(27);
        self.write_rfc3339(&mut out);
        // OK because only ASCII is written.
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Appends what [`Timestamp::to_rfc3339`] returns.
    pub(crate) fn write_rfc3339(self, out: &mut Vec<u8>) {
        let days = self.0.div_euclid(DAY);
        let (year, month, day) = civil_from_days(days);
        if !(0..=9999).contains(&year) {
            out.extend_from_slice(format!("{}us", self.0).as_bytes());
            return;
        }
        let in_day = self.0.rem_euclid(DAY);
        let (second, fraction) = (in_day / SECOND, in_day % SECOND);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], second / 3600);
        digits(&mut text[14..16], second / 60 % 60);
        digits(&mut text[17..19], second % 60);
        digits(&mut text[20..26], fraction);
        let len = match fraction {
            0 => 19,
            f if f % 1000 == 0 => 23,
            _ => 26,
        };
        text[len] = b'Z';
        out.extend_from_slice(&text[..=len]);
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_rfc3339())
    }
}

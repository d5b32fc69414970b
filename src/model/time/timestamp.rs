//! An instant, and its one spelling in output: RFC 3339.
//!
//! Rule: printing an instant and reading it back gives the same instant.

use std::fmt;

use chrono::DateTime;

use super::calendar::{civil_from_days, digits, parse_utc};
use super::{DAY, SECOND};

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Timestamp(pub(super) i64);

impl Timestamp {
    /// Before and after everything a log can hold.
    pub(crate) const MIN: Timestamp = Timestamp(i64::MIN);
    pub(crate) const MAX: Timestamp = Timestamp(i64::MAX);
    /// The end of the year 9999, the last that RFC 3339 can write.
    pub(crate) const LAST_WRITTEN: Timestamp = Timestamp(253_402_300_799_999_999);

    pub(crate) const fn from_micros(micros: i64) -> Self {
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

    /// Reads an RFC 3339 instant as providers write it: `2025-03-23T20:00:00[.fff…](Z|±hh:mm)`, and what ISO 8601 allows
    /// beside: `±hhmm`, `±hh`, a comma before the fraction. Digits beyond microseconds are dropped.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse_utc(text.as_bytes()).map(Timestamp).or_else(|| {
            let parsed = match DateTime::parse_from_rfc3339(text) {
                Ok(parsed) => parsed,
                Err(_) => DateTime::parse_from_rfc3339(&usual_form(text)?).ok()?,
            };
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

/// How long a date is with its time of day, without a fraction.
const SECONDS_LEN: usize = "2025-03-23T20:00:00".len();

/// Rewrites an instant of ISO 8601 as RFC 3339 has it; what is no such instant stays none.
fn usual_form(text: &str) -> Option<String> {
    let (seconds, rest) = text.split_at_checked(SECONDS_LEN)?;
    let rest = rest.replacen(',', ".", 1);
    let Some(at) = rest.find(['+', '-']) else {
        return Some(format!("{seconds}{rest}"));
    };
    let (fraction, offset) = (rest[..at].trim_end(), &rest[at..]);
    Some(match offset.len() {
        3 => format!("{seconds}{fraction}{offset}:00"),
        5 if offset.is_ascii() => {
            let (hours, minutes) = offset.split_at(3);
            format!("{seconds}{fraction}{hours}:{minutes}")
        }
        _ => format!("{seconds}{fraction}{offset}"),
    })
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_rfc3339())
    }
}

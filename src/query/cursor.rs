//! A cursor: where a page ended, so that the next one begins there, whatever hours arrive in between.
//!
//! Rule: a cursor names the last row by its time and content, never by a position; it belongs to one question.

use std::fmt;
use std::str::FromStr;

use twox_hash::XxHash3_64;

use crate::model::{Filter, Timestamp};

/// The last row of a page. Its text is opaque to users: `1-<time>-<record>-<question>`, in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(super) time: Timestamp,
    /// Low half of the record's key.
    pub(super) record: u64,
    question: u32,
}

/// Why a cursor cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum CursorError {
    #[error("`{0}` is no cursor; take it whole from the line that named the next page")]
    Unreadable(String),
    #[error("this cursor belongs to a question with other filters")]
    OtherQuestion,
}

impl Cursor {
    pub(super) fn new(time: Timestamp, record: u128, filter: &Filter) -> Cursor {
        Cursor {
            time,
            // OK because 64 bits still tell rows of one microsecond apart.
            record: record as u64,
            question: question(filter),
        }
    }

    /// Returns the time of the last row of the page.
    pub(crate) fn time(&self) -> Timestamp {
        self.time
    }

    /// Checks that the cursor was made by the same filters.
    pub(crate) fn check(&self, filter: &Filter) -> Result<(), CursorError> {
        if self.question == question(filter) {
            Ok(())
        } else {
            Err(CursorError::OtherQuestion)
        }
    }
}

/// Windows are left out: `--last 24h` moves on between two pages.
fn question(filter: &Filter) -> u32 {
    XxHash3_64::oneshot(filter.fingerprint().as_bytes()) as u32
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Two's complement keeps times before 1970 free of a second `-`.
        let time = self.time.micros() as u64;
        write!(f, "1-{time:x}-{:016x}-{:08x}", self.record, self.question)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let mut parts = text.trim().split('-');
            let (version, time) = (parts.next()?, parts.next()?);
            let (record, question) = (parts.next()?, parts.next()?);
            let is_whole = version == "1"
                && record.len() == 16
                && question.len() == 8
                && parts.next().is_none();
            let cursor = Cursor {
                time: Timestamp::from_micros(u64::from_str_radix(time, 16).ok()? as i64),
                record: u64::from_str_radix(record, 16).ok()?,
                question: u32::from_str_radix(question, 16).ok()?,
            };
            is_whole.then_some(cursor)
        };
        read().ok_or_else(|| CursorError::Unreadable(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_of_other_filters_is_refused() {
        let cursor = Cursor::new(Timestamp::from_micros(1), 2, &Filter::default());
        let other = Filter {
            collections: vec!["abc".to_owned()],
            ..Filter::default()
        };
        assert_eq!(cursor.check(&Filter::default()), Ok(()));
        assert_eq!(cursor.check(&other), Err(CursorError::OtherQuestion));
        for text in ["", "1-2-3-4", "2-0-0000000000000000-00000000", "half"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printed_cursors_read_back(time in any::<i64>(), record in any::<u128>()) {
            let cursor = Cursor::new(Timestamp::from_micros(time), record, &Filter::default());
            prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }
}

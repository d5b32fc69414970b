//! What may be missing from the answers to a window's queries.
//!
//! Rule: no time is called whole that the answers may not hold: the last 15 minutes, what a full answer left out, a
//! query narrowed by filters, rows of other times, and what the account no longer keeps.

use crate::model::{Record, RecordType, Timestamp, Window, count, number};

use super::super::feed::Coverage;
use super::{SPEC, decode};

/// The most rows a query of AWS CloudWatch gives; it says nothing of those left out.
pub(super) const MOST_ROWS: u64 = 10_000;

/// "There could be up to 15 minutes of delay" (docs, Logs), in microseconds.
const DELAY: i64 = 15 * 60 * 1_000_000;

const DAY: i64 = 86_400 * 1_000_000;

/// The retention that was once published, in days; accounts may have more.
const KNOWN_RETENTION_DAYS: i64 = 7;

/// What is known of the answers so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// When the first query was started.
    pub(super) asked: Option<Timestamp>,
    pub(super) records: u64,
    /// Whether any of them is of the time asked for.
    pub(super) has_inside: bool,
    /// The word for a query's state that is not known to mean its end.
    pub(super) odd: Option<String>,
    /// Whether an answer was full whose time was not asked for in parts.
    pub(super) is_cut: bool,
}

/// Since when an account has logs.
pub(super) struct Kept {
    since: Timestamp,
    why: String,
}

/// Whether a window begins so long ago that it has to be asked for how long logs are kept.
pub(super) fn may_be_gone(window: Window, now: Timestamp) -> bool {
    window.start < days_ago(now, KNOWN_RETENTION_DAYS)
}

impl Kept {
    /// Reads the days that an account keeps logs; what could not be learnt counts as the least known.
    pub(super) fn of(days: Option<i64>, now: Timestamp) -> Kept {
        let written = |days: i64| count(days.unsigned_abs(), "day");
        match days {
            Some(days) => Kept {
                since: days_ago(now, days),
                why: format!(
                    "the account keeps logs for {}; older ones may be gone",
                    written(days)
                ),
            },
            None => Kept {
                since: days_ago(now, KNOWN_RETENTION_DAYS),
                why: format!(
                    "how long the account keeps logs is not known; ones older than {} may be gone",
                    written(KNOWN_RETENTION_DAYS)
                ),
            },
        }
    }
}

fn days_ago(now: Timestamp, days: i64) -> Timestamp {
    now.plus(-days.saturating_mul(DAY))
}

impl Seen {
    /// Says what of a window the answers hold for certain. `is_narrowed`: not all rows of it were asked for.
    pub(super) fn coverage(
        &self,
        mut window: Window,
        is_narrowed: bool,
        kept: Option<Kept>,
    ) -> Coverage {
        if let Some(gap) = self.doubt(is_narrowed) {
            return Coverage {
                window: None,
                gap: Some(gap),
            };
        }
        let mut gaps = Vec::new();
        if let Some(kept) = kept.filter(|kept| window.start < kept.since) {
            window.start = kept.since;
            gaps.push(kept.why);
        }
        let told = self.asked.unwrap_or(Timestamp::MIN).plus(-DELAY);
        if window.end > told {
            window.end = told;
            gaps.push(
                "logs take up to 15 minutes to appear, so that the last ones may be missing"
                    .to_owned(),
            );
        }
        Coverage {
            window: (window.start < window.end).then_some(window),
            gap: (!gaps.is_empty()).then(|| gaps.join("; ")),
        }
    }

    /// Says why nothing is certain of any time.
    fn doubt(&self, is_narrowed: bool) -> Option<String> {
        if is_narrowed {
            return Some(
                "only rows that the given parameters let through were asked for".to_owned(),
            );
        }
        if let Some(odd) = &self.odd {
            return Some(format!(
                "a query ended as `{odd}`, which may mean before its end"
            ));
        }
        if self.records > 0 && !self.has_inside {
            return Some(format!(
                "the answer has {}, none of the time asked for",
                count(self.records, "row")
            ));
        }
        self.is_cut.then(|| {
            format!(
                "an answer was full with {} rows, so that others may have been left out; ask for a shorter time",
                number(MOST_ROWS)
            )
        })
    }
}

/// Whether any notification of an answer was received in the window; one that cannot be read counts as such.
pub(super) fn has_row_inside(body: &[u8], window: Window) -> bool {
    let rows = SPEC.elements(body).unwrap_or_default();
    rows.iter().any(|row| {
        let mut is_inside = true;
        let told = decode::decode(row, &mut |record: &Record<'_>| {
            if record.record_type == RecordType::Notification {
                is_inside = window.contains(record.time);
            }
        });
        told.is_err() || is_inside
    })
}

//! Instants, hours, windows and spans, and how people write them.
//!
//! Rule: time is whole microseconds since 1970 in UTC everywhere; ranges are half-open; text exists only at the edges.

mod calendar;
mod day;
mod hour;
mod stretch;
#[cfg(test)]
mod tests;
mod timestamp;
mod written;
mod zone;

pub(crate) use day::{DAY_MICROS, Day, MINUTE_MICROS};
pub(crate) use hour::{Hour, Window};
pub(crate) use stretch::{Stretch, Stretches, are_far};
pub(crate) use timestamp::Timestamp;
pub(crate) use written::{TimeError, format_span, parse_instant, parse_span};
pub(crate) use zone::Zone;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

//! The shared words: record, column, time, filter. Pure data and parsing.
//!
//! Rule: no I/O, no clock, no environment here; `now` is always an argument. Every other layer may use this one,
//! this one uses none.

mod column;
mod count;
mod field;
mod filter;
mod language;
mod nearest;
mod path;
mod pattern;
mod provider;
mod record;
mod time;
mod value;
mod words;

pub(crate) use column::{Column, Kind};
pub(crate) use count::{bytes, count, number};
pub(crate) use field::Field;
pub(crate) use filter::{
    Comparison, Condition, Filter, FilterError, Literal, Test, parse_int_range,
};
pub(crate) use language::parse_condition;
pub(crate) use nearest::{nearest, nearest_few};
#[cfg(test)]
pub(crate) use path::Path;
pub(crate) use pattern::{is_pattern_id, pattern, pattern_id};
pub(crate) use provider::Provider;
pub(crate) use record::{Fate, Outcome, Record, RecordType, Reject};
pub(crate) use time::{
    DAY_MICROS, Day, Hour, MINUTE_MICROS, Stretch, Stretches, TimeError, Timestamp, Window, Zone,
    are_far, format_span, parse_instant, parse_span,
};
pub(crate) use value::Value;
pub(crate) use words::UnknownName;

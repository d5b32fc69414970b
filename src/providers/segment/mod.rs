//! Segment failure logs.

mod decode;
mod fields;
mod reason;
mod scalar;

pub(crate) use decode::{DecodeError, decode, is_failure_log};

//! Segment failure logs.

mod decode;
mod fields;
mod native;
mod reason;
mod scalar;

pub(crate) use decode::{DecodeError, decode, is_failure_log};
pub(crate) use native::NATIVE;

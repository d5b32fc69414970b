//! One value to its records.
//!
//! Rule: only what has no time or is no JSON object is rejected.

use crate::model::{Record, RecordType};

use super::super::decode_error::DecodeError;
use super::super::object::Object;

pub(super) fn decode(raw: &[u8], keep: &mut dyn FnMut(&Record<'_>)) -> Result<(), DecodeError> {
    let object = Object::read(raw)?;
    let time = object
        .time("timestamp")?
        .ok_or(DecodeError::NoTime("no `timestamp`"))?;
    keep(&Record::new(time, RecordType::Audit, raw));
    Ok(())
}

pub(super) fn is_log(raw: &[u8]) -> bool {
    Object::read(raw).is_ok_and(|object| object.json("resourceType").is_some())
}

//! How the records of a message at a destination end.
//!
//! Rule: silence is never a success.

use crate::model::{Fate, Timestamp};

/// Never.
pub(super) const NEVER: i64 = i64::MIN;

/// How the records of a message at a destination end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::query) struct End {
    /// The last success and the last failure; [`NEVER`] if there is none.
    pub(super) success: i64,
    pub(super) failure: i64,
    pub(super) discarded: bool,
    /// That of the last attempt; below 0 if there is none.
    pub(super) status: i16,
}

impl End {
    pub(in crate::query) fn has_come(&self) -> bool {
        self.success != NEVER || self.failure != NEVER || self.discarded
    }

    pub(in crate::query) fn last_status(&self) -> Option<i64> {
        (self.status >= 0).then_some(self.status.into())
    }

    /// Judges: a success after the last failure means delivered; else a discard means discarded; else a last failure
    /// younger than `retry_micros` means retrying. Silence is never a success.
    pub(super) fn fate(&self, now: Timestamp, retry_micros: i64) -> Fate {
        if self.success != NEVER && self.success >= self.failure {
            Fate::Delivered
        } else if self.discarded {
            Fate::Discarded
        } else if self.failure != NEVER
            && now.since(Timestamp::from_micros(self.failure)) < retry_micros
        {
            Fate::Retrying
        } else {
            Fate::Unknown
        }
    }
}

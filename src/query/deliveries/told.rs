//! What one record says of its message.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Outcome {
    None,
    Failure,
    Success,
}

/// Below every number of an attempt.
pub(super) const NO_NUMBER: i32 = i32::MIN;

/// What one record says.
pub(in crate::query) struct Told {
    pub(super) time: i64,
    pub(super) number: Option<i32>,
    pub(super) outcome: Outcome,
    pub(super) discarded: bool,
    pub(super) is_attempt: bool,
    pub(super) status: i16,
    pub(super) place: (u32, u16, u32),
}

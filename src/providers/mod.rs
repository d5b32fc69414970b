//! What each system sends.

pub(crate) mod framing;
pub(crate) mod segment;

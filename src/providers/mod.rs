//! What each system sends and expects.
//!
//! Rule: nothing here knows the store, and a provider's facts are stated, with their source, in its own folder.

pub(crate) mod framing;
mod secret;
pub(crate) mod segment;

pub(crate) use secret::{Token, TokenError};

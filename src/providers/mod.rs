//! What each system sends and expects.

mod secret;

pub(crate) use secret::{Token, TokenError};

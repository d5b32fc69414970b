//! What each system sends and expects, and how it is called: HTTP, secrets, retries.
//!
//! Rule: this layer knows `model` and nothing else of the crate; it never prints, sleeps, or reads the clock.

mod failure;
pub(crate) mod framing;
pub(crate) mod http;
mod redact;
pub(crate) mod retry;
mod secret;
pub(crate) mod segment;
#[cfg(test)]
pub(crate) mod test_server;

pub(crate) use failure::Failure;
pub(crate) use redact::redact_line;
use secret::host_of;
pub(crate) use secret::{PresignedUrl, Token};

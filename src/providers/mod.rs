//! What each system sends and expects, and how it is called: HTTP, secrets, retries.
//!
//! Rule: this layer knows `model` and nothing else of the crate; it never prints, sleeps, or reads the clock.

pub(crate) mod akeneo;
pub(crate) mod codes;
mod conversation;
mod decimal;
mod decode_error;
mod envelope;
mod failure;
pub(crate) mod feed;
pub(crate) mod framing;
pub(crate) mod http;
mod line;
pub(crate) mod notificationapi;
mod object;
mod reader;
mod reason;
mod redact;
mod registry;
pub(crate) mod retry;
mod scalar;
mod secret;
pub(crate) mod segment;
pub(crate) mod segment_audit;
pub(crate) mod segment_tracking;
mod spec;
#[cfg(test)]
pub(crate) mod test_server;
pub(crate) mod workato;

pub(crate) use conversation::{Side, conversation};
pub(crate) use decode_error::DecodeError;
pub(crate) use failure::Failure;
pub(crate) use redact::redact_line;
pub(crate) use registry::{Feed, spec};
use secret::host_of;
pub(crate) use secret::{PresignedUrl, Token};
pub(crate) use spec::{Keeping, Outline, Outlined, Spec};

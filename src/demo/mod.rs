//! Made-up data: failure logs as the provider writes them.
//!
//! | file | what it is |
//! | --- | --- |
//! | `random` | numbers that are the same for the same seed |
//! | `world` | the made-up workspace: sources, destinations, people |
//! | `incident` | what goes wrong where and when |
//! | `journey` | a batch of messages, from its first failure to its end |
//! | `message`, `response` | what is sent, and what is answered |
//! | `lines`, `json` | the text of log lines |
//! | `hour_lines`, `pacing`, `dataset` | lines in hours, hours in collections |
//!
//! Rule: every name is invented, and the shapes are those the provider documents.

mod dataset;
mod hour_lines;
mod incident;
mod journey;
mod json;
mod lines;
mod message;
mod pacing;
mod random;
mod response;
mod world;

pub(crate) use dataset::{Dataset, Spec};
pub(crate) use hour_lines::Tally;
pub(crate) use world::DESTINATIONS;

//! Made-up data and a loopback server that behaves like the documented API.
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
//! | `bucket`, `service` | objects behind presigned URLs, the API that gives the URLs |
//! | `answer` | the answers of both |
//! | `http`, `server` | the loopback listener, and the data set behind it |
//!
//! Rule: every name is invented, and the shapes are those the provider documents.

mod answer;
mod bucket;
mod dataset;
mod hour_lines;
mod http;
mod incident;
mod journey;
mod json;
mod lines;
mod message;
mod pacing;
mod random;
mod response;
mod server;
mod service;
mod world;

pub(crate) use dataset::{Dataset, Spec};
pub(crate) use hour_lines::Tally;
pub(crate) use server::Server;
pub(crate) use world::DESTINATIONS;

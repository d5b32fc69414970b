//! Segment's HTTP Tracking API, which takes events into a source. Nothing is read from it.
//!
//! Rule: an event is sent with a `messageId` that is the same whenever it is sent, so that asking twice does no harm.
//!
//! The facts relied on, and where they are from (page: segment-docs
//! `src/connections/sources/catalog/libraries/server/http-api/index.md`):
//!
//! - `POST https://api.segment.io/v1/batch`, in the EU `https://events.eu1.segmentapis.com/v1/batch` (page;
//!   regional-segment.md), with the write key as the user name of HTTP Basic and no password.
//! - A request has at most 500 KB and 2500 events, each of at most 32 KB; a larger one is answered with 400, and of one
//!   with more events the rest is dropped behind a 200 (page). A kilobyte is taken for 1000 bytes, the smaller reading.
//! - 200 is the answer to everything but a large payload and broken JSON (page): also to a wrong write key
//!   (analytics-ruby issue 257) and to the other region's workspace (seen by users).
//! - A 429 has `Retry-After`, and an `X-RateLimit-Reset` in seconds from now (page).
//! - An event needs a `userId` or an `anonymousId`, and a `track` its `event`. A `messageId` has less than 100
//!   characters; the same one counts once within about 24 hours, across all sources (guides/duplicate-data.md).

mod api;
mod batch;
mod error;

pub(crate) use api::Tracking;
pub(crate) use batch::{Batch, MAX_EVENT};
pub(crate) use error::TrackingError;

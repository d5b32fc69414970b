//! Segment's failure logs ("granular observability"): how they are asked for, and how they are read.
//!
//! Rule: one call of [`Api::request_download`] is one unit of the workspace's 120 a day; nothing in here repeats it.
//!
//! The facts relied on, and where they are from (SDK: github.com/segmentio/public-api-sdk-go, 73.2.0; docs:
//! docs.segmentapis.com; page: segment-docs `src/monitor/granular-observability.md`):
//!
//! - Hosts are `https://api.segmentapis.com` (US) and `https://eu1.api.segmentapis.com` (EU); a bearer token (docs, Getting
//!   Started; SDK).
//! - `POST /customer-insights/download` with `collectionId` and `hour`: in a JSON body (SDK), in the query (page). Which
//!   of the two the server reads is not published; both are sent.
//! - A success is `data.download.urls[]`, "List of presigned URLs from S3" (SDK `model_download.go`). How an hour without
//!   logs is answered is not published: an empty list, null, 204 and 404 are all taken for it.
//! - Errors are `{"errors":[{"type","message","field","data","status"}]}` (SDK `model_request_error.go`); their `type` differs
//!   between documents, so that only the HTTP status decides.
//! - A workspace of the other region is told by the message `must be sent to Segment's EU-hosted API` alone (seen by users).
//! - `X-RateLimit-Consumed`, `-Remaining`, `-Reset` (docs, Rate Limits: "RFC 5322"; the SDK shows an HTTP date). A 429 has
//!   `data.msBeforeNext` (docs) or `Retry-After` in whole seconds (SDK).
//! - `GET /echo?message=…` answers the message and does nothing (SDK `TestingApi`).

mod answer;
mod api;
mod decode;
mod error;
mod fields;
mod native;
mod outline;
mod quota;
mod region;
mod route;

pub(crate) use answer::Answer;
pub(in crate::providers) use answer::{Asked, has_complaint};
pub(in crate::providers) use api::base;
pub(crate) use api::{Api, RequestStyle};
pub(crate) use error::ApiError;
#[cfg(test)]
pub(crate) use quota::Quota;
pub(in crate::providers) use quota::{reset_time, retry_after, server_time, until};
pub(crate) use region::Region;

use super::spec::{Keeping, Spec};

pub(super) const SPEC: Spec = Spec {
    title: "Segment",
    decode: |raw, keep| decode::decode(raw).map(|record| keep(&record)),
    outline: Some(outline::outline),
    is_log: decode::is_failure_log,
    is_header: |_| false,
    envelopes: &[],
    native: native::NATIVE,
    keeping: Keeping {
        // "it takes 1-2 hours to populate the log" (granular-observability.md).
        due_hours: 2,
        // The hour itself, four hours of retries (destinations/index.md), two until the last is written.
        settle_hours: 7,
        retention_days: Some(28),
        is_fetched: true,
    },
    folds: false,
    supersedes: false,
};

//! Segment's audit trail: who changed what in a workspace, and which of its tasks failed.
//!
//! Rule: the trail tells of every failure of an audience or computed-trait task, although tasks are tried up to five times;
//! nothing here judges which of them mattered.
//!
//! The facts relied on, and where they are from (SDK: github.com/segmentio/public-api-sdk-go, 73.2.0; docs:
//! docs.segmentapis.com; page: segment-docs `src/segment-app/iam/audit-trail.md`; library:
//! github.com/segmentio/functions-library `sources/audit-forwarding`):
//!
//! - `GET /audit-events` at the hosts of the failure logs, with the same bearer token and the same errors (SDK
//!   `api_audit_trail.go`). It is a stable endpoint: `application/vnd.segment.v1+json`.
//! - Parameters, none required: `startTime`, `endTime`, `resourceId`, `resourceType`, `pagination[count]` (1 to 1000, else
//!   200) and `pagination[cursor]` (SDK; docs, Pagination). Whether the two times are themselves included is not published.
//! - An answer is `data.events[]` and `data.pagination`; its `next` is absent or null on the last page (SDK
//!   `model_pagination_output.go`). A cursor holds a page number and an end time, so that events which come in
//!   between do not move the pages (its published example, decoded).
//! - An event has `id`, `timestamp`, `type`, `actor`, `resourceId`, `resourceType`, `resourceName` and since the end of
//!   2023 `actorEmail` (SDK `model_audit_event_v1.go`). Its `type` is text for people, of an open set: `Source Deleted`,
//!   `Audience Run Failed`.
//! - A Business plan has the trail, for 90 days (page; docs, Audit Trail).
//! - Audit forwarding makes a `track` event named `Audit` of each, with `properties.type` and `properties.details`:
//!   `resource_id`, `resource_type`, `subject` (the actor), `target` (the resource's name) (library, webhook examples).

mod answer;
mod decode;
mod feed;

use super::spec::{Keeping, Spec};

pub(crate) use feed::{Access, Feed};

pub(super) const SPEC: Spec = Spec {
    title: "Segment audit trail",
    decode: decode::decode,
    outline: None,
    is_log: decode::is_log,
    is_header: |_| false,
    envelopes: &[&["data", "events"], &["events"]],
    native: &[
        ("id", ".id"),
        ("timestamp", ".timestamp"),
        ("type", ".type"),
        ("actor", ".actor"),
        ("actorEmail", ".actorEmail"),
        ("resourceId", ".resourceId"),
        ("resourceType", ".resourceType"),
        ("resourceName", ".resourceName"),
    ],
    keeping: Keeping {
        due_hours: 0,
        // Nobody says how late an event may appear; an hour is asked for once more after its end.
        settle_hours: 2,
        retention_days: Some(RETENTION_DAYS),
        is_fetched: true,
    },
    folds: false,
    supersedes: false,
};

const RETENTION_DAYS: u32 = 90;

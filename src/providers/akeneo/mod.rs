//! Logs of the Akeneo Event Platform: how they are asked for, and how they are read.
//!
//! Rule: the vendor's parameters are sent as published or as the user names them; none is guessed.
//!
//! The facts relied on, and where they are from (docs: api.akeneo.com/event-platform, `logs.md`, `getting-started.md`;
//! example: github.com/akeneo/extension-sdk `examples/event-platform-dashboard`, the vendor's own client):
//!
//! - `GET https://event.prd.sdk.akeneo.cloud/api/v1/logs`, one host for all (docs, example); the headers `X-PIM-URL` without
//!   a slash at its end, `X-PIM-TOKEN` without `Bearer`, `X-PIM-CLIENT-ID` (example). One token sees the logs of its own
//!   connection alone (example).
//! - The parameters `log_type`, `subscription_id`, `order=desc`, `limit=50` are used by the example. The docs speak of a
//!   date range and of pages, and name no parameter for either; the most that `limit` may be is not published.
//! - The answer is `{"items":[…]}`, where the list or all of it may be `null` (example). Whether it names a next page is
//!   not published: what looks like a link to one is followed on the same host.
//! - A token comes from `POST {PIM}/api/oauth/v1/token` with a password grant and lasts one hour (docs).
//! - Logs are kept for 30 days. Equal errors (`subscription_id`, `error_message`) of five minutes are one log, whose
//!   `timestamp` moves to the last of them (docs); ids are UUIDv7, so that they tell the first (seen in the published ones).
//! - Errors of the API are `{"errors":[{"message"}]}` or `{"message"}` (example).
//! - The status notification (webhook) is `{"notification_type":"subscription.suspended.system", …}` (docs).

mod answer;
mod decode;
mod feed;
mod login;
mod native;

pub(crate) use feed::Feed;
pub(crate) use login::{Access, Login};

use super::spec::{Keeping, Spec};

/// A rolling window (docs, Logs).
const RETENTION_DAYS: u32 = 30;

pub(super) const SPEC: Spec = Spec {
    title: "Akeneo Event Platform",
    decode: decode::decode,
    outline: None,
    is_log: decode::is_log,
    is_header: |_| false,
    // The first is what is sent; the others are what such answers look like elsewhere, the vendor's other API among them.
    envelopes: &[
        &["items"],
        &["_embedded", "items"],
        &["data", "items"],
        &["data"],
        &["logs"],
    ],
    native: native::NATIVE,
    keeping: Keeping {
        due_hours: 0,
        // The hour itself, and what its last errors gather in five minutes.
        settle_hours: 2,
        retention_days: Some(RETENTION_DAYS),
        is_fetched: true,
    },
    folds: true,
    supersedes: true,
};

//! Logs of NotificationAPI, now Pingram: how they are asked for, and how they are read.
//!
//! Rule: no answer or export of the real system was at hand; what is inferred or unknown is said to be so below, and
//! code that rests on it is lenient. All codes are open strings. No parameter is sent that is not documented, unless
//! the user names it.
//!
//! How a filter finds things. A row is one `notification` and an `event` for each thing that became of it; both have
//! the `trackingId` as `message_id`, the notification's type as `resource`, the user as `actor`, and the environment as
//! `source`.
//!
//! | | `operation` | `code` | `outcome` |
//! | --- | --- | --- | --- |
//! | notification | its type: `welcome_email` | the failure's code, else how far it got: `sent`, `delivered`, `THROTTLING` | success, failure, pending; none if ignored |
//! | event | `received` `ignored` `sending` `scheduled` `sent` `delivered` `failed` `opened` `clicked` `inbound` … | its own: `PERMANENT_GENERAL_BOUNCE`, `30005`, `NO_ANSWER`, `IGNORE` | success or failure if it is an end |
//!
//! So `--operation welcome_email --outcome failure` are the failed notifications of a type,
//! `--operation failed --channel sms` the failed SMS, and `--resource welcome_email` everything of a type. `received`
//! in the vendor's words is `pending` here. `delay_ms` of an event is the time since `received_at`; the unit of the
//! `…_after` columns is not known.
//!
//! The facts relied on (docs: notificationapi-com/docs, Logs and Events Webhook; node: notificationapi-node-server-sdk
//! 2.8.0; client: npm `pingram` 1.0.14, generated from the vendor's OpenAPI; first docs: the Logs page of 2022 and
//! 2023):
//!
//! - Hosts `https://api.pingram.io`, `api.eu.`, `api.ca.` with a bearer key (client); before the product was renamed
//!   `https://api.notificationapi.com`, `api.eu.`, `api.ca.` with the client id in the path and Basic authorisation
//!   (docs, node).
//! - `POST /logs/query` starts a query, `{"queryId"}`; `GET /logs/query/{queryId}` gives
//!   `{"status", "logs"?, "message"?, "error"?}` (client). The words of `status` are unknown, those of AWS CloudWatch
//!   inferred; with it comes its limit of 10,000 rows (inferred): a full answer is asked for again in halves.
//! - `dateRangeFilter` is `[start, end]`, "unix timestamp" (client; unit unknown); the first API has
//!   `{startTime, endTime}` in milliseconds (docs). Both are sent milliseconds. What the first API answers is unknown:
//!   logs at once, or a query, are both taken.
//! - `GET /logs/retention` gives `{"retentionInDays"}` (client). Once it was 7 days, and a log could be 15 minutes late
//!   (first docs).
//! - A log row has `trackingId`, `accountId` and 172 further columns, all optional, `<channel>_<event>_<attribute>`
//!   (client). It has no state: that is concluded, see `state`. Times are text, ISO 8601 (inferred).
//! - Whether a row in an answer also holds events from outside the range asked for is unknown.
//! - A webhook has no time in its payload; `X-Pingram-Timestamp` (ms) and `X-Pingram-Id` are headers (client, docs).
//! - The dashboard exports CSV (docs); its header is unknown; the names of the columns are expected in any spelling.
//! - Errors are `{"error": {"code", "message", "fix"?}}` (client) or `{"message"}`, and 202 warns with `{"messages"}`
//!   (node).

mod access;
mod answer;
mod coverage;
mod decode;
mod events;
mod feed;
mod legacy;
mod log_row;
mod names;
mod native;
mod request;
mod row;
mod state;
#[cfg(test)]
mod tests;
mod webhook;

use super::spec::{Keeping, Spec};

pub(crate) use access::{Access, Host, Region};
pub(crate) use feed::Feed;

pub(super) const SPEC: Spec = Spec {
    title: "NotificationAPI",
    decode: decode::decode,
    outline: None,
    is_log: decode::is_log,
    is_header: decode::is_header,
    envelopes: decode::ENVELOPES,
    native: native::NATIVE,
    keeping: Keeping {
        // Logs are there within 15 minutes.
        due_hours: 0,
        // A row changes as long as something becomes of the notification: mail servers put off and bounce for hours.
        settle_hours: 24,
        // The first docs; an account may have more, which a fetch asks for.
        retention_days: Some(7),
        is_fetched: true,
    },
    folds: false,
    supersedes: true,
};

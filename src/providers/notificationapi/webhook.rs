//! One webhook, or one message of `GET /logs`, to an event.
//!
//! A webhook's payload has no time: it is in the header `X-Pingram-Timestamp`, and is known only if whoever caught the
//! webhook kept it beside the payload, as `{"headers": {…}, "body": …}`. Without it the time of arrival stands in. The
//! time in the `trackingId` is no substitute: it is that of the notification, not of what became of it.
//!
//! Rule: the `id` is made of what was sent alone (`X-Pingram-Id`, else the message's own id, else a hash of the
//! fields), so that a webhook delivered or imported twice is stored once.

use std::borrow::Cow;

use crate::model::{Record, RecordType, Timestamp};

use super::events::one_line;
use super::log_row::hash_of;
use super::row::Row;
use super::{names, state};

/// Where a message, or a webhook that someone stamped, has its time.
const TIMES: [&str; 7] = [
    "epoch_ms",
    "timestamp",
    "time",
    "occurred_at",
    "created_at",
    "received_at",
    "at",
];

/// What the request that brought a webhook said beside its payload.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    pub(super) id: Option<String>,
    pub(super) time: Option<Timestamp>,
}

impl Delivery {
    /// Reads the headers and whatever else was kept of the request.
    pub(super) fn read(capture: &Row<'_>) -> Self {
        let headers = capture.object_text("headers");
        let headers = headers.as_deref().and_then(|text| Row::read(text).ok());
        let headers = headers.unwrap_or_default();
        // Some keep a list for each header, since one may come twice.
        let header = |name: &str| {
            let json = headers.json(name)?;
            Some(json.trim_matches(['[', ']', ' ', '"']).to_owned()).filter(|text| !text.is_empty())
        };
        let stamped = header("x_pingram_timestamp");
        Delivery {
            id: header("x_pingram_id"),
            time: stamped
                .as_deref()
                .and_then(super::row::written_time)
                .or_else(|| capture.first_time(&TIMES)),
        }
    }
}

/// Whether an object is a webhook or a message.
pub(super) fn is_webhook(row: &Row<'_>) -> bool {
    row.text("event_type").is_some()
        && ["channel", "notification_id", "tracking_id"]
            .iter()
            .any(|name| row.has(name))
}

pub(super) fn decode(
    row: &Row<'_>,
    delivery: Delivery,
    raw: &[u8],
    keep: &mut dyn FnMut(&Record<'_>),
) {
    let event_type = row.text("event_type").unwrap_or_default();
    let (channel, event) = names::event_type(&event_type);
    let time = row.first_time(&TIMES).or(delivery.time);
    let mut record = Record::new(time.unwrap_or(Record::NO_TIME), RecordType::Event, raw);
    record.message_id = row.text("tracking_id");
    record.id = Some(match (delivery.id, row.text("message_id")) {
        (Some(id), _) => id.into(),
        (None, Some(id)) => id,
        (None, None) => hash_of(row).into(),
    });
    record.outcome = state::outcome_of(&event);
    let sent_channel = row.text("channel").as_deref().map(names::channel);
    record.channel = sent_channel.or(channel);
    record.operation = Some(event);
    record.code = row.first(&["failure_code", "code", "keyword", "resolution_type"]);
    let said = row.first(&["failure_reason", "reason", "subject", "text", "body_text"]);
    record.reason = said.as_deref().and_then(one_line).map(Cow::Owned);
    record.resource = row.first(&["notification_id", "type"]);
    record.actor = row.first(&["user_id", "from"]);
    record.source = row.first(&["env_id", "client_id"]);
    record.destination = row
        .first(&["recipient", "to", "inbox"])
        .or_else(|| first_of_list(row));
    record.url = row.first(&["clicked_link", "link"]);
    record.ip = row.text("ip");
    keep(&record);
}

/// Returns the first of the addresses that a message went to.
fn first_of_list<'r>(row: &Row<'_>) -> Option<Cow<'r, str>> {
    let list: Vec<String> = serde_json::from_str(row.json("to")?).ok()?;
    list.into_iter().next().map(Cow::Owned)
}

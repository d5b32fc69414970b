//! One log entry, the same shape for every provider.
//!
//! Rule: `raw` is the entry exactly as received, byte for byte; all other fields are read from it and can be read again.

use std::borrow::Cow;

use super::time::Timestamp;
use super::words::words;

/// A decoded log entry that borrows from the bytes it was decoded from. A field the provider lacks is `None`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record<'a> {
    /// When it occurred.
    pub(crate) time: Timestamp,
    /// When the provider wrote it down.
    pub(crate) logged_at: Option<Timestamp>,
    pub(crate) record_type: RecordType,
    pub(crate) outcome: Option<Outcome>,
    /// Which try of this message, counted as the provider counts.
    pub(crate) attempt: Option<i64>,
    /// Whether the provider gave up on it.
    pub(crate) discarded: Option<bool>,
    /// HTTP status.
    pub(crate) status: Option<i64>,
    /// The short machine reason, as sent.
    pub(crate) code: Option<Cow<'a, str>>,
    /// The same for a person, one line.
    pub(crate) reason: Option<Cow<'a, str>>,
    /// What was being done.
    pub(crate) operation: Option<Cow<'a, str>>,
    pub(crate) source: Option<Cow<'a, str>>,
    pub(crate) destination: Option<Cow<'a, str>>,
    pub(crate) subscriber: Option<Cow<'a, str>>,
    pub(crate) actor: Option<Cow<'a, str>>,
    pub(crate) channel: Option<Cow<'a, str>>,
    pub(crate) resource: Option<Cow<'a, str>>,
    /// The record's own id.
    pub(crate) id: Option<Cow<'a, str>>,
    pub(crate) message_id: Option<Cow<'a, str>>,
    pub(crate) exchange_id: Option<Cow<'a, str>>,
    pub(crate) method: Option<Cow<'a, str>>,
    pub(crate) url: Option<Cow<'a, str>>,
    pub(crate) ip: Option<Cow<'a, str>>,
    pub(crate) duration_ms: Option<i64>,
    pub(crate) delay_ms: Option<i64>,
    /// Further ends of the route beside the first, one a line.
    pub(crate) more_sources: Option<Cow<'a, str>>,
    pub(crate) more_destinations: Option<Cow<'a, str>>,
    pub(crate) more_subscribers: Option<Cow<'a, str>>,
    /// The wider class of `code`, where the provider has both.
    pub(crate) error_type: Option<Cow<'a, str>>,
    pub(crate) actor_email: Option<Cow<'a, str>>,
    /// The resource without its type.
    pub(crate) resource_id: Option<Cow<'a, str>>,
    pub(crate) raw: &'a [u8],
}

impl<'a> Record<'a> {
    /// Stands in `time` of a record that the provider gave no time, as a webhook without one: whoever receives it puts the
    /// time of its arrival there. Never stored.
    pub(crate) const NO_TIME: Timestamp = Timestamp::MIN;

    /// Starts a record from the three things every record has.
    pub(crate) fn new(time: Timestamp, record_type: RecordType, raw: &'a [u8]) -> Self {
        Record {
            time,
            logged_at: None,
            record_type,
            outcome: None,
            attempt: None,
            discarded: None,
            status: None,
            code: None,
            reason: None,
            operation: None,
            source: None,
            destination: None,
            subscriber: None,
            actor: None,
            channel: None,
            resource: None,
            id: None,
            message_id: None,
            exchange_id: None,
            method: None,
            url: None,
            ip: None,
            duration_ms: None,
            delay_ms: None,
            more_sources: None,
            more_destinations: None,
            more_subscribers: None,
            error_type: None,
            actor_email: None,
            resource_id: None,
            raw,
        }
    }
}

/// An input line that could not be decoded, kept whole with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reject {
    /// Where it came from: a file name or the number of the object within its hour (`object 1`); never a URL.
    pub(crate) origin: String,
    /// Line in the decompressed input, counted from 1.
    pub(crate) line: u64,
    /// Why it was rejected, a lowercase fragment.
    pub(crate) reason: String,
    pub(crate) raw: Vec<u8>,
}

words! {
    /// What kind of log entry a record is.
    RecordType, "type", {
        Error = "error",
        Attempt = "attempt",
        Exchange = "exchange",
        Action = "action",
        Audit = "audit",
        Notification = "notification",
        Event = "event",
        Request = "request",
        Other = "other",
    }
}

words! {
    /// How the thing a record tells of ended.
    Outcome, "outcome", {
        Success = "success",
        Failure = "failure",
        Pending = "pending",
    }
}

words! {
    /// What finally became of a message, judged from all its records that are stored.
    Fate, "fate", {
        /// It failed and a later attempt succeeded.
        Delivered = "delivered",
        /// The provider gave up on it.
        Discarded = "discarded",
        /// The last failure is younger than the retry window.
        Retrying = "retrying",
        Unknown = "unknown",
    }
}

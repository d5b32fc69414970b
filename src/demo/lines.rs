//! The JSON text of each kind of log line, one line a call.
//!
//! Rule: the keys and their shapes are those the provider documents (and, for draft lines, those of its first drafts);
//! no others.

use super::json::{write_escaped, write_number};
use super::random::Random;
use super::world::{Destination, Source};
use crate::model::Timestamp;

/// What every line has.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) source: &'a Source,
    pub(super) destination: &'a Destination,
    pub(super) occurred_at: Timestamp,
    pub(super) logged_at: Timestamp,
    /// Set on lines in the form of the first drafts: number as version, a subscription beside the destination, a reason.
    pub(super) draft: Option<Draft>,
}

/// What draft lines have on top.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub(super) reason: &'static str,
    pub(super) feature: &'static str,
    pub(super) attempt: u8,
}

/// Appends an `Error Logged` line.
pub(super) fn write_error(
    head: &Head<'_>,
    is_discarded: bool,
    message_id: &[u8],
    out: &mut Vec<u8>,
) {
    open(head, "Error Logged", out);
    write_routed(head, out);
    out.extend_from_slice(if is_discarded {
        b",\"discarded\":true".as_slice()
    } else {
        b",\"discarded\":false"
    });
    if let Some(draft) = head.draft {
        out.extend_from_slice(b",\"attempt\":");
        write_number(draft.attempt.into(), out);
    }
    write_draft_reason(head, out);
    out.extend_from_slice(b",\"messageId\":\"");
    out.extend_from_slice(message_id);
    out.push(b'"');
    close(head, out);
}

/// Appends a `Delivery Attempt Logged` line.
pub(super) fn write_attempt(
    head: &Head<'_>,
    attempt: u8,
    is_success: bool,
    exchange_id: &[u8],
    message_id: &[u8],
    out: &mut Vec<u8>,
) {
    open(head, "Delivery Attempt Logged", out);
    write_routed(head, out);
    out.extend_from_slice(b",\"attempt\":");
    write_number(attempt.into(), out);
    out.extend_from_slice(if is_success {
        b",\"outcome\":\"success\"".as_slice()
    } else {
        b",\"outcome\":\"failure\""
    });
    write_draft_reason(head, out);
    out.extend_from_slice(b",\"destinationExchangeId\":\"");
    out.extend_from_slice(exchange_id);
    out.extend_from_slice(b"\",\"messageId\":\"");
    out.extend_from_slice(message_id);
    out.push(b'"');
    close(head, out);
}

/// What was sent and answered.
pub(super) struct Exchange<'a> {
    pub(super) request_body: &'a [u8],
    pub(super) status: u16,
    /// Members of the headers object, JSON already.
    pub(super) headers: &'a [u8],
    pub(super) response_body: &'a [u8],
}

/// Appends a `Destination Exchange Logged` line.
pub(super) fn write_exchange(
    head: &Head<'_>,
    exchange: &Exchange<'_>,
    exchange_id: &[u8],
    out: &mut Vec<u8>,
) {
    open(head, "Destination Exchange Logged", out);
    out.extend_from_slice(b"\"requestToDestination\":{\"body\":\"");
    write_escaped(exchange.request_body, out);
    out.extend_from_slice(b"\"},\"responseFromDestination\":{\"status\":");
    write_number(exchange.status.into(), out);
    out.extend_from_slice(b",\"headers\":{");
    out.extend_from_slice(exchange.headers);
    out.extend_from_slice(b"},\"body\":\"");
    write_escaped(exchange.response_body, out);
    out.extend_from_slice(b"\"},");
    write_routed(head, out);
    out.extend_from_slice(b",\"destinationExchangeId\":\"");
    out.extend_from_slice(exchange_id);
    out.push(b'"');
    close(head, out);
}

/// What a line can be broken by; such lines are few, and a reader must keep them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breakage {
    /// JSON that ends in the middle.
    Truncated,
    /// Bytes that are no text.
    Garbage,
    /// An object without anything.
    Empty,
}

impl Breakage {
    pub(super) const ALL: [Breakage; 3] = [Breakage::Truncated, Breakage::Garbage, Breakage::Empty];
}

/// Appends a broken line.
pub(super) fn write_broken(
    breakage: Breakage,
    head: &Head<'_>,
    random: &mut Random,
    out: &mut Vec<u8>,
) {
    match breakage {
        Breakage::Truncated => {
            let start = out.len();
            write_error(head, false, b"api-", out);
            out.truncate(start + 120);
        }
        Breakage::Garbage => {
            // 0xff is in no UTF-8 text; line ends would make two lines of it.
            out.push(0xff);
            for _ in 0..40 {
                let byte = random.below(256) as u8;
                out.push(if matches!(byte, b'\n' | b'\r') {
                    0
                } else {
                    byte
                });
            }
        }
        Breakage::Empty => out.extend_from_slice(b"{}"),
    }
    if !out.ends_with(b"\n") {
        out.push(b'\n');
    }
}

fn open(head: &Head<'_>, event: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":\"observability\",\"event\":\"");
    out.extend_from_slice(event.as_bytes());
    out.extend_from_slice(match head.draft {
        Some(_) => b"\",\"version\":1,\"properties\":{".as_slice(),
        None => b"\",\"version\":\"v1\",\"properties\":{",
    });
}

fn write_routed(head: &Head<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"routed\":{\"to\":[{\"type\":\"destination\",\"id\":\"");
    out.extend_from_slice(head.destination.id.as_bytes());
    if head.draft.is_some() {
        out.extend_from_slice(b"\"},{\"type\":\"subscription\",\"id\":\"");
        out.extend_from_slice(&head.destination.collection.as_bytes()[..22]);
    }
    out.extend_from_slice(b"\"}],\"from\":[{\"type\":\"source\",\"id\":\"");
    out.extend_from_slice(head.source.id.as_bytes());
    out.extend_from_slice(b"\"}]}");
}

fn write_draft_reason(head: &Head<'_>, out: &mut Vec<u8>) {
    if let Some(draft) = head.draft {
        out.extend_from_slice(b",\"reason\":\"");
        write_escaped(draft.reason.as_bytes(), out);
        out.extend_from_slice(b"\",\"featureName\":\"");
        out.extend_from_slice(draft.feature.as_bytes());
        out.push(b'"');
    }
}

fn close(head: &Head<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"occurredAt\":\"");
    head.occurred_at.write_rfc3339(out);
    out.extend_from_slice(b"\",\"loggedAt\":\"");
    head.logged_at.write_rfc3339(out);
    out.extend_from_slice(b"\"}}\n");
}

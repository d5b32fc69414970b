//! What a storage host's answer says: sizes, ranges, versions, reasons.
//!
//! Rule: what is not understood is `None`; nothing is taken for the part that was asked for by default.

use crate::providers::http::Response;
use crate::providers::redact_line;

use super::transfer::Facts;

/// Characters of a reason that are shown.
const REASON_CHARS: usize = 160;

pub(super) fn facts_of(response: &Response, total: Option<u64>) -> Facts {
    Facts {
        etag: response.header("etag").map(str::to_owned),
        total,
    }
}

pub(super) fn content_length(response: &Response) -> Option<u64> {
    response.header("content-length")?.trim().parse().ok()
}

/// Reads `bytes FIRST-LAST/TOTAL`, where the total may be `*`.
pub(super) fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, total.trim().parse().ok()))
}

/// Reads the total of `bytes */TOTAL`.
pub(super) fn unsatisfied_total(response: &Response) -> Option<u64> {
    let text = response.header("content-range")?;
    text.trim().strip_prefix("bytes */")?.parse().ok()
}

pub(super) fn agree(begun: Option<u64>, now: Option<u64>) -> bool {
    match (begun, now) {
        (Some(begun), Some(now)) => begun == now,
        _ => true,
    }
}

/// Takes code and message out of a storage host's XML. Nothing else of it: it repeats keys and signatures.
pub(super) fn reason(body: &str) -> String {
    let element = |name: &str| {
        let (_, after) = body.split_once(&format!("<{name}>"))?;
        let (text, _) = after.split_once(&format!("</{name}>"))?;
        Some(text)
    };
    let parts: Vec<&str> = ["Code", "Message"]
        .into_iter()
        .filter_map(element)
        .collect();
    redact_line(&parts.join(": "), REASON_CHARS)
}

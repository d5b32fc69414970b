//! Segment's audit trail.
//!
//! Rule: to be written with its facts.

mod decode;
mod feed;

use super::spec::{Keeping, Spec};

pub(crate) use feed::{Access, Feed};

pub(super) const SPEC: Spec = Spec {
    title: "Segment audit trail",
    decode: decode::decode,
    is_log: decode::is_log,
    is_header: |_| false,
    envelopes: &[&["data", "events"], &["events"]],
    native: &[],
    keeping: Keeping {
        due_hours: 0,
        settle_hours: 2,
        retention_days: Some(90),
        is_fetched: true,
    },
    folds: false,
    supersedes: false,
};

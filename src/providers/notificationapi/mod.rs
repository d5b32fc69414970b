//! Logs of NotificationAPI, now Pingram.
//!
//! Rule: to be written with its facts.

mod decode;
mod feed;

use super::spec::{Keeping, Spec};

pub(crate) use feed::{Access, Feed, Host, Region};

pub(super) const SPEC: Spec = Spec {
    title: "NotificationAPI",
    decode: decode::decode,
    is_log: decode::is_log,
    is_header: |_| false,
    envelopes: &[&["logs"], &["messages"]],
    native: &[],
    keeping: Keeping {
        due_hours: 0,
        settle_hours: 2,
        retention_days: Some(7),
        is_fetched: true,
    },
    folds: false,
    supersedes: true,
};

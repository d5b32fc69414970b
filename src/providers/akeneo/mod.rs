//! Logs of the Akeneo Event Platform.
//!
//! Rule: to be written with its facts.

mod decode;
mod feed;

use super::spec::{Keeping, Spec};

pub(crate) use feed::{Access, Feed, Login};

pub(super) const SPEC: Spec = Spec {
    title: "Akeneo Event Platform",
    decode: decode::decode,
    is_log: decode::is_log,
    is_header: |_| false,
    envelopes: &[&["items"]],
    native: &[],
    keeping: Keeping {
        due_hours: 0,
        settle_hours: 2,
        retention_days: Some(30),
        is_fetched: true,
    },
    folds: true,
};

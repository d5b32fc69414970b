//! API logs of Workato.
//!
//! Rule: to be written with its facts.

mod decode;

use super::spec::{Keeping, Spec};

pub(super) const SPEC: Spec = Spec {
    title: "Workato",
    decode: decode::decode,
    is_log: decode::is_log,
    is_header: |_| false,
    envelopes: &[],
    native: &[],
    keeping: Keeping {
        due_hours: 0,
        settle_hours: 1,
        retention_days: None,
        is_fetched: false,
    },
    folds: false,
    supersedes: false,
};

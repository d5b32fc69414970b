//! Where rows end up: a page, a sorted list, folds, counts, messages, a trace.

pub(super) mod fold;
pub(super) mod messages;
pub(super) mod page;
mod sort;
pub(super) mod tally;
pub(super) mod trace;

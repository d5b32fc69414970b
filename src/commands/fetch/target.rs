//! What a fetch that goes page by page asks for.

use crate::fetch::{Action, Plan, Planned, Skip};
use crate::model::{Provider, Timestamp, Window};

/// What one run is about.
pub(super) struct Target {
    pub(super) provider: Provider,
    pub(super) collection: String,
    pub(super) params: Vec<(String, String)>,
    /// What is asked for, in whole hours but for the one that runs.
    pub(super) window: Option<Window>,
}

/// The times to ask for: from the first hour that is due to the last, and of the hour that runs what there is.
pub(super) fn due(plan: &Plan, now: Timestamp) -> Option<Window> {
    let hours = || plan.entries().iter().filter(|entry| is_due(entry));
    let start = hours().map(|entry| entry.key.hour.start()).min()?;
    let end = hours().map(|entry| entry.key.hour.end()).max()?;
    // A fraction of a second tells nobody anything.
    let second = Timestamp::from_micros(now.micros() / 1_000_000 * 1_000_000);
    Some(Window {
        start,
        end: end.min(second.max(start.plus(1))),
    })
}

/// Whether an hour is asked for; the one that runs is, for what there is of it.
pub(super) fn is_due(entry: &Planned) -> bool {
    matches!(entry.action, Action::Fetch | Action::Skip(Skip::Early(..)))
}

//! What every part of the text needs to know.

use crate::model::{Column, Timestamp, Zone};
use crate::query::Entry;

use super::super::Settings;

/// How much of bodies is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bodies {
    None,
    /// The first lines of each.
    Short,
    Whole,
}

/// What every part of the text needs to know.
pub(super) struct Story<'s> {
    pub(super) settings: &'s Settings,
    pub(super) zone: Zone,
    pub(super) now: Timestamp,
    pub(super) bodies: Bodies,
}

impl Story<'_> {
    pub(super) fn time(&self, time: Timestamp) -> String {
        time.to_zone(self.zone)
    }

    /// Names where a record is from: `segment prod`.
    pub(super) fn place(&self, entry: &Entry) -> String {
        let collection = entry.text(Column::Collection).unwrap_or_default();
        format!("{} {}", entry.provider, self.settings.name_of(collection))
    }
}

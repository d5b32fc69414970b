//! What the store holds of the hours a plan or a listing is about.
//!
//! Rule: one damaged hour is told of and passed over; it never hides the others.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::model::{Filter, Hour, Stretch, Stretches, Window};
use crate::store::{HourKey, HourMeta, Store, StoreError};

/// The stored hours, and those whose file could not be read.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) metas: BTreeMap<HourKey, HourMeta>,
    /// They count as not stored, so that they are fetched again.
    pub(crate) unreadable: Vec<(HourKey, StoreError)>,
}

/// Reads what the hours say of themselves: those that the filter's providers, collections and hours allow and that have
/// a part in the window.
///
/// # Errors
/// If the store cannot be listed.
pub(crate) fn read_stored(
    store: &Store,
    filter: &Filter,
    window: Window,
) -> Result<Stored, StoreError> {
    let keys: Vec<HourKey> = store
        .hours(filter)?
        .into_iter()
        .filter(|key| key.hour.start() < window.end && window.start < key.hour.end())
        .collect();
    let metas: Vec<_> = keys
        .into_par_iter()
        .map(|key| (store.meta(&key), key))
        .collect();
    let mut stored = Stored {
        metas: BTreeMap::new(),
        unreadable: Vec::new(),
    };
    for (meta, key) in metas {
        match meta {
            Ok(Some(meta)) => drop(stored.metas.insert(key, meta)),
            // Removed since it was listed.
            Ok(None) => {}
            Err(error) => stored.unreadable.push((key, error)),
        }
    }
    Ok(stored)
}

/// Returns where stored hours lie, by how much is in each. Of one that cannot be read nothing is known, and it counts as one.
pub(crate) fn stretches_of<'m>(
    hours: impl Iterator<Item = (Hour, Option<&'m HourMeta>)>,
) -> Stretches {
    Stretches::of(hours.map(|(hour, meta)| {
        let window = Window {
            start: hour.start(),
            end: hour.end(),
        };
        let lines = meta.map_or(0, |meta| meta.records().saturating_add(meta.rejects.lines));
        Stretch {
            window,
            records: lines.saturating_add(1),
        }
    }))
}

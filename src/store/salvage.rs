//! What of a damaged hour can still be read: its row groups and rejects that are whole.
//!
//! Rule: what is kept is whole, and what is not is told.

use std::sync::Arc;

use super::error::StoreError;
use super::hour_key::HourKey;
use super::layout::Store;
use super::meta::RejectsMeta;
use super::reader::HourFile;
use super::rejects::Rejects;
use super::source::SourceGroup;

/// What of a stored hour cannot be read any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// So many of its records.
    Records(u64),
    /// So many of its rejects.
    Rejects(u64),
    /// Its footer, and with it all records.
    All,
}

/// A stored hour to build on.
pub(super) struct Salvaged {
    /// What its footer says; `None` if that cannot be read.
    pub(super) file: Option<Arc<HourFile>>,
    /// The row groups that are whole.
    pub(super) groups: Vec<SourceGroup>,
    pub(super) lost: Option<Lost>,
}

impl Salvaged {
    /// Takes an hour with all that can be read of it, its rejects into `rejects`; `None` if it is not stored.
    pub(super) fn open(
        store: &Store,
        key: &HourKey,
        rejects: &mut Rejects,
    ) -> Result<Option<Salvaged>, StoreError> {
        let folder = store.hour_folder(key);
        let file = match HourFile::open(store, key) {
            Ok(file) => Arc::new(file),
            Err(error) if error.is_missing() => return Ok(None),
            Err(StoreError::Damaged { .. }) => {
                for meta in RejectsMeta::beside(&folder)? {
                    // Which of them the footer named cannot be known.
                    take_rejects(&meta, &folder, rejects)?;
                }
                return Ok(Some(Salvaged {
                    file: None,
                    groups: Vec::new(),
                    lost: Some(Lost::All),
                }));
            }
            Err(error) => return Err(error),
        };
        let told = &file.meta().rejects;
        let mut lost = match take_rejects(told, &folder, rejects)? {
            true => None,
            false => Some(Lost::Rejects(told.lines)),
        };
        let mut groups = SourceGroup::all_of(&file);
        match file.check_bytes() {
            Ok(()) => {}
            Err(StoreError::Damaged { .. }) => {
                groups = whole_groups(groups)?;
                let kept: usize = groups.iter().map(SourceGroup::rows).sum();
                let records = file.meta().records().saturating_sub(kept as u64);
                if records > 0 {
                    lost = Some(Lost::Records(records));
                }
            }
            Err(error) => return Err(error),
        }
        Ok(Some(Salvaged {
            file: Some(file),
            groups,
            lost,
        }))
    }
}

/// Takes rejects over; returns whether they are whole.
fn take_rejects(
    meta: &RejectsMeta,
    folder: &std::path::Path,
    rejects: &mut Rejects,
) -> Result<bool, StoreError> {
    match meta.open(folder) {
        Ok(Some(stored)) => rejects.take_over(stored).map(|()| true),
        Ok(None) => Ok(true),
        Err(StoreError::Damaged { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns the row groups that can be read whole, to be encoded anew: what lies around their columns may be damaged.
fn whole_groups(groups: Vec<SourceGroup>) -> Result<Vec<SourceGroup>, StoreError> {
    let mut whole = Vec::new();
    for mut source in groups {
        match source.read_rows() {
            Ok(rows) => {
                source.keep = Some(vec![true; rows.keys.len()]);
                whole.push(source);
            }
            Err(StoreError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(whole)
}

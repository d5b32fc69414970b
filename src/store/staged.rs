//! An hour that is ready to be committed.
//!
//! Rule: what it holds is kept as long as it is, and nothing is left of it when it goes.

use std::sync::Arc;

use crate::model::{Hour, Timestamp};

use super::batch::Rows;
use super::error::StoreError;
use super::hour_key::HourKey;
use super::layout::Store;
use super::meta::{HourMeta, Object};
use super::reader::HourFile;
use super::records_file::encode_error;
use super::rejects::Rejects;
use super::salvage::Lost;
use super::source::SourceGroup;
use super::spool::Kept;
use super::versions::Since;

/// What happens to an hour's records that are stored already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The new records take the place of those stored. Where imported ones are stored, they are merged instead: a
    /// fetch cannot bring those back.
    Replace,
    /// The new records are added, each once: same `id`, else same bytes.
    Merge,
    /// The same for records that change under their id: the newest version of each stays. Older versions may be stored
    /// under other hours; the commit takes them away.
    Supersede,
}

/// An hour that is ready to be committed.
pub(crate) struct Staged {
    pub(super) key: HourKey,
    pub(super) groups: Vec<SourceGroup>,
    pub(super) rejects: Rejects,
    pub(super) fetched_at: Option<Timestamp>,
    pub(super) objects: Vec<Object>,
    pub(super) is_changed: bool,
    pub(super) added: u64,
    pub(super) updated: u64,
    /// What came to an hour whose records supersede others.
    pub(super) came: Vec<(u128, Since)>,
    pub(super) mode: Mode,
    /// A stored hour gives way, of which nothing is kept.
    pub(super) replaces: bool,
    pub(super) new_rejects: u64,
    pub(super) base: Option<Arc<HourFile>>,
    pub(super) lost: Option<Lost>,
    /// Keep the new rows' bytes.
    pub(super) spooled: Vec<Kept>,
}

impl Staged {
    /// Takes a stored hour as it is, to be written anew.
    pub(super) fn again(store: &Store, key: HourKey) -> Result<Staged, StoreError> {
        let file = Arc::new(HourFile::open(store, &key)?);
        let mut rejects = Rejects::new(store, &key);
        if let Some(stored) = file.meta().rejects.open(&store.hour_folder(&key))? {
            rejects.take_over(stored)?;
        }
        Ok(Staged {
            groups: SourceGroup::all_of(&file),
            rejects,
            fetched_at: file.meta().fetched_at,
            objects: file.meta().objects.clone(),
            is_changed: true,
            added: 0,
            updated: 0,
            came: Vec::new(),
            mode: Mode::Merge,
            replaces: false,
            new_rejects: 0,
            base: Some(file),
            lost: None,
            spooled: Vec::new(),
            key,
        })
    }

    pub(crate) fn hour(&self) -> Hour {
        self.key.hour
    }

    /// Returns what the stored hour says, where nothing is to be written: nothing new came, and no import for the first
    /// time, which a later fetch would have to respect.
    pub(super) fn unchanged(&self) -> Option<&HourMeta> {
        let meta = self.base.as_ref()?.meta();
        let has_imports = |objects: &[Object]| objects.iter().any(|object| object.imported);
        let is_marked = has_imports(&meta.objects) || !has_imports(&self.objects);
        (!self.is_changed && is_marked).then_some(meta)
    }

    /// Adds what the records came from.
    pub(crate) fn add_objects(&mut self, objects: Vec<Object>) {
        self.objects = join_objects(std::mem::take(&mut self.objects), objects);
    }

    /// Returns whether there would be nothing to publish: no record, no reject, and no fetch that found none.
    pub(super) fn holds_nothing(&self) -> bool {
        let rows = self.groups.iter().map(SourceGroup::rows).sum::<usize>();
        rows == 0 && self.rejects.meta().lines == 0 && self.fetched_at.is_none()
    }

    /// Marks the rows that stay, group by group.
    pub(super) fn leave_out(
        &mut self,
        mut marks: impl FnMut(&Rows) -> Result<Vec<bool>, parquet::errors::ParquetError>,
    ) -> Result<(), StoreError> {
        for source in &mut self.groups {
            let rows = source.read_rows()?;
            let keep = marks(&rows).map_err(|error| encode_error(source.path(), &error))?;
            source.keep_only(keep);
        }
        Ok(())
    }
}

/// Adds new objects to those an hour was read from before; the same bytes are listed once.
pub(super) fn join_objects(mut kept: Vec<Object>, new: Vec<Object>) -> Vec<Object> {
    // A new fetch brings all its objects again.
    if new.iter().any(|object| !object.imported) {
        kept.retain(|object| object.imported);
    }
    for object in new {
        if !kept
            .iter()
            .any(|known| known.sha256 == object.sha256 && known.imported == object.imported)
        {
            kept.push(object);
        }
    }
    kept
}

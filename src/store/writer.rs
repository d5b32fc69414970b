//! Collecting what comes to one hour: rows by type, encoded a row group at a time, beside what is stored already.
//!
//! Rule: nothing is visible of it, and no stored byte is touched, until the hour is committed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{RecordType, Reject, Timestamp};

use super::batch::{Batch, Rows};
use super::dedup::KeySet;
use super::error::StoreError;
use super::group::{MAX_GROUP_BYTES, Pending};
use super::hour_key::HourKey;
use super::layout::Store;
use super::meta::{HourMeta, Object, Unresolved};
use super::pending::Pending as PendingHours;
use super::reader::HourFile;
use super::records_file::{RecordsFile, encode_error};
use super::rejects::Rejects;
use super::salvage::{Lost, Salvaged};
use super::schema::Scale;
use super::source::SourceGroup;
use super::spool::{Kept, Spool};
use super::staged::{Mode, Staged, join_objects};
use super::versions::{Since, Versions};

/// Rows waiting for their row groups to fill are written early when their bytes together pass this, so that what waits
/// does not grow with the hour.
const MAX_WAITING_BYTES: usize = 2 * MAX_GROUP_BYTES;

/// Rows of an hour that are not more than this together wait in memory as they are, instead of being encoded to be decoded
/// again when they are linked.
const MAX_HELD_BYTES: usize = 256 << 10;

/// What a row group in memory takes up beside its rows: an array for each column, whatever is in it.
const HELD_GROUP_BYTES: usize = 12 << 10;

/// Which records an hour has.
enum Seen {
    Once(KeySet),
    Newest(Versions),
}

/// An hour that records come to.
pub(crate) struct HourWriter {
    key: HourKey,
    store: Store,
    /// What is stored and stays.
    base: Option<Arc<HourFile>>,
    /// What is stored and cannot be read any more.
    lost: Option<Lost>,
    /// A stored hour gives way, of which nothing is kept.
    replaces: bool,
    seen: Seen,
    pending: BTreeMap<RecordType, Pending>,
    file: Option<RecordsFile<Spool>>,
    rejects: Rejects,
    new_rejects: u64,
    added: u64,
    updated: u64,
    mode: Mode,
    /// Whether anything came before the hour was put aside.
    is_changed: bool,
    /// Row groups that wait already, of an hour that was put aside for a while.
    earlier: Vec<SourceGroup>,
    spooled: Vec<Kept>,
}

impl HourWriter {
    pub(super) fn begin(
        store: &Store,
        key: HourKey,
        mode: Mode,
        pending: &PendingHours,
    ) -> Result<Self, StoreError> {
        let mut writer = HourWriter {
            rejects: Rejects::new(store, &key),
            store: store.clone(),
            replaces: false,
            base: None,
            lost: None,
            seen: Seen::Once(KeySet::new()),
            pending: BTreeMap::new(),
            file: None,
            new_rejects: 0,
            added: 0,
            updated: 0,
            mode,
            is_changed: false,
            earlier: Vec::new(),
            spooled: Vec::new(),
            key,
        };
        if mode == Mode::Supersede {
            writer.seen = Seen::Newest(Versions::new());
        }
        let has_imports = match store.meta(&writer.key) {
            Ok(None) => return Ok(writer),
            Ok(Some(meta)) => meta.objects.iter().any(|object| object.imported),
            Err(StoreError::Damaged { .. }) => false,
            Err(error) => return Err(error),
        };
        if mode == Mode::Replace && !has_imports {
            writer.replaces = true;
        } else if let Some(stored) = Salvaged::open(store, &writer.key, &mut writer.rejects)? {
            writer.build_on(stored, pending)?;
        }
        Ok(writer)
    }

    /// Goes on with an hour that was put aside.
    pub(super) fn resume(store: &Store, staged: Staged) -> Result<Self, StoreError> {
        let mut writer = HourWriter {
            key: staged.key,
            store: store.clone(),
            base: staged.base,
            lost: staged.lost,
            replaces: staged.replaces,
            seen: match staged.mode {
                Mode::Supersede => Seen::Newest(Versions::new()),
                Mode::Replace | Mode::Merge => Seen::Once(KeySet::new()),
            },
            pending: BTreeMap::new(),
            file: None,
            rejects: staged.rejects,
            new_rejects: staged.new_rejects,
            added: staged.added,
            updated: staged.updated,
            mode: staged.mode,
            is_changed: staged.is_changed,
            earlier: staged.groups,
            spooled: staged.spooled,
        };
        let earlier = std::mem::take(&mut writer.earlier);
        for source in &earlier {
            writer.remember(source, &staged.came)?;
        }
        writer.earlier = earlier;
        Ok(writer)
    }

    /// Remembers the records of a row group.
    fn remember(
        &mut self,
        source: &SourceGroup,
        since: &[(u128, Since)],
    ) -> Result<(), StoreError> {
        let stays = |row: usize| source.keep.as_ref().is_none_or(|keep| keep[row]);
        match &mut self.seen {
            Seen::Once(known) => {
                let keys = source.record_keys()?.into_iter().enumerate();
                for (_, key) in keys.filter(|(row, _)| stays(*row)) {
                    known.insert(key);
                }
            }
            Seen::Newest(versions) => {
                let rows = source.read_rows()?;
                let rows = match &source.keep {
                    Some(keep) => rows.only(keep.clone()),
                    None => Ok(rows),
                };
                rows.and_then(|rows| versions.remember(&rows, since))
                    .map_err(|error| encode_error(source.path(), &error))?;
            }
        }
        Ok(())
    }

    /// Keeps what is stored, and remembers its records.
    fn build_on(&mut self, stored: Salvaged, pending: &PendingHours) -> Result<(), StoreError> {
        let since = pending.since(self.key.hour);
        for source in &stored.groups {
            self.remember(source, &since)?;
        }
        self.earlier = stored.groups;
        self.base = stored.file;
        self.lost = stored.lost;
        Ok(())
    }

    /// Adds records. Memory stays bounded: full row groups are encoded and written on the way.
    pub(crate) fn append(&mut self, batch: Batch) -> Result<(), StoreError> {
        for (record_type, rows) in batch.finish() {
            let rows = match &mut self.seen {
                Seen::Once(known) => rows.without_known(known),
                Seen::Newest(versions) => versions.sift(rows),
            }
            .map_err(|error| encode_error(&self.store.hour_folder(&self.key), &error))?;
            if matches!(self.seen, Seen::Once(_)) {
                self.added += rows.keys.len() as u64;
            }
            self.add(record_type, rows)?;
        }
        Ok(())
    }

    fn add(&mut self, record_type: RecordType, rows: Rows) -> Result<(), StoreError> {
        if rows.keys.is_empty() {
            return Ok(());
        }
        let is_full = |pending: &Pending| pending.is_full_for(&rows);
        if self.pending.get(&record_type).is_some_and(is_full) {
            self.encode(record_type)?;
        }
        self.pending.entry(record_type).or_default().push(rows);
        if self.buffered_bytes() > MAX_WAITING_BYTES {
            self.flush_largest()?;
        }
        Ok(())
    }

    /// Keeps a line that could not be decoded.
    pub(crate) fn reject(&mut self, reject: &Reject) -> Result<(), StoreError> {
        self.new_rejects += u64::from(self.rejects.push(reject)?);
        Ok(())
    }

    /// Returns the bytes that wait in memory; [`HourWriter::flush`] gives them back.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.pending.values().map(|pending| pending.bytes).sum()
    }

    /// Returns how many records are remembered, to tell those that come again.
    pub(crate) fn remembered(&self) -> usize {
        match &self.seen {
            Seen::Once(known) => known.len(),
            Seen::Newest(versions) => versions.len(),
        }
    }

    /// Encodes what waits in memory.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        while !self.pending.values().all(Pending::is_empty) {
            self.flush_largest()?;
        }
        match &mut self.file {
            Some(file) => file.drain(0),
            None => Ok(()),
        }
    }

    fn flush_largest(&mut self) -> Result<(), StoreError> {
        let waiting = self
            .pending
            .iter()
            .filter(|(_, pending)| !pending.is_empty());
        let largest = waiting.max_by_key(|(_, pending)| pending.bytes);
        match largest.map(|(record_type, _)| *record_type) {
            Some(record_type) => self.encode(record_type),
            None => Ok(()),
        }
    }

    fn encode(&mut self, record_type: RecordType) -> Result<(), StoreError> {
        let Some(pending) = self.pending.get_mut(&record_type) else {
            return Ok(());
        };
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let what = format!("{}.parquet", self.spooled.len());
                let path = self.store.temporary_file(&self.key, &what);
                let spool = Spool::new(&self.store, path.clone());
                self.file
                    .insert(RecordsFile::start(spool, &path, Scale::UNKNOWN)?)
            }
        };
        file.encode(pending)
    }

    /// Ends the hour; it is visible when it is committed. `fetched_at` is `None` for an import.
    pub(crate) fn finish(
        mut self,
        fetched_at: Option<Timestamp>,
        objects: Vec<Object>,
    ) -> Result<Staged, StoreError> {
        let held = self.hold()?;
        self.flush()?;
        let base = self.base.take();
        let mut groups = std::mem::take(&mut self.earlier);
        groups.extend(held);
        let mut spools = std::mem::take(&mut self.spooled);
        if let Some(file) = self.file.take() {
            let (file, spooled) = self.spooled(file)?;
            groups.extend(SourceGroup::all_of(&file));
            spools.push(spooled);
        }
        let mut staged = Staged {
            groups,
            rejects: self.rejects,
            fetched_at,
            objects,
            is_changed: true,
            added: self.added,
            updated: self.updated,
            came: Vec::new(),
            mode: self.mode,
            replaces: self.replaces,
            new_rejects: self.new_rejects,
            base: base.clone(),
            lost: self.lost,
            spooled: spools,
            key: self.key,
        };
        let mut is_changed = self.is_changed;
        if let Seen::Newest(versions) = self.seen {
            if versions.dead > 0 {
                is_changed = true;
                staged.leave_out(|rows| versions.living(rows))?;
            }
            staged.added += versions.added;
            staged.updated += versions.updated;
            staged.came = versions.since();
        }
        staged.is_changed = is_changed
            || staged.added > 0
            || staged.updated > 0
            || staged.new_rejects > 0
            || fetched_at.is_some()
            || staged.lost.is_some()
            || base.is_none();
        if let Some(base) = base {
            let meta = base.meta();
            // An hour that lost records is to be fetched again.
            let is_whole = !matches!(staged.lost, Some(Lost::Records(_)));
            staged.fetched_at = fetched_at.or(meta.fetched_at.filter(|_| is_whole));
            staged.objects = join_objects(meta.objects.clone(), staged.objects);
        }
        Ok(staged)
    }

    /// Keeps the rows that wait in memory as they are, if they are few and all that came.
    fn hold(&mut self) -> Result<Vec<SourceGroup>, StoreError> {
        let mut held = Vec::new();
        if self.file.is_some() || self.buffered_bytes() > MAX_HELD_BYTES {
            return Ok(held);
        }
        let folder = self.store.hour_folder(&self.key);
        for (record_type, pending) in &mut self.pending {
            let bytes = pending.bytes + HELD_GROUP_BYTES;
            if !pending.is_empty()
                && let Some(memory) = self.store.spool_memory().reserve(bytes)
            {
                let group = pending
                    .take_in_order()
                    .and_then(|rows| SourceGroup::held(*record_type, rows, &folder, memory))
                    .map_err(|error| encode_error(&folder, &error))?;
                held.push(group);
            }
        }
        Ok(held)
    }

    fn spooled(&self, file: RecordsFile<Spool>) -> Result<(Arc<HourFile>, Kept), StoreError> {
        // A footer to read the rows by; it is never published.
        let meta = HourMeta {
            key: self.key.clone(),
            fetched_at: None,
            objects: Vec::new(),
            counts: BTreeMap::new(),
            rejects: Default::default(),
            unresolved: Unresolved::default(),
        };
        let spool = file.finish(&meta)?;
        let path = spool.path().to_owned();
        let (bytes, temporary) = spool.finish(&self.store)?;
        let file = HourFile::open_bytes(bytes, path, &self.key)?;
        Ok((Arc::new(file), temporary))
    }
}

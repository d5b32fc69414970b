//! Writing one hour: rows are collected by type, encoded a row group at a time, and published whole.
//!
//! Rule: the hour's file is written beside its place under another name, synced, renamed, and its folder synced; a
//! crash at any point leaves the old hour or the new one.

mod merge;

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;

use crate::model::{RecordType, Reject, Timestamp};

use super::batch::{Batch, Rows};
use super::dedup::KeySet;
use super::error::{OnPath, StoreError};
use super::group::{Encoding, MAX_GROUP_BYTES, Pending};
use super::layout::{HourKey, RECORDS, REJECTS, Store};
use super::meta::{HourMeta, Object};
use super::reader::HourFile;
use super::rejects;
use super::schema;
use super::settle::Unsettled;
use super::versions::Versions;
use merge::{Merge, Seen};

/// Row groups encoded at the same time. Each needs up to twice [`MAX_GROUP_BYTES`] while it is put in order.
const MAX_ENCODING: usize = 2;

/// Rows waiting for their row groups to fill are written early when their bytes together pass this. With the groups
/// being encoded an hour's writer so stays below about 250 MB, whatever the size of the hour.
const MAX_WAITING_BYTES: usize = 2 * MAX_GROUP_BYTES;

/// What happens to an hour's records that are stored already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The new records take the place of those stored. Where imported ones are stored, they are merged instead: a
    /// fetch cannot bring those back.
    Replace,
    /// The new records are added, each once: same `id`, else same bytes.
    Merge,
    /// The same for records that change under their id: the newest version of each stays. The lock has to be settled in
    /// the end, since older versions may be stored under other hours.
    Supersede,
}

type RecordsFile = SerializedFileWriter<BufWriter<File>>;

/// An hour being written.
pub(crate) struct HourWriter {
    key: HourKey,
    folder: PathBuf,
    temporary: PathBuf,
    file: RecordsFile,
    factory: Arc<ArrowRowGroupWriterFactory>,
    pending: BTreeMap<RecordType, Pending>,
    encoding: VecDeque<Encoding>,
    counts: BTreeMap<RecordType, u64>,
    rejects: rejects::Writer,
    merge: Option<Merge>,
    added: u64,
    /// Kept by the lock, where records supersede others.
    unsettled: Option<Arc<Unsettled>>,
    is_temporary: bool,
    is_published: bool,
}

/// What an hour holds after it was written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) meta: HourMeta,
    /// Records that were not stored before; all of them if the hour was replaced.
    pub(crate) added: u64,
    /// Records that were stored before and gave way to a newer version.
    pub(crate) updated: u64,
}

impl HourWriter {
    pub(super) fn begin(
        store: &Store,
        key: HourKey,
        mode: Mode,
        unsettled: &Arc<Unsettled>,
    ) -> Result<Self, StoreError> {
        let mut writer = HourWriter::start(store, key)?;
        let stored = match HourFile::open(store, &writer.key) {
            Ok(stored) => Some(stored),
            Err(error) if error.is_missing() => None,
            // What cannot be read cannot be kept; the new file mends it.
            Err(StoreError::Damaged { .. }) if mode == Mode::Replace => None,
            Err(error) => return Err(error),
        };
        let has_imports = stored
            .as_ref()
            .is_some_and(|stored| stored.meta().objects.iter().any(|object| object.imported));
        let seen = match mode {
            Mode::Replace if !has_imports => return Ok(writer),
            Mode::Replace | Mode::Merge => Seen::Once(KeySet::new()),
            Mode::Supersede => {
                writer.unsettled = Some(Arc::clone(unsettled));
                Seen::Newest(Versions::new())
            }
        };
        writer.merge_with(stored.as_ref(), seen, &store.rejects_file(&writer.key))?;
        Ok(writer)
    }

    /// Starts an hour that knows nothing of what is stored.
    pub(super) fn start(store: &Store, key: HourKey) -> Result<Self, StoreError> {
        let folder = store.hour_folder(&key);
        fs::create_dir_all(&folder).on("make the folder", &folder)?;
        // The collection is locked, so an older temporary file is a crashed writer's and is overwritten.
        let temporary = folder.join(format!(".{RECORDS}.tmp"));
        let (file, factory) = start_file(&temporary)?;
        Ok(HourWriter {
            rejects: rejects::Writer::create(&folder.join(format!(".{REJECTS}.tmp")))?,
            key,
            folder,
            temporary,
            file,
            factory,
            pending: BTreeMap::new(),
            encoding: VecDeque::new(),
            counts: BTreeMap::new(),
            merge: None,
            added: 0,
            unsettled: None,
            is_temporary: store.is_temporary(),
            is_published: false,
        })
    }

    /// Adds records. Memory stays bounded: full row groups are encoded and written on the way.
    pub(crate) fn append(&mut self, batch: Batch) -> Result<(), StoreError> {
        for (record_type, mut rows) in batch.finish() {
            if let Some(merge) = &mut self.merge {
                rows = match &mut merge.seen {
                    Seen::Once(known) => rows.without_known(known),
                    Seen::Newest(versions) => versions.sift(rows),
                }
                .map_err(|e| encode_error(&self.temporary, &e))?;
            }
            self.added += rows.keys.len() as u64;
            self.add(record_type, rows)?;
        }
        Ok(())
    }

    fn add(&mut self, record_type: RecordType, rows: Rows) -> Result<(), StoreError> {
        let count = rows.keys.len();
        if count == 0 {
            return Ok(());
        }
        *self.counts.entry(record_type).or_default() += count as u64;
        let pending = self.pending.entry(record_type).or_default();
        if pending.is_full_for(&rows) {
            let encoding = pending.encode(&self.factory);
            self.queue(encoding)?;
        }
        self.pending.entry(record_type).or_default().push(rows);
        if self.buffered_bytes() > MAX_WAITING_BYTES {
            self.flush_largest()?;
        }
        Ok(())
    }

    /// Keeps a line that could not be decoded.
    pub(crate) fn reject(&mut self, reject: &Reject) -> Result<(), StoreError> {
        self.rejects.push(reject)
    }

    /// Returns the bytes that wait in memory; [`HourWriter::flush`] gives them back.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.pending.values().map(|pending| pending.bytes).sum()
    }

    /// Writes what waits in memory to the temporary file.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        while !self.pending.values().all(Pending::is_empty) {
            self.flush_largest()?;
        }
        self.drain(0)
    }

    fn flush_largest(&mut self) -> Result<(), StoreError> {
        let largest = self
            .pending
            .values_mut()
            .max_by_key(|pending| pending.bytes);
        if let Some(pending) = largest.filter(|pending| !pending.is_empty()) {
            let encoding = pending.encode(&self.factory);
            self.queue(encoding)?;
        }
        Ok(())
    }

    fn queue(&mut self, encoding: Encoding) -> Result<(), StoreError> {
        self.encoding.push_back(encoding);
        self.drain(MAX_ENCODING - 1)
    }

    /// Writes encoded row groups, oldest first, until at most `keep` are still being encoded.
    fn drain(&mut self, keep: usize) -> Result<(), StoreError> {
        while self.encoding.len() > keep {
            let Some(encoding) = self.encoding.pop_front() else {
                break;
            };
            let path = &self.temporary;
            let rows = encoding.rows;
            let write = |file: &mut RecordsFile| {
                let columns = encoding.wait()?;
                let mut group = file.next_row_group()?;
                for column in columns {
                    column.append_to_row_group(&mut group)?;
                }
                group.close()
            };
            let group = write(&mut self.file).map_err(|e| encode_error(path, &e))?;
            debug_assert_eq!(group.num_rows(), rows as i64);
        }
        Ok(())
    }

    /// Publishes the hour: sync, rename, sync the folder. `fetched_at` is `None` for an import.
    pub(crate) fn finish(
        mut self,
        fetched_at: Option<Timestamp>,
        objects: Vec<Object>,
    ) -> Result<Written, StoreError> {
        self.flush()?;
        let mut updated = 0;
        let mut came = Vec::new();
        let (mut kept, mut kept_at) = (Vec::new(), None);
        if let Some(merge) = self.merge.take() {
            (kept, kept_at) = (merge.objects, merge.fetched_at);
            if let Seen::Newest(versions) = merge.seen {
                if versions.dead > 0 {
                    self.leave_out_dead(&versions)?;
                }
                (self.added, updated) = (versions.added, versions.updated);
                came = versions.since();
            }
        }
        let meta = self.close_file(fetched_at.or(kept_at), join_objects(kept, objects))?;
        if let Some(unsettled) = &self.unsettled {
            // Before the hour is seen: should the process end here, the next one knows where to look.
            unsettled.keep(self.key.hour, came)?;
        }
        let records = self.folder.join(RECORDS);
        self.rejects.publish(&self.folder.join(REJECTS))?;
        fs::rename(&self.temporary, &records).on("rename into place", &records)?;
        self.is_published = true;
        if !self.is_temporary {
            sync_folder(&self.folder)?;
        }
        Ok(Written {
            added: self.added,
            updated,
            meta,
        })
    }

    /// Writes the footer and syncs the temporary file.
    fn close_file(
        &mut self,
        fetched_at: Option<Timestamp>,
        objects: Vec<Object>,
    ) -> Result<HourMeta, StoreError> {
        let meta = HourMeta {
            key: self.key.clone(),
            fetched_at,
            objects,
            counts: self.counts.clone(),
            rejects: self.rejects.count(),
        };
        let pairs = meta
            .to_key_values()
            .map_err(|e| encode_error(&self.temporary, &e))?;
        for pair in pairs {
            self.file.append_key_value_metadata(pair);
        }
        self.file
            .finish()
            .map_err(|e| encode_error(&self.temporary, &e))?;
        let buffer = self.file.inner_mut();
        buffer.flush().on("write", &self.temporary)?;
        if !self.is_temporary {
            buffer.get_ref().sync_all().on("sync", &self.temporary)?;
        }
        Ok(meta)
    }
}

impl Drop for HourWriter {
    fn drop(&mut self) {
        if !self.is_published {
            let _ = fs::remove_file(&self.temporary);
            // Only goes if the hour was not stored before.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

fn start_file(path: &Path) -> Result<(RecordsFile, Arc<ArrowRowGroupWriterFactory>), StoreError> {
    let file = File::create(path).on("create", path)?;
    let start = || {
        let schema = ArrowSchemaConverter::new().convert(&schema::WRITTEN)?;
        let properties = Arc::new(schema::writer_properties()?);
        let file =
            SerializedFileWriter::new(BufWriter::new(file), schema.root_schema_ptr(), properties)?;
        let factory = ArrowRowGroupWriterFactory::new(&file, Arc::clone(&schema::WRITTEN));
        Ok((file, Arc::new(factory)))
    };
    start().map_err(|e: ParquetError| encode_error(path, &e))
}

/// Adds new objects to those an hour was read from before; the same bytes are listed once.
fn join_objects(mut kept: Vec<Object>, new: Vec<Object>) -> Vec<Object> {
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

fn encode_error(path: &Path, error: &dyn std::error::Error) -> StoreError {
    StoreError::Encode {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// Makes a rename last through a power cut.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|f| f.sync_all())
        .on("sync", folder)
}

/// Windows has no call to sync a folder; its journal orders a rename after the file's own sync.
#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> Result<(), StoreError> {
    Ok(())
}

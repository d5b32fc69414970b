//! The store: a folder of Parquet files, one an hour; `FORMAT.md` beside this file specifies it.
//!
//! Rule: an hour's file tells everything about the hour, and appears or changes only whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::model::{Filter, Hour, Provider, Record, RecordType, Reject, Timestamp};

#[derive(Debug, thiserror::Error)]
#[error("store")]
pub(crate) struct StoreError;

/// The store's place; nothing is opened or made until asked.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    root: PathBuf,
}

/// The name of one stored hour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HourKey {
    pub(crate) provider: Provider,
    pub(crate) collection: String,
    pub(crate) hour: Hour,
}

/// What an hour's file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HourMeta {
    pub(crate) key: HourKey,
    /// When the hour was last fetched whole; `None` if it only holds imported records.
    pub(crate) fetched_at: Option<Timestamp>,
    /// What its records were read from.
    pub(crate) objects: Vec<Object>,
    /// Records of each type; types without records are left out.
    pub(crate) counts: BTreeMap<RecordType, u64>,
    /// Lines that could not be decoded; they are in `rejects.ndjson` beside the hour.
    pub(crate) rejects: u64,
}

/// One thing that records were read from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Object {
    /// A file name for an import, `object 1` for a fetch; never a URL.
    pub(crate) name: String,
    pub(crate) etag: Option<String>,
    /// Bytes as transferred.
    pub(crate) size: u64,
    /// Hex SHA-256 of the bytes as transferred.
    pub(crate) sha256: String,
    /// Whether it came by `import`.
    pub(crate) imported: bool,
}

impl HourMeta {
    /// Returns the number of records.
    pub(crate) fn records(&self) -> u64 {
        self.counts.values().sum()
    }
}

impl Store {
    /// Names the store in a data folder; no I/O.
    pub(crate) fn open(data: &Path) -> Store {
        Store {
            root: data.join("v1"),
        }
    }

    /// Lists the stored hours that a filter's providers, collections and hours allow, in order of their keys.
    pub(crate) fn hours(&self, _filter: &Filter) -> Result<Vec<HourKey>, StoreError> {
        todo!()
    }

    /// Reads what an hour's file says of itself; `None` if the hour is not stored.
    pub(crate) fn meta(&self, _key: &HourKey) -> Result<Option<HourMeta>, StoreError> {
        todo!()
    }

    /// Becomes the one writer of a collection; waits a few seconds for another to end, then fails and says so.
    pub(crate) fn lock(
        &self,
        _provider: Provider,
        _collection: &str,
    ) -> Result<CollectionLock, StoreError> {
        todo!()
    }
}

/// The right to write one collection, held until dropped.
pub(crate) struct CollectionLock {}

/// What happens to an hour's records that are stored already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The new records take the place of fetched ones; imported ones stay (each once).
    Replace,
    /// The new records are added, each once: same `id`, else same bytes.
    Merge,
}

impl CollectionLock {
    /// Starts to write an hour. Nothing is visible until [`HourWriter::finish`]; dropped, it leaves no trace.
    pub(crate) fn begin(&self, _hour: Hour, _mode: Mode) -> Result<HourWriter, StoreError> {
        todo!()
    }
}

/// Records in columns, ready to be appended to an hour. Filled by decoding threads.
pub(crate) struct Batch {}

impl Batch {
    pub(crate) fn new() -> Batch {
        todo!()
    }

    pub(crate) fn push(&mut self, _record: &Record<'_>) {
        todo!()
    }

    /// Returns the number of records.
    pub(crate) fn len(&self) -> usize {
        todo!()
    }
}

/// An hour being written.
pub(crate) struct HourWriter {}

impl HourWriter {
    /// Adds records. Memory stays bounded: full row groups are encoded and written on the way.
    pub(crate) fn append(&mut self, _batch: Batch) -> Result<(), StoreError> {
        todo!()
    }

    /// Keeps a line that could not be decoded.
    pub(crate) fn reject(&mut self, _reject: &Reject) -> Result<(), StoreError> {
        todo!()
    }

    /// Returns the bytes held in memory, and [`HourWriter::flush`] gives them back.
    pub(crate) fn buffered_bytes(&self) -> usize {
        todo!()
    }

    /// Writes what is held in memory to the temporary file.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        todo!()
    }

    /// Publishes the hour: sync, rename, sync the folder. `fetched_at` is `None` for an import.
    pub(crate) fn finish(
        self,
        _fetched_at: Option<Timestamp>,
        _objects: Vec<Object>,
    ) -> Result<HourMeta, StoreError> {
        todo!()
    }
}

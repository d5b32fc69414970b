//! The store: a folder of Parquet files, one an hour; `FORMAT.md` beside this file specifies it.
//!
//! Rule: an hour's file tells everything about the hour, and appears or changes only whole.

mod batch;
mod bytes;
mod columns;
mod commit;
mod dedup;
mod disk;
mod error;
#[cfg(any(feature = "fuzzing", test))]
mod fuzzing;
#[cfg(test)]
#[path = "golden/tests.rs"]
mod golden;
mod group;
mod hour_key;
mod keys;
mod known_metas;
mod layout;
mod leftovers;
mod lock;
mod meta;
mod own;
mod pending;
mod publish;
mod reader;
mod records_file;
mod rejects;
mod resolve;
mod salvage;
mod schema;
mod seal;
mod settle;
mod source;
mod spool;
mod spool_memory;
mod staged;
#[cfg(test)]
mod tests;
mod verify;
mod versions;
mod wanted;
mod writer;

pub(crate) use batch::Batch;
pub(crate) use bytes::read_at;
pub(crate) use columns::{Columns, Values};
#[cfg(test)]
pub(crate) use commit::Written;
pub(crate) use dedup::record_key;
pub(crate) use error::StoreError;
#[cfg(any(feature = "fuzzing", test))]
pub(crate) use fuzzing::read_as_hour;
pub(crate) use hour_key::HourKey;
pub(crate) use keys::{IdKey, IdMap, IdSet, bytes_key, id_key};
pub(crate) use layout::Store;
pub(crate) use lock::CollectionLock;
pub(crate) use meta::{FORMAT_VERSION, HourMeta, Object};
pub(crate) use own::may_take;
pub(crate) use reader::{Bounds, Group, HourFile, Pick};
pub(crate) use salvage::Lost;
pub(crate) use staged::{Mode, Staged};
pub(crate) use wanted::Wanted;
pub(crate) use writer::HourWriter;

//! The store: a folder of Parquet files, one an hour; `FORMAT.md` beside this file specifies it.
//!
//! Rule: an hour's file tells everything about the hour, and appears or changes only whole.

mod batch;
mod columns;
mod dedup;
mod error;
mod group;
mod layout;
mod lock;
mod meta;
mod positioned;
mod reader;
mod rejects;
mod scan;
mod schema;
mod settle;
#[cfg(test)]
mod tests;
mod verify;
mod versions;
mod writer;

pub(crate) use batch::Batch;
pub(crate) use columns::{Columns, Values};
pub(crate) use dedup::record_key;
pub(crate) use error::StoreError;
pub(crate) use layout::{HourKey, Store};
pub(crate) use lock::CollectionLock;
pub(crate) use meta::{FORMAT_VERSION, HourMeta, Object};
pub(crate) use reader::{Group, HourFile, Pick};
pub(crate) use scan::{is_settled_by, may_match, scan};
#[cfg(test)]
pub(crate) use writer::Written;
pub(crate) use writer::{HourWriter, Mode};

//! Where things lie: `v2/provider=segment/collection=<id>/date=2025-03-23/hour=20/records.parquet`.
//!
//! Rule: a name from outside is encoded before it becomes a path, and a name read from disk is checked before it is
//! believed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::{Filter, Hour, Provider};

use super::bytes::OpenFiles;
use super::disk::Disk;
use super::error::{OnPath, StoreError};
use super::hour_key::HourKey;
use super::known_metas::KnownMetas;
use super::meta::HourMeta;
use super::spool_memory::SpoolMemory;

pub(super) const RECORDS: &str = "records.parquet";

/// The file whose lock is the collection's. The dot keeps other readers of the dataset from taking it for data.
pub(super) const LOCK: &str = ".lock";

/// How the names of temporary files end; they begin with a dot.
pub(super) const TEMPORARY: &str = ".tmp";

/// The folder of the format that this program writes and reads, below the data folder.
const ROOT: &str = "v2";

/// The folder of the first format, which was never released.
const FIRST_ROOT: &str = "v1";

/// The store's place; nothing is opened or made until asked.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    root: PathBuf,
    is_temporary: bool,
    open_files: OpenFiles,
    known_metas: KnownMetas,
    spool_memory: SpoolMemory,
    disk: Disk,
}

impl Store {
    /// Names the store in a data folder; no I/O.
    pub(crate) fn open(data: &Path) -> Store {
        Store {
            root: data.join(ROOT),
            is_temporary: false,
            open_files: OpenFiles::default(),
            known_metas: KnownMetas::default(),
            spool_memory: SpoolMemory::default(),
            disk: Disk::default(),
        }
    }

    /// The same for a store that goes with the process: nothing of it is synced to the disk.
    pub(crate) fn open_temporary(data: &Path) -> Store {
        Store {
            is_temporary: true,
            ..Store::open(data)
        }
    }

    pub(super) fn is_temporary(&self) -> bool {
        self.is_temporary
    }

    /// Returns how many files of the store are open.
    pub(super) fn open_files(&self) -> &OpenFiles {
        &self.open_files
    }

    /// Returns what is known of the hours that were opened.
    pub(super) fn known_metas(&self) -> &KnownMetas {
        &self.known_metas
    }

    pub(super) fn spool_memory(&self) -> &SpoolMemory {
        &self.spool_memory
    }

    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Returns the folder that other tools read as a Hive-partitioned dataset.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn collection_folder(&self, provider: Provider, collection: &str) -> PathBuf {
        self.root
            .join(format!("provider={provider}"))
            .join(format!("collection={}", encode(collection)))
    }

    pub(crate) fn hour_folder(&self, key: &HourKey) -> PathBuf {
        self.collection_folder(key.provider, &key.collection)
            .join(format!("date={}", key.hour.date()))
            .join(format!("hour={:02}", key.hour.of_day()))
    }

    /// Names a file that lasts no longer than the writing of an hour. Whoever locks the collection next removes it.
    pub(super) fn temporary_file(&self, key: &HourKey, what: &str) -> PathBuf {
        let name = format!(".{}.{what}{TEMPORARY}", key.hour);
        self.collection_folder(key.provider, &key.collection)
            .join(name)
    }

    pub(crate) fn records_file(&self, key: &HourKey) -> PathBuf {
        self.hour_folder(key).join(RECORDS)
    }

    /// Returns the file that keeps an hour's rejects; `None` if it has none.
    pub(crate) fn rejects_file(&self, meta: &HourMeta) -> Option<PathBuf> {
        let name = meta.rejects.file_name()?;
        Some(self.hour_folder(&meta.key).join(name))
    }

    /// Lists the collections that have a folder, in order.
    pub(crate) fn collections(&self) -> Result<Vec<(Provider, String)>, StoreError> {
        let first = self.root.with_file_name(FIRST_ROOT);
        if !self.root.exists() && first.exists() {
            return Err(StoreError::FirstFormat { path: first });
        }
        let mut found = Vec::new();
        for &provider in Provider::ALL {
            let folder = self.root.join(format!("provider={provider}"));
            for name in partitions(&folder, "collection")? {
                if let Some(collection) = decode(&name) {
                    found.push((provider, collection));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Lists the stored hours that a filter's providers, collections and hours allow, in order of their keys.
    ///
    /// Folders that do not look like ours are passed over; a missing store is an empty one.
    pub(crate) fn hours(&self, filter: &Filter) -> Result<Vec<HourKey>, StoreError> {
        let mut keys = Vec::new();
        for (provider, collection) in self.collections()? {
            if !filter.wants_collection(provider, &collection) {
                continue;
            }
            let folder = self.collection_folder(provider, &collection);
            for date in partitions(&folder, "date")? {
                let date_folder = folder.join(format!("date={date}"));
                for of_day in partitions(&date_folder, "hour")? {
                    let Some(hour) = Hour::from_parts(&date, &of_day) else {
                        continue;
                    };
                    let key = HourKey {
                        provider,
                        collection: collection.clone(),
                        hour,
                    };
                    if filter.wants_hour(hour) && self.records_file(&key).exists() {
                        keys.push(key);
                    }
                }
            }
        }
        keys.sort();
        Ok(keys)
    }
}

/// Lists the values of `name=value` folders below `folder`; none if it is not there.
pub(super) fn partitions(folder: &Path, name: &str) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).on("read", folder),
    };
    let mut values = Vec::new();
    for entry in entries {
        let entry = entry.on("read", folder)?;
        let file_name = entry.file_name();
        let value = file_name
            .to_str()
            .and_then(|text| text.strip_prefix(name)?.strip_prefix('='));
        if let Some(value) = value {
            values.push(value.to_owned());
        }
    }
    Ok(values)
}

/// Makes any name safe as one part of a path on every platform: all but letters, digits, `-` and `_` (and dots that
/// are not the first character) become `%XX`, as Hive readers expect.
fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            // A last dot is dropped by Windows, a first one hides the folder.
            b'.' if at > 0 && at + 1 < name.len() => out.push('.'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Reads an encoded name back; `None` if it was not made by [`encode`].
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    (encode(&name) == text).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_path_of_an_hour_is_a_contract() {
        let store = Store::open(Path::new("/data"));
        let key = HourKey {
            provider: Provider::Segment,
            collection: "2wmpX/..".to_owned(),
            hour: Hour::from_parts("2025-03-23", "07").unwrap(),
        };
        let path = store.records_file(&key);
        let expected = "/data/v2/provider=segment/collection=2wmpX%2F.%2E/date=2025-03-23/hour=07/records.parquet";
        assert_eq!(path, Path::new(expected));
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_safe_part_of_a_path(name in "\\PC{1,40}") {
            let encoded = encode(&name);
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.%".contains(&b)));
            prop_assert!(!encoded.starts_with('.') && !encoded.ends_with('.'));
            prop_assert_eq!(decode(&encoded), Some(name));
        }
    }
}

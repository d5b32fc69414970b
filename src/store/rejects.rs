//! `_rejects-<hash>.ndjson`: the lines of an hour that could not be decoded, whole, one JSON object a line.
//!
//! Rule: nothing that came in is lost. Bytes that are no UTF-8 are kept as hexadecimal in `raw_hex` instead of `raw`. The
//! hour's footer names the file by the hash of its bytes; one that no footer names is not there.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::Path;

use serde::Serialize;
use twox_hash::xxhash3_128::Hasher as Hasher128;

use crate::model::Reject;

use super::dedup::record_key;
use super::error::{OnPath, StoreError};
use super::hour_key::HourKey;
use super::layout::Store;
use super::meta::RejectsMeta;
use super::spool::Spool;

#[derive(Serialize)]
struct Line<'a> {
    origin: &'a str,
    line: u64,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_hex: Option<String>,
}

impl RejectsMeta {
    /// Lists the files in an hour's folder as a footer would name them, whether one does or not. Their lines are not
    /// counted.
    pub(super) fn beside(folder: &Path) -> Result<Vec<RejectsMeta>, StoreError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).on("read", folder)? {
            let entry = entry.on("read", folder)?;
            let name = entry.file_name();
            let hash = name.to_str().and_then(|name| {
                let hash = name.strip_prefix("_rejects-")?.strip_suffix(".ndjson")?;
                Some(hash.to_owned())
            });
            if let Some(hash) = hash {
                let bytes = entry.metadata().on("read", &entry.path())?.len();
                let lines = 1;
                found.push(RejectsMeta { lines, bytes, hash });
            }
        }
        Ok(found)
    }

    /// Opens the file beside an hour after checking all of it; `None` if there are no rejects.
    pub(super) fn open(&self, folder: &Path) -> Result<Option<File>, StoreError> {
        let Some(name) = self.file_name() else {
            return Ok(None);
        };
        let path = folder.join(name);
        let damaged = |reason: &str| StoreError::Damaged {
            path: path.clone(),
            reason: reason.to_owned(),
        };
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(damaged("the rejects that its hour tells of are not there"));
            }
            opened => opened.on("open", &path)?,
        };
        let mut hashing = Hashing::default();
        io::copy(&mut file, &mut hashing).on("read", &path)?;
        if hashing.to_meta(self.lines) != *self {
            return Err(damaged("its bytes are not those that were written"));
        }
        file.rewind().on("read", &path)?;
        Ok(Some(file))
    }
}

/// Hashes and counts the bytes of a file of rejects.
#[derive(Default)]
struct Hashing {
    hasher: Hasher128,
    bytes: u64,
}

impl Hashing {
    fn to_meta(&self, lines: u64) -> RejectsMeta {
        RejectsMeta {
            lines,
            bytes: self.bytes,
            hash: format!("{:032x}", self.hasher.finish_128()),
        }
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.write(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Rejects on their way to their file, each once.
pub(super) struct Rejects {
    spool: Spool,
    /// What was taken already, so that merging the same input again keeps each reject once.
    seen: HashSet<u128>,
    hashing: Hashing,
}

impl Rejects {
    /// Begins with none.
    pub(super) fn new(store: &Store, key: &HourKey) -> Rejects {
        Rejects {
            spool: Spool::new(store, store.temporary_file(key, "rejects")),
            seen: HashSet::new(),
            hashing: Hashing::default(),
        }
    }

    /// Takes over the lines of a stored file.
    pub(super) fn take_over(&mut self, stored: File) -> Result<(), StoreError> {
        let path = self.spool.path().to_owned();
        for line in BufReader::new(stored).split(b'\n') {
            let line = line.on("read", &path)?;
            if !line.is_empty() {
                self.add(&line)?;
            }
        }
        Ok(())
    }

    /// Keeps a reject; returns whether it was not there.
    pub(super) fn push(&mut self, reject: &Reject) -> Result<bool, StoreError> {
        let text = std::str::from_utf8(&reject.raw).ok();
        let line = Line {
            origin: &reject.origin,
            line: reject.line,
            reason: &reject.reason,
            raw: text,
            raw_hex: text.is_none().then(|| hex(&reject.raw)),
        };
        let bytes = serde_json::to_vec(&line)
            .map_err(io::Error::from)
            .on("write", self.spool.path())?;
        self.add(&bytes)
    }

    fn add(&mut self, line: &[u8]) -> Result<bool, StoreError> {
        if !self.seen.insert(record_key(None, line)) {
            return Ok(false);
        }
        for part in [line, b"\n"] {
            self.spool.write_all(part).on("write", self.spool.path())?;
            self.hashing
                .write_all(part)
                .on("write", self.spool.path())?;
        }
        Ok(true)
    }

    pub(super) fn meta(&self) -> RejectsMeta {
        match self.seen.len() as u64 {
            0 => RejectsMeta::default(),
            lines => self.hashing.to_meta(lines),
        }
    }

    /// Hands all lines over.
    pub(super) fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        self.spool.copy_to(out)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! `rejects.ndjson`: the lines of an hour that could not be decoded, whole, one JSON object a line.
//!
//! Rule: nothing that came in is lost. Bytes that are no UTF-8 are kept as hexadecimal in `raw_hex` instead of `raw`.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::model::Reject;

use super::dedup::record_key;
use super::error::{OnPath, StoreError};

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

/// Writes rejects beside the hour, under a temporary name until the hour is published. No rejects, no file.
pub(super) struct Writer {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    /// What was written already, so that merging the same input again keeps each reject once.
    seen: HashSet<u128>,
}

impl Writer {
    pub(super) fn create(path: &Path) -> Result<Writer, StoreError> {
        if path.exists() {
            fs::remove_file(path).on("remove", path)?;
        }
        Ok(Writer {
            path: path.to_owned(),
            file: None,
            seen: HashSet::new(),
        })
    }

    pub(super) fn count(&self) -> u64 {
        self.seen.len() as u64
    }

    pub(super) fn push(&mut self, reject: &Reject) -> Result<(), StoreError> {
        let text = std::str::from_utf8(&reject.raw).ok();
        let line = Line {
            origin: &reject.origin,
            line: reject.line,
            reason: &reject.reason,
            raw: text,
            raw_hex: text.is_none().then(|| hex(&reject.raw)),
        };
        let bytes = serde_json::to_vec(&line)
            .map_err(std::io::Error::from)
            .on("write", &self.path)?;
        self.copy_line(&bytes)
    }

    /// Takes over a line of an older file as it stands.
    pub(super) fn copy_line(&mut self, line: &[u8]) -> Result<(), StoreError> {
        if line.is_empty() || !self.seen.insert(record_key(None, line)) {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = File::create(&self.path).on("create", &self.path)?;
                self.file.insert(BufWriter::new(file))
            }
        };
        file.write_all(line)
            .and_then(|()| file.write_all(b"\n"))
            .on("write", &self.path)
    }

    /// Puts the file in its place, or removes the one there if there are no rejects now.
    pub(super) fn publish(&mut self, place: &Path) -> Result<(), StoreError> {
        match self.file.take() {
            Some(mut file) => {
                file.flush().on("write", &self.path)?;
                file.get_ref().sync_all().on("sync", &self.path)?;
                fs::rename(&self.path, place).on("rename into place", place)
            }
            None if place.exists() => fs::remove_file(place).on("remove", place),
            None => Ok(()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

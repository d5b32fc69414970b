//! Bytes on their way to a file: in memory while they are few, then in a temporary file.
//!
//! Memory: [`MAX_MEMORY`] for all spools of a store together with the rows that wait as they are, and [`PORTION`] for each
//! spool that has a file.
//!
//! Rule: no file is open between two writes, and none is left when the spool goes.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::bytes::HourBytes;
use super::disk::Disk;
use super::error::{OnPath, StoreError};
use super::layout::Store;
use super::spool_memory::{MAX_MEMORY, SpoolMemory};

/// Bytes that are written to a file at once.
const PORTION: usize = 64 << 10;

/// Where bytes wait.
pub(super) struct Spool {
    waiting: Vec<u8>,
    kept: Kept,
    is_in_file: bool,
}

/// What a spool takes up: gone when it is no longer needed.
pub(super) struct Kept {
    path: PathBuf,
    disk: Disk,
    memory: SpoolMemory,
    counted: usize,
    has_file: bool,
}

impl Spool {
    /// Names the file to use if memory does not do; nothing is made until then.
    pub(super) fn new(store: &Store, path: PathBuf) -> Spool {
        Spool {
            waiting: Vec::new(),
            kept: Kept {
                path,
                disk: store.disk().clone(),
                memory: store.spool_memory().clone(),
                counted: 0,
                has_file: false,
            },
            is_in_file: false,
        }
    }

    fn write_out(&mut self) -> io::Result<()> {
        let mut file = if self.is_in_file {
            self.kept.disk.append(&self.kept.path)?
        } else {
            if let Some(folder) = self.kept.path.parent() {
                self.kept.disk.make_folder(folder)?;
            }
            self.kept.has_file = true;
            self.is_in_file = true;
            // One that a killed writer left is emptied.
            self.kept.disk.create(&self.kept.path)?
        };
        file.write_all(&self.waiting)?;
        self.waiting = Vec::new();
        self.kept.count(0);
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.kept.path
    }

    /// Makes the bytes readable, which must be a sealed Parquet file; for as long as what it takes up is kept.
    pub(super) fn finish(mut self, store: &Store) -> Result<(HourBytes, Kept), StoreError> {
        let bytes = if self.is_in_file {
            self.write_out().on("write", &self.kept.path)?;
            HourBytes::open(&self.kept.path, store.open_files())?
        } else {
            let waiting = std::mem::take(&mut self.waiting);
            HourBytes::in_memory(Bytes::from(waiting), &self.kept.path)?
        };
        Ok((bytes, self.kept))
    }

    /// Hands the bytes over in portions.
    pub(super) fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        if self.is_in_file {
            io::copy(&mut fs::File::open(&self.kept.path)?, out)?;
        }
        out.write_all(&self.waiting)
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        let in_memory = self.kept.count(self.waiting.capacity());
        let is_full = in_memory > MAX_MEMORY && self.waiting.len() > PORTION;
        if is_full || (self.is_in_file && self.waiting.len() > PORTION) {
            self.write_out()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    /// Counts the bytes in memory anew; returns how many all spools have.
    fn count(&mut self, bytes: usize) -> usize {
        let SpoolMemory(all) = &self.memory;
        all.fetch_add(bytes, Ordering::Relaxed);
        let before = all.fetch_sub(self.counted, Ordering::Relaxed);
        let counted = std::mem::replace(&mut self.counted, bytes);
        before.saturating_sub(counted)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.count(0);
        if self.has_file {
            let _ = self.disk.remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_bytes_go_to_files_that_go_with_their_spools() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path());
        let path = folder.path().join("made/.spool");
        let mut few = Spool::new(&store, folder.path().join("other"));
        few.write_all(b"abc").unwrap();
        let mut spool = Spool::new(&store, path.clone());
        let portion = vec![7; 1 << 20];
        for _ in 0..70 {
            spool.write_all(&portion).unwrap();
        }
        assert!(path.exists());
        let mut read = Vec::new();
        spool.copy_to(&mut read).unwrap();
        assert_eq!(read.len(), 70 << 20);
        drop(spool);
        assert!(!path.exists());

        let mut read = Vec::new();
        few.copy_to(&mut read).unwrap();
        assert_eq!(read, b"abc");
        assert!(!folder.path().join("other").exists());
        let SpoolMemory(memory) = store.spool_memory();
        assert!(memory.load(Ordering::Relaxed) < 100);
        let reserved = store.spool_memory().reserve(MAX_MEMORY / 2);
        assert!(reserved.is_some() && store.spool_memory().reserve(MAX_MEMORY).is_none());
        drop(reserved);
        drop(few);
        assert_eq!(memory.load(Ordering::Relaxed), 0);
    }
}

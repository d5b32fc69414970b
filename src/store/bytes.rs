//! The bytes of an hour's file: checked block by block as they are read, and from an open file only while they are.
//!
//! Rule: few files are open at a time, however many hours there are; one that is opened again is read only if it is
//! still the same. No shared position, so that several threads read at once.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use super::error::{OnPath, StoreError};
use super::known_metas::FileVersion;
use super::seal::{self, BLOCK};

/// Files that are kept open between two reads. Some systems allow a process no more than 256.
const MAX_OPEN: usize = 96;

/// Bytes read from the end of a file at first: the footer of all but the largest hours.
const FOOTER_GUESS: usize = 32 << 10;

/// Files that the readers of one store keep open, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenFiles(Arc<AtomicUsize>);

/// A file of a store, or what is to become one.
#[derive(Clone)]
pub(super) struct HourBytes(Arc<Inner>);

struct Inner {
    place: Place,
    len: u64,
    version: Option<FileVersion>,
    /// Where the footer begins.
    data_end: u64,
    /// The footer with the eight bytes after it, as read when the file was opened.
    footer: Bytes,
    /// One hash a block; set once the footer was read.
    checksums: Vec<u64>,
    /// One bit a block that was checked.
    checked: Vec<AtomicU64>,
}

enum Place {
    Memory(Bytes),
    File {
        path: PathBuf,
        open: Mutex<Option<Arc<File>>>,
        limit: OpenFiles,
    },
}

impl HourBytes {
    /// Opens a file and reads its footer, which is checked against its own hash.
    pub(super) fn open(path: &Path, limit: &OpenFiles) -> Result<HourBytes, StoreError> {
        let file = File::open(path).on("open", path)?;
        let metadata = file.metadata().on("read", path)?;
        limit.0.fetch_add(1, Ordering::Relaxed);
        let place = Place::File {
            path: path.to_owned(),
            open: Mutex::new(Some(Arc::new(file))),
            limit: limit.clone(),
        };
        let version = FileVersion::of(&metadata);
        HourBytes::of(place, metadata.len(), version, path)
    }

    /// The same of a file in memory.
    pub(super) fn in_memory(bytes: Bytes, path: &Path) -> Result<HourBytes, StoreError> {
        let len = bytes.len() as u64;
        HourBytes::of(Place::Memory(bytes), len, None, path)
    }

    fn of(
        place: Place,
        len: u64,
        version: Option<FileVersion>,
        path: &Path,
    ) -> Result<HourBytes, StoreError> {
        let damaged = |reason: &str| StoreError::Damaged {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let mut inner = Inner {
            place,
            len,
            version,
            data_end: 0,
            footer: Bytes::new(),
            checksums: Vec::new(),
            checked: Vec::new(),
        };
        let guess = (FOOTER_GUESS as u64).min(len);
        let mut end = inner
            .read_plainly(len - guess, guess as usize)
            .on("read", path)?;
        let needed = seal::footer_bytes(&end).ok_or_else(|| damaged("it has no footer"))?;
        if needed as u64 > len {
            return Err(damaged("its footer is cut"));
        }
        if needed > end.len() {
            end = inner
                .read_plainly(len - needed as u64, needed)
                .on("read", path)?;
        }
        inner.footer = end.slice(end.len() - needed..);
        inner.data_end = len - needed as u64;
        inner.close_if_many();
        Ok(HourBytes(Arc::new(inner)))
    }

    /// Returns which version of the hour's file was opened; `None` if that cannot be told.
    pub(super) fn version(&self) -> Option<FileVersion> {
        self.0.version
    }

    /// Returns the footer with the eight bytes after it.
    pub(super) fn footer(&self) -> &Bytes {
        &self.0.footer
    }

    /// Sets what the blocks are checked against; `None` if these are not the checksums of this file.
    pub(super) fn with_checksums(mut self, checksums: Vec<u64>) -> Option<HourBytes> {
        let inner = Arc::get_mut(&mut self.0)?;
        if checksums.len() as u64 != inner.data_end.div_ceil(BLOCK as u64) {
            return None;
        }
        inner.checked = (0..checksums.len().div_ceil(64))
            .map(|_| AtomicU64::new(0))
            .collect();
        inner.checksums = checksums;
        Some(self)
    }

    /// Checks every block, whether it was checked before or not.
    pub(super) fn check_all(&self) -> Result<(), ParquetError> {
        for block in 0..self.0.checksums.len() {
            self.0.read_blocks(block, block + 1, true)?;
        }
        Ok(())
    }
}

impl Inner {
    /// Reads bytes before the footer.
    fn read(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.saturating_add(length as u64);
        if end > self.data_end {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start} are past the end of the data at {}",
                self.data_end
            )));
        }
        if length == 0 {
            return Ok(Bytes::new());
        }
        let first = start as usize / BLOCK;
        let last = (end as usize - 1) / BLOCK + 1;
        if (first..last).all(|block| self.is_checked(block)) {
            return self.read_plainly(start, length).map_err(ParquetError::from);
        }
        let blocks = self.read_blocks(first, last, false)?;
        let skip = start as usize - first * BLOCK;
        Ok(blocks.slice(skip..skip + length))
    }

    /// Reads whole blocks and checks them.
    fn read_blocks(&self, first: usize, last: usize, again: bool) -> Result<Bytes, ParquetError> {
        let start = (first * BLOCK) as u64;
        let end = ((last * BLOCK) as u64).min(self.data_end);
        let bytes = self.read_plainly(start, (end - start) as usize)?;
        for (block, bytes) in (first..last).zip(bytes.chunks(BLOCK)) {
            if !again && self.is_checked(block) {
                continue;
            }
            if self.checksums.get(block) != Some(&seal::hash(bytes)) {
                return Err(ParquetError::General(format!(
                    "the bytes from {} on are not those that were written",
                    block * BLOCK
                )));
            }
            if let Some(bits) = self.checked.get(block / 64) {
                bits.fetch_or(1 << (block % 64), Ordering::Relaxed);
            }
        }
        Ok(bytes)
    }

    fn is_checked(&self, block: usize) -> bool {
        let bits = self.checked.get(block / 64);
        bits.is_some_and(|bits| bits.load(Ordering::Relaxed) & 1 << (block % 64) != 0)
    }

    fn read_plainly(&self, start: u64, length: usize) -> io::Result<Bytes> {
        match &self.place {
            Place::Memory(bytes) => Ok(bytes.slice(start as usize..start as usize + length)),
            Place::File { .. } => {
                let file = self.file()?;
                let mut buffer = vec![0; length];
                let mut filled = 0;
                while filled < length {
                    match read_at(&file, &mut buffer[filled..], start + filled as u64)? {
                        0 => return Err(io::Error::other("the file became shorter")),
                        n => filled += n,
                    }
                }
                self.close_if_many();
                Ok(buffer.into())
            }
        }
    }

    /// Returns the open file. One that has to be opened again must be the same: an hour that was written anew has
    /// another footer.
    fn file(&self) -> io::Result<Arc<File>> {
        let Place::File { path, open, limit } = &self.place else {
            return Err(io::Error::other("it is in memory"));
        };
        let mut open = lock(open);
        if let Some(file) = &*open {
            return Ok(Arc::clone(file));
        }
        let file = File::open(path)?;
        let mut footer = vec![0; self.footer.len()];
        let is_same = file.metadata()?.len() == self.len
            && read_at(&file, &mut footer, self.data_end)? == footer.len()
            && footer == self.footer;
        if !is_same {
            return Err(io::Error::other(Replaced));
        }
        limit.0.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::clone(open.insert(Arc::new(file))))
    }

    fn close_if_many(&self) {
        if let Place::File { open, limit, .. } = &self.place
            && limit.0.load(Ordering::Relaxed) > MAX_OPEN
            && lock(open).take().is_some()
        {
            limit.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Place::File { open, limit, .. } = &self.place
            && lock(open).take().is_some()
        {
            limit.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn lock(open: &Mutex<Option<Arc<File>>>) -> MutexGuard<'_, Option<Arc<File>>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Another process wrote the hour anew between two reads.
#[derive(Debug, thiserror::Error)]
#[error("the hour was written anew while it was read")]
pub(super) struct Replaced;

/// Returns whether a failure means that the hour was written anew between two reads.
pub(super) fn is_replaced(error: &ParquetError) -> bool {
    let ParquetError::External(error) = error else {
        return false;
    };
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    inner.is_some_and(|inner| inner.is::<Replaced>())
}

impl Length for HourBytes {
    fn len(&self) -> u64 {
        self.0.len
    }
}

impl ChunkReader for HourBytes {
    type T = BufReader<At>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::with_capacity(
            BLOCK,
            At {
                bytes: self.clone(),
                at: start,
            },
        ))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.0.read(start, length)
    }
}

/// A place in the file that moves on as it is read.
pub(super) struct At {
    bytes: HourBytes,
    at: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let inner = &self.bytes.0;
        // To the end of the block, so that no block is read twice.
        let block_end = (self.at / BLOCK as u64 + 1) * BLOCK as u64;
        let end = block_end
            .min(inner.data_end)
            .min(self.at + buffer.len() as u64);
        let length = end.saturating_sub(self.at) as usize;
        let bytes = inner.read(self.at, length).map_err(io::Error::other)?;
        buffer[..length].copy_from_slice(&bytes);
        self.at += length as u64;
        Ok(length)
    }
}

/// Reads once at a place of a file, whatever else reads it; returns how many bytes, 0 at its end.
#[cfg(unix)]
pub(crate) fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

/// Reads once at a place of a file, whatever else reads it; returns how many bytes, 0 at its end.
#[cfg(windows)]
pub(crate) fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

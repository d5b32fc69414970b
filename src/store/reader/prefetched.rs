//! Some column chunks of a file, read at once.
//!
//! Rule: nothing is given out that was not read.

use bytes::{Buf, Bytes};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use super::super::bytes::HourBytes;

/// Some column chunks of a file, read at once.
pub(super) struct Prefetched {
    len: u64,
    /// Where each begins, ascending.
    chunks: Vec<(u64, Bytes)>,
}

impl Prefetched {
    /// Reads (start, length) pairs, in any order.
    pub(super) fn of(
        bytes: &HourBytes,
        ranges: impl IntoIterator<Item = (u64, u64)>,
    ) -> Result<Prefetched, ParquetError> {
        let chunk = |(start, length)| Ok((start, bytes.get_bytes(start, length as usize)?));
        let chunks: Result<Vec<_>, ParquetError> = ranges.into_iter().map(chunk).collect();
        let mut chunks = chunks?;
        chunks.sort_unstable_by_key(|(start, _)| *start);
        Ok(Prefetched {
            len: bytes.len(),
            chunks,
        })
    }

    /// Returns the bytes from a place to the end of its chunk.
    fn from(&self, start: u64) -> Result<Bytes, ParquetError> {
        let next = self.chunks.partition_point(|(first, _)| *first <= start);
        let chunk = next.checked_sub(1).map(|at| &self.chunks[at]);
        chunk
            .filter(|(first, bytes)| start - first <= bytes.len() as u64)
            .map(|(first, bytes)| bytes.slice((start - first) as usize..))
            .ok_or_else(|| ParquetError::EOF(format!("nothing was read at {start}")))
    }
}

impl Length for Prefetched {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Prefetched {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start} are past the end of what was read"
            )));
        }
        Ok(bytes.slice(..length))
    }
}

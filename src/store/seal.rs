//! Checksums of every byte of an hour's file, kept in its footer.
//!
//! The bytes before the footer are cut into blocks of [`BLOCK`]; the footer holds a hash of each, and a hash of the
//! footer itself in which its own sixteen digits count as zeros.
//!
//! Rule: no byte of a file is believed before the block that holds it was checked.

use std::io::{self, Write};
use std::ops::Range;

use parquet::errors::ParquetError;
use parquet::file::metadata::{FileMetaData, KeyValue, ParquetMetaData, ParquetMetaDataWriter};
use parquet::file::writer::SerializedFileWriter;
use twox_hash::XxHash3_64;

/// Bytes that share a checksum: what is read and hashed at least to look at one value.
pub(super) const BLOCK: usize = 64 << 10;

/// The key of the blocks' hashes: sixteen hexadecimal digits each, in order.
pub(super) const CHECKSUMS: &str = "faillog.checksums";

/// The key of the footer's own hash.
const SEAL: &str = "faillog.seal";

/// What stands in the seal's place while the footer is hashed.
const UNSEALED: [u8; DIGITS] = [b'0'; DIGITS];

const DIGITS: usize = 16;

/// The footer's length and the magic bytes at the end of every Parquet file.
pub(super) const TAIL: usize = 8;

pub(super) fn hash(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}

/// Passes bytes on and hashes them by blocks.
pub(super) struct Sealing<W> {
    /// Taken when the file is sealed.
    inner: Option<W>,
    block: Vec<u8>,
    hashes: Vec<u64>,
    /// What the Parquet library writes at the end, until its footer is replaced.
    held: Option<Vec<u8>>,
}

impl<W: Write> Sealing<W> {
    pub(super) fn new(inner: W) -> Sealing<W> {
        Sealing {
            inner: Some(inner),
            block: Vec::with_capacity(BLOCK),
            hashes: Vec::new(),
            held: None,
        }
    }

    fn inner(&mut self) -> io::Result<&mut W> {
        let sealed = || io::Error::other("the file is sealed already");
        self.inner.as_mut().ok_or_else(sealed)
    }

    fn end_block(&mut self) -> io::Result<()> {
        if !self.block.is_empty() {
            self.hashes.push(hash(&self.block));
            let mut block = std::mem::take(&mut self.block);
            self.inner()?.write_all(&block)?;
            block.clear();
            self.block = block;
        }
        Ok(())
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(held) = &mut self.held {
            held.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(BLOCK - self.block.len()));
            self.block.extend_from_slice(now);
            if self.block.len() == BLOCK {
                self.end_block()?;
            }
            rest = later;
        }
        Ok(bytes.len())
    }

    /// Blocks are passed on whole; the last one by [`seal`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Ends a Parquet file with a footer that holds `pairs` and the checksums; returns what it was written to.
pub(super) fn seal<W: Write + Send>(
    mut file: SerializedFileWriter<Sealing<W>>,
    mut pairs: Vec<KeyValue>,
) -> Result<W, ParquetError> {
    file.inner_mut().held = Some(Vec::new());
    let metadata = file.finish()?;
    let sealing = file.inner_mut();
    let mut held = sealing.held.take().unwrap_or_default();
    // The indexes stay, the footer goes: it is written again with the checksums of all before it.
    let footer = footer_length(&held).ok_or_else(|| short("the new file"))?;
    held.truncate(held.len() - TAIL - footer);
    sealing.write_all(&held)?;
    sealing.end_block()?;

    let hex = |hash: &u64| format!("{hash:016x}");
    pairs.push(KeyValue::new(
        CHECKSUMS.to_owned(),
        sealing.hashes.iter().map(hex).collect::<String>(),
    ));
    pairs.push(KeyValue::new(
        SEAL.to_owned(),
        String::from_utf8_lossy(&UNSEALED).into_owned(),
    ));
    let mut footer = Vec::new();
    ParquetMetaDataWriter::new(&mut footer, &with_pairs(&metadata, pairs))
        .with_preserve_page_index_locations(true)
        .finish()?;
    let place = seal_place(&footer).ok_or_else(|| short("the new footer"))?;
    let sealed = hex(&hash(&footer));
    footer[place].copy_from_slice(sealed.as_bytes());
    let inner = sealing.inner()?;
    inner.write_all(&footer)?;
    inner.flush()?;
    sealing.inner.take().ok_or_else(|| short("the new file"))
}

/// Returns the metadata with other pairs and without the indexes, which are written already.
fn with_pairs(metadata: &ParquetMetaData, pairs: Vec<KeyValue>) -> ParquetMetaData {
    let old = metadata.file_metadata();
    let file = FileMetaData::new(
        old.version(),
        old.num_rows(),
        old.created_by().map(str::to_owned),
        Some(pairs),
        old.schema_descr_ptr(),
        old.column_orders().cloned(),
    );
    ParquetMetaData::new(file, metadata.row_groups().to_vec())
}

fn short(what: &str) -> ParquetError {
    ParquetError::General(format!("{what} ends too early"))
}

/// Returns the length of the footer of a file from its last bytes, without the eight that tell it.
pub(super) fn footer_length(end: &[u8]) -> Option<usize> {
    let tail: [u8; TAIL] = end.last_chunk().copied()?;
    let (length, magic) = tail.split_at(4);
    let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
    (magic == b"PAR1" && length + TAIL <= end.len()).then_some(length)
}

/// Returns how many bytes from the end must be read to have the footer whole.
pub(super) fn footer_bytes(end: &[u8]) -> Option<usize> {
    let tail: [u8; TAIL] = end.last_chunk().copied()?;
    let (length, magic) = tail.split_at(4);
    let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
    (magic == b"PAR1").then_some(length + TAIL)
}

/// Checks a footer with the eight bytes after it against its own hash.
pub(super) fn is_sealed(footer: &[u8]) -> bool {
    let Some(place) = seal_place(footer) else {
        return false;
    };
    let told = &footer[place.clone()];
    let mut bare = footer.to_vec();
    bare[place].copy_from_slice(&UNSEALED);
    format!("{:016x}", hash(&bare)).as_bytes() == told
}

/// Returns where the seal's digits stand in a footer.
fn seal_place(footer: &[u8]) -> Option<Range<usize>> {
    // Compact Thrift: the key's length and bytes, the field's header, the value's length. The pair is the last one.
    let mut key = vec![SEAL.len() as u8];
    key.extend_from_slice(SEAL.as_bytes());
    key.extend_from_slice(&[0x18, DIGITS as u8]);
    let start = memchr::memmem::rfind(footer, &key)? + key.len();
    (start + DIGITS <= footer.len()).then_some(start..start + DIGITS)
}

/// Makes the checks of a changed file pass again, so that what is behind them is reached; `None` if it has no place for
/// them.
#[cfg(any(feature = "fuzzing", test))]
pub(super) fn reseal(bytes: &mut [u8]) -> Option<()> {
    let footer = footer_bytes(bytes).filter(|footer| *footer <= bytes.len())?;
    let (data, footer) = bytes.split_at_mut(bytes.len() - footer);
    let checksums: String = data
        .chunks(BLOCK)
        .map(|block| format!("{:016x}", hash(block)))
        .collect();
    let key = memchr::memmem::rfind(footer, CHECKSUMS.as_bytes())? + CHECKSUMS.len();
    // The header of the value, and its length as a number of seven bits a byte.
    let length = footer
        .get(key + 1..)?
        .iter()
        .position(|byte| byte & 0x80 == 0)?
        + 1;
    let place = key + 1 + length;
    footer
        .get_mut(place..place + checksums.len())?
        .copy_from_slice(checksums.as_bytes());
    let seal = seal_place(footer)?;
    footer[seal.clone()].copy_from_slice(&UNSEALED);
    let sealed = format!("{:016x}", hash(footer));
    footer[seal].copy_from_slice(sealed.as_bytes());
    Some(())
}

/// Reads the blocks' hashes back.
pub(super) fn read_checksums(text: &str) -> Option<Vec<u64>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(DIGITS) {
        return None;
    }
    let hashes = digits.chunks(DIGITS).map(|digits| {
        let mut digits = digits.iter().map(|digit| char::from(*digit).to_digit(16));
        digits.try_fold(0, |hash, digit| Some(hash << 4 | u64::from(digit?)))
    });
    hashes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_hashed_whatever_the_writes() {
        let bytes: Vec<u8> = (0..3 * BLOCK + 5).map(|n| (n % 251) as u8).collect();
        for step in [1000, BLOCK, BLOCK + 1, 4 * BLOCK] {
            let mut sealing = Sealing::new(Vec::new());
            for part in bytes.chunks(step) {
                sealing.write_all(part).unwrap();
            }
            sealing.end_block().unwrap();
            let expected: Vec<u64> = bytes.chunks(BLOCK).map(hash).collect();
            assert_eq!(sealing.hashes, expected);
            assert_eq!(sealing.inner.unwrap(), bytes);
        }
    }

    #[test]
    fn checksums_are_read_back_or_refused() {
        assert_eq!(
            read_checksums("00000000000000ff0000000000000001"),
            Some(vec![255, 1])
        );
        assert_eq!(read_checksums("ff"), None);
        assert_eq!(read_checksums("zzzzzzzzzzzzzzzz"), None);
        assert_eq!(read_checksums(""), Some(vec![]));
    }

    #[test]
    fn a_footer_tells_its_length_only_with_its_magic() {
        assert_eq!(footer_length(b"abc\x03\0\0\0PAR1"), Some(3));
        assert_eq!(footer_length(b"abc\x04\0\0\0PAR1"), None);
        assert_eq!(footer_bytes(b"\x04\0\0\0PAR1"), Some(12));
        assert_eq!(footer_length(b"abc\x03\0\0\0PAR2"), None);
        assert_eq!(footer_length(b"PAR1"), None);
    }
}

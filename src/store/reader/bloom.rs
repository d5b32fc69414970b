//! Ids in the bloom filters of row groups, a block of 32 bytes at a time.
//!
//! Rule: "no" is certain.

use parquet::file::reader::ChunkReader;
use twox_hash::XxHash64;

use crate::model::Column;

use super::super::error::StoreError;
use super::super::schema;
use super::decode::{damaged, unreadable};
use super::hour_file::HourFile;

/// Bytes of a block of a bloom filter (Parquet format, split block bloom filters).
const FILTER_BLOCK: u64 = 32;

/// What the bits of a filter's block are chosen by (the same).
const FILTER_SALT: [u32; 8] = [
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31,
];

impl HourFile {
    /// Returns whether a row group may hold any of these ids in a column, as its bloom filter says. "No" is certain.
    pub(crate) fn may_hold<'v>(
        &self,
        group: usize,
        column: Column,
        values: impl IntoIterator<Item = &'v str>,
    ) -> Result<bool, StoreError> {
        let hash = |value: &str| XxHash64::oneshot(0, value.as_bytes());
        self.may_hold_hashes(group, column, values.into_iter().map(hash))
    }

    /// The same of the hashes by which bloom filters know values: XXH64 with the seed 0.
    pub(crate) fn may_hold_hashes(
        &self,
        group: usize,
        column: Column,
        hashes: impl IntoIterator<Item = u64>,
    ) -> Result<bool, StoreError> {
        let Some(position) = schema::position(column) else {
            return Ok(true);
        };
        let chunk = self.footer.row_group(group).column(position);
        let (Some(offset), Some(length)) =
            (chunk.bloom_filter_offset(), chunk.bloom_filter_length())
        else {
            return Ok(true);
        };
        let (Ok(offset), Ok(length)) = (u64::try_from(offset), u64::try_from(length)) else {
            return Err(damaged(&self.path, "a bloom filter lies nowhere"));
        };
        // A header of less than a block stands before the filter's blocks.
        let blocks = length / FILTER_BLOCK;
        let bits = offset + length % FILTER_BLOCK;
        for hash in hashes {
            // OK because the product of two numbers below 2^32 fits.
            let block = ((hash >> 32) * blocks) >> 32;
            let bytes = self
                .bytes
                .get_bytes(bits + block * FILTER_BLOCK, FILTER_BLOCK as usize)
                .map_err(|error| unreadable(&self.path, error))?;
            if filter_holds(&bytes, hash as u32) {
                return Ok(true);
            }
        }
        Ok(blocks == 0)
    }
}

/// Returns whether a block of a bloom filter may hold a hash.
fn filter_holds(block: &[u8], hash: u32) -> bool {
    let words = block.chunks_exact(4).zip(FILTER_SALT);
    let mut bits = words.map(|(word, salt)| {
        let word = u32::from_le_bytes(word.try_into().unwrap_or_default());
        word & 1 << (hash.wrapping_mul(salt) >> 27) != 0
    });
    bits.all(|bit| bit)
}

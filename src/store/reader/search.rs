//! Searching the raw records of a row group without taking them apart.

use std::ops::Range;
use std::sync::Arc;

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::file::serialized_reader::SerializedPageReader;

use crate::model::Column;

use super::super::error::StoreError;
use super::decode::decoding;
use super::hour_file::HourFile;
use super::prefetched::Prefetched;

impl HourFile {
    /// Looks through the raw records of a row group, many at a time: returns the ranges of rows among which `may_match`
    /// finds something in the bytes of all of them, one after the other with other bytes between.
    pub(crate) fn search_raw(
        &self,
        group: usize,
        may_match: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<Range<usize>>, StoreError> {
        let Some(chunk) = self.chunk(group, Column::Raw) else {
            return Ok(Vec::new());
        };
        let search = || {
            let input = Arc::new(Prefetched::of(&self.bytes, [chunk.byte_range()])?);
            let rows = self.groups[group].rows;
            let mut pages = SerializedPageReader::new(input, chunk, rows, None)?;
            let mut found: Vec<Range<usize>> = Vec::new();
            let mut row = 0;
            while let Some(page) = pages.get_next_page()? {
                let next = row + page.num_values() as usize;
                // A page of a required column holds nothing but its values and their lengths.
                let is_plain = matches!(
                    &page,
                    Page::DataPage {
                        encoding: Encoding::PLAIN,
                        ..
                    }
                );
                if !is_plain || may_match(page.buffer()) {
                    match found.last_mut() {
                        Some(last) if last.end == row => last.end = next,
                        _ => found.push(row..next),
                    }
                }
                row = next;
            }
            Ok(found)
        };
        decoding(&self.path, search)
    }
}

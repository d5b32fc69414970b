//! What rows of a row group are found by: the footer alone, or with the place of every page.
//!
//! Rule: a page's place is read only for the row groups of which rows are chosen.

use std::sync::Arc;

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use super::super::error::StoreError;
use super::super::schema::SCHEMA;
use super::decode::unreadable;
use super::hour_file::HourFile;

/// Smaller row groups have few pages a column: finding out where they are takes longer than reading them.
const MIN_PAGED_ROWS: usize = 8 * 1024;

/// What a row group is read by.
#[derive(Clone)]
pub(super) struct Guide {
    pub(super) metadata: ArrowReaderMetadata,
    /// The number of the row group in these metadata.
    pub(super) group: usize,
}

impl HourFile {
    /// Returns what chosen rows of a row group are read by.
    pub(super) fn guide_to_rows(&self, group: usize) -> Result<Guide, StoreError> {
        if self.groups[group].rows < MIN_PAGED_ROWS {
            return self.guide(group);
        }
        match self.guide_to_pages(group) {
            // Rows are found without it too; what is read is checked as ever.
            Err(StoreError::Damaged { .. }) => self.guide(group),
            guide => guide,
        }
    }

    /// Returns what a row group is read whole by.
    pub(super) fn guide(&self, group: usize) -> Result<Guide, StoreError> {
        let metadata = match self.plain.get() {
            Some(plain) => plain.clone(),
            None => {
                let plain = self.reading(Arc::clone(&self.footer))?;
                self.plain.get_or_init(|| plain).clone()
            }
        };
        Ok(Guide { metadata, group })
    }

    /// Returns what a row group is read by page by page. The metadata are of this row group alone: the places of the
    /// pages of all of them would take longer to read than a few rows.
    pub(super) fn guide_to_pages(&self, group: usize) -> Result<Guide, StoreError> {
        let metadata = match self.paged[group].get() {
            Some(paged) => paged.clone(),
            None => {
                let alone = ParquetMetaData::new(
                    self.footer.file_metadata().clone(),
                    vec![self.footer.row_group(group).clone()],
                );
                let mut reader = ParquetMetaDataReader::new_with_metadata(alone)
                    .with_column_index_policy(PageIndexPolicy::Skip)
                    .with_offset_index_policy(PageIndexPolicy::Optional);
                let paged = reader
                    .read_page_indexes(&self.bytes)
                    .and_then(|()| reader.finish())
                    .map_err(|error| unreadable(&self.path, error))?;
                let paged = self.reading(Arc::new(paged))?;
                self.paged[group].get_or_init(|| paged).clone()
            }
        };
        Ok(Guide { metadata, group: 0 })
    }

    /// Checks that the file's columns can be read in the shape of the schema.
    fn reading(&self, footer: Arc<ParquetMetaData>) -> Result<ArrowReaderMetadata, StoreError> {
        let options = ArrowReaderOptions::new().with_schema(Arc::clone(&SCHEMA));
        ArrowReaderMetadata::try_new(footer, options).map_err(|error| unreadable(&self.path, error))
    }
}

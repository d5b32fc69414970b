//! A Parquet file of records being written: encoded row groups, or row groups of other files copied as they are.

use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::ArrayRef;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::model::Column;

use super::error::StoreError;
use super::group::{Encoding, Pending};
use super::meta::HourMeta;
use super::reader::HourFile;
use super::schema::{self, SCHEMA, Scale};
use super::seal::{Sealing, seal};

/// Row groups encoded at the same time. Each needs up to twice the bytes of a row group while it is put in order.
const MAX_ENCODING: usize = 2;

pub(super) struct RecordsFile<W: Write + Send> {
    /// For messages.
    path: PathBuf,
    file: SerializedFileWriter<Sealing<W>>,
    factory: Arc<ArrowRowGroupWriterFactory>,
    encoding: VecDeque<Encoding>,
}

impl<W: Write + Send> RecordsFile<W> {
    /// Begins a file to which no more than this is written.
    pub(super) fn start(out: W, path: &Path, scale: Scale) -> Result<RecordsFile<W>, StoreError> {
        let start = || {
            let properties = scale.properties();
            let file = SerializedFileWriter::new(Sealing::new(out), parquet_schema()?, properties)?;
            let factory = ArrowRowGroupWriterFactory::new(&file, Arc::clone(&SCHEMA));
            Ok((file, Arc::new(factory)))
        };
        let (file, factory) = start().map_err(|error: ParquetError| encode_error(path, &error))?;
        Ok(RecordsFile {
            path: path.to_owned(),
            file,
            factory,
            encoding: VecDeque::new(),
        })
    }

    /// Encodes rows as a row group, leaving none of them; a few row groups are encoded at a time.
    pub(super) fn encode(&mut self, pending: &mut Pending) -> Result<(), StoreError> {
        self.encoding.push_back(pending.encode(&self.factory));
        self.drain(MAX_ENCODING - 1)
    }

    /// Writes encoded row groups, oldest first, until at most `keep` are still being encoded.
    pub(super) fn drain(&mut self, keep: usize) -> Result<(), StoreError> {
        while self.encoding.len() > keep {
            let Some(encoding) = self.encoding.pop_front() else {
                break;
            };
            let write = |file: &mut SerializedFileWriter<Sealing<W>>| {
                let columns = encoding.wait()?;
                let mut group = file.next_row_group()?;
                for column in columns {
                    column.append_to_row_group(&mut group)?;
                }
                group.close()
            };
            write(&mut self.file).map_err(|error| encode_error(&self.path, &error))?;
        }
        Ok(())
    }

    /// Copies a row group, but for columns that are given anew.
    pub(super) fn copy(
        &mut self,
        from: &HourFile,
        group: usize,
        changed: &[(Column, ArrayRef)],
    ) -> Result<(), StoreError> {
        self.drain(0)?;
        let encode_error = |error: ParquetError| encode_error(&self.path, &error);
        // The number of the row group only matters to encryption, which is not used.
        let writers = self
            .factory
            .create_column_writers(0)
            .map_err(encode_error)?;
        let mut encoded: Vec<(usize, ArrowColumnChunk)> = {
            let mut work = Vec::new();
            for (position, writer) in writers.into_iter().enumerate() {
                let new = changed
                    .iter()
                    .find(|(c, _)| schema::position(*c) == Some(position));
                work.extend(
                    new.map(|(_, array)| (position, std::sync::Mutex::new(Some(writer)), array)),
                );
            }
            work.par_iter()
                .map(|(position, writer, array)| {
                    let writer = writer.lock().ok().and_then(|mut writer| writer.take());
                    let Some(mut writer) = writer else {
                        return Err(ParquetError::General("a column was taken twice".to_owned()));
                    };
                    for leaf in compute_leaves(&SCHEMA.fields()[*position], array)? {
                        writer.write(&leaf)?;
                    }
                    Ok((*position, writer.close()?))
                })
                .collect::<Result<_, ParquetError>>()
                .map_err(encode_error)?
        };
        encoded.reverse();
        let mut into = self.file.next_row_group().map_err(encode_error)?;
        for position in 0..SCHEMA.fields().len() {
            if encoded.last().is_some_and(|(next, _)| *next == position)
                && let Some((_, chunk)) = encoded.pop()
            {
                chunk.append_to_row_group(&mut into).map_err(encode_error)?;
            } else {
                let (bytes, close) = from.encoded(group, position)?;
                into.append_column(&bytes, close).map_err(encode_error)?;
            }
        }
        into.close().map_err(encode_error)?;
        Ok(())
    }

    /// Ends the file; returns what it was written to.
    pub(super) fn finish(mut self, meta: &HourMeta) -> Result<W, StoreError> {
        self.drain(0)?;
        let path = self.path;
        let pairs = meta
            .to_key_values()
            .map_err(|error| encode_error(&path, &error))?;
        seal(self.file, pairs).map_err(|error| encode_error(&path, &error))
    }
}

/// Returns the schema in Parquet's words.
fn parquet_schema() -> Result<TypePtr, ParquetError> {
    static MADE: OnceLock<TypePtr> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return Ok(Arc::clone(made));
    }
    let made = ArrowSchemaConverter::new().convert(&SCHEMA)?;
    Ok(Arc::clone(MADE.get_or_init(|| made.root_schema_ptr())))
}

pub(super) fn encode_error(path: &Path, error: &dyn std::error::Error) -> StoreError {
    StoreError::Encode {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

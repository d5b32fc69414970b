//! Message ids as they are stored: each distinct one once, and its number for each row.

use std::sync::Arc;

use arrow_array::DictionaryArray;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::model::Column;

use super::super::error::StoreError;
use super::super::schema::{self, CODED};
use super::bounds::Bounds;
use super::decode::{damaged, unreadable};
use super::guide::Guide;
use super::hour_file::HourFile;

impl HourFile {
    /// Reads the message ids of a row group: each distinct one once, with its number for each row.
    pub(crate) fn message_ids(&self, group: usize) -> Result<CodedIds, StoreError> {
        let rows = self.groups[group].rows;
        if self.bounds(group, Column::MessageId) == Bounds::Nothing {
            return Ok(CodedIds { codes: None, rows });
        }
        let options = ArrowReaderOptions::new().with_schema(Arc::clone(&CODED));
        let metadata = ArrowReaderMetadata::try_new(Arc::clone(&self.footer), options)
            .map_err(|error| unreadable(&self.path, error))?;
        let position = schema::position(Column::MessageId);
        let batch = self.read_batch(Guide { metadata, group }, position, None, rows)?;
        let codes = batch
            .columns()
            .first()
            .and_then(|array| array.as_dictionary_opt::<Int32Type>());
        let codes = codes.ok_or_else(|| damaged(&self.path, "a column has a wrong type"))?;
        Ok(CodedIds {
            codes: Some(codes.clone()),
            rows,
        })
    }
}

/// Ids of a row group's rows, each distinct one once.
pub(crate) struct CodedIds {
    /// `None`: no row has any.
    codes: Option<DictionaryArray<Int32Type>>,
    rows: usize,
}

impl CodedIds {
    /// Returns what is made of each distinct id, for each row; `nothing` for rows without one.
    pub(crate) fn map<T: Copy>(&self, nothing: T, make: impl Fn(&str) -> T) -> Vec<T> {
        let Some(codes) = &self.codes else {
            return vec![nothing; self.rows];
        };
        let Some(ids) = codes.values().as_string_opt::<i32>() else {
            return vec![nothing; self.rows];
        };
        let made: Vec<T> = ids.iter().map(|id| id.map_or(nothing, &make)).collect();
        let code = |code: Option<i32>| {
            let at = code.and_then(|code| usize::try_from(code).ok());
            at.and_then(|at| made.get(at)).copied().unwrap_or(nothing)
        };
        codes.keys().iter().map(code).collect()
    }
}

//! A row group that can hold rows asked for, with what was found out of it so far.
//!
//! Rule: what was found out is given back once a stream has passed the row group.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::model::{Column, RecordType, Timestamp, Value};
use crate::store::{Group, HourFile};

/// A row group that can hold rows asked for.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) file: Arc<HourFile>,
    pub(super) group: usize,
    pub(super) info: Group,
    /// The rows among which the raw records may hold what is searched for, once they were looked through.
    pub(super) searched: Arc<OnceLock<Vec<Range<usize>>>>,
    /// The rows that meet the conditions on columns, once they were looked for.
    pub(super) selected: Arc<Mutex<Option<Arc<Selected>>>>,
}

/// Rows of one row group that met the conditions, in file order: newest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Selected {
    /// Row numbers, ascending.
    pub(super) rows: Vec<u32>,
    /// The time of each, in microseconds.
    pub(super) times: Vec<i64>,
    /// Attempts that may match or not: what would tell is their exchange, and that is not stored.
    pub(super) doubtful: Vec<u32>,
    /// The time of each of these.
    pub(super) doubtful_times: Vec<i64>,
}

impl Source {
    pub(super) fn record_type(&self) -> RecordType {
        self.info.record_type
    }

    /// Returns what decides between rows of equal time.
    pub(super) fn order(
        &self,
    ) -> (
        &str,
        crate::model::Provider,
        Reverse<crate::model::Hour>,
        RecordType,
        usize,
    ) {
        let key = self.file.key();
        (
            &key.collection,
            key.provider,
            Reverse(key.hour),
            self.info.record_type,
            self.group,
        )
    }

    /// Gives back the memory of what was found out when a stream has passed the row group.
    pub(super) fn forget(&self) {
        self.file.forget_times(self.group);
        *self.selected.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn newest(&self) -> Timestamp {
        self.info.newest
    }
}

/// Returns the value that every row of a row group has in a column, if the path or the footer tells it.
pub(super) fn constant(file: &HourFile, group: usize, column: Column) -> Option<Value<'_>> {
    let text = match column {
        Column::Provider => file.key().provider.name(),
        Column::Collection => &file.key().collection,
        Column::Type => file.groups()[group].record_type.name(),
        _ => return None,
    };
    Some(Value::Text(text.into()))
}

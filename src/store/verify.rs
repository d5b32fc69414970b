//! Reading an hour whole, to see that it is what it says it is.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use crate::model::{Column, Window};

use super::error::StoreError;
use super::layout::{HourKey, Store};
use super::reader::{HourFile, Pick};

/// Rows whose columns are decoded at a time.
const ROWS: usize = 16 * 1024;

impl Store {
    /// Decodes every column of an hour and compares counts, order and types with what its footer says.
    pub(crate) fn verify(&self, key: &HourKey) -> Result<u64, StoreError> {
        let file = HourFile::open(self, key)?;
        let damaged = |reason: String| StoreError::Damaged {
            path: self.records_file(key),
            reason,
        };
        let columns: Vec<Column> = Column::stored().collect();
        let mut counts = BTreeMap::new();
        for (group, info) in file.groups().iter().enumerate() {
            let times = file.times(group)?;
            let range = Window {
                start: info.oldest,
                end: info.newest.plus(1),
            };
            let is_inside =
                |time: &i64| range.contains(crate::model::Timestamp::from_micros(*time));
            if !times.values().iter().all(is_inside) {
                return Err(damaged(format!(
                    "row group {group} has times outside of its statistics"
                )));
            }
            for start in (0..info.rows).step_by(ROWS) {
                let end = (start + ROWS).min(info.rows);
                let read = file.read(group, &columns, Pick::Range(start..end))?;
                let name = info.record_type.name();
                if (0..read.rows()).any(|row| read.text(Column::Type, row) != Some(name)) {
                    return Err(damaged(format!(
                        "row group {group} holds more than one type"
                    )));
                }
            }
            file.forget_times(group);
            *counts.entry(info.record_type).or_default() += info.rows as u64;
        }
        if counts != file.meta().counts {
            return Err(damaged(
                "it holds other numbers of records than its footer says".to_owned(),
            ));
        }
        let rejects = self.count_rejects(key)?;
        if rejects != file.meta().rejects {
            return Err(damaged(format!(
                "its footer tells of {} rejected lines, {rejects} are beside it",
                file.meta().rejects
            )));
        }
        Ok(file.meta().records())
    }

    fn count_rejects(&self, key: &HourKey) -> Result<u64, StoreError> {
        use super::error::OnPath;

        let path = self.rejects_file(key);
        if !path.exists() {
            return Ok(0);
        }
        let file = std::fs::File::open(&path).on("open", &path)?;
        let mut count = 0;
        for line in BufReader::new(file).split(b'\n') {
            count += u64::from(!line.on("read", &path)?.is_empty());
        }
        Ok(count)
    }
}

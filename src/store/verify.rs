//! Reading an hour whole, to see that it is what it says it is.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use crate::model::{Column, Window};

use super::error::StoreError;
use super::hour_key::HourKey;
use super::layout::Store;
use super::reader::{HourFile, Pick};

/// Rows whose columns are decoded at a time.
const ROWS: usize = 16 * 1024;

/// How often an hour is looked at that is written anew meanwhile.
const RETRIES: usize = 5;

impl Store {
    /// Checks every byte of an hour and its rejects, decodes every column and compares counts, order and types with what
    /// its footer says; returns its records, `None` if it is not stored.
    pub(crate) fn verify(&self, key: &HourKey) -> Result<Option<u64>, StoreError> {
        for _ in 0..RETRIES {
            let before = match HourFile::open(self, key) {
                Ok(file) => file,
                Err(error) if error.is_missing() => return Ok(None),
                Err(error) => return Err(error),
            };
            match (self.verify_file(key, &before), HourFile::open(self, key)) {
                (Ok(records), _) => return Ok(Some(records)),
                // Written anew or removed meanwhile: what was found is no longer there.
                (Err(_), Ok(now)) if !now.is_same(&before) => {}
                (Err(_), Err(error)) if error.is_missing() => return Ok(None),
                (Err(error), _) => return Err(error),
            }
        }
        Err(StoreError::Replaced {
            path: self.records_file(key),
        })
    }

    fn verify_file(&self, key: &HourKey, file: &HourFile) -> Result<u64, StoreError> {
        let damaged = |reason: String| StoreError::Damaged {
            path: self.records_file(key),
            reason,
        };
        file.check_bytes()?;
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
        let told = file.meta().rejects.lines;
        let rejects = file.meta().rejects.open(&self.hour_folder(key))?;
        let lines = rejects.map_or(0, |rejects| BufReader::new(rejects).split(b'\n').count());
        if lines as u64 != told {
            return Err(damaged(format!(
                "its footer tells of {told} rejected lines, {lines} are beside it"
            )));
        }
        Ok(file.meta().records())
    }
}

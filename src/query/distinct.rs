//! The values a column holds, for completing what a user types.
//!
//! Rule: quick before complete: only the newest hours are looked at, and only so many values given.

use std::collections::BTreeSet;

use crate::model::{Column, Filter, Value};
use crate::store::{HourFile, Pick, Store, StoreError};

/// Hours looked at.
const HOURS: usize = 24;

/// Returns up to `limit` values of a column from the newest stored hours, in order.
pub(crate) fn distinct(
    store: &Store,
    column: Column,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let mut keys = store.hours(&Filter::default())?;
    keys.sort_by_key(|key| std::cmp::Reverse(key.hour));
    let mut values = BTreeSet::new();
    for key in keys.iter().take(HOURS) {
        let file = HourFile::open(store, key)?;
        for (group, info) in file.groups().iter().enumerate() {
            let columns = file.read(group, &[column], Pick::Range(0..info.rows))?;
            for row in 0..columns.rows() {
                match columns.value(column, row) {
                    Value::Text(text) if !values.contains(text.as_ref()) => {
                        values.insert(text.into_owned());
                    }
                    Value::Int(number) => {
                        values.insert(number.to_string());
                    }
                    _ => {}
                }
                if values.len() >= limit {
                    return Ok(values.into_iter().collect());
                }
            }
        }
    }
    Ok(values.into_iter().collect())
}

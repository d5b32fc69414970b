//! The values a column holds, for completing what a user types.
//!
//! Rule: quick before complete: only the newest hours are looked at, and only so many values given.

use std::collections::BTreeSet;

use crate::model::{Column, Filter, Value};
use crate::store::{HourFile, HourKey, Pick, Store, StoreError};

/// Hours looked at.
const HOURS: usize = 24;

/// Returns up to `limit` values of a column from the newest stored hours, in order.
pub(super) fn distinct(
    store: &Store,
    column: Column,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let mut keys = store.hours(&Filter::default())?;
    keys.sort_by_key(|key| std::cmp::Reverse(key.hour));
    let mut values = BTreeSet::new();
    for key in keys.iter().take(HOURS) {
        match add_values(store, key, column, limit, &mut values) {
            // What an hour that cannot be read would offer is not missed.
            Ok(()) | Err(StoreError::Damaged { .. } | StoreError::Replaced { .. }) => {}
            Err(error) => return Err(error),
        }
        if values.len() >= limit {
            break;
        }
    }
    Ok(values.into_iter().take(limit).collect())
}

fn add_values(
    store: &Store,
    key: &HourKey,
    column: Column,
    limit: usize,
    values: &mut BTreeSet<String>,
) -> Result<(), StoreError> {
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
                return Ok(());
            }
        }
    }
    Ok(())
}

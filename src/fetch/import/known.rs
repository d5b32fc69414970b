//! Which records without a time of their own are stored already, in whatever hour.
//!
//! Rule: an hour is opened only to be looked into, and its ids are decoded only where the bloom filters do not rule all of
//! those out that are looked for.

use std::collections::{HashMap, HashSet};

use crate::model::{Column, Filter, Provider, Record, Window};
use crate::store::{HourFile, HourKey, Pick, Store, StoreError, record_key};

/// So many ids of stored records are kept decoded, 64 MiB; others are decoded each time.
const MAX_KEPT: usize = 4 << 20;

/// A record that has no time of its own, as much of it as is needed until it is known to be new.
pub(super) struct Timeless {
    key: u128,
    id: Option<String>,
    raw: Vec<u8>,
}

/// What a collection holds, looked up as the need arises.
pub(super) struct Known<'s> {
    store: &'s Store,
    provider: Provider,
    collection: &'s str,
    /// The hours stored before this import; listed when first needed.
    hours: Option<Vec<HourKey>>,
    /// The keys of a row group's records, by hour and group.
    kept: HashMap<(usize, usize), HashSet<u128>>,
    kept_keys: usize,
    /// What came in this import.
    seen: HashSet<u128>,
}

impl From<&Record<'_>> for Timeless {
    fn from(record: &Record<'_>) -> Self {
        Timeless {
            key: record_key(record.id.as_deref(), record.raw),
            id: record.id.as_deref().map(str::to_owned),
            raw: record.raw.to_owned(),
        }
    }
}

impl Timeless {
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether it is this record of those that its bytes hold.
    pub(super) fn is(&self, record: &Record<'_>) -> bool {
        self.key == record_key(record.id.as_deref(), record.raw)
    }
}

impl<'s> Known<'s> {
    pub(super) fn new(store: &'s Store, provider: Provider, collection: &'s str) -> Self {
        Known {
            store,
            provider,
            collection,
            hours: None,
            kept: HashMap::new(),
            kept_keys: 0,
            seen: HashSet::new(),
        }
    }

    /// Leaves out the records that are stored already or came before. One without id can only be told by its bytes, and
    /// is compared with what came in this import alone.
    pub(super) fn new_of(
        &mut self,
        mut records: Vec<Timeless>,
    ) -> Result<Vec<Timeless>, StoreError> {
        records.retain(|record| self.seen.insert(record.key));
        if records.is_empty() {
            return Ok(records);
        }
        let hours = match self.hours.take() {
            Some(hours) => hours,
            None => self.store.hours(&Filter {
                providers: vec![self.provider],
                collections: vec![self.collection.to_owned()],
                hours: Vec::new(),
                window: Window::ALL,
                conditions: Vec::new(),
            })?,
        };
        for (number, key) in hours.iter().enumerate() {
            if records.is_empty() {
                break;
            }
            match self.drop_stored(number, key, &mut records) {
                // What cannot be read is as good as not stored.
                Ok(()) | Err(StoreError::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.hours = Some(hours);
        Ok(records)
    }

    fn drop_stored(
        &mut self,
        number: usize,
        key: &HourKey,
        records: &mut Vec<Timeless>,
    ) -> Result<(), StoreError> {
        let file = HourFile::open(self.store, key)?;
        for group in 0..file.groups().len() {
            let ids = records.iter().filter_map(|record| record.id.as_deref());
            if !file.may_hold(group, Column::Id, ids)? {
                continue;
            }
            if let Some(keys) = self.kept.get(&(number, group)) {
                records.retain(|record| !keys.contains(&record.key));
                continue;
            }
            let keys = keys_of(&file, group)?;
            records.retain(|record| !keys.contains(&record.key));
            if self.kept_keys + keys.len() <= MAX_KEPT {
                self.kept_keys += keys.len();
                self.kept.insert((number, group), keys);
            }
        }
        Ok(())
    }
}

fn keys_of(file: &HourFile, group: usize) -> Result<HashSet<u128>, StoreError> {
    let rows = file.groups()[group].rows;
    let ids = file.read(group, &[Column::Id], Pick::Range(0..rows))?;
    let ids = (0..ids.rows()).filter_map(|row| ids.text(Column::Id, row).map(str::to_owned));
    Ok(ids.map(|id| record_key(Some(&id), b"")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RecordType, Timestamp};
    use crate::store::{Batch, Mode};

    fn record(id: &'static str, hour: i64) -> Record<'static> {
        let time = Timestamp::from_micros(hour * 3_600_000_000);
        let mut record = Record::new(time, RecordType::Event, id.as_bytes());
        record.id = Some(id.into());
        record
    }

    fn new_of(known: &mut Known<'_>, ids: &[&'static str]) -> Vec<String> {
        let records = ids.iter().map(|id| Timeless::from(&record(id, 0)));
        let new = known.new_of(records.collect()).unwrap();
        new.into_iter()
            .map(|record| String::from_utf8(record.raw).unwrap())
            .collect()
    }

    #[test]
    fn what_is_stored_in_any_hour_or_came_before_is_not_new() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path());
        let lock = store.lock(Provider::NotificationApi, "import").unwrap();
        for (hour, ids) in [(1, ["a", "b"]), (700, ["c", "d"])] {
            let first = record(ids[0], hour);
            let mut writer = lock.begin(first.time.hour(), Mode::Merge).unwrap();
            let mut batch = Batch::new();
            ids.iter().for_each(|id| batch.push(&record(id, hour)));
            writer.append(batch).unwrap();
            let staged = writer.finish(None, Vec::new()).unwrap();
            lock.commit_one(staged).unwrap();
        }
        let mut known = Known::new(&store, Provider::NotificationApi, "import");
        assert_eq!(new_of(&mut known, &["a", "x", "d", "x"]), ["x"]);
        assert_eq!(new_of(&mut known, &["b", "x", "y"]), ["y"]);
        let mut elsewhere = Known::new(&store, Provider::NotificationApi, "other");
        assert_eq!(new_of(&mut elsewhere, &["a", "b"]), ["a", "b"]);
    }
}

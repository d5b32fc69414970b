//! Arbitrary bytes as an hour's file, for the fuzzer and a property test.
//!
//! Rule: whatever the bytes are, opening and reading them ends with rows or an error.

use std::path::Path;

use bytes::Bytes;

use crate::model::{Column, Hour, Provider};

use super::bytes::HourBytes;
use super::error::StoreError;
use super::hour_key::HourKey;
use super::reader::{HourFile, Pick};
use super::seal;

/// Opens bytes as an hour's file and reads all of it, once as they are and once with checks that pass.
pub(crate) fn read_as_hour(bytes: &[u8]) {
    let mut sealed = bytes.to_vec();
    let _ = read(bytes.to_vec());
    if seal::reseal(&mut sealed).is_some() {
        let _ = read(sealed);
    }
}

fn read(bytes: Vec<u8>) -> Result<(), StoreError> {
    let path = Path::new("records.parquet");
    let key = HourKey {
        provider: Provider::Segment,
        collection: "abc".to_owned(),
        hour: Hour::from_parts("2025-03-23", "20").unwrap_or(crate::model::Timestamp::MIN.hour()),
    };
    let bytes = HourBytes::in_memory(Bytes::from(bytes), path)?;
    let file = HourFile::open_bytes(bytes, path.to_owned(), &key)?;
    file.check_bytes()?;
    let columns: Vec<Column> = Column::stored().collect();
    for (group, info) in file.groups().iter().enumerate() {
        let _ = file.times(group);
        let _ = file.may_hold(group, Column::MessageId, ["m1"]);
        let _ = file.read(group, &columns, Pick::Range(0..info.rows));
        let first: &[u32] = if info.rows > 0 { &[0] } else { &[] };
        let _ = file.read(group, &columns, Pick::Rows(first));
        let _ = file.record_keys(group);
        for column in 0..columns.len() {
            let _ = file.encoded(group, column);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Record, RecordType};
    use crate::store::{Batch, Mode, Store};

    /// A small hour's file.
    fn whole() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path());
        let lock = store.lock(Provider::Segment, "abc").unwrap();
        let hour = Hour::from_parts("2025-03-23", "20").unwrap();
        let mut writer = lock.begin(hour, Mode::Merge).unwrap();
        let mut batch = Batch::new();
        for n in 0..20 {
            let raw = format!("{{\"n\":{n}}}");
            let mut record = Record::new(hour.start().plus(n), RecordType::Attempt, raw.as_bytes());
            record.message_id = Some(format!("m{n}").into());
            record.status = Some(n);
            record.discarded = Some(n % 2 == 0);
            batch.push(&record);
        }
        writer.append(batch).unwrap();
        let staged = writer.finish(None, Vec::new()).unwrap();
        let meta = lock.commit_one(staged).unwrap().meta;
        std::fs::read(store.records_file(&meta.key)).unwrap()
    }

    #[test]
    fn a_whole_file_is_read_once_it_is_sealed_anew() {
        let mut bytes = whole();
        read(bytes.clone()).unwrap();
        let at = bytes.len() / 4;
        bytes[at] ^= 1;
        assert!(read(bytes.clone()).is_err());
        let broken = bytes.clone();
        seal::reseal(&mut bytes).unwrap();
        assert_ne!(bytes, broken);
        read(bytes).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_end_with_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            read_as_hour(&bytes);
        }

        #[test]
        fn any_change_of_a_file_ends_with_rows_or_an_error(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        ) {
            let mut bytes = whole();
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            read_as_hour(&bytes);
        }
    }
}

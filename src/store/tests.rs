//! The store as a whole: what is written is read back, replaced whole, merged once, and never half there.

mod crash;
mod damage;

use std::collections::BTreeMap;

use super::*;
use crate::model::{Column, Filter, Hour, Provider, Record, RecordType, Reject, Value};

struct Sandbox {
    _folder: tempfile::TempDir,
    store: Store,
}

fn sandbox() -> Sandbox {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    Sandbox {
        _folder: folder,
        store,
    }
}

fn hour() -> Hour {
    Hour::from_parts("2025-03-23", "20").unwrap()
}

fn key() -> HourKey {
    HourKey {
        provider: Provider::Segment,
        collection: "abc".to_owned(),
        hour: hour(),
    }
}

fn raw_of(n: i64) -> String {
    format!("{{\"n\": {n} }}")
}

/// Records 0 to `rows`, every third an exchange with a status, the others errors; a second apart.
fn batch(rows: std::ops::Range<i64>) -> Batch {
    let mut batch = Batch::new();
    for n in rows {
        let raw = raw_of(n);
        let time = hour().start().plus(n % 3600 * 1_000_000);
        let record_type = if n % 3 == 0 {
            RecordType::Exchange
        } else {
            RecordType::Error
        };
        let mut record = Record::new(time, record_type, raw.as_bytes());
        if n % 3 == 0 {
            record.status = Some(400 + n % 200);
            record.exchange_id = Some(format!("x{n}").into());
        } else {
            record.message_id = Some(format!("m{n}").into());
            record.discarded = (n % 2 == 0).then_some(true);
        }
        batch.push(&record);
    }
    batch
}

fn write(store: &Store, mode: Mode, rows: std::ops::Range<i64>) -> Written {
    let lock = store.lock(Provider::Segment, "abc").unwrap();
    let mut writer = lock.begin(hour(), mode).unwrap();
    writer.append(batch(rows)).unwrap();
    let fetched_at = (mode == Mode::Replace).then(|| hour().end());
    let staged = writer.finish(fetched_at, Vec::new()).unwrap();
    lock.commit_one(staged).unwrap()
}

fn raws(file: &HourFile) -> Vec<String> {
    let mut all = Vec::new();
    for (group, info) in file.groups().iter().enumerate() {
        let columns = file
            .read(group, &[Column::Raw], Pick::Range(0..info.rows))
            .unwrap();
        all.extend(
            (0..columns.rows()).map(|row| String::from_utf8(columns.raw(row).to_vec()).unwrap()),
        );
    }
    all.sort();
    all
}

fn expected(rows: std::ops::Range<i64>) -> Vec<String> {
    let mut all: Vec<_> = rows.map(raw_of).collect();
    all.sort();
    all
}

#[test]
fn an_hour_is_read_back_by_type_and_newest_first() {
    let sandbox = sandbox();
    let written = write(&sandbox.store, Mode::Replace, 0..1000);
    assert_eq!(
        written.meta.counts,
        BTreeMap::from([(RecordType::Error, 666), (RecordType::Exchange, 334)])
    );
    let file = HourFile::open(&sandbox.store, &key()).unwrap();
    assert_eq!(file.meta(), &written.meta);
    assert_eq!(raws(&file), expected(0..1000));
    for group in 0..file.groups().len() {
        assert!(
            file.times(group)
                .unwrap()
                .values()
                .is_sorted_by(|a, b| a >= b)
        );
    }
    let all = sandbox.store.hours(&Filter::default()).unwrap();
    assert_eq!(all, [key()]);
}

#[test]
fn rows_are_picked_by_number() {
    let sandbox = sandbox();
    write(&sandbox.store, Mode::Replace, 0..30_000);
    let file = HourFile::open(&sandbox.store, &key()).unwrap();
    let columns = [Column::MessageId, Column::Raw, Column::Discarded];
    let all = file
        .read(0, &columns, Pick::Range(0..file.groups()[0].rows))
        .unwrap();
    let picked = [0, 1, 5, 8191, 8192, 19_999];
    let some = file.read(0, &columns, Pick::Rows(&picked)).unwrap();
    for (at, row) in picked.iter().enumerate() {
        for column in columns {
            assert_eq!(some.value(column, at), all.value(column, *row as usize));
        }
    }
    assert_eq!(file.read(0, &columns, Pick::Rows(&[])).unwrap().rows(), 0);
}

#[test]
fn a_fetch_replaces_and_an_import_merges_once() {
    let sandbox = sandbox();
    write(&sandbox.store, Mode::Replace, 0..100);
    let written = write(&sandbox.store, Mode::Replace, 50..200);
    assert_eq!(written.meta.records(), 150);

    let merged = write(&sandbox.store, Mode::Merge, 150..250);
    assert_eq!((merged.added, merged.meta.records()), (50, 200));
    assert_eq!(
        merged.meta.fetched_at,
        Some(hour().end()),
        "an import does not unfetch an hour"
    );
    let again = write(&sandbox.store, Mode::Merge, 150..250);
    assert_eq!((again.added, again.meta.records()), (0, 200));
    let file = HourFile::open(&sandbox.store, &key()).unwrap();
    assert_eq!(raws(&file), expected(50..250));
}

#[test]
fn a_fetch_keeps_imported_records() {
    let sandbox = sandbox();
    let lock = sandbox.store.lock(Provider::Segment, "abc").unwrap();
    let mut writer = lock.begin(hour(), Mode::Merge).unwrap();
    writer.append(batch(0..10)).unwrap();
    let object = Object {
        name: "export.ndjson".to_owned(),
        etag: None,
        size: 1,
        sha256: "00".to_owned(),
        imported: true,
    };
    let staged = writer.finish(None, vec![object.clone()]).unwrap();
    lock.commit_one(staged).unwrap();
    drop(lock);
    let written = write(&sandbox.store, Mode::Replace, 5..20);
    assert_eq!(written.meta.records(), 20);
    assert_eq!(written.meta.objects, [object]);
}

#[test]
fn an_unfinished_hour_leaves_the_old_one() {
    let sandbox = sandbox();
    write(&sandbox.store, Mode::Replace, 0..10);
    let lock = sandbox.store.lock(Provider::Segment, "abc").unwrap();
    let mut writer = lock.begin(hour(), Mode::Replace).unwrap();
    writer.append(batch(0..500)).unwrap();
    writer.flush().unwrap();
    drop(writer);
    let file = HourFile::open(&sandbox.store, &key()).unwrap();
    assert_eq!(file.meta().records(), 10);
    let left = std::fs::read_dir(sandbox.store.hour_folder(&key()))
        .unwrap()
        .count();
    assert_eq!(left, 1, "the temporary files are gone");
    let never = lock.begin(hour().next(), Mode::Replace).unwrap();
    drop(never);
    assert_eq!(sandbox.store.hours(&Filter::default()).unwrap().len(), 1);
}

#[test]
fn an_open_hour_stays_as_it_was() {
    let sandbox = sandbox();
    write(&sandbox.store, Mode::Replace, 0..100);
    let file = HourFile::open(&sandbox.store, &key()).unwrap();
    write(&sandbox.store, Mode::Replace, 100..500);
    assert_eq!(raws(&file), expected(0..100));
}

#[test]
fn an_empty_hour_is_a_file_without_rows() {
    let sandbox = sandbox();
    let written = write(&sandbox.store, Mode::Replace, 0..0);
    assert_eq!(written.meta.records(), 0);
    let file = HourFile::open(&sandbox.store, &key()).unwrap();
    assert!(file.groups().is_empty());
    assert_eq!(file.meta().fetched_at, Some(hour().end()));
}

#[test]
fn rejects_are_kept_whole_and_once() {
    let sandbox = sandbox();
    let reject = |line, raw: &[u8]| Reject {
        origin: "object 1".to_owned(),
        line,
        reason: "no JSON".to_owned(),
        raw: raw.to_vec(),
    };
    for _ in 0..2 {
        let lock = sandbox.store.lock(Provider::Segment, "abc").unwrap();
        let mut writer = lock.begin(hour(), Mode::Merge).unwrap();
        writer.reject(&reject(3, b"{\"half\": ")).unwrap();
        writer.reject(&reject(9, b"\xff\x00")).unwrap();
        let staged = writer.finish(None, Vec::new()).unwrap();
        let written = lock.commit_one(staged).unwrap();
        assert_eq!(written.meta.rejects.lines, 2);
    }
    let meta = sandbox.store.meta(&key()).unwrap().unwrap();
    let file = sandbox.store.rejects_file(&meta).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        text,
        "{\"origin\":\"object 1\",\"line\":3,\"reason\":\"no JSON\",\"raw\":\"{\\\"half\\\": \"}\n\
         {\"origin\":\"object 1\",\"line\":9,\"reason\":\"no JSON\",\"raw_hex\":\"ff00\"}\n"
    );
    write(&sandbox.store, Mode::Replace, 0..1);
    assert!(!file.exists());
    let meta = sandbox.store.meta(&key()).unwrap().unwrap();
    assert_eq!(sandbox.store.rejects_file(&meta), None);
}

#[test]
fn a_second_writer_waits_and_is_told() {
    let sandbox = sandbox();
    let held = sandbox.store.lock(Provider::Segment, "abc").unwrap();
    let other = sandbox.store.lock(Provider::Segment, "other").unwrap();
    drop((held, other));
    sandbox.store.lock(Provider::Segment, "abc").unwrap();
}

#[test]
fn a_damaged_file_is_named() {
    let sandbox = sandbox();
    write(&sandbox.store, Mode::Replace, 0..10);
    let path = sandbox.store.records_file(&key());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() - 10);
    std::fs::write(&path, &bytes).unwrap();
    let error = HourFile::open(&sandbox.store, &key()).err().unwrap();
    assert!(error.to_string().contains("records.parquet"), "{error}");
    assert!(error.hint().unwrap().contains("--refresh"));
}

#[test]
fn large_hours_are_cut_into_groups() {
    let sandbox = sandbox();
    let lock = sandbox.store.lock(Provider::Segment, "abc").unwrap();
    let mut writer = lock.begin(hour(), Mode::Replace).unwrap();
    for part in 0..30 {
        writer
            .append(batch(part * 10_000..(part + 1) * 10_000))
            .unwrap();
    }
    let staged = writer.finish(Some(hour().end()), Vec::new()).unwrap();
    lock.commit_one(staged).unwrap();
    let file = HourFile::open(&sandbox.store, &key()).unwrap();
    assert!(file.groups().iter().all(|group| group.rows <= 128 * 1024));
    assert_eq!(
        file.groups().iter().map(|group| group.rows).sum::<usize>(),
        300_000
    );
    let last = file.groups().len() - 1;
    assert_eq!(
        file.read(last, &[Column::Type], Pick::Rows(&[7]))
            .unwrap()
            .value(Column::Type, 0),
        { Value::Text(file.groups()[last].record_type.name().into()) }
    );
}

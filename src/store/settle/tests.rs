//! Any versions in any order over any imports: the newest of each id is stored, once, in the hour of its time.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::{Provider, Record, RecordType, Timestamp};
use crate::store::{Batch, HourWriter, Mode, Object, Store};

const MINUTE: i64 = 60_000_000;

struct Sandbox {
    folder: tempfile::TempDir,
    store: Store,
}

fn sandbox() -> Sandbox {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    Sandbox { folder, store }
}

/// A version of a record: its id, and how many minutes after the first hour it was last seen.
type Seen = (u8, i64);

fn start() -> Timestamp {
    Timestamp::parse("2024-11-25T10:00:00Z").unwrap()
}

fn raw_of((id, minutes): Seen) -> String {
    format!("{{\"id\":{id},\"seen\":{minutes}}}")
}

fn push(batch: &mut Batch, seen: Seen) {
    let raw = raw_of(seen);
    let time = start().plus(seen.1 * MINUTE);
    // Types are in row groups of their own; a version may change it.
    let record_type = if seen.1 % 3 == 0 {
        RecordType::Action
    } else {
        RecordType::Error
    };
    let mut record = Record::new(time, record_type, raw.as_bytes());
    record.id = Some(format!("id-{}", seen.0).into());
    record.logged_at = Some(start().plus(i64::from(seen.0)));
    batch.push(&record);
}

fn lock(store: &Store) -> CollectionLock {
    store.lock(Provider::Akeneo, "pim").unwrap()
}

/// Imports as the importer does, with hours published early and opened again where `early` says so.
fn import(lock: &CollectionLock, records: &[(Seen, bool)]) -> (i64, i64) {
    let mut open: BTreeMap<Hour, HourWriter> = BTreeMap::new();
    let (mut added, mut updated) = (0, 0);
    let mut publish = |writer: HourWriter| {
        let staged = writer.finish(None, vec![object()]).unwrap();
        let written = lock.commit_one(staged).unwrap();
        added += written.added as i64;
        updated += written.updated as i64;
    };
    for (seen, early) in records {
        let hour = start().plus(seen.1 * MINUTE).hour();
        let writer = open
            .entry(hour)
            .or_insert_with(|| lock.begin(hour, Mode::Supersede).unwrap());
        let mut batch = Batch::new();
        push(&mut batch, *seen);
        writer.append(batch).unwrap();
        if *early {
            publish(open.remove(&hour).unwrap());
        }
    }
    open.into_values().for_each(&mut publish);
    let settled = lock.settle().unwrap();
    (added + settled.added, updated + settled.updated)
}

fn object() -> Object {
    Object {
        name: "export".to_owned(),
        etag: None,
        size: 1,
        sha256: "00".to_owned(),
        imported: true,
    }
}

/// Everything that is stored: the hour and the bytes of each record.
fn stored(store: &Store) -> Vec<(Hour, String)> {
    let lock = lock(store);
    let mut all = Vec::new();
    for hour in lock.hours().unwrap() {
        store.verify(&lock.key(hour)).unwrap();
        let file = HourFile::open(store, &lock.key(hour)).unwrap();
        for (group, info) in file.groups().iter().enumerate() {
            let read = file
                .read(group, &[Column::Raw], Pick::Range(0..info.rows))
                .unwrap();
            let raws = (0..read.rows()).map(|row| String::from_utf8(read.raw(row).to_vec()));
            all.extend(raws.map(|raw| (hour, raw.unwrap())));
        }
    }
    all.sort();
    all
}

fn expected(newest: &BTreeMap<u8, i64>) -> Vec<(Hour, String)> {
    let all = newest.iter().map(|(id, minutes)| {
        let hour = start().plus(minutes * MINUTE).hour();
        (hour, raw_of((*id, *minutes)))
    });
    let mut all: Vec<_> = all.collect();
    all.sort();
    all
}

#[test]
fn a_time_that_moves_past_the_hour_takes_the_record_along() {
    let Sandbox { folder, store } = sandbox();
    let held = lock(&store);
    assert_eq!(import(&held, &[((1, 58), false), ((2, 10), false)]), (2, 0));
    assert_eq!(import(&held, &[((1, 62), false)]), (0, 1));
    assert_eq!(
        import(&held, &[((1, 58), false)]),
        (0, 0),
        "its older self comes again"
    );
    assert_eq!(import(&held, &[((1, 62), false)]), (0, 0));
    drop(held);
    let hour = start().hour();
    assert_eq!(
        stored(&store),
        [(hour, raw_of((2, 10))), (hour.next(), raw_of((1, 62)))]
    );
    // The first hour goes with its last record.
    assert_eq!(import(&lock(&store), &[((2, 70), false)]), (0, 1));
    assert_eq!(lock(&store).hours().unwrap(), [hour.next()]);
    let left = std::fs::read_dir(store.collection_folder(Provider::Akeneo, "pim")).unwrap();
    let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.contains(&".pending".into()), "{names:?}");
    drop(folder);
}

#[test]
fn what_a_crash_left_is_settled_by_the_next_writer() {
    let Sandbox {
        folder: _folder,
        store,
    } = sandbox();
    import(&lock(&store), &[((1, 58), false), ((2, 10), false)]);
    let held = lock(&store);
    let mut writer = held.begin(start().hour().next(), Mode::Supersede).unwrap();
    let mut batch = Batch::new();
    push(&mut batch, (1, 62));
    writer.append(batch).unwrap();
    let staged = writer.finish(None, vec![object()]).unwrap();
    held.commit_one(staged).unwrap();
    drop(held);
    assert_eq!(stored(&store).len(), 3, "both versions for now");
    drop(lock(&store));
    // Something new for the very hour does not hide what was left in it.
    assert_eq!(import(&lock(&store), &[((3, 63), false)]), (1, 0));
    let all = BTreeMap::from([(1, 62), (2, 10), (3, 63)]);
    assert_eq!(stored(&store), expected(&all));
    // A note that a crash cut, of an hour that is not there.
    let note = store
        .collection_folder(Provider::Akeneo, "pim")
        .join(".pending");
    std::fs::write(&note, "2024-11-25T10\n2024-11-2").unwrap();
    assert_eq!(import(&lock(&store), &[((1, 64), false)]), (0, 1));
    assert!(!note.exists());
}

#[test]
fn the_same_bytes_are_no_news_whenever_they_come() {
    let Sandbox {
        folder: _folder,
        store,
    } = sandbox();
    let arrive = |minutes: i64| {
        let held = lock(&store);
        let time = start().plus(minutes * MINUTE);
        let mut record = Record::new(time, RecordType::Event, b"{\"no\":\"time\"}");
        record.id = Some("a".into());
        let mut writer = held.begin(time.hour(), Mode::Supersede).unwrap();
        let mut batch = Batch::new();
        batch.push(&record);
        writer.append(batch).unwrap();
        let staged = writer.finish(None, vec![object()]).unwrap();
        let added = held.commit_one(staged).unwrap().added as i64;
        let settled = held.settle().unwrap();
        (added + settled.added, settled.updated)
    };
    assert_eq!(arrive(10), (1, 0));
    assert_eq!(arrive(20), (0, 0));
    assert_eq!(arrive(90), (0, 0));
    assert_eq!(lock(&store).hours().unwrap(), [start().hour()]);
}

#[test]
fn a_fetched_hour_stays_when_its_last_record_moves_on() {
    let Sandbox {
        folder: _folder,
        store,
    } = sandbox();
    let held = lock(&store);
    let mut writer = held.begin(start().hour(), Mode::Supersede).unwrap();
    let mut batch = Batch::new();
    push(&mut batch, (1, 59));
    writer.append(batch).unwrap();
    let staged = writer.finish(Some(start()), Vec::new()).unwrap();
    held.commit_one(staged).unwrap();
    import(&held, &[((1, 61), false)]);
    let meta = store.meta(&held.key(start().hour())).unwrap().unwrap();
    assert_eq!((meta.records(), meta.fetched_at), (0, Some(start())));
}

#[test]
fn many_ids_are_found_without_bloom_filters() {
    let Sandbox {
        folder: _folder,
        store,
    } = sandbox();
    let write = |hour: Hour, shift: i64| {
        let held = lock(&store);
        let mut writer = held.begin(hour, Mode::Supersede).unwrap();
        for part in 0..3 {
            let mut batch = Batch::new();
            for n in part * 1000..(part + 1) * 1000 {
                let raw = format!("{{\"n\":{n},\"shift\":{shift}}}");
                let mut record =
                    Record::new(hour.start().plus(shift), RecordType::Error, raw.as_bytes());
                record.id = Some(format!("id-{n}").into());
                batch.push(&record);
            }
            writer.append(batch).unwrap();
        }
        let staged = writer.finish(None, vec![object()]).unwrap();
        let written = held.commit_one(staged).unwrap();
        let settled = held.settle().unwrap();
        (
            written.added as i64 + settled.added,
            written.updated as i64 + settled.updated,
        )
    };
    let hour = start().hour();
    assert_eq!(write(hour, 0), (3000, 0));
    assert_eq!(write(hour, 1), (0, 3000));
    assert_eq!(write(hour.plus(500), 0), (0, 3000));
    assert_eq!(write(hour, 2), (0, 0));
    assert_eq!(lock(&store).hours().unwrap(), [hour.plus(500)]);
    assert_eq!(stored(&store).len(), 3000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_newest_of_each_id_is_left_once(
        imports in prop::collection::vec(
            prop::collection::vec(((0..6u8, 0..240i64), any::<bool>()), 0..12),
            1..5,
        ),
    ) {
        let Sandbox { folder: _folder, store } = sandbox();
        let mut newest: BTreeMap<u8, i64> = BTreeMap::new();
        for records in &imports {
            let before = newest.clone();
            for ((id, minutes), _) in records {
                let known = newest.entry(*id).or_insert(*minutes);
                *known = (*known).max(*minutes);
            }
            let added = newest.keys().filter(|id| !before.contains_key(id)).count() as i64;
            let updated = newest.iter().filter(|(id, minutes)| before.get(id).is_some_and(|old| old != *minutes)).count() as i64;
            let counts = import(&lock(&store), records);
            prop_assert_eq!(stored(&store), expected(&newest));
            prop_assert_eq!(counts, (added, updated));
        }
    }
}

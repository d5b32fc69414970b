//! Every flipped bit is found, wherever it is, and what killed writers left is told apart from what is stored.

use super::*;

fn filled() -> Sandbox {
    let sandbox = sandbox();
    let lock = sandbox.store.lock(Provider::Segment, "abc").unwrap();
    let mut writer = lock.begin(hour(), Mode::Replace).unwrap();
    writer.append(batch(0..20)).unwrap();
    writer
        .reject(&Reject {
            origin: "object 1".to_owned(),
            line: 7,
            reason: "no JSON".to_owned(),
            raw: b"{".to_vec(),
        })
        .unwrap();
    let staged = writer.finish(Some(hour().end()), Vec::new()).unwrap();
    lock.commit_one(staged).unwrap();
    drop(lock);
    sandbox
}

#[test]
fn any_flipped_bit_is_found() {
    let sandbox = filled();
    let store = &sandbox.store;
    let meta = store.meta(&key()).unwrap().unwrap();
    assert_eq!(store.verify(&key()).unwrap(), Some(20));
    for path in [
        store.records_file(&key()),
        store.rejects_file(&meta).unwrap(),
    ] {
        let whole = std::fs::read(&path).unwrap();
        for bit in (0..whole.len() * 8).step_by(97) {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &bytes).unwrap();
            let found = store.verify(&key());
            let is_damaged = matches!(found, Err(StoreError::Damaged { .. }));
            assert!(is_damaged, "bit {bit} of {}: {found:?}", path.display());
        }
        for length in (0..whole.len()).step_by(83) {
            std::fs::write(&path, &whole[..length]).unwrap();
            let found = store.verify(&key());
            assert!(
                matches!(found, Err(StoreError::Damaged { .. })),
                "{length} bytes: {found:?}"
            );
        }
        std::fs::write(&path, &whole).unwrap();
    }
    assert_eq!(store.verify(&key()).unwrap(), Some(20));
    std::fs::remove_file(store.rejects_file(&meta).unwrap()).unwrap();
    let missing = store.verify(&key()).unwrap_err().to_string();
    assert!(
        missing.contains("the rejects that its hour tells of are not there"),
        "{missing}"
    );
}

#[test]
fn only_what_no_footer_names_is_left_over() {
    let sandbox = filled();
    let store = &sandbox.store;
    let left = || store.leftovers(Provider::Segment, "abc").unwrap();
    assert_eq!(left(), Some(0));
    let folder = store.hour_folder(&key());
    let collection = store.collection_folder(Provider::Segment, "abc");
    let names = [
        folder.join("_rejects-00.ndjson"),
        folder.join(".records.parquet.tmp"),
        collection.join(".2025-03-23T20.0.parquet.tmp"),
        collection.join("date=2025-03-24/hour=00/_rejects-01.ndjson"),
    ];
    std::fs::create_dir_all(collection.join("date=2025-03-24/hour=00")).unwrap();
    std::fs::create_dir_all(collection.join("date=2025-03-25")).unwrap();
    names
        .iter()
        .for_each(|name| std::fs::write(name, "x").unwrap());
    // Of someone else's.
    let others = [
        folder.join("notes.txt"),
        collection.join("date=2025-03-26/hour=01/_SUCCESS"),
    ];
    std::fs::create_dir_all(others[1].parent().unwrap()).unwrap();
    others
        .iter()
        .for_each(|name| std::fs::write(name, "x").unwrap());
    assert_eq!(left(), Some(7), "four files and three folders");

    let held = store.lock(Provider::Segment, "abc").unwrap();
    assert_eq!(left(), None, "a writer may be at it");
    drop(held);
    assert!(
        !names[2].exists(),
        "the next writer sweeps what is in its way"
    );
    assert_eq!(store.repair(Provider::Segment, "abc").unwrap(), 6);
    assert_eq!(left(), Some(0));
    assert!(others.iter().all(|name| name.exists()));
    assert!(!collection.join("date=2025-03-24").exists());
    assert_eq!(store.verify(&key()).unwrap(), Some(20));
}

#[test]
fn a_fetch_mends_a_damaged_hour() {
    for share in [2, 100] {
        let sandbox = filled();
        let path = sandbox.store.records_file(&key());
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.len() - bytes.len() / share;
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        sandbox.store.verify(&key()).unwrap_err();
        write(&sandbox.store, Mode::Replace, 0..10);
        assert_eq!(sandbox.store.verify(&key()).unwrap(), Some(10));
    }
}

#[test]
fn an_import_into_a_damaged_hour_keeps_what_can_be_read() {
    let sandbox = sandbox();
    let store = &sandbox.store;
    write(store, Mode::Replace, 0..30_000);
    let file = HourFile::open(store, &key()).unwrap();
    let whole = std::fs::read(file.path()).unwrap();
    let rows: Vec<u64> = file
        .groups()
        .iter()
        .map(|group| group.rows as u64)
        .collect();
    let flip = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(store.records_file(&key()), bytes).unwrap();
    };
    // In the first row group; the others are whole.
    flip(1000);
    let merged = write(store, Mode::Merge, 30_000..30_001);
    assert_eq!(merged.lost, Some(Lost::Records(rows[0])));
    assert_eq!(merged.meta.records(), 30_001 - rows[0]);
    assert_eq!(merged.meta.fetched_at, None, "it is to be fetched again");
    assert_eq!(store.verify(&key()).unwrap(), Some(30_001 - rows[0]));
    // Anywhere: an import goes well, and what is lost is told.
    for at in (4..whole.len()).step_by(whole.len() / 40) {
        flip(at);
        let merged = write(store, Mode::Merge, 30_000..30_001);
        let lost = match merged.lost {
            Some(Lost::Records(lost)) => lost,
            Some(Lost::All) => 30_000,
            _ => 0,
        };
        assert_eq!(merged.meta.records() + lost, 30_001, "byte {at}");
        assert_eq!(store.verify(&key()).unwrap(), Some(merged.meta.records()));
    }
    std::fs::write(store.records_file(&key()), &whole[..whole.len() - 9]).unwrap();
    let merged = write(store, Mode::Merge, 0..10);
    assert_eq!((merged.lost, merged.meta.records()), (Some(Lost::All), 10));
}

#[test]
fn rejects_of_a_damaged_hour_are_kept() {
    for share in [2, 100] {
        let sandbox = filled();
        let store = &sandbox.store;
        let path = store.records_file(&key());
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.len() - bytes.len() / share;
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let merged = write(store, Mode::Merge, 100..110);
        assert_eq!(merged.meta.rejects.lines, 1);
        store.verify(&key()).unwrap();
    }
}

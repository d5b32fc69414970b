//! A writer that dies at any of its steps leaves each hour as it was or as it was to be, and the next one ends its work.

use super::*;
use crate::model::Outcome;
use crate::store::layout::RECORDS;

/// What a reader sees: the bytes and status of each record by hour, and the rejects.
type Seen = BTreeMap<Hour, (Vec<(String, Option<i64>)>, String)>;

fn attempt(hours: i32, n: i64) -> (Hour, Batch) {
    let at = hour().plus(hours);
    let raw = format!("{{\"attempt\":{n},\"hour\":{hours}}}");
    let mut record = Record::new(at.start().plus(n), RecordType::Attempt, raw.as_bytes());
    record.message_id = Some(format!("m{n}").into());
    record.exchange_id = Some(format!("x{n}").into());
    record.outcome = Some(Outcome::Failure);
    let mut batch = Batch::new();
    batch.push(&record);
    (at, batch)
}

fn exchange(hours: i32, n: i64, status: i64) -> (Hour, Batch) {
    let at = hour().plus(hours);
    let raw = format!("{{\"exchange\":{n},\"status\":{status}}}");
    let mut record = Record::new(at.start().plus(n), RecordType::Exchange, raw.as_bytes());
    record.exchange_id = Some(format!("x{n}").into());
    record.status = Some(status);
    record.outcome = Some(Outcome::Failure);
    let mut batch = Batch::new();
    batch.push(&record);
    (at, batch)
}

fn commit(
    store: &Store,
    mode: Mode,
    hours: Vec<(Hour, Batch)>,
    rejected: &str,
) -> Result<(), StoreError> {
    let lock = store.lock(Provider::Segment, "abc")?;
    let mut staged = Vec::new();
    for (hour, batch) in hours {
        let mut writer = lock.begin(hour, mode)?;
        writer.append(batch)?;
        writer.reject(&Reject {
            origin: "object 1".to_owned(),
            line: 1,
            reason: "no JSON".to_owned(),
            raw: rejected.as_bytes().to_vec(),
        })?;
        let fetched_at = (mode == Mode::Replace).then(|| hour.end());
        staged.push(writer.finish(fetched_at, Vec::new())?);
    }
    lock.commit(staged)?;
    Ok(())
}

/// A stored hour that is replaced, one that is completed, and a far one.
fn before(store: &Store) {
    commit(
        store,
        Mode::Replace,
        vec![exchange(0, 1, 500), attempt(1, 2), attempt(90, 3)],
        "old",
    )
    .unwrap();
}

fn change(store: &Store, mode: Mode) -> Result<(), StoreError> {
    commit(
        store,
        mode,
        vec![exchange(0, 2, 503), exchange(2, 3, 504), attempt(3, 4)],
        "new",
    )
}

fn seen(store: &Store) -> Seen {
    let mut seen = Seen::new();
    for key in store.hours(&Filter::default()).unwrap() {
        store.verify(&key).unwrap();
        let file = HourFile::open(store, &key).unwrap();
        let mut rows = Vec::new();
        for (group, info) in file.groups().iter().enumerate() {
            let columns = [Column::Raw, Column::Status];
            let read = file
                .read(group, &columns, Pick::Range(0..info.rows))
                .unwrap();
            rows.extend((0..read.rows()).map(|row| {
                let raw = String::from_utf8(read.raw(row).to_vec()).unwrap();
                (raw, read.int(Column::Status, row))
            }));
        }
        rows.sort();
        let rejects = store.rejects_file(file.meta());
        let rejects = rejects.map(|path| std::fs::read_to_string(path).unwrap());
        seen.insert(key.hour, (rows, rejects.unwrap_or_default()));
    }
    seen
}

/// Lists everything in a store but its hours and their rejects.
fn beside(store: &Store) -> Vec<String> {
    fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                walk(&path, found);
                if std::fs::read_dir(&path).unwrap().next().is_none() {
                    found.push(name);
                }
            } else if name != RECORDS && !name.starts_with("_rejects-") && name != ".lock" {
                found.push(name);
            }
        }
    }
    let mut found = Vec::new();
    walk(store.root(), &mut found);
    found
}

fn count_rejects(store: &Store) -> usize {
    let keys = store.hours(&Filter::default()).unwrap();
    let names = keys
        .iter()
        .flat_map(|key| std::fs::read_dir(store.hour_folder(key)).unwrap());
    names
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_str()
                .unwrap()
                .starts_with("_rejects")
        })
        .count()
}

fn check_every_step(mode: Mode) {
    let made = |change_too: bool| {
        let sandbox = sandbox();
        before(&sandbox.store);
        if change_too {
            change(&sandbox.store, mode).unwrap();
        }
        seen(&sandbox.store)
    };
    let (old, new) = (made(false), made(true));
    assert_ne!(
        old[&hour().plus(90)],
        new[&hour().plus(90)],
        "completed from far away"
    );
    for step in 1.. {
        let sandbox = sandbox();
        let store = &sandbox.store;
        before(store);
        store.disk().break_at(step);
        let changed = change(store, mode);
        if !store.disk().mend() {
            changed.unwrap();
            assert_eq!(seen(store), new);
            assert!(step > 40, "only {step} steps");
            break;
        }
        for (hour, seen) in seen(store) {
            let is_whole = old.get(&hour) == Some(&seen) || new.get(&hour) == Some(&seen);
            assert!(is_whole, "step {step}: {hour} is {seen:#?}");
        }
        // Another writer first, that has nothing to do with it: what was published by then is linked.
        match step % 2 {
            0 => drop(store.lock(Provider::Segment, "abc").unwrap()),
            _ => drop(store.repair(Provider::Segment, "abc").unwrap()),
        }
        assert_eq!(
            store.leftovers(Provider::Segment, "abc").unwrap(),
            Some(0),
            "step {step}"
        );
        change(store, mode).unwrap();
        assert_eq!(seen(store), new, "step {step}");
        assert_eq!(beside(store), Vec::<String>::new(), "step {step}");
        assert_eq!(
            count_rejects(store),
            store.hours(&Filter::default()).unwrap().len()
        );
    }
}

#[test]
fn a_fetch_that_dies_at_any_step_loses_nothing() {
    check_every_step(Mode::Replace);
}

#[test]
fn an_import_that_dies_at_any_step_loses_nothing() {
    check_every_step(Mode::Merge);
}

#[test]
fn a_step_that_fails_leaves_no_temporary_file() {
    for step in 1.. {
        let sandbox = sandbox();
        let store = &sandbox.store;
        before(store);
        store.disk().fail_at(step);
        let changed = change(store, Mode::Replace);
        if !store.disk().mend() {
            changed.unwrap();
            break;
        }
        if changed.is_ok() {
            // What was published cannot be taken back; the next writer sweeps.
            drop(store.lock(Provider::Segment, "abc").unwrap());
        }
        let left = store.leftovers(Provider::Segment, "abc").unwrap();
        assert_eq!(
            left,
            Some(0),
            "step {step}: {changed:?}, {:?}",
            beside(store)
        );
    }
}

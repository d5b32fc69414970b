//! Hours that come one after the other, go, or are damaged.

use super::*;

const DAY: i64 = 86_400 * SECOND;

/// A store that records come to one after the other, each in a commit of its own.
struct Growing {
    _folder: tempfile::TempDir,
    store: Store,
    world: Vec<Made>,
}

impl Growing {
    fn new() -> Growing {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_temporary(folder.path());
        Growing {
            _folder: folder,
            store,
            world: Vec::new(),
        }
    }

    fn add(&mut self, made: Made) -> BTreeMap<usize, Shown> {
        commit(&self.store, Mode::Merge, &[(self.world.len(), &made)]);
        self.world.push(made);
        stored(&self.store)
    }
}

#[test]
fn an_hour_that_comes_later_completes_those_before() {
    let mut growing = Growing::new();
    growing.add(error(3599 * SECOND, 1));
    let shown = growing.add(asking(3598 * SECOND, 1, 1, Some(FAILURE), 7));
    assert_eq!(joined(&shown[&0]), Some("attempt+missing"));
    let shown = growing.add(exchange(3601 * SECOND, 7, 503));
    assert_eq!(
        (joined(&shown[&0]), joined(&shown[&1])),
        (Some("attempt+exchange"), Some("exchange"))
    );
    assert_eq!((shown[&0].status, shown[&1].status), (Some(503), Some(503)));
}

#[test]
fn what_lies_days_away_is_found_whatever_comes_first() {
    let parts = [
        Made {
            discarded: Some(true),
            ..error(4 * DAY, 1)
        },
        asking(DAY, 1, 1, None, 7),
        exchange(9 * DAY, 7, 503),
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut growing = Growing::new();
        let mut shown = BTreeMap::new();
        for part in order {
            shown = growing.add(parts[part].clone());
        }
        let of = |part: usize| &shown[&order.iter().position(|at| *at == part).unwrap()];
        assert_eq!(joined(of(0)), Some("attempt+exchange"), "{order:?}");
        assert_eq!((of(0).attempt, of(0).status), (Some(1), Some(503)));
        assert_eq!(
            (joined(of(1)), of(1).discarded),
            (Some("exchange"), Some(true))
        );
        assert_eq!(of(1).outcome.as_deref(), Some("failure"));
    }
}

#[test]
fn what_comes_nearer_takes_the_place_of_what_was_far() {
    let mut growing = Growing::new();
    growing.add(attempt(0, 1, 1, FAILURE));
    let shown = growing.add(Made {
        discarded: Some(true),
        ..error(4 * DAY, 1)
    });
    assert_eq!(
        (shown[&1].attempt, shown[&0].discarded),
        (Some(1), Some(true))
    );
    let shown = growing.add(attempt(4 * DAY - 5 * SECOND, 1, 2, FAILURE));
    assert_eq!(shown[&1].attempt, Some(2));
    assert_eq!(
        (shown[&0].discarded, shown[&2].discarded),
        (None, Some(true))
    );
}

#[test]
fn what_was_taken_stays_when_its_record_goes() {
    let mut growing = Growing::new();
    growing.add(exchange(3599 * SECOND, 7, 503));
    growing.add(asking(3601 * SECOND, 1, 1, None, 7));
    growing.add(Made {
        discarded: Some(true),
        ..error(7201 * SECOND, 1)
    });
    let before = stored(&growing.store);
    lock(&growing.store).remove(hour(0)).unwrap();
    // The hour is linked anew, and finds it no more.
    let shown = growing.add(attempt(3700 * SECOND, 1, 2, SUCCESS));
    assert_eq!((&shown[&1], &shown[&2]), (&before[&1], &before[&2]));
    lock(&growing.store).remove(hour(1)).unwrap();
    let shown = growing.add(error(7300 * SECOND, 2));
    assert_eq!(shown[&2], before[&2]);
}

#[test]
fn a_fetch_links_what_takes_the_place_of_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_temporary(folder.path());
    let near = exchange(3599 * SECOND, 7, 503);
    let asks = asking(3601 * SECOND, 1, 1, Some(FAILURE), 7);
    let other = Made {
        bucket: 0,
        ..attempt(3602 * SECOND, 1, 1, FAILURE)
    };
    let says = Made {
        discarded: Some(true),
        ..error(3603 * SECOND, 1)
    };
    commit(&store, Mode::Replace, &[(0, &near), (1, &other)]);
    commit(&store, Mode::Replace, &[(2, &asks), (3, &says)]);
    let shown = stored(&store);
    assert_eq!(
        (shown[&1].discarded, shown[&2].discarded),
        (Some(true), None)
    );
    // The attempt that the error was of is gone now.
    commit(&store, Mode::Replace, &[(0, &near)]);
    let shown = stored(&store);
    assert_eq!(
        (shown[&2].status, shown[&2].discarded),
        (Some(503), Some(true))
    );
    assert_eq!(joined(&shown[&3]), Some("attempt+exchange"));
}

#[test]
fn a_damaged_neighbour_stays_as_it_is() {
    let mut growing = Growing::new();
    growing.add(exchange(3599 * SECOND, 7, 503));
    growing.add(asking(10_800 * SECOND, 2, 1, Some(FAILURE), 7));
    let path = growing.store.records_file(&key(0));
    let whole = std::fs::read(&path).unwrap();
    for at in [whole.len() / 3, whole.len() - 20] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let made = asking(3601 * SECOND, 1, 1, Some(FAILURE), 7);
        commit(&growing.store, Mode::Replace, &[(2, &made)]);
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
    std::fs::write(&path, &whole).unwrap();
    let again = asking(3602 * SECOND, 1, 2, Some(FAILURE), 7);
    commit(&growing.store, Mode::Merge, &[(3, &again)]);
    let shown = stored(&growing.store);
    assert_eq!(
        (joined(&shown[&2]), joined(&shown[&3])),
        (Some("exchange"), Some("exchange"))
    );
}

#[test]
fn ids_are_found_in_files_whose_columns_were_copied() {
    let mut growing = Growing::new();
    let world: Vec<Made> = (0..200)
        .map(|n| asking(n, (n % 250) as u8, 1, Some(FAILURE), 7))
        .collect();
    let records: Vec<(usize, &Made)> = world
        .iter()
        .enumerate()
        .map(|(n, made)| (n + 10, made))
        .collect();
    commit(&growing.store, Mode::Replace, &records);
    growing.add(exchange(3601 * SECOND, 7, 503));
    let file = HourFile::open(&growing.store, &key(0)).unwrap();
    assert!(file.may_hold(0, Column::MessageId, ["m17"]).unwrap());
    assert!(!file.may_hold(0, Column::MessageId, ["m999"]).unwrap());
    let rows = [3, 77];
    let read = file
        .read(0, &[Column::Status, Column::MessageId], Pick::Rows(&rows))
        .unwrap();
    assert_eq!(read.int(Column::Status, 1), Some(503));
}

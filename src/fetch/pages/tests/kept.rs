//! What is stored of pages, and which hours count as whole.
//!
//! Rule: every page is in the store before the next one is asked for.

use super::*;

#[test]
fn pages_go_to_the_hours_of_their_records_and_whole_hours_are_marked() {
    let world = World::new();
    let report = world.run(vec![
        page(&[("a", "2025-03-23T20:10:00Z"), ("b", "2025-03-23T19:59:59Z")]),
        page(&[]),
        page(&[("c", "2025-03-23T17:00:00Z"), ("b", "2025-03-23T19:59:59Z")]),
        end(Some(window("2025-03-23T17:00:00Z", NOW)), None),
    ]);
    assert_eq!(
        (report.pages, report.records, report.added, report.rejects),
        (3, 4, 3, 0)
    );
    assert_eq!(report.stopped, None);
    assert_eq!(
        report.whole,
        ["2025-03-23T17", "2025-03-23T18", "2025-03-23T19"].map(hour)
    );
    // The hour that runs is not whole, and one without records is an empty file.
    assert_eq!(
        world.held(),
        held(&[
            ("2025-03-23T17", 1, true),
            ("2025-03-23T18", 0, true),
            ("2025-03-23T19", 1, true),
            ("2025-03-23T20", 1, false),
        ])
    );
    let asked = world.meta("2025-03-23T18").unwrap().fetched_at.unwrap();
    assert!(
        (0..5_000_000).contains(&asked.since(instant(NOW))),
        "{asked}"
    );
    let pages: Vec<String> = world
        .meta("2025-03-23T19")
        .unwrap()
        .objects
        .into_iter()
        .map(|object| object.name)
        .collect();
    // Page 3 brought nothing new to the hour.
    assert_eq!(pages, ["page 1"]);
}

#[test]
fn only_what_the_feed_vouches_for_is_whole() {
    let world = World::new();
    let part = window("2025-03-23T17:00:01Z", "2025-03-23T19:30:00Z");
    let report = world.run(vec![
        page(&[("a", "2025-03-23T19:10:00Z")]),
        end(Some(part), Some("the answer was full")),
    ]);
    assert_eq!(report.whole, [hour("2025-03-23T18")]);
    assert_eq!(
        world.held(),
        held(&[("2025-03-23T18", 0, true), ("2025-03-23T19", 1, false)])
    );
    let gap = report.coverage.unwrap().gap;
    assert_eq!(gap.as_deref(), Some("the answer was full"));

    let none = World::new().run(vec![end(None, Some("nothing is known"))]);
    assert_eq!(none.whole, []);
}

#[test]
fn every_page_is_stored_before_the_next_is_asked_for() {
    let world = World::new();
    let store = world.store();
    let mut steps = VecDeque::from([
        page(&[("a", "2025-03-23T19:10:00Z")]),
        page(&[("b", "2025-03-23T19:20:00Z")]),
        refused(),
    ]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seen_by_feed = Arc::clone(&seen);
    let report = world.run_with(move |_| {
        let keys = store.hours(&Filter::default()).unwrap();
        let records = keys
            .iter()
            .map(|key| store.meta(key).unwrap().unwrap().records());
        seen_by_feed.lock().unwrap().push(records.sum::<u64>());
        steps.pop_front().unwrap()
    });
    assert_eq!(*seen.lock().unwrap(), [0, 1, 2]);
    assert_eq!(
        report.stopped,
        Some(PageStop::Unauthorised(
            "`h` does not accept the credentials: expired".to_owned(),
            Some("get a new one".to_owned())
        ))
    );
    assert_eq!((report.pages, report.coverage), (2, None));
    assert_eq!(world.held(), held(&[("2025-03-23T19", 2, false)]));
}

#[test]
fn what_cannot_be_decoded_is_kept_beside_its_page() {
    let world = World::new();
    let body = br#"{"data":{"events":[{"id":"x","type":"no time"},{"id":"a","timestamp":"2025-03-23T19:10:00Z","type":"T","resourceType":"source"}]}}"#;
    let mixed = Step::Page(Page {
        body: body.to_vec(),
        records: 2,
    });
    let nonsense = Step::Page(Page {
        body: b"{\"data\":{\"events\":[{}]}}".to_vec(),
        records: 1,
    });
    let report = world.run(vec![Ok(mixed), Ok(nonsense), end(None, None)]);
    assert_eq!((report.records, report.rejects), (1, 2));
    assert_eq!(world.meta("2025-03-23T19").unwrap().rejects.lines, 2);
    // A wrapping that the decoder does not know is no empty page.
    let lost = Step::Page(Page {
        body: b"{\"data\":{\"events\":[]}}".to_vec(),
        records: 3,
    });
    let report = World::new().run(vec![Ok(lost)]);
    let Some(PageStop::Remote(message, None)) = report.stopped else {
        panic!("{report:?}");
    };
    assert_eq!(message, "3 records of page 1 cannot be found in the answer");
    // Without any record it is kept beside the first hour asked for.
    let world = World::new();
    let nonsense = Step::Page(Page {
        body: b"not JSON".to_vec(),
        records: 1,
    });
    world.run(vec![Ok(nonsense), end(None, None)]);
    assert_eq!(world.meta("2025-03-23T17").unwrap().rejects.lines, 1);
}

#[test]
fn an_hour_marked_later_by_another_keeps_its_mark() {
    let world = World::new();
    let later = instant("2025-03-23T22:00:00Z");
    let lock = world.store().lock(Provider::SegmentAudit, "audit").unwrap();
    let writer = lock
        .begin(hour("2025-03-23T18"), crate::store::Mode::Merge)
        .unwrap();
    let staged = writer.finish(Some(later), vec![]).unwrap();
    lock.commit_one(staged).unwrap();
    drop(lock);
    world.run(vec![end(Some(window("2025-03-23T17:00:00Z", NOW)), None)]);
    assert_eq!(world.meta("2025-03-23T18").unwrap().fetched_at, Some(later));
}

#[test]
fn a_record_that_changed_takes_the_place_of_its_older_self() {
    let world = World::new();
    let seen = |time: &str| {
        let log = format!(
            r#"{{"log_id":"01934a2c-1491-7bea-bced-5176bf92ff3c","log_type":"error","timestamp":"{time}"}}"#
        );
        Ok(Step::Page(Page {
            body: format!(r#"{{"items":[{log}]}}"#).into_bytes(),
            records: 1,
        }))
    };
    let of_akeneo = |steps: Vec<Result<Step, FeedError>>| {
        let steps = Mutex::new(VecDeque::from(steps));
        world.run_of(Provider::Akeneo, move |_| {
            steps.lock().unwrap().pop_front().expect("a step too many")
        })
    };
    let report = of_akeneo(vec![
        seen("2025-03-23T18:59:00Z"),
        seen("2025-03-23T19:03:00Z"),
        seen("2025-03-23T18:59:00Z"),
        end(Some(window("2025-03-23T17:00:00Z", NOW)), None),
    ]);
    assert_eq!((report.records, report.added, report.updated), (3, 1, 1));
    // It has moved to another hour, and the one it was in is whole without it.
    assert_eq!(
        world.held(),
        held(&[
            ("2025-03-23T17", 0, true),
            ("2025-03-23T18", 0, true),
            ("2025-03-23T19", 1, true),
        ])
    );
}

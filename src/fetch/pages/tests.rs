//! The loop over pages against a feed that is a list: what is stored when, what is waited for, what counts as whole.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;
use crate::model::{Filter, Provider};
use crate::providers::feed::{Coverage, Page};
use crate::store::{HourKey, HourMeta};

const NOW: &str = "2025-03-23T20:30:00Z";

fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn window(start: &str, end: &str) -> Window {
    Window {
        start: instant(start),
        end: instant(end),
    }
}

fn hour(text: &str) -> Hour {
    Hour::parse(text, instant(NOW)).unwrap()
}

/// A page of audit events of these ids and times.
fn page(events: &[(&str, &str)]) -> Result<Step, FeedError> {
    let events: Vec<String> = events
        .iter()
        .map(|(id, time)| {
            format!(
                r#"{{"id":"{id}","timestamp":"{time}","type":"Source Created","resourceType":"source","resourceId":"s","resourceName":"n"}}"#
            )
        })
        .collect();
    Ok(Step::Page(Page {
        body: format!(r#"{{"data":{{"events":[{}]}}}}"#, events.join(",")).into_bytes(),
        records: events.len() as u64,
    }))
}

fn end(window: Option<Window>, gap: Option<&str>) -> Result<Step, FeedError> {
    Ok(Step::End(Coverage {
        window,
        gap: gap.map(str::to_owned),
    }))
}

fn limited(seconds: Option<u64>) -> Result<Step, FeedError> {
    Err(FeedError::RateLimited {
        host: "h".to_owned(),
        wait: seconds.map(Duration::from_secs),
        message: String::new(),
    })
}

fn server() -> Result<Step, FeedError> {
    Err(FeedError::Server {
        host: "h".to_owned(),
        status: 503,
        message: String::new(),
    })
}

fn broken() -> Result<Step, FeedError> {
    Err(FeedError::Http(HttpError::NoAnswer {
        host: "h".to_owned(),
        failure: Failure::Broken("reset".to_owned()),
    }))
}

fn refused() -> Result<Step, FeedError> {
    Err(FeedError::Unauthorised {
        host: "h".to_owned(),
        message: "expired".to_owned(),
        hint: "get a new one".to_owned(),
    })
}

/// A store, and what a run over it is set up with.
struct World {
    root: tempfile::TempDir,
    max_pages: Option<u64>,
    interrupted: Arc<AtomicBool>,
}

impl World {
    fn new() -> World {
        World {
            root: tempfile::tempdir().unwrap(),
            max_pages: None,
            interrupted: Arc::default(),
        }
    }

    fn store(&self) -> Store {
        Store::open(self.root.path())
    }

    /// Runs over the steps; waits of our own making are as good as none. A step too many is a panic.
    fn run(&self, steps: Vec<Result<Step, FeedError>>) -> PagesReport {
        let steps = Mutex::new(VecDeque::from(steps));
        self.run_with(move |_| steps.lock().unwrap().pop_front().expect("a step too many"))
    }

    fn run_with(
        &self,
        step: impl FnMut(Timestamp) -> Result<Step, FeedError> + Send + 'static,
    ) -> PagesReport {
        self.run_of(Provider::SegmentAudit, step)
    }

    fn run_of(
        &self,
        provider: Provider,
        step: impl FnMut(Timestamp) -> Result<Step, FeedError> + Send + 'static,
    ) -> PagesReport {
        let pages = Pages {
            store: &self.store(),
            provider,
            collection: "audit",
            window: window("2025-03-23T17:00:00Z", NOW),
            max_pages: self.max_pages,
            backoff: Backoff {
                first: Duration::from_millis(1),
                ..PATIENCE
            },
            now: instant(NOW),
            started: Instant::now(),
            interrupted: Arc::clone(&self.interrupted),
            watch: &Watch::default(),
        };
        pages.fetch(step)
    }

    fn meta(&self, text: &str) -> Option<HourMeta> {
        let key = HourKey {
            provider: Provider::SegmentAudit,
            collection: "audit".to_owned(),
            hour: hour(text),
        };
        self.store().meta(&key).unwrap()
    }

    /// Every stored hour: its name, its records, and whether it counts as fetched.
    fn held(&self) -> Vec<(String, u64, bool)> {
        let keys = self.store().hours(&Filter::default()).unwrap();
        let metas = keys
            .iter()
            .map(|key| self.store().meta(key).unwrap().unwrap());
        metas
            .map(|meta| {
                let name = meta.key.hour.to_string();
                (name, meta.records(), meta.fetched_at.is_some())
            })
            .collect()
    }
}

fn held(hours: &[(&str, u64, bool)]) -> Vec<(String, u64, bool)> {
    hours
        .iter()
        .map(|(name, records, whole)| ((*name).to_owned(), *records, *whole))
        .collect()
}

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
    assert_eq!(pages, ["page 1", "page 3"]);
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
fn what_breaks_between_pages_is_tried_again_a_few_times() {
    let whole = || end(Some(window("2025-03-23T17:00:00Z", NOW)), None);
    let world = World::new();
    let report = world.run(vec![
        broken(),
        server(),
        limited(None),
        page(&[("a", "2025-03-23T19:10:00Z")]),
        // The count begins anew after a page.
        server(),
        broken(),
        broken(),
        whole(),
    ]);
    assert_eq!((report.stopped, report.retries, report.pages), (None, 6, 1));

    let report = World::new().run(vec![broken(), server(), broken(), server()]);
    assert!(
        matches!(&report.stopped, Some(PageStop::Remote(message, None)) if message.contains("503")),
        "{report:?}"
    );
    for once in [
        FeedError::Refused {
            host: "h".to_owned(),
            status: 400,
            message: "no such parameter".to_owned(),
        },
        FeedError::Unreadable {
            host: "h".to_owned(),
            reason: "no events".to_owned(),
        },
        FeedError::Http(HttpError::NoAnswer {
            host: "h".to_owned(),
            failure: Failure::Tls("expired".to_owned()),
        }),
    ] {
        let report = World::new().run(vec![Err(once)]);
        assert!(matches!(report.stopped, Some(PageStop::Remote(..))));
    }
}

#[test]
fn a_short_rate_limit_is_waited_out_and_a_long_one_is_told() {
    let started = Instant::now();
    let report = World::new().run(vec![limited(Some(1)), end(None, None)]);
    assert_eq!(report.stopped, None);
    assert!(started.elapsed() >= Duration::from_secs(1));
    let report = World::new().run(vec![limited(Some(3600))]);
    let Some(PageStop::RateLimited { again_at, .. }) = report.stopped else {
        panic!("{report:?}");
    };
    let late = again_at.unwrap().since(instant("2025-03-23T21:30:00Z"));
    assert!((0..5_000_000).contains(&late));
}

#[test]
fn an_answer_that_is_not_ready_is_waited_for_but_not_for_ever() {
    let wait = |seconds| Ok(Step::Wait(Duration::from_secs(seconds)));
    let short = Ok(Step::Wait(Duration::from_millis(30)));
    let report = World::new().run(vec![short, page(&[]), end(None, None)]);
    assert_eq!((report.stopped, report.pages), (None, 1));
    let report = World::new().run(vec![wait(601)]);
    assert!(
        matches!(&report.stopped, Some(PageStop::Remote(message, Some(_))) if message.contains("10 minutes")),
        "{report:?}"
    );
}

#[test]
fn ctrl_c_ends_a_wait_and_a_call() {
    for hangs in [true, false] {
        let world = World::new();
        let pressed = Arc::clone(&world.interrupted);
        let started = Instant::now();
        let report = world.run_with(move |_| {
            pressed.store(true, Ordering::Relaxed);
            if hangs {
                std::thread::sleep(Duration::from_secs(30));
            }
            Ok(Step::Wait(Duration::from_secs(60)))
        });
        assert_eq!(report.stopped, Some(PageStop::Interrupted));
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn no_more_pages_are_asked_for_than_allowed() {
    let world = World {
        max_pages: Some(1),
        ..World::new()
    };
    let report = world.run(vec![page(&[("a", "2025-03-23T19:10:00Z")])]);
    assert_eq!(report.stopped, Some(PageStop::MaxPages));
    assert_eq!(world.held(), held(&[("2025-03-23T19", 1, false)]));
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
    assert_eq!(world.meta("2025-03-23T19").unwrap().rejects, 2);
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
    assert_eq!(world.meta("2025-03-23T17").unwrap().rejects, 1);
}

#[test]
fn an_hour_marked_later_by_another_keeps_its_mark() {
    let world = World::new();
    let later = instant("2025-03-23T22:00:00Z");
    let lock = world.store().lock(Provider::SegmentAudit, "audit").unwrap();
    let writer = lock
        .begin(hour("2025-03-23T18"), crate::store::Mode::Merge)
        .unwrap();
    writer.finish(Some(later), vec![]).unwrap();
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

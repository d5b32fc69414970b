//! Which failures are tried again, what is waited for, and what ends a run.
//!
//! Rule: nothing is waited for that Ctrl-C does not end.

use super::*;

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

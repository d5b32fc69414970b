//! What is said of times that the vendor should have deleted, and of pages that may have been cut.

use super::*;

#[test]
fn what_the_vendor_no_longer_keeps_is_not_said_to_be_whole() {
    let server = TestServer::start(vec![ok(logs(1..=3))]);
    let mut feed = feed(&server);
    // Half of the day is older than 30 days by then.
    let late = time("2024-12-25T12:00:00Z");
    assert!(matches!(feed.step(late), Ok(Step::Page(_))));
    let Ok(Step::End(coverage)) = feed.step(late) else {
        panic!("there are no more pages");
    };
    let kept = Window {
        start: time("2024-11-25T12:00:00Z"),
        end: now(),
    };
    assert_eq!(coverage.window, Some(kept));
    assert_eq!(
        coverage.gap.as_deref(),
        Some("Akeneo keeps 30 days; what is older may be deleted")
    );
}

#[test]
fn a_page_as_servers_like_to_cut_them_is_not_taken_for_all() {
    for (last, is_sure) in [(19, true), (20, false), (21, true)] {
        let server = TestServer::start(vec![ok(logs(1..=last))]);
        let (_, coverage) = run(&mut feed(&server));
        let whole = coverage.window == Some(day());
        assert_eq!(
            (whole, coverage.gap.is_none()),
            (is_sure, is_sure),
            "{last}"
        );
    }
    // A server that has a place for a next page, and leaves it empty, is believed.
    let body = format!(r#"{{"items":{},"next":null}}"#, logs(1..=20));
    let server = TestServer::start(vec![ok(body)]);
    assert_eq!(run(&mut feed(&server)).1.gap, None);
}

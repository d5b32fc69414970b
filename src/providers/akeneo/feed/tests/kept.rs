//! What is said of times that the vendor should have deleted.

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

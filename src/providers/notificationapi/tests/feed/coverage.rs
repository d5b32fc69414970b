//! What may be missing from an answer.

use crate::model::{Timestamp, Window};
use crate::providers::test_server::{Reply, TestServer};

use super::super::super::Host;
use super::{ROW, STARTED, WHOLE, answer, at, feed_of, now, ok, told, window};

#[test]
fn what_may_be_missing_is_said() {
    let ended = |window: Window, params: &[(&str, &str)], body: &str, now: Timestamp| {
        let retention = ok(r#"{"retentionInDays":30}"#);
        let server = TestServer::start(vec![ok(STARTED), ok(body), retention]);
        let mut feed = feed_of(&server, Host::Current, window, params);
        let mut last = String::new();
        while !last.starts_with("end") {
            last = told(feed.step(now));
        }
        last
    };
    let one = answer(&[ROW]);
    assert_eq!(
        ended(window(), &[("userFilter", "u1")], &one, now()),
        "end of nothing; only rows that the given parameters let through were asked for"
    );
    assert_eq!(
        ended(window(), &[], &one, at("2026-08-20T11:05:00Z")),
        "end 2026-08-20T09:00:00Z to 2026-08-20T10:50:00Z; \
         logs take up to 15 minutes to appear, so that the last ones may be missing"
    );
    assert_eq!(
        ended(window(), &[], &one.replace("T10:", "T12:"), now()),
        "end of nothing; the answer has 1 row, none of the time asked for"
    );
    assert_eq!(
        ended(window(), &[], &one.replace("Complete", "Halfway"), now()),
        "end of nothing; a query ended as `Halfway`, which may mean before its end"
    );
    let minute = Window {
        start: at("2026-08-20T09:59:30Z"),
        end: at("2026-08-20T10:00:30Z"),
    };
    assert_eq!(
        ended(minute, &[], &answer(&vec![ROW; 10_000]), now()),
        "end of nothing; an answer was full with 10,000 rows, so that others may have been left out; \
         ask for a shorter time"
    );
    assert_eq!(
        ended(window(), &[], &one, at("2026-09-01T00:00:00Z")),
        WHOLE
    );
    assert_eq!(
        ended(window(), &[], &one, at("2026-09-19T10:00:00Z")),
        "end 2026-08-20T10:00:00Z to 2026-08-20T11:00:00Z; the account keeps logs for 30 days; older ones may be gone"
    );
    assert_eq!(
        ended(window(), &[], &answer(&[]), at("2026-10-01T00:00:00Z")),
        "end of nothing; the account keeps logs for 30 days; older ones may be gone"
    );
}

#[test]
fn an_unknown_retention_counts_as_the_shortest() {
    let server = TestServer::start(vec![ok(STARTED), ok(&answer(&[ROW]))]);
    let mut feed = feed_of(&server, Host::Current, window(), &[]);
    let found: Vec<_> = (0..3)
        .map(|_| told(feed.step(at("2026-08-27T10:00:00Z"))))
        .collect();
    assert_eq!(
        found[2],
        "end 2026-08-20T10:00:00Z to 2026-08-20T11:00:00Z; how long the account keeps logs is not known; ones older than 7 days may be gone"
    );
}

#[test]
fn a_full_answer_is_asked_for_again_in_halves() {
    let full = answer(&vec![ROW; 10_000]);
    let server = TestServer::start(vec![
        ok(&full),
        ok(&answer(&[])),
        Reply::new(503, &[], ""),
        ok(STARTED),
        ok(&answer(&[ROW, ROW])),
    ]);
    let mut feed = feed_of(&server, Host::Current, window(), &[]);
    let found: Vec<_> = (0..6).map(|_| told(feed.step(now()))).collect();
    assert_eq!(found[0], "page 10000");
    assert_eq!(found[1], "wait 0");
    assert!(found[2].starts_with("error"), "{}", found[2]);
    assert_eq!(found[3..], ["wait 1", "page 2", WHOLE]);
    let bodies: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.body)
        .collect();
    // 9, 10 and 11 o'clock.
    let second_half = r#"{"dateRangeFilter":[1787220000000,1787223600000]}"#;
    assert_eq!(
        bodies,
        [
            r#"{"dateRangeFilter":[1787216400000,1787223600000]}"#,
            r#"{"dateRangeFilter":[1787216400000,1787220000000]}"#,
            second_half,
            second_half,
            "",
        ]
    );
}

#[test]
fn a_server_that_is_always_full_is_not_asked_without_end() {
    // What is no row may be of any time.
    let full = answer(&vec!["{}"; 10_000]);
    // 8, 4 and 2 minutes are asked for in halves: 1 + 2 + 4 + 8 queries; six days until there have been 100, and then
    // the later half of each of the at most 13 halvings.
    for (minutes, queries) in [(8, 15..=15), (6 * 1440, 101..=113)] {
        let server = TestServer::start(vec![ok(&full); 300]);
        let end = at("2026-08-21T00:00:00Z");
        let window = Window {
            start: end.plus(-minutes * 60_000_000),
            end,
        };
        let mut feed = feed_of(&server, Host::Current, window, &[]);
        let last = loop {
            let step = told(feed.step(now()));
            if !step.starts_with("page") {
                break step;
            }
        };
        assert!(
            last.starts_with("end of nothing; an answer was full"),
            "{last}"
        );
        let asked = server.requests().len();
        assert!(queries.contains(&asked), "{asked} for {minutes} minutes");
    }
}

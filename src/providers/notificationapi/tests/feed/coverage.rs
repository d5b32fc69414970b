//! What may be missing from an answer.

use crate::model::{Timestamp, Window};
use crate::providers::test_server::TestServer;

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
        "end of nothing; the query ended as `Halfway`, which may mean before its end"
    );
    let full = answer(&vec![ROW; 10_000]);
    assert_eq!(
        ended(window(), &[], &full, now()),
        "end of nothing; the answer has 10,000 rows, and a query gives no more than 10,000; ask for a shorter time"
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

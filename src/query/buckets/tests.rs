//! Buckets of several zones, with days of 23 hours.
//!
//! Rule: starts are reckoned by hand from the zones' rules.

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn window(start: &str, end: &str) -> Window {
    Window {
        start: at(start),
        end: at(end),
    }
}

fn starts(start: &str, end: &str, every: &str, zone: &str) -> Vec<String> {
    let every = Every::parse(every).unwrap();
    let buckets = Buckets::of(window(start, end), every, zone.parse().unwrap(), 100).unwrap();
    buckets
        .starts
        .iter()
        .map(|start| start.to_rfc3339())
        .collect()
}

#[test]
fn buckets_begin_at_midnight_of_the_zone() {
    assert_eq!(
        starts("2025-03-23T20:07:00Z", "2025-03-23T20:15:01Z", "5m", "UTC"),
        [
            "2025-03-23T20:05:00Z",
            "2025-03-23T20:10:00Z",
            "2025-03-23T20:15:00Z"
        ]
    );
    // 18:30 UTC is midnight in India.
    assert_eq!(
        starts(
            "2025-03-23T18:00:00Z",
            "2025-03-23T20:00:00Z",
            "1h",
            "+05:30"
        ),
        [
            "2025-03-23T17:30:00Z",
            "2025-03-23T18:30:00Z",
            "2025-03-23T19:30:00Z"
        ]
    );
    // Seven hours do not fit into a day: the fourth bucket has three.
    assert_eq!(
        starts("2025-03-23T20:00:00Z", "2025-03-24T00:00:01Z", "7h", "UTC"),
        [
            "2025-03-23T14:00:00Z",
            "2025-03-23T21:00:00Z",
            "2025-03-24T00:00:00Z"
        ]
    );
}

#[test]
fn days_have_the_length_that_the_zone_gives_them() {
    // From 2025-03-29 to 31 in Berlin; the 30th has 23 hours.
    assert_eq!(
        starts(
            "2025-03-29T12:00:00Z",
            "2025-03-31T12:00:00Z",
            "1d",
            "Europe/Berlin"
        ),
        [
            "2025-03-28T23:00:00Z",
            "2025-03-29T23:00:00Z",
            "2025-03-30T22:00:00Z"
        ]
    );
    // Spans are counted from midnight, also where the clock jumps in between.
    assert_eq!(
        starts(
            "2025-03-29T23:00:00Z",
            "2025-03-30T10:00:00Z",
            "6h",
            "Europe/Berlin"
        ),
        ["2025-03-29T23:00:00Z", "2025-03-30T05:00:00Z"]
    );
    // 2025-03-24 is a Monday.
    assert_eq!(
        starts("2025-03-26T00:00:00Z", "2025-04-01T00:00:00Z", "1w", "UTC"),
        ["2025-03-24T00:00:00Z", "2025-03-31T00:00:00Z"]
    );
}

#[test]
fn every_instant_falls_into_one_bucket() {
    let window = window("2025-03-23T20:07:00Z", "2025-03-23T20:15:00Z");
    let buckets = Buckets::of(window, Every::Span(5 * MINUTE_MICROS), Zone::Utc, 9).unwrap();
    assert_eq!(buckets.len(), 2);
    assert_eq!(buckets.index(at("2025-03-23T20:04:59.999999Z")), None);
    assert_eq!(buckets.index(at("2025-03-23T20:05:00Z")), Some(0));
    assert_eq!(buckets.index(at("2025-03-23T20:09:59.999999Z")), Some(0));
    assert_eq!(buckets.index(at("2025-03-23T20:10:00Z")), Some(1));
    assert_eq!(buckets.index(at("2025-03-23T20:15:00Z")), None);
    assert_eq!(buckets.window(0).start, window.start);
    assert_eq!(buckets.window(1).end, window.end);
}

#[test]
fn a_step_is_chosen_that_fits() {
    let chosen = |start, end| Every::fitting(window(start, end), 60).to_string();
    assert_eq!(
        chosen("2025-03-23T20:00:00Z", "2025-03-23T21:00:00Z"),
        "5 min"
    );
    assert_eq!(
        chosen("2025-03-23T00:00:00Z", "2025-03-24T00:00:00Z"),
        "30 min"
    );
    assert_eq!(
        chosen("2025-03-01T00:00:00Z", "2025-03-08T00:00:00Z"),
        "3 h"
    );
    assert_eq!(
        chosen("2025-03-01T00:00:00Z", "2025-03-29T00:00:00Z"),
        "1 d"
    );
    assert_eq!(
        chosen("2025-03-23T20:00:00Z", "2025-03-23T20:00:00.000001Z"),
        "1 s"
    );
    assert_eq!(
        chosen("1900-01-01T00:00:00Z", "2900-01-01T00:00:00Z"),
        "364 d"
    );
}

#[test]
fn steps_that_make_no_sense_are_refused() {
    for (text, error) in [
        (
            "36h",
            "`36h` is longer than a day and no number of whole days",
        ),
        ("10ms", "`10ms` is less than a second"),
    ] {
        assert_eq!(Every::parse(text).unwrap_err().to_string(), error);
    }
    let window = window("2025-01-01T00:00:00Z", "2025-12-31T00:00:00Z");
    let every = Every::Span(SECOND_MICROS);
    assert!(matches!(
        Buckets::of(window, every, Zone::Utc, 1000),
        Err(EveryError::TooMany(31_449_601, 1000))
    ));
}

#[test]
fn equal_parts_cover_the_window() {
    let window = window("2025-03-23T20:00:00Z", "2025-03-23T20:00:10Z");
    let buckets = Buckets::equal(window, 4);
    assert_eq!(buckets.len(), 4);
    assert_eq!(buckets.index(at("2025-03-23T20:00:02.499999Z")), Some(0));
    assert_eq!(buckets.index(at("2025-03-23T20:00:02.5Z")), Some(1));
    assert_eq!(buckets.index(at("2025-03-23T20:00:09.999999Z")), Some(3));
    assert_eq!(buckets.index(window.end), None);
    let empty = Window {
        start: window.start,
        end: window.start,
    };
    assert_eq!(Buckets::equal(empty, 4).len(), 1);
}

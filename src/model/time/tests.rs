//! Times written and read, in every form that is accepted and some that are not.

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;

fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn prints_as_many_fraction_digits_as_needed() {
    assert_eq!(
        instant("2025-03-23T20:00:00Z").to_rfc3339(),
        "2025-03-23T20:00:00Z"
    );
    assert_eq!(
        instant("2025-03-23T20:00:00.120Z").to_rfc3339(),
        "2025-03-23T20:00:00.120Z"
    );
    assert_eq!(
        instant("2025-03-23T20:00:00.1234567Z").to_rfc3339(),
        "2025-03-23T20:00:00.123456Z"
    );
    assert_eq!(
        instant("2025-03-23T22:00:00+02:00").to_rfc3339(),
        "2025-03-23T20:00:00Z"
    );
}

#[test]
fn offsets_and_fractions_may_be_written_otherwise() {
    for text in [
        "2025-03-23T20:00:00.500+0000",
        "2025-03-23T22:00:00.500+02:00",
        "2025-03-23T22:00:00.500+0200",
        "2025-03-23T22:00:00.500+02",
        "2025-03-23T14:30:00.5-0530",
        "2025-03-23 22:00:00.500 +0200",
        "2025-03-23 22:00:00.500 +02:00",
        "2025-03-23T20:00:00,500Z",
        "2025-03-23T22:00:00,500+0200",
    ] {
        assert_eq!(instant(text), instant("2025-03-23T20:00:00.500Z"), "{text}");
    }
    assert_eq!(
        instant("2024-11-25T10:07:56+0000"),
        instant("2024-11-25T10:07:56Z")
    );
}

#[test]
fn refuses_what_is_no_instant() {
    for text in [
        "2025-02-29T00:00:00Z",
        "2025-03-23T24:00:00Z",
        "2025-03-23T20:00:00",
        "",
        "now",
        "2025-03-23T20:00:00.Z",
        "2025-03-23T20:00:00+200",
        "2025-03-23T20:00:00+2500",
        "2025-03-23T20:00:00+00é",
        "2025-03-23T20:00:00+é",
        "2025-03-23T20:00:00,",
        "2025-03-23T20:00:00-",
    ] {
        assert_eq!(Timestamp::parse(text), None, "{text}");
    }
}

#[test]
fn people_write_times_in_many_ways() {
    let now = instant("2025-03-23T20:30:00Z");
    let same = [
        "2025-03-23T17:30:00Z",
        "2025-03-23 17:30",
        "2025-03-23T17:30",
        "2025-03-23T19:30:00+02:00",
        "2025-03-23 19:30+02:00",
        "now-3h",
        "now - 180m",
    ];
    for text in same {
        assert_eq!(
            parse_instant(text, now),
            Ok(instant("2025-03-23T17:30:00Z")),
            "{text}"
        );
    }
    assert_eq!(
        parse_instant("2025-03-23", now),
        Ok(instant("2025-03-23T00:00:00Z"))
    );
    assert_eq!(
        parse_instant("yesterday", now),
        Err(TimeError::Instant("yesterday".into()))
    );
}

#[test]
fn hours_are_read_and_printed() {
    let now = instant("2025-03-23T20:30:00Z");
    for text in [
        "2025-03-23T20",
        "2025-03-23T20:00:00Z",
        "2025-03-23 20:00",
        "2025-03-23 20",
        "now-15m",
    ] {
        assert_eq!(
            Hour::parse(text, now).unwrap().to_string(),
            "2025-03-23T20",
            "{text}"
        );
    }
    let error = Hour::parse("2025-03-23T20:15", now).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`2025-03-23T20:15` does not fall on a full hour; write `2025-03-23T20`"
    );
    assert!(Hour::parse("2025-03-23", now).is_err());
    assert!(Hour::parse("2025-03-23é2", now).is_err());
    let hour = Hour::parse("2025-03-23T07", now).unwrap();
    assert_eq!((hour.date().as_str(), hour.of_day()), ("2025-03-23", 7));
    assert_eq!(Hour::from_parts("2025-03-23", "07"), Some(hour));
    assert_eq!(Hour::from_parts("2025-03-23", "7"), None);
}

#[test]
fn windows_list_the_hours_they_touch() {
    let window = Window {
        start: instant("2025-03-23T19:59:00Z"),
        end: instant("2025-03-23T21:00:00Z"),
    };
    let hours: Vec<_> = window.hours().map(|hour| hour.to_string()).collect();
    assert_eq!(hours, ["2025-03-23T19", "2025-03-23T20"]);
    assert_eq!(
        Window {
            start: window.end,
            end: window.start
        }
        .hours()
        .count(),
        0
    );
}

#[test]
fn spans_are_read_and_printed() {
    assert_eq!(parse_span("1h30m"), Ok(5_400_000_000));
    assert_eq!(parse_span("2w"), parse_span("14d"));
    for text in ["", "5", "h", "-3h", "0s", "5y", "99999999999999w"] {
        assert_eq!(
            parse_span(text),
            Err(TimeError::Span(text.into())),
            "{text}"
        );
    }
    assert_eq!(format_span(5_400_000_000), "1 h 30 min");
    assert_eq!(format_span(320_000), "320 ms");
    assert_eq!(format_span(86_400_000_000), "1 d");
}

#[test]
fn zones_show_their_offset() {
    let time = instant("2025-07-01T12:00:00.500Z");
    assert_eq!(
        time.to_zone("Europe/Berlin".parse().unwrap()),
        "2025-07-01T14:00:00.500+02:00"
    );
    assert_eq!(
        time.to_zone("+05:30".parse().unwrap()),
        "2025-07-01T17:30:00.500+05:30"
    );
    assert_eq!(time.to_zone(Zone::Utc), "2025-07-01T12:00:00.500Z");
    assert!("Mars/Base".parse::<Zone>().is_err());
}

proptest! {
    #[test]
    fn printed_instants_read_back(micros in -62_167_219_200_000_000i64..253_402_300_800_000_000) {
        let time = Timestamp::from_micros(micros);
        prop_assert_eq!(Timestamp::parse(&time.to_rfc3339()), Some(time));
        let chrono = DateTime::<Utc>::from_timestamp_micros(micros).unwrap();
        prop_assert_eq!(&time.to_rfc3339()[..19], chrono.format("%Y-%m-%dT%H:%M:%S").to_string());
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,40}") {
        let now = Timestamp::from_micros(0);
        let _ = (Timestamp::parse(&text), parse_instant(&text, now), Hour::parse(&text, now), parse_span(&text), text.parse::<Zone>());
    }
}

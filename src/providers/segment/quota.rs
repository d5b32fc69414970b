//! What the server says of the requests spent and of when to come back.
//!
//! Rule: lenient in form, silent in doubt: what is not understood is `None`, never a guess.

use std::time::{Duration, SystemTime};

use chrono::DateTime;

use crate::model::Timestamp;
use crate::providers::http::Answered;

/// The state of a rate limit, as far as an answer told it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Requests spent in the window.
    pub(crate) consumed: Option<u64>,
    /// Requests left in the window.
    pub(crate) remaining: Option<u64>,
    /// When the window ends.
    pub(crate) reset: Option<Timestamp>,
}

impl Quota {
    /// Reads the `X-RateLimit-*` headers of an answer.
    pub(super) fn read(answer: &Answered, now: Timestamp) -> Quota {
        let number = |name| answer.header(name)?.trim().parse().ok();
        Quota {
            consumed: number("x-ratelimit-consumed"),
            remaining: number("x-ratelimit-remaining"),
            reset: answer
                .header("x-ratelimit-reset")
                .and_then(|text| reset_time(text, now)),
        }
    }
}

/// Returns the time at the server when it answered, else `now`: waits are taken from the server's own clock.
pub(in crate::providers) fn server_time(answer: &Answered, now: Timestamp) -> Timestamp {
    answer.header("date").and_then(http_date).unwrap_or(now)
}

/// Reads `Retry-After`: whole seconds, or a date.
pub(in crate::providers) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(until(http_date(text)?, now))
}

/// Returns the span from `now` to an instant, none if it is past.
pub(in crate::providers) fn until(instant: Timestamp, now: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(instant.since(now)).unwrap_or(0))
}

/// Reads `X-RateLimit-Reset`: a date (HTTP, RFC 5322, ISO 8601, JavaScript's `Date.toString()`), epoch seconds or
/// milliseconds, or seconds from now, which Segment's Tracking API means by the same header.
pub(in crate::providers) fn reset_time(text: &str, now: Timestamp) -> Option<Timestamp> {
    /// Seconds up to here, three years, are a span; as an epoch they would be in 1973.
    const LONGEST_SPAN: i64 = 100_000_000;
    /// Seconds up to here are an epoch, in the year 5138; above are milliseconds.
    const LAST_SECOND: i64 = 100_000_000_000;

    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return match number {
            ..0 => None,
            0..LONGEST_SPAN => Some(now.plus(number * 1_000_000)),
            LONGEST_SPAN..LAST_SECOND => Some(Timestamp::from_micros(number * 1_000_000)),
            _ => Some(Timestamp::from_micros(number.checked_mul(1000)?)),
        };
    }
    http_date(text)
        .or_else(|| Timestamp::parse(text))
        .or_else(|| {
            let parsed = DateTime::parse_from_rfc2822(text).ok()?;
            Some(Timestamp::from_micros(parsed.timestamp_micros()))
        })
        .or_else(|| javascript_date(text))
}

fn http_date(text: &str) -> Option<Timestamp> {
    let time = httpdate::parse_http_date(text.trim()).ok()?;
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_micros(
        i64::try_from(since.as_micros()).ok()?,
    ))
}

/// Reads `Tue Dec 31 2024 23:59:59 GMT+0000 (Coordinated Universal Time)`.
fn javascript_date(text: &str) -> Option<Timestamp> {
    let text = text.split('(').next()?.trim();
    let parsed = DateTime::parse_from_str(text, "%a %b %d %Y %H:%M:%S GMT%z").ok()?;
    Some(Timestamp::from_micros(parsed.timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_reset_is_read_in_all_its_forms() {
        let now = instant("2024-12-31T23:00:00Z");
        for text in [
            "Tue, 31 Dec 2024 23:59:59 GMT",
            "Tue, 31 Dec 2024 23:59:59 +0000",
            "Wed, 1 Jan 2025 00:59:59 +0100",
            "2024-12-31T23:59:59Z",
            "2024-12-31T23:59:59.000Z",
            "Tue Dec 31 2024 23:59:59 GMT+0000 (Coordinated Universal Time)",
            "1735689599",
            "1735689599000",
            "3599",
        ] {
            assert_eq!(
                reset_time(text, now),
                Some(instant("2024-12-31T23:59:59Z")),
                "{text}"
            );
        }
        for text in ["", "soon", "-5", "9223372036854775807"] {
            assert_eq!(reset_time(text, now), None, "{text}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = instant("2024-12-31T23:59:00Z");
        assert_eq!(retry_after("57", now), Some(Duration::from_secs(57)));
        assert_eq!(
            retry_after("Tue, 31 Dec 2024 23:59:59 GMT", now),
            Some(Duration::from_secs(59))
        );
        assert_eq!(
            retry_after("Tue, 31 Dec 2024 23:00:00 GMT", now),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after("later", now), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(\\PC|[0-9:+-]){0,40}", micros: i64) {
            let now = Timestamp::from_micros(micros);
            let _ = (reset_time(&text, now), retry_after(&text, now));
        }
    }
}

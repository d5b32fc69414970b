//! Headers about rates, read out: `Retry-After`, `X-RateLimit-*`, `RateLimit-*` and their relatives.
//!
//! Rule: a value that is not understood is not read out; the header itself is shown in any case.

use chrono::DateTime;

use crate::model::{Timestamp, Zone, count};

const SECOND: i64 = 1_000_000;

/// A reset above this is a time and no span: 2001 in seconds since 1970.
const FIRST_EPOCH_SECOND: f64 = 1e9;

/// A reset above this is in milliseconds: 1973.
const FIRST_EPOCH_MILLISECOND: f64 = 1e11;

/// Says what a header of an answer given at `at` asks for; `None` if it is not about rates.
pub(super) fn read_out(name: &str, value: &str, at: Timestamp, zone: Zone) -> Option<String> {
    let name = name.to_ascii_lowercase().replace("rate-limit", "ratelimit");
    let value = value.trim();
    if name == "retry-after" {
        return Some(match moment(value, at)? {
            Moment::In(micros) => format!(
                "the destination asked to wait {}, until {}",
                seconds(micros),
                at.plus(micros).to_zone(zone)
            ),
            Moment::At(time) if time > at => format!(
                "the destination asked to wait until {}, {}",
                time.to_zone(zone),
                seconds(time.since(at))
            ),
            Moment::At(time) => format!("no wait: {} had passed", time.to_zone(zone)),
        });
    }
    if !name.contains("ratelimit") {
        return None;
    }
    let last = name.rsplit('-').next().unwrap_or_default();
    match last {
        "limit" => {
            let limit = leading_number(value)?;
            let window = parameter(value, "w").or_else(|| parameter(value, "window"));
            Some(allowed(limit, window))
        }
        "remaining" => Some(left(leading_number(value)?)),
        "reset" => reset(value, at, zone),
        "policy" => Some(allowed(parameter(value, "q")?, parameter(value, "w"))),
        "ratelimit" => {
            let first = |names: [&str; 2]| names.iter().find_map(|name| parameter(value, name));
            let parts = [
                first(["limit", "q"]).map(|limit| allowed(limit, None)),
                first(["remaining", "r"]).map(left),
                first(["reset", "t"]).and_then(|t| reset(&t.to_string(), at, zone)),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
        _ => None,
    }
}

enum Moment {
    /// So many microseconds later.
    In(i64),
    At(Timestamp),
}

/// Reads seconds, a time since 1970 in seconds or milliseconds, an HTTP date or an RFC 3339 time.
fn moment(value: &str, at: Timestamp) -> Option<Moment> {
    if let Ok(number) = value.parse::<f64>() {
        if !number.is_finite() || number < 0.0 {
            return None;
        }
        // OK because a float that is too large becomes the largest number.
        let micros = |factor: f64| (number * factor) as i64;
        return Some(if number >= FIRST_EPOCH_MILLISECOND {
            Moment::At(Timestamp::from_micros(micros(1e3)))
        } else if number >= FIRST_EPOCH_SECOND {
            Moment::At(Timestamp::from_micros(micros(1e6)))
        } else {
            Moment::In(micros(1e6))
        });
    }
    let date = DateTime::parse_from_rfc2822(value)
        .map(|date| Timestamp::from_micros(date.timestamp_micros()));
    let time = date.ok().or_else(|| Timestamp::parse(value))?;
    // Nobody asks for a wait of a century; such a date is a mistake.
    (time.since(at).abs() < 100 * 365 * 86_400 * SECOND).then_some(Moment::At(time))
}

fn reset(value: &str, at: Timestamp, zone: Zone) -> Option<String> {
    let time = match moment(value, at)? {
        Moment::In(micros) => at.plus(micros),
        Moment::At(time) => time,
    };
    Some(if time > at {
        format!(
            "the limit is lifted in {}, at {}",
            seconds(time.since(at)),
            time.to_zone(zone)
        )
    } else {
        format!("the limit was lifted at {}", time.to_zone(zone))
    })
}

fn allowed(limit: u64, window: Option<u64>) -> String {
    let limit = count(limit, "request");
    match window {
        Some(window) => format!("{limit} allowed in {window} s"),
        None => format!("{limit} allowed"),
    }
}

fn left(remaining: u64) -> String {
    match remaining {
        0 => "no request left".to_owned(),
        n => format!("{} left", count(n, "request")),
    }
}

/// Writes a wait in seconds, with a fraction only if it has one.
fn seconds(micros: i64) -> String {
    match micros % SECOND {
        0 => format!("{} s", micros / SECOND),
        _ => format!("{:.1} s", micros as f64 / SECOND as f64),
    }
}

fn leading_number(value: &str) -> Option<u64> {
    let end = value.find(|c: char| !c.is_ascii_digit());
    value[..end.unwrap_or(value.len())].parse().ok()
}

/// Returns the number of a parameter: `w` of `100;w=60`, `r` of `"default";r=0`.
fn parameter(value: &str, name: &str) -> Option<u64> {
    value.split([';', ',', ' ']).find_map(|part| {
        let (key, number) = part.trim().split_once('=')?;
        let number = number.trim().trim_matches('"');
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| number.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(name: &str, value: &str) -> Option<String> {
        let at = Timestamp::parse("2025-03-23T20:05:00Z").unwrap();
        read_out(name, value, at, Zone::Utc)
    }

    #[test]
    fn a_wait_is_read_out_with_its_end() {
        let wait = "the destination asked to wait 120 s, until 2025-03-23T20:07:00Z";
        assert_eq!(said("Retry-After", " 120 ").as_deref(), Some(wait));
        assert_eq!(
            said("retry-after", "Sun, 23 Mar 2025 20:06:30 GMT").as_deref(),
            Some("the destination asked to wait until 2025-03-23T20:06:30Z, 90 s")
        );
        assert_eq!(
            said("retry-after", "Sun, 23 Mar 2025 20:04:00 GMT").as_deref(),
            Some("no wait: 2025-03-23T20:04:00Z had passed")
        );
        assert_eq!(
            said("retry-after", "1.5").as_deref(),
            Some("the destination asked to wait 1.5 s, until 2025-03-23T20:05:01.500Z")
        );
        for odd in ["soon", "", "-1", "NaN"] {
            assert_eq!(said("retry-after", odd), None, "{odd}");
        }
    }

    #[test]
    fn limits_of_every_spelling_are_read_out() {
        let lifted = "the limit is lifted in 60 s, at 2025-03-23T20:06:00Z";
        let cases = [
            ("X-RateLimit-Limit", "100", "100 requests allowed"),
            (
                "RateLimit-Limit",
                "100, 100;w=60",
                "100 requests allowed in 60 s",
            ),
            ("X-Rate-Limit-Remaining", "0", "no request left"),
            ("x-hubspot-ratelimit-daily-remaining", "1", "1 request left"),
            ("X-RateLimit-Reset", "60", lifted),
            ("X-RateLimit-Reset", "1742760360", lifted),
            ("X-RateLimit-Reset", "1742760360000", lifted),
            ("X-RateLimit-Reset", "Sun, 23 Mar 2025 20:06:00 GMT", lifted),
            ("X-RateLimit-Reset", "2025-03-23T20:06:00Z", lifted),
            (
                "X-RateLimit-Reset",
                "1742760000",
                "the limit was lifted at 2025-03-23T20:00:00Z",
            ),
            (
                "RateLimit-Policy",
                "\"default\";q=100;w=60",
                "100 requests allowed in 60 s",
            ),
        ];
        for (name, value, expected) in cases {
            assert_eq!(
                said(name, value).as_deref(),
                Some(expected),
                "{name}: {value}"
            );
        }
        assert_eq!(
            said("RateLimit", "limit=10, remaining=0, reset=60"),
            Some(format!("10 requests allowed, no request left, {lifted}"))
        );
        assert_eq!(
            said("RateLimit", "\"default\";r=5;t=60"),
            Some(format!("5 requests left, {lifted}"))
        );
        for other in ["content-type", "x-ratelimit-name", "ratelimit"] {
            assert_eq!(said(other, "12"), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_read_without_panic(value: String, digits in "[0-9.e]{0,30}") {
            for name in ["retry-after", "x-ratelimit-reset", "ratelimit-limit", "ratelimit"] {
                let _ = said(name, &value);
                let _ = said(name, &digits);
            }
        }
    }
}

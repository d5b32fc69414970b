//! Times and spans as people write and read them.
//!
//! Rule: what is not understood is refused with the forms that would be, and an hour that is on no full hour rather than
//! rounded; a time without a zone is UTC.

use chrono::{DateTime, NaiveDateTime};

use super::{DAY, HOUR, Hour, MINUTE, SECOND, Timestamp};

/// Why a time or a span of time was not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum TimeError {
    #[error(
        "`{0}` is no time; write `2025-03-23T20:00:00Z`, `2025-03-23 20:00`, `2025-03-23` or `now-3h`"
    )]
    Instant(String),
    #[error("`{0}` is no hour; write `2025-03-23T20`, `2025-03-23 20:00` or `now-3h`")]
    Hour(String),
    #[error("`{0}` does not fall on a full hour; write `{1}`")]
    NotFullHour(String, Hour),
    #[error("`{0}` is no span of time; write a number and a unit: `90s`, `5m`, `24h`, `7d`, `2w`")]
    Span(String),
    #[error(
        "`{0}` is no time zone; write `UTC`, `local`, an offset such as `+02:00`, or a name such as `Europe/Berlin`"
    )]
    Zone(String),
}

/// Reads an instant as people write it. A time without a zone is UTC.
///
/// Accepts RFC 3339 with `T` or a space, without seconds, without minutes, a bare date, `now`, and `now` with a span
/// taken away or added: `now-3h`.
pub(crate) fn parse_instant(text: &str, now: Timestamp) -> Result<Timestamp, TimeError> {
    let fail = || TimeError::Instant(text.to_owned());
    let trimmed = text.trim();
    if let Some(rest) = trimmed.strip_prefix("now") {
        let rest = rest.trim();
        return match rest.split_at_checked(1) {
            None => Ok(now),
            Some(("-", span)) => Ok(now.plus(-parse_span(span.trim()).map_err(|_| fail())?)),
            Some(("+", span)) => Ok(now.plus(parse_span(span.trim()).map_err(|_| fail())?)),
            Some(_) => Err(fail()),
        };
    }
    let spelled = trimmed
        .replacen(' ', "T", 1)
        .replace('t', "T")
        .replace('z', "Z");
    if let Some(instant) = Timestamp::parse(&spelled) {
        return Ok(instant);
    }
    if let Ok(instant) = DateTime::parse_from_str(&spelled, "%Y-%m-%dT%H:%M%:z") {
        return Ok(Timestamp(instant.timestamp_micros()));
    }
    let naive = spelled.strip_suffix('Z').unwrap_or(&spelled);
    let padded = match naive.len() {
        10 => format!("{naive}T00:00:00"),
        13 => format!("{naive}:00:00"),
        16 => format!("{naive}:00"),
        _ => naive.to_owned(),
    };
    NaiveDateTime::parse_from_str(&padded, "%Y-%m-%dT%H:%M:%S%.f")
        .map(|naive| Timestamp(naive.and_utc().timestamp_micros()))
        .map_err(|_| fail())
}

impl Hour {
    /// Reads an hour as people write it; anything that is not on a full hour is refused, since guessing costs a request.
    pub(crate) fn parse(text: &str, now: Timestamp) -> Result<Hour, TimeError> {
        let trimmed = text.trim();
        if let Some((date, of_day)) = trimmed.split_once(['T', 't', ' '])
            && let Some(hour) = Hour::from_parts(date, of_day)
        {
            return Ok(hour);
        }
        let is_relative = trimmed.starts_with("now");
        let instant = parse_instant(trimmed, now).map_err(|_| TimeError::Hour(text.to_owned()))?;
        let hour = instant.hour();
        let is_date_only = trimmed.len() == 10;
        if is_date_only {
            return Err(TimeError::Hour(text.to_owned()));
        }
        if !is_relative && hour.start() != instant {
            return Err(TimeError::NotFullHour(text.to_owned(), hour));
        }
        Ok(hour)
    }
}

/// Reads a span such as `90s`, `5m`, `24h`, `7d`, `2w` or `1h30m`; returns microseconds, always above zero.
pub(crate) fn parse_span(text: &str) -> Result<i64, TimeError> {
    let fail = || TimeError::Span(text.to_owned());
    let mut rest = text.trim();
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(fail)?;
        let number: i64 = rest[..digits].parse().map_err(|_| fail())?;
        let unit_len = rest[digits..]
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len() - digits);
        let unit = match &rest[digits..digits + unit_len] {
            "ms" => 1000,
            "s" => SECOND,
            "m" | "min" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            "w" => 7 * DAY,
            _ => return Err(fail()),
        };
        total = number
            .checked_mul(unit)
            .and_then(|part| total.checked_add(part))
            .ok_or_else(fail)?;
        rest = &rest[digits + unit_len..];
    }
    if total > 0 { Ok(total) } else { Err(fail()) }
}

/// Returns a span for people, its two largest units: `3 d 4 h`, `12 min`, `45 s`, `320 ms`.
pub(crate) fn format_span(micros: i64) -> String {
    let micros = micros.max(0);
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")];
    let Some(largest) = units.iter().position(|(unit, _)| micros >= *unit) else {
        return format!("{} ms", micros / 1000);
    };
    let (unit, name) = units[largest];
    let first = format!("{} {name}", micros / unit);
    match units.get(largest + 1) {
        Some((next, next_name)) if micros % unit >= *next => {
            format!("{first} {} {next_name}", micros % unit / next)
        }
        _ => first,
    }
}

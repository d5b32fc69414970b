//! The Date of a row, in whatever form an export has it.
//!
//! The vendor publishes no form. Read are RFC 3339; `2025-06-02 14:03:11` with or without seconds and fraction; the month by
//! name, `Jun 2, 2025 2:03 PM`, `2 Jun 2025 14:03`; `06/02/2025 14:03`, month first as in the US, where the vendor is; and
//! `02.06.2025 14:03`, which is day first everywhere. A zone may follow: `Z`, `UTC`, `GMT`, `+02:00`; without one it is UTC.
//!
//! Rule: what can be read in two ways is refused and not guessed: a wrong day misleads more than a rejected row.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::model::Timestamp;

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateError {
    Unknown,
    /// It is a time, but which one cannot be told: why.
    Unclear(&'static str),
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads a date.
pub(super) fn parse(text: &str) -> Result<Timestamp, DateError> {
    let text = text.trim();
    if let Some(time) = Timestamp::parse(text) {
        return Ok(time);
    }
    let (date, rest) = split_date(text)?;
    let (time, zone) = split_time(rest)?;
    let offset = offset(zone)?;
    let micros = NaiveDateTime::new(date, time).and_utc().timestamp_micros();
    Ok(Timestamp::from_micros(micros).plus(-offset * 60_000_000))
}

/// Reads the date that a text begins with; returns it with what follows.
fn split_date(text: &str) -> Result<(NaiveDate, &str), DateError> {
    let (first, rest) = text.split_once([' ', 'T', ',']).unwrap_or((text, ""));
    if text.starts_with(|c: char| c.is_ascii_digit()) && first.contains(['-', '/', '.']) {
        return Ok((numeric(first)?, rest));
    }
    // A day's name says nothing new.
    let mut words = text.split_inclusive([' ', ',']).map(str::trim_ascii);
    let mut used = 0;
    let mut parts: Vec<&str> = Vec::new();
    for piece in text.split_inclusive([' ', ',']) {
        let word = words.next().unwrap_or_default().trim_end_matches(',');
        used += piece.len();
        let is_day_name = parts.is_empty()
            && ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
                .iter()
                .any(|day| word.to_ascii_lowercase().starts_with(day));
        if !word.is_empty() && !is_day_name {
            parts.push(word);
        }
        if parts.len() == 3 {
            break;
        }
    }
    let [first, second, year] = parts[..] else {
        return Err(DateError::Unknown);
    };
    let (day, month) = match (month(first), month(second)) {
        (Some(month), None) => (second, month),
        (None, Some(month)) => (first, month),
        _ => return Err(DateError::Unknown),
    };
    let day = day.trim_end_matches(char::is_alphabetic);
    Ok((ymd(year, month, number(day)?)?, &text[used..]))
}

fn month(word: &str) -> Option<u32> {
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    let is = |name: &str| {
        word.len() >= 3 && name.starts_with(&word) || word == "sept" && name == "september"
    };
    // OK because there are twelve.
    MONTHS
        .iter()
        .position(|name| is(name))
        .map(|at| at as u32 + 1)
}

fn numeric(text: &str) -> Result<NaiveDate, DateError> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let [first, second, third] = parts[..] else {
        return Err(DateError::Unknown);
    };
    let mark = text.trim_start_matches(|c: char| c.is_ascii_digit());
    if first.len() == 4 {
        return ymd(first, number(second)?, number(third)?);
    }
    if third.len() != 4 {
        return Err(DateError::Unclear("the year has two digits"));
    }
    match mark.chars().next() {
        Some('/') if number(first)? > 12 => Err(DateError::Unclear(
            "with slashes the month comes first, and there is no such month",
        )),
        Some('/') => ymd(third, number(first)?, number(second)?),
        Some('.') => ymd(third, number(second)?, number(first)?),
        _ => Err(DateError::Unclear("the day or the month may come first")),
    }
}

fn number(text: &str) -> Result<u32, DateError> {
    let is_plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = is_plain.then(|| text.parse().ok()).flatten();
    value.ok_or(DateError::Unknown)
}

fn ymd(year: &str, month: u32, day: u32) -> Result<NaiveDate, DateError> {
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let year = is_year
        .then(|| year.parse().ok())
        .flatten()
        .ok_or(DateError::Unknown)?;
    NaiveDate::from_ymd_opt(year, month, day).ok_or(DateError::Unknown)
}

/// Reads the time of day that a text begins with; returns it with what follows.
fn split_time(text: &str) -> Result<(NaiveTime, &str), DateError> {
    let text = text.trim_start_matches([' ', ',', 'T']);
    let text = text.strip_prefix("at ").unwrap_or(text);
    if text.is_empty() {
        return Err(DateError::Unclear("it has no time of day"));
    }
    let end = text
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.'))
        .unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let is_half = |name: &str| {
        rest.get(..2)
            .is_some_and(|word| word.eq_ignore_ascii_case(name))
    };
    let parts: Vec<&str> = clock.splitn(3, ':').collect();
    let [hour, minute, ref second @ ..] = parts[..] else {
        return Err(DateError::Unknown);
    };
    let (second, fraction) = match second {
        [] => ("0", ""),
        [second, ..] => second.split_once('.').unwrap_or((second, "")),
    };
    let hour = match (number(hour)?, is_half("am"), is_half("pm")) {
        (hour, false, false) => hour,
        (hour @ 1..=12, is_am, _) => hour % 12 + if is_am { 0 } else { 12 },
        _ => return Err(DateError::Unknown),
    };
    let rest = if is_half("am") || is_half("pm") {
        &rest[2..]
    } else {
        rest
    };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DateError::Unknown);
    }
    let micros = format!("{fraction:0<6}")[..6]
        .parse()
        .map_err(|_| DateError::Unknown)?;
    let time = NaiveTime::from_hms_micro_opt(hour, number(minute)?, number(second)?, micros);
    Ok((time.ok_or(DateError::Unknown)?, rest))
}

/// Reads a zone; returns the minutes that it is ahead of UTC.
fn offset(zone: &str) -> Result<i64, DateError> {
    let zone = zone.trim().trim_matches(['(', ')']);
    let plain = zone.to_ascii_uppercase();
    let after = plain
        .strip_prefix("UTC")
        .or_else(|| plain.strip_prefix("GMT"));
    let rest = match after {
        Some(rest) => rest,
        None if plain == "Z" => "",
        None => &plain,
    };
    let sign = match rest.chars().next() {
        None => return Ok(0),
        Some('+') => 1,
        Some('-') => -1,
        Some(_) => return Err(DateError::Unclear("its zone has no fixed offset")),
    };
    let digits = rest[1..].replace(':', "");
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.as_str(), "00"),
        4 => digits.split_at(2),
        _ => return Err(DateError::Unknown),
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 14 || minutes > 59 {
        return Err(DateError::Unknown);
    }
    Ok(sign * i64::from(hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_usual_form_is_read() {
        for (text, expected) in [
            ("2025-06-02T14:03:11Z", "2025-06-02T14:03:11Z"),
            ("2025-06-02T14:03:11.123+02:00", "2025-06-02T12:03:11.123Z"),
            ("2025-06-02 14:03:11", "2025-06-02T14:03:11Z"),
            ("2025-06-02 14:03", "2025-06-02T14:03:00Z"),
            ("2025-06-02T14:03:11", "2025-06-02T14:03:11Z"),
            (
                "2025-06-02 14:03:11.123456789 UTC",
                "2025-06-02T14:03:11.123456Z",
            ),
            ("2025-06-02 14:03:11 -0700", "2025-06-02T21:03:11Z"),
            ("2025-06-02 14:03:11+05:30", "2025-06-02T08:33:11Z"),
            ("2025/06/02 14:03:11", "2025-06-02T14:03:11Z"),
            ("Jun 2, 2025 2:03 PM", "2025-06-02T14:03:00Z"),
            ("June 2, 2025, 12:03:11 am", "2025-06-02T00:03:11Z"),
            ("Mon, Jun 2, 2025 at 12:03 PM UTC", "2025-06-02T12:03:00Z"),
            ("Mon, 02 Jun 2025 14:03:11 GMT", "2025-06-02T14:03:11Z"),
            ("2 Sept. 2025 14:03", "2025-09-02T14:03:00Z"),
            ("06/02/2025 14:03", "2025-06-02T14:03:00Z"),
            ("6/2/2025 2:03:11 PM", "2025-06-02T14:03:11Z"),
            ("06/02/2025, 14:03:11 GMT+2", "2025-06-02T12:03:11Z"),
            ("02.06.2025 14:03", "2025-06-02T14:03:00Z"),
        ] {
            let found = parse(text).map(Timestamp::to_rfc3339);
            assert_eq!(found, Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        use DateError::{Unclear, Unknown};
        for (text, error) in [
            ("", Unknown),
            ("yesterday", Unknown),
            ("1748873000", Unknown),
            ("2025-02-30 14:03", Unknown),
            ("2025-06-02 25:03", Unknown),
            ("6/2/2025 13:03 PM", Unknown),
            ("June 2025 14:03 PM", Unknown),
            ("2025-06-02 14:03:11 +99:00", Unknown),
            (
                "06-02-2025 14:03",
                Unclear("the day or the month may come first"),
            ),
            ("06/02/25 14:03", Unclear("the year has two digits")),
            (
                "13/02/2025 14:03",
                Unclear("with slashes the month comes first, and there is no such month"),
            ),
            ("2025-06-02", Unclear("it has no time of day")),
            ("06/02/2025, ", Unclear("it has no time of day")),
            (
                "2025-06-02 14:03 PST",
                Unclear("its zone has no fixed offset"),
            ),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9a-zA-Z:/., +\u{e9}-]{0,30}|\\PC{0,20}") {
            let _ = parse(&text);
        }
    }
}

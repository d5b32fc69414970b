//! Instants, hours, windows and spans, and how people write them.
//!
//! Rule: time is whole microseconds since 1970 in UTC everywhere; ranges are half-open; text exists only at the edges.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Timestamp(i64);

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

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

impl Timestamp {
    /// Before and after everything a log can hold.
    pub(crate) const MIN: Timestamp = Timestamp(i64::MIN);
    pub(crate) const MAX: Timestamp = Timestamp(i64::MAX);

    pub(crate) fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    pub(crate) fn micros(self) -> i64 {
        self.0
    }

    /// Returns the instant `micros` later, or the last there is.
    pub(crate) fn plus(self, micros: i64) -> Self {
        Timestamp(self.0.saturating_add(micros))
    }

    /// Returns the microseconds from `earlier` to here; negative if it is later.
    pub(crate) fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn hour(self) -> Hour {
        // OK because i64::MAX / HOUR fits in an i32.
        Hour(self.0.div_euclid(HOUR) as i32)
    }

    /// Reads an RFC 3339 instant as providers write it: `2025-03-23T20:00:00[.fff…](Z|±hh:mm)`; digits beyond
    /// microseconds are dropped.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse_utc(text.as_bytes()).or_else(|| {
            let parsed = DateTime::parse_from_rfc3339(text).ok()?;
            Some(Timestamp(parsed.timestamp_micros()))
        })
    }

    /// Returns the instant as RFC 3339 with 0, 3 or 6 fraction digits, as many as it needs.
    pub(crate) fn to_rfc3339(self) -> String {
        let mut out = Vec::with_capacity(27);
        self.write_rfc3339(&mut out);
        // OK because only ASCII is written.
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Appends what [`Timestamp::to_rfc3339`] returns.
    pub(crate) fn write_rfc3339(self, out: &mut Vec<u8>) {
        let days = self.0.div_euclid(DAY);
        let (year, month, day) = civil_from_days(days);
        if !(0..=9999).contains(&year) {
            out.extend_from_slice(format!("{}us", self.0).as_bytes());
            return;
        }
        let in_day = self.0.rem_euclid(DAY);
        let (second, fraction) = (in_day / SECOND, in_day % SECOND);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], second / 3600);
        digits(&mut text[14..16], second / 60 % 60);
        digits(&mut text[17..19], second % 60);
        digits(&mut text[20..26], fraction);
        let len = match fraction {
            0 => 19,
            f if f % 1000 == 0 => 23,
            _ => 26,
        };
        text[len] = b'Z';
        out.extend_from_slice(&text[..=len]);
    }

    /// Returns the instant in a zone, the zone's offset shown.
    pub(crate) fn to_zone(self, zone: Zone) -> String {
        let Some(utc) = DateTime::<Utc>::from_timestamp_micros(self.0) else {
            return self.to_rfc3339();
        };
        let format = match self.0.rem_euclid(SECOND) {
            0 => SecondsFormat::Secs,
            f if f % 1000 == 0 => SecondsFormat::Millis,
            _ => SecondsFormat::Micros,
        };
        match zone {
            Zone::Utc => self.to_rfc3339(),
            Zone::Local => utc
                .with_timezone(&chrono::Local)
                .to_rfc3339_opts(format, true),
            Zone::Fixed(offset) => utc.with_timezone(&offset).to_rfc3339_opts(format, true),
            Zone::Named(name) => utc.with_timezone(&name).to_rfc3339_opts(format, true),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_rfc3339())
    }
}

/// Where times are shown; stored and compared times are always UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Zone {
    #[default]
    Utc,
    Local,
    Fixed(chrono::FixedOffset),
    Named(chrono_tz::Tz),
}

impl std::str::FromStr for Zone {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "utc" | "z" => return Ok(Zone::Utc),
            "local" => return Ok(Zone::Local),
            _ => {}
        }
        if let Ok(offset) = text.parse::<chrono::FixedOffset>() {
            return Ok(Zone::Fixed(offset));
        }
        text.parse()
            .map(Zone::Named)
            .map_err(|_| TimeError::Zone(text.to_owned()))
    }
}

/// A UTC hour, the unit in which logs are bought and kept. Hours since 1970-01-01T00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hour(i32);

impl Hour {
    pub(crate) fn start(self) -> Timestamp {
        Timestamp(i64::from(self.0) * HOUR)
    }

    /// Returns the first instant that is no longer in the hour.
    pub(crate) fn end(self) -> Timestamp {
        self.next().start()
    }

    pub(crate) fn next(self) -> Hour {
        self.plus(1)
    }

    pub(crate) fn plus(self, hours: i32) -> Hour {
        Hour(self.0.saturating_add(hours))
    }

    /// Returns the hour's UTC date, `2025-03-23`.
    pub(crate) fn date(self) -> String {
        self.start().to_rfc3339()[..10].to_owned()
    }

    /// Returns the hour of the day, 0 to 23.
    pub(crate) fn of_day(self) -> u32 {
        // OK because rem_euclid by 24 is in 0..24.
        self.0.rem_euclid(24) as u32
    }

    /// Puts a date and an hour of the day together again.
    pub(crate) fn from_parts(date: &str, of_day: &str) -> Option<Hour> {
        let is_plain =
            date.len() == 10 && of_day.len() == 2 && of_day.bytes().all(|b| b.is_ascii_digit());
        let hour = Timestamp::parse(&format!("{date}T{of_day}:00:00Z"))?.hour();
        is_plain.then_some(hour)
    }

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

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.start().to_rfc3339()[..13])
    }
}

/// A half-open range of time: `start` is in it, `end` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Window {
    pub(crate) const ALL: Window = Window {
        start: Timestamp::MIN,
        end: Timestamp::MAX,
    };

    pub(crate) fn contains(&self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
    }

    /// Returns the hours that have any part in the window, oldest first. The window must be bounded.
    pub(crate) fn hours(&self) -> impl DoubleEndedIterator<Item = Hour> + use<> {
        let first = self.start.hour().0;
        let end = if self.end <= self.start {
            first
        } else {
            self.end.plus(-1).hour().0.saturating_add(1)
        };
        (first..end).map(Hour)
    }
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

/// The usual form, read without chrono: decoding a million records spends a tenth of the time here otherwise.
fn parse_utc(text: &[u8]) -> Option<Timestamp> {
    let [
        y0,
        y1,
        y2,
        y3,
        b'-',
        m0,
        m1,
        b'-',
        d0,
        d1,
        b'T',
        h0,
        h1,
        b':',
        n0,
        n1,
        b':',
        s0,
        s1,
        rest @ ..,
    ] = text
    else {
        return None;
    };
    let year = two(*y0, *y1)? * 100 + two(*y2, *y3)?;
    let (month, day) = (two(*m0, *m1)?, two(*d0, *d1)?);
    let (hour, minute, second) = (two(*h0, *h1)?, two(*n0, *n1)?, two(*s0, *s1)?);
    if !(1..=12).contains(&month)
        || day < 1
        || day > days_in_month(year, month)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let mut fraction = 0;
    let rest = match rest {
        [b'.', digits @ ..] => {
            let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
            if len == 0 {
                return None;
            }
            for place in 0..6 {
                fraction =
                    fraction * 10 + digits[..len].get(place).map_or(0, |b| i64::from(b - b'0'));
            }
            &digits[len..]
        }
        rest => rest,
    };
    if !matches!(rest, b"Z") {
        return None;
    }
    Some(Timestamp(
        days_from_civil(year, month, day) * DAY
            + (hour * 3600 + minute * 60 + second) * SECOND
            + fraction,
    ))
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

fn digits(out: &mut [u8], mut value: i64) {
    for place in out.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a Gregorian date; years begin in March here, so that the leap day comes last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day
        - 1
        - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year + era * 400 + carry, month, day)
}

#[cfg(test)]
mod tests {
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
    fn refuses_what_is_no_instant() {
        for text in [
            "2025-02-29T00:00:00Z",
            "2025-03-23T24:00:00Z",
            "2025-03-23T20:00:00",
            "",
            "now",
            "2025-03-23T20:00:00.Z",
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
}

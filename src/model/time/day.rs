//! Calendar days of a zone: which day an instant falls on, and when a day begins.
//!
//! Rule: a day begins where the zone says, so that it may have 23 or 25 hours; days follow each other without a gap.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};

use super::calendar::civil_from_days;
use super::{DAY, MINUTE, SECOND, Timestamp, Zone};

/// A date in some zone, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i64);

impl Timestamp {
    /// Returns the day that a calendar in the zone shows.
    pub(crate) fn day(self, zone: Zone) -> Day {
        Day((self.0.saturating_add(zone.offset_at(self))).div_euclid(DAY))
    }
}

impl Day {
    /// Returns the day's first instant in the zone.
    pub(crate) fn start(self, zone: Zone) -> Timestamp {
        let in_utc = Timestamp(self.0.saturating_mul(DAY));
        let Some(midnight) = DateTime::<Utc>::from_timestamp_micros(in_utc.0) else {
            return in_utc;
        };
        let midnight = midnight.naive_utc();
        match zone {
            Zone::Utc => in_utc,
            Zone::Local => first_instant(&chrono::Local, midnight),
            Zone::Fixed(offset) => first_instant(&offset, midnight),
            Zone::Named(name) => first_instant(&name, midnight),
        }
    }

    pub(crate) fn plus(self, days: i64) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// Returns the date, `2025-03-23`.
    pub(crate) fn date(self) -> String {
        let (year, month, day) = civil_from_days(self.0);
        // Four digits as in RFC 3339; what lies beyond is no date that a log holds.
        format!("{year:04}-{month:02}-{day:02}")
    }
}

impl Zone {
    /// Returns how far the zone's clocks are ahead of UTC at an instant, in microseconds.
    pub(crate) fn offset_at(self, time: Timestamp) -> i64 {
        let Some(utc) = DateTime::<Utc>::from_timestamp_micros(time.0) else {
            return 0;
        };
        let utc = utc.naive_utc();
        let offset = match self {
            Zone::Utc => return 0,
            Zone::Local => chrono::Local.offset_from_utc_datetime(&utc).fix(),
            Zone::Fixed(offset) => offset,
            Zone::Named(name) => name.offset_from_utc_datetime(&utc).fix(),
        };
        i64::from(offset.local_minus_utc()) * SECOND
    }

    /// Returns what the zone is called on an axis.
    pub(crate) fn label(self) -> String {
        match self {
            Zone::Utc => "UTC".to_owned(),
            Zone::Local => "local time".to_owned(),
            Zone::Fixed(offset) => offset.to_string(),
            Zone::Named(name) => name.name().to_owned(),
        }
    }
}

/// Returns when clocks first show this time or, where they skip it, a later one.
fn first_instant<Z: TimeZone>(zone: &Z, midnight: NaiveDateTime) -> Timestamp {
    // Zones change by multiples of a quarter of an hour, and skip a whole day at most: Samoa did.
    for quarter in 0..=24 * 4 {
        let Some(at) = TimeDelta::try_minutes(quarter * 15)
            .and_then(|later| midnight.checked_add_signed(later))
        else {
            break;
        };
        match zone.from_local_datetime(&at) {
            LocalResult::Single(found) | LocalResult::Ambiguous(found, _) => {
                return Timestamp(found.timestamp_micros());
            }
            LocalResult::None => {}
        }
    }
    Timestamp(midnight.and_utc().timestamp_micros())
}

/// Microseconds in a calendar day of UTC.
pub(crate) const DAY_MICROS: i64 = DAY;
/// Microseconds in a minute.
pub(crate) const MINUTE_MICROS: i64 = MINUTE;

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn start(date: &str, name: &str) -> String {
        let midnight = Timestamp::parse(&format!("{date}T00:00:00Z")).unwrap();
        let day = midnight.day(Zone::Utc);
        assert_eq!(day.date(), date);
        let start = day.start(zone(name));
        assert_eq!(start.day(zone(name)), day, "{date} {name}");
        assert!(start.plus(-1).day(zone(name)) < day, "{date} {name}");
        start.to_rfc3339()
    }

    #[test]
    fn a_day_begins_where_the_zone_says() {
        assert_eq!(start("2025-03-23", "UTC"), "2025-03-23T00:00:00Z");
        assert_eq!(start("2025-03-23", "+05:30"), "2025-03-22T18:30:00Z");
        // Berlin goes from +01:00 to +02:00 on 2025-03-30 and back on 2025-10-26.
        assert_eq!(start("2025-03-30", "Europe/Berlin"), "2025-03-29T23:00:00Z");
        assert_eq!(start("2025-03-31", "Europe/Berlin"), "2025-03-30T22:00:00Z");
        assert_eq!(start("2025-10-26", "Europe/Berlin"), "2025-10-25T22:00:00Z");
        assert_eq!(start("2025-10-27", "Europe/Berlin"), "2025-10-26T23:00:00Z");
    }

    #[test]
    fn a_midnight_that_clocks_skip_or_repeat_begins_the_day_once() {
        // Santiago skipped 2024-09-08 00:00 to 01:00 (-04:00 to -03:00).
        let skipped = start("2024-09-08", "America/Santiago");
        assert_eq!(skipped, "2024-09-08T04:00:00Z");
        // Havana put 01:00 back to 00:00 on 2024-11-03 (-04:00 to -05:00).
        let repeated = start("2024-11-03", "America/Havana");
        assert_eq!(repeated, "2024-11-03T04:00:00Z");
    }
}

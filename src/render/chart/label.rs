//! The names of buckets beside a chart.
//!
//! Rule: a date is said where it begins to hold; where clocks are put back or forward in between, every name has its
//! offset, so that no two are the same.

use crate::model::{Timestamp, Zone};

/// How precisely buckets are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    Day,
    Minute,
    Second,
}

/// Returns a name for each start of a bucket.
pub(super) fn labels(starts: &[Timestamp], precision: Precision, zone: Zone) -> Vec<String> {
    let offset = |time: &Timestamp| zone.offset_at(*time);
    let changes = starts
        .windows(2)
        .any(|pair| offset(&pair[0]) != offset(&pair[1]));
    let shows_offset = changes && precision != Precision::Day;
    let mut date = String::new();
    let mut labels = Vec::with_capacity(starts.len());
    for start in starts {
        let text = start.to_zone(zone);
        // A year beyond four digits is written as a number.
        let Some((day, rest)) = text.split_once('T') else {
            labels.push(text);
            continue;
        };
        if precision == Precision::Day {
            labels.push(day.to_owned());
            continue;
        }
        let end = if precision == Precision::Minute { 5 } else { 8 };
        let of_day = rest.get(..end).unwrap_or(rest);
        let mut label = if date == day {
            of_day.to_owned()
        } else {
            day.clone_into(&mut date);
            format!("{day} {of_day}")
        };
        if shows_offset {
            let sign = rest.find(['+', '-', 'Z']).unwrap_or(rest.len());
            label.push_str(&rest[sign..]);
        }
        labels.push(label);
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(starts: &[&str], precision: Precision, zone: &str) -> Vec<String> {
        let starts: Vec<Timestamp> = starts
            .iter()
            .map(|text| Timestamp::parse(text).unwrap())
            .collect();
        labels(&starts, precision, zone.parse().unwrap())
    }

    #[test]
    fn a_date_is_said_once() {
        let starts = [
            "2025-03-23T22:00:00Z",
            "2025-03-23T23:00:00Z",
            "2025-03-24T00:00:00Z",
        ];
        let expected = ["2025-03-23 22:00", "23:00", "2025-03-24 00:00"];
        assert_eq!(names(&starts, Precision::Minute, "UTC"), expected);
        let expected = ["2025-03-23 23:00:00", "2025-03-24 00:00:00", "01:00:00"];
        assert_eq!(names(&starts, Precision::Second, "Europe/Berlin"), expected);
        let expected = ["2025-03-23", "2025-03-24", "2025-03-24"];
        assert_eq!(names(&starts, Precision::Day, "+01:00"), expected);
    }

    #[test]
    fn an_hour_that_comes_twice_has_its_offset() {
        let starts = ["2025-10-26T00:00:00Z", "2025-10-26T01:00:00Z"];
        let expected = ["2025-10-26 02:00+02:00", "02:00+01:00"];
        assert_eq!(names(&starts, Precision::Minute, "Europe/Berlin"), expected);
    }
}

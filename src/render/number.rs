//! Whole numbers and times as text, appended to a buffer.
//!
//! Rule: no allocation per value in UTC; a time in another zone reads exactly as [`Timestamp::to_zone`] says.

use chrono::{DateTime, Offset, TimeZone, Utc};

use crate::model::{Timestamp, Zone};

/// Appends the decimal digits of `number`.
pub(super) fn write_int(number: i64, out: &mut Vec<u8>) {
    // 19 digits and a sign.
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        start -= 1;
        digits[start] = b'-';
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends the instant as RFC 3339 in the zone, the zone's offset shown.
pub(super) fn write_time(time: Timestamp, zone: Zone, out: &mut Vec<u8>) {
    if zone == Zone::Utc {
        return time.write_rfc3339(out);
    }
    let start = out.len();
    if let Some(offset) = offset_seconds(time, zone).filter(|offset| offset % 60 == 0) {
        time.plus(i64::from(offset) * 1_000_000).write_rfc3339(out);
        if offset == 0 {
            return;
        }
        // A year beyond four digits does not end in `Z`.
        if out.last() == Some(&b'Z') {
            out.pop();
            let minutes = offset.unsigned_abs() / 60;
            out.push(if offset < 0 { b'-' } else { b'+' });
            for (index, part) in [minutes / 60, minutes % 60].into_iter().enumerate() {
                if index == 1 {
                    out.push(b':');
                }
                // OK because hours are below 24 and minutes below 60.
                out.extend([b'0' + (part / 10) as u8, b'0' + (part % 10) as u8]);
            }
            return;
        }
        out.truncate(start);
    }
    out.extend_from_slice(time.to_zone(zone).as_bytes());
}

fn offset_seconds(time: Timestamp, zone: Zone) -> Option<i32> {
    let utc = DateTime::<Utc>::from_timestamp_micros(time.micros())?.naive_utc();
    let offset = match zone {
        Zone::Utc => return Some(0),
        Zone::Local => chrono::Local.offset_from_utc_datetime(&utc).fix(),
        Zone::Fixed(offset) => offset,
        Zone::Named(name) => name.offset_from_utc_datetime(&utc).fix(),
    };
    Some(offset.local_minus_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn int(number: i64) -> String {
        let mut out = Vec::new();
        write_int(number, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_ends_of_the_range_are_written() {
        for number in [0, 7, -5, 429, i64::MAX, i64::MIN] {
            assert_eq!(int(number), number.to_string());
        }
    }

    proptest! {
        #[test]
        fn whole_numbers_read_as_the_standard_library_writes_them(number: i64) {
            prop_assert_eq!(int(number), number.to_string());
        }

        #[test]
        fn times_read_as_the_model_writes_them(
            micros in -62_135_596_800_000_000i64..253_402_300_800_000_000,
            zone in prop::sample::select(vec!["UTC", "+00:00", "+05:30", "-03:30", "Europe/Berlin", "America/New_York"]),
        ) {
            let (time, zone) = (Timestamp::from_micros(micros), zone.parse::<Zone>().unwrap());
            let mut out = Vec::new();
            write_time(time, zone, &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), time.to_zone(zone));
        }
    }
}

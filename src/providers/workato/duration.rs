//! A span of time in a cell, in milliseconds.
//!
//! The vendor publishes no form. Read are whole milliseconds, grouped or not, `1204`, `1,204`, `1.2E+03`; numbers with a
//! unit, `2,500 ms`, `1.2 s`, `2 seconds`; several, `1m 2s`; ISO 8601, `PT1M2S`; and a clock, `00:01:02.5`.
//!
//! Rule: what can be read in two ways is not read, and no number is rounded: `1,204 s` could be 1204 seconds or 1.204,
//! `12.6 ms` is no whole number.

use super::super::decimal::Decimal;

/// The names of a unit, and how many milliseconds it has: a number times a power of ten.
type Unit = (&'static [&'static str], i64, i32);

/// The largest comes first; in a text of several units each is smaller than the one before.
const UNITS: [Unit; 6] = [
    (&["h", "hr", "hrs", "hour", "hours"], 3_600_000, 0),
    (&["m", "min", "mins", "minute", "minutes"], 60_000, 0),
    (&["s", "sec", "secs", "second", "seconds"], 1000, 0),
    (
        &[
            "ms",
            "msec",
            "msecs",
            "millis",
            "millisecond",
            "milliseconds",
        ],
        1,
        0,
    ),
    (
        &[
            "us",
            "µs",
            "μs",
            "usec",
            "micros",
            "microsecond",
            "microseconds",
        ],
        1,
        -3,
    ),
    (&["ns", "nsec", "nanos", "nanosecond", "nanoseconds"], 1, -6),
];

/// Reads a span; `None` if it is none, has no whole milliseconds, or could be another one.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    let text = text.trim().to_lowercase();
    if text.contains(':') {
        return clock(&text);
    }
    let mut rest = match text.strip_prefix("pt") {
        Some(rest) if !rest.is_empty() => rest,
        _ => &text,
    };
    let mut total: i64 = 0;
    let mut larger: Option<usize> = None;
    loop {
        let (number, after) = split_number(rest);
        let unit_end = after
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(after.len());
        let (name, after) = after.split_at(unit_end);
        if name.is_empty() {
            // A number without a unit is milliseconds if it stands alone, since those are what is exported.
            let is_alone = larger.is_none() && after.is_empty();
            return is_alone.then(|| in_unit(number, 1, 0)).flatten();
        }
        let place = UNITS.iter().position(|(names, ..)| names.contains(&name))?;
        if larger.is_some_and(|larger| larger >= place) {
            return None;
        }
        let (_, factor, power) = UNITS[place];
        total = total.checked_add(in_unit(number, factor, power)?)?;
        larger = Some(place);
        rest = after.trim_start_matches([' ', ',']);
        if rest.is_empty() {
            return Some(total);
        }
    }
}

/// Reads hours, minutes and seconds; with two parts it could be either pair.
fn clock(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split(':').collect();
    let [hours, minutes, seconds] = parts[..] else {
        return None;
    };
    let is_sixtieth =
        |part: &str| part.len() == 2 && part.starts_with(|c: char| ('0'..='5').contains(&c));
    let whole_seconds = seconds.split(['.', ',']).next()?;
    if !is_sixtieth(minutes) || !is_sixtieth(whole_seconds) {
        return None;
    }
    let seconds = seconds.replacen(',', ".", 1);
    let parts = [(hours, 3_600_000), (minutes, 60_000), (&seconds, 1000)];
    parts.iter().try_fold(0i64, |total, (part, factor)| {
        let is_plain = part
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        let part = Decimal::parse(part).filter(|_| is_plain)?;
        total.checked_add(part.times(*factor)?)
    })
}

/// Splits off the number that a text begins with, and the blanks behind it.
fn split_number(text: &str) -> (&str, &str) {
    let mut end = text
        .find(|c: char| !c.is_ascii_digit() && !is_mark(c))
        .unwrap_or(text.len());
    let exponent = &text[end..];
    if let Some(digits) = exponent.strip_prefix('e') {
        let unsigned = digits.trim_start_matches(['+', '-']);
        let length = unsigned
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(unsigned.len());
        if length > 0 {
            end += exponent.len() - unsigned.len() + length;
        }
    }
    let number = text[..end].trim_end();
    (number, text[end..].trim_start())
}

/// Whether a sign parts the groups or the fraction of a number somewhere.
fn is_mark(c: char) -> bool {
    matches!(c, '.' | ',' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}')
}

/// Reads a number of a unit, in whichever of two ways gives whole milliseconds; `None` if both or none do.
fn in_unit(number: &str, factor: i64, power: i32) -> Option<i64> {
    let read = |plain: Option<String>| Decimal::parse(&plain?)?.shifted(power).times(factor);
    let (grouped, plain) = (read(without_groups(number)), read(with_point(number)));
    match (grouped, plain) {
        (Some(one), Some(other)) => (one == other).then_some(one),
        (one, other) => one.or(other),
    }
}

/// Takes the marks of groups of three digits out of a number: `1,204`, `1.204.500`, `1 204,5`.
fn without_groups(number: &str) -> Option<String> {
    let mark = number.chars().find(|c| is_mark(*c))?;
    let (whole, fraction) = match number.rsplit_once(['.', ',']) {
        // The last mark is another one: it is that of the fraction.
        Some((whole, fraction)) if !number[whole.len()..].starts_with(mark) => (whole, fraction),
        _ => (number, ""),
    };
    let mut groups = whole.split(mark);
    let is_first = |group: &str| (1..=3).contains(&group.len()) && !group.starts_with('0');
    let is_group = |group: &str| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit());
    let is_grouped = is_first(groups.next()?) && groups.all(is_group);
    // One group after a point is how a fraction is written in the language of the export.
    let is_fraction = mark == '.' && fraction.is_empty() && whole.matches(mark).count() == 1;
    (is_grouped && !is_fraction).then(|| {
        let whole = whole.replace(mark, "");
        format!("{whole}.{fraction}")
    })
}

/// Reads the only mark of a number as that of its fraction.
fn with_point(number: &str) -> Option<String> {
    let mut marks = number.chars().filter(|c| is_mark(*c));
    match (marks.next(), marks.next()) {
        (None, _) => Some(number.to_owned()),
        (Some('.'), None) => Some(number.to_owned()),
        (Some(','), None) => Some(number.replace(',', ".")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_one_meaning_is_read() {
        for (text, expected) in [
            ("342", 342),
            ("0", 0),
            ("1,204", 1204),
            ("2,500 ms", 2500),
            ("2 seconds", 2000),
            ("1m 2s", 62_000),
            ("1.2E+03", 1200),
            ("1,200E+03", 1200),
            ("12.0", 12),
            (" 12 ms ", 12),
            ("0.5s", 500),
            ("1.2 s", 1200),
            ("1,2 s", 1200),
            ("1.204 s", 1204),
            ("2 min", 120_000),
            ("1h2m3.5s", 3_723_500),
            ("1 hour, 2 minutes", 3_720_000),
            ("1,204,500", 1_204_500),
            ("1.204.500", 1_204_500),
            ("1 204", 1204),
            ("1\u{202f}204 ms", 1204),
            ("1'204", 1204),
            ("1,204.5 s", 1_204_500),
            ("1.204,5 s", 1_204_500),
            ("3000 µs", 3),
            ("PT1M2.5S", 62_500),
            ("00:01:02", 62_000),
            ("0:01:02.250", 62_250),
            ("1e3 ms", 1000),
        ] {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_has_two_meanings_or_none_is_not_read() {
        for text in [
            "",
            " ",
            ".",
            ",",
            "n/a",
            "ms",
            "-3",
            "12.6",
            "1.2345 s",
            "1,204 s",
            "1.204",
            "12,34,567",
            "0,123",
            "1,2,3",
            "2 s 1 m",
            "1 m 2",
            "2 s 3 s",
            "1:02",
            "00:61:00",
            "00:1:02",
            "a:bb:cc",
            "5 parsecs",
            "12 s!",
            "1500 us",
            "1e9999",
            "e3",
            "pt",
            "9223372036854775807 s",
            "1..2",
            "1 2",
        ] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whole_milliseconds_are_read_in_every_form(number in 0..9_000_000_000_000i64) {
            prop_assert_eq!(milliseconds(&number.to_string()), Some(number));
            prop_assert_eq!(milliseconds(&format!("{number}.00 ms")), Some(number));
            let seconds = format!("{}.{:03}", number / 1000, number % 1000);
            prop_assert_eq!(milliseconds(&format!("{seconds}s")), Some(number));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9hmsept.,:' +\u{a0}\u{b5}-]{0,20}|\\PC{0,20}") {
            let _ = milliseconds(&text);
        }
    }
}

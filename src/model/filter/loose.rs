//! Comparing what stands at a path with what was typed, where the kind of neither is known beforehand.
//!
//! Rule: two whole numbers compare exactly, however many digits they have; two full dates or date-times compare as times;
//! two numbers by size; all else as text. The cells of a CSV are text, and `12` there is less than `100` all the same.

use std::cmp::Ordering;

use super::super::time::{Timestamp, parse_instant};
use super::super::value::Value;

/// A typed text and all that it may mean.
#[derive(Clone, Debug)]
pub(crate) struct Loose {
    text: String,
    /// The whole number, if it is not larger than most are.
    int: Option<i64>,
    whole: Option<Whole<String>>,
    number: Option<f64>,
    time: Option<Timestamp>,
}

/// A whole number of any size.
#[derive(Clone, Copy, Debug)]
struct Whole<Digits> {
    is_negative: bool,
    /// Without leading zeros: none for zero.
    digits: Digits,
}

impl Loose {
    /// Reads a text; `now-3h` is a time too.
    pub(super) fn new(text: &str, now: Timestamp) -> Loose {
        Loose {
            text: text.to_owned(),
            int: text.parse().ok(),
            whole: whole(text).map(|whole| Whole {
                is_negative: whole.is_negative,
                digits: whole.digits.to_owned(),
            }),
            number: number(text),
            time: if text.starts_with("now") {
                parse_instant(text, now).ok()
            } else {
                full_time(text)
            },
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Text is equal only as written: `0404` is not `404`, and an id of many digits is no number. Times are equal if they
    /// are the same instant.
    pub(super) fn equals(&self, value: &Value<'_>) -> bool {
        match value {
            Value::Text(value) => {
                value.as_ref() == self.text || self.by_time(value).is_some_and(Ordering::is_eq)
            }
            _ => self.order(value).is_some_and(Ordering::is_eq),
        }
    }

    /// Orders the value against the typed text: `Less` means the value is less. `None` where they cannot be compared.
    pub(super) fn order(&self, value: &Value<'_>) -> Option<Ordering> {
        match value {
            Value::Null | Value::Bytes(_) => None,
            Value::Bool(value) => Some(if *value { "true" } else { "false" }.cmp(&self.text)),
            Value::Int(value) => self.by_int(*value),
            Value::Number(value) => self.by_number(value),
            Value::Time(value) => self.time.map(|time| value.cmp(&time)),
            Value::Text(value) => self
                .by_time(value)
                .or_else(|| self.by_number(value.trim()))
                .or_else(|| Some(value.as_ref().cmp(&self.text))),
            Value::Json(value) => Some(value.as_ref().cmp(&self.text)),
        }
    }

    fn by_time(&self, value: &str) -> Option<Ordering> {
        let time = self.time?;
        full_time(value).map(|value| value.cmp(&time))
    }

    fn by_int(&self, value: i64) -> Option<Ordering> {
        match (self.int, &self.whole) {
            (Some(mine), _) => Some(value.cmp(&mine)),
            (None, Some(_)) => self.by_number(&value.to_string()),
            // OK because a number with a fraction is inexact anyway.
            (None, None) => (value as f64).partial_cmp(&self.number?),
        }
    }

    fn by_number(&self, value: &str) -> Option<Ordering> {
        let mine = self.number?;
        match (whole(value), &self.whole) {
            (Some(value), Some(mine)) => Some(value.compare(mine)),
            _ => number(value)?.partial_cmp(&mine),
        }
    }
}

impl Whole<&str> {
    fn compare(self, other: &Whole<String>) -> Ordering {
        let size = |digits: &str, other: &str| {
            let length = digits.len().cmp(&other.len());
            length.then_with(|| digits.cmp(other))
        };
        match (self.is_negative, other.is_negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size(self.digits, &other.digits),
            (true, true) => size(&other.digits, self.digits),
        }
    }
}

/// Reads a whole number: a sign perhaps, and digits.
fn whole(text: &str) -> Option<Whole<&str>> {
    let (is_negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    Some(Whole {
        is_negative: is_negative && !digits.is_empty(),
        digits,
    })
}

/// Reads a number; the words that stand for one in other languages (`inf`, `nan`) are text.
fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let begins = |b: &u8| b.is_ascii_digit() || *b == b'.';
    unsigned.as_bytes().first().filter(|b| begins(b))?;
    text.parse().ok()
}

/// Reads a full date, alone or with a time; a year is none, and no number is.
fn full_time(text: &str) -> Option<Timestamp> {
    let head = text.as_bytes().first_chunk::<10>()?;
    let is_date = head.iter().enumerate().all(|(at, b)| match at {
        4 | 7 => *b == b'-',
        _ => b.is_ascii_digit(),
    });
    // OK because a text that begins with a date does not ask for the present.
    let read = || parse_instant(text, Timestamp::MIN).ok();
    is_date.then(read).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(value: Value<'_>, text: &str) -> Option<Ordering> {
        Loose::new(text, Timestamp::from_micros(0)).order(&value)
    }

    fn text(text: &str) -> Value<'_> {
        Value::Text(text.into())
    }

    fn equals(value: Value<'_>, text: &str) -> bool {
        Loose::new(text, Timestamp::from_micros(0)).equals(&value)
    }

    #[test]
    fn numbers_compare_by_size() {
        use Ordering::{Equal, Greater, Less};
        assert_eq!(order(Value::Int(10), "9"), Some(Greater));
        assert_eq!(order(Value::Int(1), "1.0"), Some(Equal));
        assert_eq!(order(Value::Number("1.25".into()), "1.5"), Some(Less));
        assert_eq!(order(Value::Number("1e3".into()), "1000"), Some(Equal));
        assert_eq!(order(text("12"), "100"), Some(Less));
        assert_eq!(order(text(" 12.0"), "12"), Some(Equal));
        assert_eq!(order(text("nan"), "inf"), Some(Greater));
        assert_eq!(order(Value::Int(5), "x"), None);
    }

    #[test]
    fn whole_numbers_compare_exactly_whatever_their_size() {
        let big = Value::Number("18446744073709551615".into());
        assert!(equals(big.clone(), "18446744073709551615"));
        assert!(!equals(big.clone(), "18446744073709551614"));
        assert_eq!(order(big, "18446744073709551616"), Some(Ordering::Less));
        let exact = Value::Int(9_007_199_254_740_993);
        assert!(equals(exact.clone(), "9007199254740993"));
        assert!(!equals(exact, "9007199254740992"));
        assert!(!equals(text("9007199254740992"), "9007199254740993"));
        assert_eq!(order(Value::Int(-7), "-70"), Some(Ordering::Greater));
        assert_eq!(order(Value::Int(0), "-0"), Some(Ordering::Equal));
    }

    #[test]
    fn full_dates_compare_as_times_and_nothing_else_does() {
        let noon = "2025-03-23T13:00:00+01:00";
        assert!(equals(text(noon), "2025-03-23T12:00:00Z"));
        assert!(equals(text("2025-03-23"), "2025-03-23T00:00:00.000Z"));
        assert_eq!(
            order(text(noon), "2025-03-23T12:30:00Z"),
            Some(Ordering::Less)
        );
        assert_eq!(order(text(noon), "now-3h"), Some(Ordering::Greater));
        // A year is a number, and a number is no time.
        assert_eq!(order(text("2025-06-02"), "2025"), Some(Ordering::Greater));
        assert_eq!(order(Value::Int(20_250_323), "2025-03-23"), None);
        assert!(!equals(text("0404"), "404"));
        assert!(equals(text("v1"), "v1") && equals(Value::Bool(true), "true"));
    }

    proptest! {
        #[test]
        fn small_whole_numbers_compare_as_such(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(order(Value::Int(a), &b.to_string()), Some(a.cmp(&b)));
            prop_assert_eq!(order(text(&a.to_string()), &b.to_string()), Some(a.cmp(&b)));
        }
    }
}

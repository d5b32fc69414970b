//! One JSON object with its keys in one spelling, and the times in it.
//!
//! Rule: `null` and `""` count as absent, as an empty cell of a CSV file does; a number or a truth may be written as
//! text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::model::{Record, Timestamp, parse_instant};

use super::super::scalar::Scalar;
use super::names::snake;

/// The keys of an object as [`snake`] writes them, each with the JSON text of its value.
#[derive(Debug, Default)]
pub(super) struct Row<'a> {
    entries: BTreeMap<String, &'a str>,
}

impl<'a> Row<'a> {
    pub(super) fn read(text: &'a str) -> Result<Self, serde_json::Error> {
        let sent: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
        let mut entries = BTreeMap::new();
        for (key, value) in sent {
            let value = value.get();
            if value == "null" || value == "\"\"" {
                continue;
            }
            let key = match snake(&key) {
                Cow::Owned(name) => name,
                Cow::Borrowed(name) if name.len() == key.len() => key,
                Cow::Borrowed(name) => name.to_owned(),
            };
            entries.insert(key, value);
        }
        Ok(Row { entries })
    }

    /// Returns the JSON text of a value.
    pub(super) fn json(&self, name: &str) -> Option<&'a str> {
        self.entries.get(name).copied()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// Returns a value as text: a text, a number, a truth.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        Scalar::read(self.json(name)?).text()
    }

    /// Returns the first of several values that is there.
    pub(super) fn first(&self, names: &[&str]) -> Option<Cow<'a, str>> {
        names.iter().find_map(|name| self.text(name))
    }

    /// Returns the time under a name, or nothing if what is there is none.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        time(self.json(name)?)
    }

    pub(super) fn first_time(&self, names: &[&str]) -> Option<Timestamp> {
        names.iter().find_map(|name| self.time(name))
    }

    /// Returns the object under a name, or the one that a text there holds.
    pub(super) fn object_text(&self, name: &str) -> Option<Cow<'a, str>> {
        let json = self.json(name)?;
        let text = match json.as_bytes().first() {
            Some(b'{') => Cow::Borrowed(json),
            Some(b'"') => self.text(name)?,
            _ => return None,
        };
        text.trim_start().starts_with('{').then_some(text)
    }

    /// The names in alphabetical order, each with the JSON text of its value.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.entries
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
    }
}

/// Reads a time written as ISO 8601, with a space or without a zone as well, or as the time since 1970 in seconds or
/// finer units, which its size tells.
pub(super) fn time(json: &str) -> Option<Timestamp> {
    match Scalar::read(json) {
        Scalar::Absent | Scalar::Bool(_) => None,
        Scalar::Number(number) => since_1970(number.parse().ok()?),
        Scalar::Text(text) => written_time(text.trim()),
    }
}

pub(super) fn written_time(text: &str) -> Option<Timestamp> {
    if let Some(time) = Timestamp::parse(text) {
        return Some(time);
    }
    if let Ok(number) = text.parse() {
        return since_1970(number);
    }
    // A word such as `now` is no time in a log.
    let is_dated = text.starts_with(|c: char| c.is_ascii_digit());
    let time = is_dated.then(|| parse_instant(text, Record::NO_TIME))?;
    time.ok()
}

/// A number of 1973 or earlier in seconds is no time of a log; each finer unit begins where the coarser would pass
/// 5138.
fn since_1970(number: f64) -> Option<Timestamp> {
    let micros = match number {
        n if (1e8..1e11).contains(&n) => n * 1e6,
        n if (1e11..1e14).contains(&n) => n * 1e3,
        n if (1e14..1e17).contains(&n) => n,
        n if (1e17..9e18).contains(&n) => n / 1e3,
        _ => return None,
    };
    // OK because the value is below 1e17, which an i64 holds.
    Some(Timestamp::from_micros(micros.round() as i64))
}

/// Returns the time in a UUID of version 7, which begins with milliseconds since 1970.
pub(super) fn uuid_time(id: &str) -> Option<Timestamp> {
    let digits: String = id.chars().filter(|c| *c != '-').collect();
    let is_seventh = digits.len() == 32
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && digits.as_bytes()[12] == b'7';
    let millis = i64::from_str_radix(is_seventh.then(|| digits.get(..12))??, 16).ok()?;
    // OK because 48 bits of milliseconds are far fewer microseconds than an i64 holds.
    Some(Timestamp::from_micros(millis * 1000))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn values_are_found_under_any_spelling_and_empty_ones_are_absent() {
        let row = Row::read(
            r#"{"Tracking ID":"t","email_sent_at":"","n":null,"test":"true","o":"{\"a\":1}"}"#,
        )
        .unwrap();
        assert_eq!(row.text("tracking_id").as_deref(), Some("t"));
        assert_eq!(row.text("test").as_deref(), Some("true"));
        assert!(!row.has("email_sent_at") && !row.has("n"));
        assert_eq!(row.object_text("o").as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(row.object_text("test"), None);
    }

    #[test]
    fn times_are_read_in_every_form() {
        let expected = Some(at("2024-06-28T18:53:50.559Z"));
        for json in [
            "1719600830559",
            "1719600830.559",
            "1719600830559000",
            "\"1719600830559\"",
            "\"2024-06-28T18:53:50.559Z\"",
            "\"2024-06-28T20:53:50.559+02:00\"",
            "\"2024-06-28 18:53:50.559\"",
        ] {
            assert_eq!(time(json), expected, "{json}");
        }
        for json in ["5", "\"now\"", "\"soon\"", "true", "{}", "-1719600830559"] {
            assert_eq!(time(json), None, "{json}");
        }
    }

    #[test]
    fn a_uuid_of_version_7_holds_a_time() {
        // 0x019abc123456 = 1,764,091,901,014 ms.
        assert_eq!(
            uuid_time("019abc12-3456-7890-abcd-ef1234567890"),
            Some(Timestamp::from_micros(1_764_091_901_014_000))
        );
        assert_eq!(uuid_time("172cf2f4-18cd-4f1f-b2ac-e50c7d71891c"), None);
        assert_eq!(uuid_time("é19abc12-3456-7890-abcd-ef1234567890"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,40}") {
            let _ = written_time(&text);
            let _ = uuid_time(&text);
            let _ = time(&text);
        }
    }
}

//! One JSON object, read one key at a time; for providers whose records are few, so that no field needs code of its own.
//!
//! Rule: a value of an unexpected type counts as absent, text is borrowed unless it has escapes, and of a key that stands
//! twice the last counts, as in every JSON reader.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::model::Timestamp;

use super::decode_error::{DecodeError, object_text, parse_time};
use super::scalar::Scalar;

/// The keys of an object in the order sent, each with the JSON text of its value.
#[derive(Debug, Default)]
pub(super) struct Object<'a> {
    entries: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// Reads a record.
    pub(super) fn read(raw: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Object::parse(object_text(raw)?)?)
    }

    fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let object = deserializer.deserialize_map(Entries)?;
        deserializer.end()?;
        Ok(object)
    }

    /// Returns the JSON text of a value; `null` counts as absent.
    pub(super) fn json(&self, key: &str) -> Option<&'a str> {
        let mut entries = self.entries.iter().rev();
        let (_, value) = entries.find(|(name, _)| name == key)?;
        Some(value.get()).filter(|json| *json != "null")
    }

    /// Returns a value as text: a text that is not empty, a number, a truth.
    pub(super) fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        Scalar::read(self.json(key)?).text()
    }

    /// Returns a whole number, written as one or as text.
    pub(super) fn int(&self, key: &str) -> Option<i64> {
        Scalar::read(self.json(key)?).int()
    }

    /// Returns an HTTP status, which may have its name behind it.
    pub(super) fn status(&self, key: &str) -> Option<i64> {
        Scalar::read(self.json(key)?).status()
    }

    /// Returns the object under a key.
    pub(super) fn object(&self, key: &str) -> Option<Object<'a>> {
        Object::parse(self.json(key)?).ok()
    }

    /// Returns the time under a key.
    ///
    /// # Errors
    /// There is text under the key, and it is no time.
    pub(super) fn time(&self, key: &'static str) -> Result<Option<Timestamp>, DecodeError> {
        self.text(key)
            .map(|text| parse_time(key, &text))
            .transpose()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(key, _)| key.as_ref())
    }
}

struct Entries;

impl<'a> Visitor<'a> for Entries {
    type Value = Object<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            entries.push((key, map.next_value()?));
        }
        Ok(Object { entries })
    }
}

/// A key, borrowed where it can be.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_key_and_odd_ones_count_as_absent() {
        let raw = br#" {"a":"x","n":"7","b":null,"e":"","o":{"k\n":1},"l":[1],"a":"y","t":"2025-03-23T20:00:00Z"} "#;
        let object = Object::read(raw).unwrap();
        assert_eq!(object.text("a").as_deref(), Some("y"));
        assert_eq!(object.int("n"), Some(7));
        for key in ["b", "e", "o", "l", "none"] {
            assert_eq!(object.text(key), None, "{key}");
        }
        assert_eq!(object.object("o").unwrap().int("k\n"), Some(1));
        assert!(object.object("l").is_none());
        assert_eq!(object.json("l"), Some("[1]"));
        assert!(object.time("t").unwrap().is_some());
        assert_eq!(
            object.time("a").unwrap_err().to_string(),
            "`a` is no time but `y`"
        );
        assert_eq!(object.keys().count(), 8);
        assert!(Object::read(b"{} x").is_err());
        assert!(Object::read(b"[]").is_err());
    }
}

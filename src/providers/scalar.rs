//! One value that is no list and no object, whatever its type.
//!
//! Rule: text is borrowed unless it has escapes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// One value that is no list and no object.
pub(super) enum Scalar<'a> {
    Absent,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    /// Reads the JSON text of a value.
    pub(super) fn read(json: &'a str) -> Result<Self, serde_json::Error> {
        ScalarSeed.deserialize(&mut serde_json::Deserializer::from_str(json))
    }

    /// Returns it as text; an empty one says as little as none.
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Absent => None,
            Scalar::Bool(value) => Some(value.to_string().into()),
            Scalar::Int(value) => Some(value.to_string().into()),
            Scalar::Float(value) => Some(value.to_string().into()),
            Scalar::Text(text) => (!text.is_empty()).then_some(text),
        }
    }

    /// Returns it as a whole number, written as one or as text.
    pub(super) fn int(self) -> Option<i64> {
        match self {
            Scalar::Absent | Scalar::Bool(_) => None,
            Scalar::Int(value) => value.try_into().ok(),
            // OK because whole numbers of this size are exact in an f64 and fit an i64.
            Scalar::Float(value) => {
                (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64)
            }
            Scalar::Text(text) => text.trim().parse().ok(),
        }
    }

    /// Returns it as a truth, written as one, as 0 or 1, or as text.
    pub(super) fn bool(self) -> Option<bool> {
        match self {
            Scalar::Absent | Scalar::Float(_) => None,
            Scalar::Bool(value) => Some(value),
            Scalar::Int(value) => [false, true]
                .into_iter()
                .find(|&known| i128::from(known) == value),
            Scalar::Text(text) => match text.trim() {
                text if text.eq_ignore_ascii_case("true") => Some(true),
                text if text.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            },
        }
    }
}

pub(super) struct ScalarSeed;

impl<'a> DeserializeSeed<'a> for ScalarSeed {
    type Value = Scalar<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for ScalarSeed {
    type Value = Scalar<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Int(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Int(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Absent)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Absent)
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut items: S) -> Result<Self::Value, S::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Absent)
    }
}

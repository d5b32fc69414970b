//! A path into a raw JSON record: `.properties.routed.to[0].id`, `."odd key"`. It leads on through texts that are JSON objects
//! or arrays themselves, as bodies of requests are kept.
//!
//! Rule: following a path never builds a tree; what is not on the way is skipped as it is read.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::value::Value;

/// A parsed path. `.` alone is the whole record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Where and why a path was not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{reason} at character {} of the path `{path}`", .offset + 1)]
pub(crate) struct PathError {
    pub(crate) path: String,
    /// Byte offset into `path`.
    pub(crate) offset: usize,
    pub(crate) reason: &'static str,
}

impl Path {
    /// Reads a path that begins with a dot.
    pub(crate) fn parse(text: &str) -> Result<Path, PathError> {
        let (path, end) = Path::parse_prefix(text)?;
        if end < text.len() {
            return Err(fail(text, end, "expected `.` or `[`"));
        }
        Ok(path)
    }

    /// Reads the path that `text` begins with; returns it with the number of bytes read.
    pub(crate) fn parse_prefix(text: &str) -> Result<(Path, usize), PathError> {
        let mut steps = Vec::new();
        let mut at = 0;
        while let Some(next) = text[at..].chars().next() {
            match next {
                '.' => at += 1,
                // As other tools write a key with blanks in it: `.["odd key"]`.
                '[' if text[at + 1..].starts_with('"') => {
                    let (key, len) = quoted(&text[at + 1..])
                        .ok_or_else(|| fail(text, at + 1, "this quote is never closed"))?;
                    steps.push(Step::Key(key));
                    at += 1 + len;
                    if !text[at..].starts_with(']') {
                        return Err(fail(text, at, "expected `]`"));
                    }
                    at += 1;
                    continue;
                }
                '[' => {
                    let close = text[at..]
                        .find(']')
                        .ok_or_else(|| fail(text, at, "this `[` is never closed"))?;
                    let index = &text[at + 1..at + close];
                    let index = index
                        .parse()
                        .map_err(|_| fail(text, at + 1, "expected a number or a quoted key"))?;
                    steps.push(Step::Index(index));
                    at += close + 1;
                    continue;
                }
                _ => break,
            }
            if text[at..].starts_with('"') {
                let (key, len) = quoted(&text[at..])
                    .ok_or_else(|| fail(text, at, "this quote is never closed"))?;
                steps.push(Step::Key(key));
                at += len;
                continue;
            }
            let len = text[at..]
                .find(|c: char| ".[]=!<>~\"".contains(c) || c.is_whitespace())
                .unwrap_or(text.len() - at);
            let alone = at == 1 && (len == 0);
            if len == 0 && !alone && !text[at..].starts_with('[') {
                return Err(fail(text, at, "expected a key"));
            }
            if len > 0 {
                steps.push(Step::Key(text[at..at + len].to_owned()));
            }
            at += len;
        }
        if at == 0 {
            return Err(fail(text, 0, "a path begins with `.`"));
        }
        Ok((Path { steps }, at))
    }

    /// Returns what stands at the path in a JSON text; `Null` where nothing does or the text is no JSON.
    pub(crate) fn lookup<'a>(&self, json: &'a [u8]) -> Value<'a> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        match (Follow { steps: &self.steps }).deserialize(&mut reader) {
            Ok(Some(Found::Here(raw))) => value_of(raw),
            Ok(Some(Found::Inside(value))) => value,
            Ok(None) | Err(_) => Value::Null,
        }
    }
}

/// What stands at the end of a path.
enum Found<'de> {
    Here(&'de RawValue),
    /// Found in a text, which had to be read to look into it.
    Inside(Value<'static>),
}

fn fail(path: &str, offset: usize, reason: &'static str) -> PathError {
    PathError {
        path: path.to_owned(),
        offset,
        reason,
    }
}

/// Reads a JSON string at the start of `text`; returns it with the bytes it took.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let key = values.next()?.ok()?;
    Some((key, values.byte_offset()))
}

fn value_of(raw: &RawValue) -> Value<'_> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'"') => match serde_json::from_str::<&str>(text) {
            Ok(plain) => Value::Text(Cow::Borrowed(plain)),
            Err(_) => serde_json::from_str::<String>(text)
                .map_or(Value::Null, |s| Value::Text(Cow::Owned(s))),
        },
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') | None => Value::Null,
        Some(b'{' | b'[') => Value::Json(Cow::Borrowed(text)),
        Some(_) => text
            .parse()
            .map_or(Value::Number(Cow::Borrowed(text)), Value::Int),
    }
}

/// Follows steps into a text, if it is a JSON object or array as a whole.
fn look_inside(text: &str, steps: &[Step]) -> Option<Value<'static>> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = (Follow { steps }).deserialize(&mut reader).ok()??;
    reader.end().ok()?;
    Some(match found {
        Found::Here(raw) => value_of(raw).into_owned(),
        Found::Inside(value) => value,
    })
}

/// Walks one value along the steps left.
struct Follow<'p> {
    steps: &'p [Step],
}

impl<'de> DeserializeSeed<'de> for Follow<'_> {
    type Value = Option<Found<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.steps.is_empty() {
            let raw = serde::Deserialize::deserialize(deserializer)?;
            return Ok(Some(Found::Here(raw)));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Follow<'_> {
    type Value = Option<Found<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let wanted = match &self.steps[0] {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        };
        while let Some(is_wanted) = map.next_key_seed(IsKey(wanted))? {
            if is_wanted {
                found = map.next_value_seed(Follow {
                    steps: &self.steps[1..],
                })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let mut index = 0;
        loop {
            if self.steps[0] == Step::Index(index) {
                match seq.next_element_seed(Follow {
                    steps: &self.steps[1..],
                })? {
                    Some(value) => found = value,
                    None => return Ok(found),
                }
            } else if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(found);
            }
            index += 1;
        }
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(look_inside(text, self.steps).map(Found::Inside))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Compares a key where it stands, so that no key is copied.
struct IsKey<'p>(Option<&'p str>);

impl<'de> DeserializeSeed<'de> for IsKey<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsKey<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(self.0 == Some(key))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !matches!(self.steps.first(), Some(Step::Key(_))) {
            f.write_str(".")?;
        }
        for step in &self.steps {
            match step {
                Step::Key(key)
                    if !key.is_empty()
                        && key
                            .chars()
                            .all(|c| c.is_alphanumeric() || "_-$@:/".contains(c)) =>
                {
                    write!(f, ".{key}")?;
                }
                // OK because a string always serialises.
                Step::Key(key) => write!(f, ".{}", serde_json::Value::String(key.clone()))?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RECORD: &[u8] = br#"{"properties":{"routed":{"to":[{"id":"abc"},{"id":"d\u0065f"}]},"n":12,"f":1.50,"ok":true,"no":null,"odd key":{"a":1}}}"#;

    fn at(path: &str) -> Value<'static> {
        Path::parse(path).unwrap().lookup(RECORD)
    }

    #[test]
    fn follows_keys_and_indexes() {
        assert_eq!(at(".properties.routed.to[0].id"), Value::Text("abc".into()));
        assert_eq!(at(".properties.routed.to[1].id"), Value::Text("def".into()));
        assert_eq!(at(".properties.routed.to[2].id"), Value::Null);
        assert_eq!(at(".properties.n"), Value::Int(12));
        assert_eq!(at(".properties.f"), Value::Number("1.50".into()));
        assert_eq!(at(".properties.ok"), Value::Bool(true));
        assert_eq!(at(".properties.no"), Value::Null);
        assert_eq!(at(".properties.n.deeper"), Value::Null);
        assert_eq!(
            at(".properties.\"odd key\""),
            Value::Json("{\"a\":1}".into())
        );
        assert_eq!(
            at(".properties[\"odd key\"].a"),
            at(".properties.\"odd key\".a")
        );
        assert_eq!(at(".[\"properties\"].n"), Value::Int(12));
        assert!(matches!(at("."), Value::Json(_)));
    }

    #[test]
    fn goes_on_through_texts_that_are_json() {
        let body = serde_json::json!({"events": [{"name": "Order \"1\"", "n": 7, "more": "[1,{\"x\":2}]"}]});
        let record = serde_json::json!({"p": {"body": body.to_string(), "not": "[404] not found"}});
        let record = record.to_string();
        let at = |path: &str| Path::parse(path).unwrap().lookup(record.as_bytes());
        assert_eq!(
            at(".p.body.events[0].name"),
            Value::Text("Order \"1\"".into())
        );
        assert_eq!(at(".p.body.events[0].n"), Value::Int(7));
        assert_eq!(at(".p.body.events[0].more[1].x"), Value::Int(2));
        assert_eq!(
            at(".p.body.events[0].more[1]"),
            Value::Json("{\"x\":2}".into())
        );
        assert_eq!(at(".p.body"), Value::Text(body.to_string().into()));
        assert_eq!(at(".p.body.events[1].n"), Value::Null);
        assert_eq!(at(".p.not[0]"), Value::Null);
    }

    #[test]
    fn errors_name_the_character() {
        let error = Path::parse(".a..b").unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a key at character 4 of the path `.a..b`"
        );
        let error = Path::parse(".a[x]").unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a number or a quoted key at character 4 of the path `.a[x]`"
        );
        let error = Path::parse(".a[1").unwrap_err();
        assert_eq!(
            error.to_string(),
            "this `[` is never closed at character 3 of the path `.a[1`"
        );
    }

    proptest! {
        #[test]
        fn printed_paths_read_back(keys in prop::collection::vec("[ -~é]{1,8}", 1..5), index in 0usize..99) {
            let mut steps: Vec<Step> = keys.into_iter().map(Step::Key).collect();
            steps.push(Step::Index(index));
            let path = Path { steps };
            prop_assert_eq!(Path::parse(&path.to_string()).unwrap(), path);
        }

        #[test]
        fn any_bytes_are_looked_up_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Path::parse(".a[0].b").unwrap().lookup(&bytes);
            if let Ok(text) = std::str::from_utf8(&bytes) {
                let held = serde_json::json!({"a": text}).to_string();
                let _ = Path::parse(".a[0].b").unwrap().lookup(held.as_bytes());
            }
        }
    }
}

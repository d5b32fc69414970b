//! The wrapping that vendors put around records: lists, and objects with a list under a known key.
//!
//! Rule: the elements are handed out byte for byte; what is not wrapped as the provider is known to wrap is left as it is.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::decode_error::object_text;
use super::object::Object;

/// Where an envelope has its records: the keys on the way, `["data", "events"]`.
pub(super) type Place = &'static [&'static str];

/// Takes a value apart into the records in it; `None` if it is no envelope.
///
/// A list may be `null`, and so may the whole answer of a provider that wraps at all: both hold no record.
pub(super) fn elements<'a>(raw: &'a [u8], places: &[Place]) -> Option<Vec<&'a [u8]>> {
    let text = std::str::from_utf8(raw).ok()?.trim_ascii();
    if text.starts_with('[') {
        return list(text);
    }
    if text == "null" {
        return (!places.is_empty()).then(Vec::new);
    }
    object_text(raw).ok()?;
    let object = Object::read(raw).ok()?;
    places.iter().find_map(|place| within(&object, place))
}

fn within<'a>(object: &Object<'a>, place: &[&str]) -> Option<Vec<&'a [u8]>> {
    match place {
        [] => None,
        [key] => match object.json(key) {
            Some(json) => list(json),
            None => object.keys().any(|known| known == *key).then(Vec::new),
        },
        [key, rest @ ..] => within(&object.object(key)?, rest),
    }
}

fn list(json: &str) -> Option<Vec<&[u8]>> {
    if !json.starts_with('[') {
        return None;
    }
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    Some(
        items
            .into_iter()
            .map(|item| item.get().as_bytes())
            .collect(),
    )
}

/// Returns the first record of an envelope whose end may be missing, as the beginning of a long file is.
pub(super) fn first_of_cut<'a>(raw: &'a [u8], places: &[Place]) -> Option<&'a [u8]> {
    let whole = match std::str::from_utf8(raw) {
        Ok(text) => text,
        // A letter may have been cut in two.
        Err(error) => std::str::from_utf8(&raw[..error.valid_up_to()]).ok()?,
    };
    if !whole.trim_ascii_start().starts_with('{') {
        return None;
    }
    places.iter().find_map(|place| {
        let mut found = None;
        let first = First {
            place,
            found: &mut found,
        };
        // What comes after the first record may be cut off, and is an error only then.
        let _ = first.deserialize(&mut serde_json::Deserializer::from_str(whole));
        found
    })
}

/// Goes along the keys of a place to the first item of its list, and no further.
struct First<'p, 'f, 'a> {
    place: &'p [&'static str],
    found: &'f mut Option<&'a [u8]>,
}

impl<'a> DeserializeSeed<'a> for First<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.place {
            [] => deserializer.deserialize_seq(self),
            [..] => deserializer.deserialize_map(self),
        }
    }
}

impl<'a> Visitor<'a> for First<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an envelope")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match self.place {
                [wanted, rest @ ..] if key == *wanted => {
                    return map.next_value_seed(First {
                        place: rest,
                        found: self.found,
                    });
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut items: S) -> Result<(), S::Error> {
        let first: Option<&'a RawValue> = items.next_element()?;
        *self.found = first.map(|item| item.get().as_bytes());
        Err(S::Error::custom("the rest is of no interest"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: &[Place] = &[&["data", "events"], &["items"]];

    fn texts(raw: &str) -> Option<Vec<String>> {
        let found = elements(raw.as_bytes(), PLACES)?;
        let text = |item: &&[u8]| String::from_utf8_lossy(item).into_owned();
        Some(found.iter().map(text).collect())
    }

    #[test]
    fn envelopes_are_taken_apart_byte_for_byte() {
        let two = Some(vec![r#"{"a": 1 }"#.to_owned(), "2".to_owned()]);
        assert_eq!(texts(r#"[{"a": 1 } ,2]"#), two);
        assert_eq!(texts(r#"{"x":0,"items":[{"a": 1 },2]}"#), two);
        assert_eq!(texts(r#"{"data":{"events":[{"a": 1 },2],"p":{}}}"#), two);
        for none in ["[]", "null", r#"{"items":null}"#, r#"{"items":[]}"#] {
            assert_eq!(texts(none), Some(vec![]), "{none}");
        }
        for other in ["{}", r#"{"items":{}}"#, r#"{"data":{}}"#, "7", "[1", "x"] {
            assert_eq!(texts(other), None, "{other}");
        }
        assert!(elements(b"null", &[]).is_none());
    }

    #[test]
    fn the_first_record_is_found_wherever_the_rest_is_cut() {
        let whole = r#"{"x":{"items":7},"items":[{"a":"é"},{"b":1}],"é":2}"#;
        let first = r#"{"a":"é"}"#;
        let there = whole.find(first).unwrap() + first.len();
        for cut in 0..=whole.len() {
            let found = first_of_cut(&whole.as_bytes()[..cut], PLACES);
            assert_eq!(found, (cut >= there).then_some(first.as_bytes()), "{cut}");
        }
        let deep = br#" {"p":null,"data":{"q":[],"events":[7,"#;
        assert_eq!(first_of_cut(deep, PLACES), Some(&b"7"[..]));
        for none in [
            "",
            "[1",
            "{\"items\":[",
            "{\"items\":null,",
            "{\"items\":{\"a\":1",
        ] {
            assert_eq!(first_of_cut(none.as_bytes(), PLACES), None, "{none}");
        }
    }
}

//! The wrapping that vendors put around records: lists, and objects with a list under a known key.
//!
//! Rule: the elements are handed out byte for byte; what is not wrapped as the provider is known to wrap is left as it is.

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
}

//! Tells from the beginning of a file whose log it is.
//!
//! Rule: a guess would store records under the wrong name for good; what is not recognised is an error that says what was seen.

use std::io::{self, Read};

use crate::model::Provider;
use crate::providers::framing::Blocks;
use crate::providers::spec;

use super::decompress::{Decompressed, ReadFailure};

/// How much of the decompressed file is looked at, 256 KiB; and how many of its values.
const HEAD_BYTES: u64 = 256 << 10;
const HEAD_VALUES: usize = 50;

/// How much of the file an error quotes, in characters.
const QUOTED_CHARS: usize = 60;

/// Why a file's provider is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecogniseError {
    #[error("cannot read it: {0}")]
    Read(#[source] io::Error),
    #[error("its compressed data is damaged or cut")]
    Damaged,
    #[error("it is no log of a known provider: it begins with a JSON object with the keys {0}")]
    Keys(String),
    #[error("it is no log of a known provider: it begins with `{0}`")]
    Text(String),
}

/// Recognises a file by its beginning; `None` if it is empty.
pub(crate) fn recognise<'a>(
    reader: Box<dyn Read + Send + 'a>,
) -> Result<Option<Provider>, RecogniseError> {
    let mut head = Vec::new();
    match Decompressed::open(reader) {
        Err(ReadFailure::Transfer(error)) => return Err(RecogniseError::Read(error)),
        Err(ReadFailure::Truncated | ReadFailure::Corrupt(_)) => {
            return Err(RecogniseError::Damaged);
        }
        Ok(mut stream) => {
            let read = stream.by_ref().take(HEAD_BYTES).read_to_end(&mut head);
            // The beginning of a file that is cut further on can be recognised all the same.
            if let Err(error) = read
                && head.is_empty()
            {
                return Err(match stream.explain(error) {
                    ReadFailure::Transfer(error) => RecogniseError::Read(error),
                    ReadFailure::Truncated | ReadFailure::Corrupt(_) => RecogniseError::Damaged,
                });
            }
        }
    }
    recognise_head(&head)
}

fn recognise_head(head: &[u8]) -> Result<Option<Provider>, RecogniseError> {
    let mut first = None;
    let mut seen = 0;
    for block in Blocks::new(head).map_while(Result::ok) {
        for (_, value) in block.values() {
            let mut known = Provider::ALL.iter().copied();
            if let Some(provider) = known.find(|provider| spec(*provider).recognises(value)) {
                return Ok(Some(provider));
            }
            first.get_or_insert_with(|| what_was_seen(value));
            seen += 1;
            if seen == HEAD_VALUES {
                break;
            }
        }
    }
    first.map_or(Ok(None), Err)
}

fn what_was_seen(value: &[u8]) -> RecogniseError {
    match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(value) {
        Ok(object) if !object.is_empty() => {
            let keys: Vec<_> = object
                .keys()
                .take(6)
                .map(|key| format!("`{key}`"))
                .collect();
            RecogniseError::Keys(keys.join(", "))
        }
        _ => {
            let start = &value[..value.len().min(4 * QUOTED_CHARS)];
            let text = String::from_utf8_lossy(start);
            RecogniseError::Text(
                text.chars()
                    .take(QUOTED_CHARS)
                    .flat_map(|c| {
                        if c.is_control() {
                            c.escape_default().collect()
                        } else {
                            vec![c]
                        }
                    })
                    .collect(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_logs_are_recognised_and_others_are_named() {
        let event = r#"{"type":"observability","event":"Error Logged"}"#;
        for text in [
            event.to_owned(),
            format!("[{event}]"),
            format!("garbage\n{event}\n"),
            format!("\u{feff}{event}{event}"),
        ] {
            let provider = recognise(Box::new(text.as_bytes())).unwrap();
            assert_eq!(provider, Some(Provider::Segment), "{text}");
        }
        assert_eq!(recognise(Box::new(&b" \n"[..])).unwrap(), None);
        for (text, message) in [
            (
                "{\"userId\":1,\"event\":\"Order\"}\n",
                "it is no log of a known provider: it begins with a JSON object with the keys `event`, `userId`",
            ),
            (
                "id,\tname\n1,x\n",
                "it is no log of a known provider: it begins with `id,\\tname`",
            ),
            (
                "\u{1f}\u{fffd}",
                "it is no log of a known provider: it begins with `\\u{1f}\u{fffd}`",
            ),
        ] {
            let error = recognise(Box::new(text.as_bytes())).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        let error = recognise(Box::new(&b"\x1f\x8b\x08"[..])).unwrap_err();
        assert!(matches!(error, RecogniseError::Damaged));
    }
}

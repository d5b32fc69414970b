//! Why bytes are no record, in the same words for every provider; and the checks that come before any decoding.
//!
//! Rule: only what has no time, is no JSON object, or is nested deeper than [`MAX_DEPTH`] is rejected; a value of an
//! unexpected type counts as absent.

use serde::de::{Error as _, IgnoredAny};

use crate::model::Timestamp;

use super::line;

/// How deep a record may be nested: the limit of most JSON readers, so that whatever is stored can be read elsewhere.
pub(super) const MAX_DEPTH: usize = 128;

/// How much of a value an error quotes, in characters.
const QUOTED_CHARS: usize = 60;

/// Why bytes are no record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error("no valid UTF-8 at byte {offset}")]
    Utf8 { offset: usize },
    #[error("no valid JSON: {}", place(.0))]
    Json(#[from] serde_json::Error),
    #[error("no JSON object but `{0}`")]
    NotAnObject(String),
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Says which keys were looked for: "neither `a` nor `b`".
    #[error("{0}")]
    NoTime(&'static str),
    #[error("`{key}` is no time but `{text}`")]
    BadTime { key: &'static str, text: String },
    /// A time that can be read in two ways; says why.
    #[error("`{key}` is `{text}`: {why}")]
    UnclearTime {
        key: &'static str,
        text: String,
        why: &'static str,
    },
}

/// Names the place within the value; its line only if the value has several, since rejects are told with a line of their own.
fn place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) if error.line() == 1 => format!("{what} at column {}", error.column()),
        _ => text,
    }
}

/// Returns the text of what begins as a JSON object and is not nested too deep; whether it is one is not checked.
pub(super) fn object_text(raw: &[u8]) -> Result<&str, DecodeError> {
    let text = std::str::from_utf8(raw).map_err(|error| DecodeError::Utf8 {
        offset: error.valid_up_to(),
    })?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(DecodeError::NotAnObject(quote(text)));
    }
    if is_too_deep(raw) {
        return Err(DecodeError::TooDeep);
    }
    Ok(text)
}

/// Says why bytes are no record, which a faster reader has found.
pub(super) fn refusal(raw: &[u8]) -> DecodeError {
    match object_text(raw).map(serde_json::from_str::<IgnoredAny>) {
        Err(error) => error,
        Ok(Err(error)) => error.into(),
        // It is JSON, but a key has half a letter in it.
        Ok(Ok(_)) => serde_json::Error::custom("a key is no valid text").into(),
    }
}

/// Reads the time under a key, or names the key.
pub(super) fn parse_time(key: &'static str, text: &str) -> Result<Timestamp, DecodeError> {
    Timestamp::parse(text).ok_or_else(|| DecodeError::BadTime {
        key,
        text: quote(text),
    })
}

pub(super) fn quote(text: &str) -> String {
    line::one_line(text.chars(), QUOTED_CHARS)
}

/// Whether brackets outside strings nest too deep. Skipped values are not limited by the JSON reader itself.
fn is_too_deep(raw: &[u8]) -> bool {
    // Both opening brackets, and nothing else, become `{` with this bit set. Most records have a handful.
    let openings = raw.iter().filter(|&&byte| byte | 0x20 == b'{').count();
    if openings <= MAX_DEPTH {
        return false;
    }
    let mut depth = 0usize;
    let mut rest = raw.iter();
    let mut in_string = false;
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' if in_string => {
                rest.next();
            }
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

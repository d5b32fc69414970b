//! The text for a person in a response's body.
//!
//! A body is cut by the vendor at an unknown length, so its JSON is scanned rather than parsed: a key counts even if
//! nothing after it is whole. Keys are compared without case, `_` and `-` (see [`rank_of`]). Texts under `errors` may stand in
//! lists, and under the names of fields, which are quoted with them: `{"errors":{"phone":["is too short"]}}` is
//! `phone is too short`. Markup has its own ways (see [`markup`]).
//!
//! Rule: nothing is made up; a body that says nothing gives nothing.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

use super::line::one_line;

mod markup;

/// The longest reason, in characters.
const MAX_CHARS: usize = 300;

/// How well a key tells what went wrong, best first; a better key wins at any depth, then the shallower, then the first.
type Rank = u8;

/// Under these keys an object has the names of fields, each with what is wrong with it.
const ERRORS: Rank = 6;

/// The first text of a body that is a list of texts.
const ITEM: Rank = 9;

/// Ranks from here on may be names of fields.
const FIRST_FIELD: Rank = 2;

/// Names that stand where a field's would, for what concerns no field.
const NO_FIELDS: [&str; 7] = [
    "",
    "_",
    "base",
    "general",
    "__all__",
    "error",
    "non_field_errors",
];

/// Finds the text for a person in a body, as one line of at most 300 characters.
pub(super) fn human_text(body: &str) -> Option<String> {
    text_of(body, true)
}

/// `looks_inside`: a text that is JSON itself is looked into, but not the text found in there.
fn text_of(body: &str, looks_inside: bool) -> Option<String> {
    let body = body.trim_start_matches('\u{feff}').trim();
    let text = match body.as_bytes().first()? {
        b'{' | b'[' => keyed_text(body, looks_inside)
            .or_else(|| has_content(body).then(|| one_line(body.chars(), MAX_CHARS)))?,
        b'"' if looks_inside => {
            let (inner, _) = json_string(&body[1..]);
            return text_of(&unescaped(inner), false);
        }
        b'<' => markup::text(body, MAX_CHARS),
        _ => one_line(body.lines().next().unwrap_or_default().chars(), MAX_CHARS),
    };
    (!text.is_empty()).then_some(text)
}

/// Whether there is anything but brackets and white space.
fn has_content(json: &str) -> bool {
    json.contains(|c: char| !c.is_whitespace() && !matches!(c, '{' | '}' | '[' | ']' | ','))
}

/// An open bracket of JSON.
struct Open<'b> {
    is_object: bool,
    /// Whether the keys of the object are names of fields.
    has_fields: bool,
    /// Of the last key; a list has that of the key it stands under.
    rank: Option<Rank>,
    /// The name of the field whose texts these are.
    field: Option<&'b str>,
}

impl<'b> Open<'b> {
    fn new(is_object: bool, outer: Option<&Self>) -> Self {
        let mut inner = Open {
            is_object,
            has_fields: false,
            rank: None,
            field: None,
        };
        let Some(outer) = outer else {
            inner.rank = (!is_object).then_some(ITEM);
            return inner;
        };
        if is_object {
            inner.has_fields = outer.is_object
                && (outer.rank == Some(ERRORS) || (outer.has_fields && outer.rank.is_none()));
        } else if outer.field.is_some() && outer.rank.is_none_or(|rank| rank >= FIRST_FIELD) {
            (inner.rank, inner.field) = (Some(ERRORS), outer.field);
        } else {
            inner.rank = outer.rank;
        }
        inner
    }

    fn set_key(&mut self, key: &'b str) {
        self.rank = rank_of(key);
        self.field = self.has_fields.then_some(key);
    }

    /// How well a text here tells what went wrong, and the field that it belongs to.
    fn value(&self, content: &str) -> Option<(Rank, Option<&'b str>)> {
        match (self.rank, self.field) {
            (Some(rank), _) if self.is_object => Some((rank, None)),
            (Some(rank), field) => Some((rank, field)),
            // A single word is a code of some kind.
            (None, Some(field)) if content.trim().contains(' ') => Some((ERRORS, Some(field))),
            (None, _) => None,
        }
    }
}

/// Scans JSON, whole or cut, for the text with the best rank.
fn keyed_text(json: &str, looks_inside: bool) -> Option<String> {
    let mut best: Option<(Rank, usize, String)> = None;
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut expects_key = false;
    let mut at = 0;
    while let Some(&byte) = json.as_bytes().get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                expects_key = byte == b'{';
                open.push(Open::new(expects_key, open.last()));
            }
            b'}' | b']' => {
                open.pop();
                expects_key = false;
            }
            b',' => expects_key = open.last().is_some_and(|inner| inner.is_object),
            b'"' => {
                let (content, length) = json_string(&json[at..]);
                at += length;
                let depth = open.len();
                let Some(inner) = open.last_mut() else {
                    continue;
                };
                if expects_key {
                    inner.set_key(content);
                    expects_key = false;
                } else if let Some((rank, field)) = inner.value(content)
                    && best
                        .as_ref()
                        .is_none_or(|best| (rank, depth) < (best.0, best.1))
                    && let Some(text) = value_text(&unescaped(content), looks_inside)
                {
                    let is_unbeatable = rank == 0 && depth == 1;
                    let text = field.map_or_else(|| text.clone(), |field| with_field(field, &text));
                    best = Some((rank, depth, text));
                    if is_unbeatable {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    best.map(|(_, _, text)| text)
}

/// Puts a field's name before what is wrong with it, unless the text has it already.
fn with_field(field: &str, text: &str) -> String {
    let field = unescaped(field);
    let has_name = || {
        let plain = |text: &str| text.replace(['_', '-'], " ").to_lowercase();
        plain(text).contains(&plain(&field))
    };
    if NO_FIELDS.contains(&&*field) || has_name() {
        return text.to_owned();
    }
    one_line(field.chars().chain([' ']).chain(text.chars()), MAX_CHARS)
}

/// The text of a value under one of the keys; if it is JSON itself, the text in there.
fn value_text(text: &str, looks_inside: bool) -> Option<String> {
    let inner = text.trim();
    if looks_inside
        && (inner.starts_with('{') || (inner.starts_with('[') && inner.ends_with(']')))
        && let Some(found) = keyed_text(inner, false)
    {
        return Some(found);
    }
    let line = one_line(inner.chars(), MAX_CHARS);
    (!line.is_empty()).then_some(line)
}

/// Returns how well a key tells what went wrong; nothing of most keys.
pub(super) fn rank_of(key: &str) -> Option<Rank> {
    // Longer than any of them, with separators to spare.
    let mut plain = [0; 24];
    if key.len() > plain.len() {
        return None;
    }
    let mut length = 0;
    for byte in key.bytes().filter(|byte| !matches!(byte, b'_' | b'-')) {
        plain[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    Some(match &plain[..length] {
        b"errormessage" | b"errormsg" => 0,
        b"message" | b"msg" => 1,
        b"description" | b"errordescription" => 2,
        b"detail" | b"details" => 3,
        b"faultstring" => 4,
        b"reason" => 5,
        b"errors" | b"fielderrors" | b"validationerrors" | b"errormessages" | b"messages" => ERRORS,
        b"error" => 7,
        b"title" => 8,
        _ => return None,
    })
}

/// Returns what stands before the closing quote, or all there is, and the length with the quote.
fn json_string(rest: &str) -> (&str, usize) {
    let mut at = 0;
    while let Some(found) =
        memchr::memchr2(b'"', b'\\', rest.as_bytes().get(at..).unwrap_or_default())
    {
        let end = at + found;
        if rest.as_bytes()[end] == b'"' {
            return (&rest[..end], end + 1);
        }
        at = end + 2;
    }
    (rest, rest.len())
}

/// Resolves the escapes of a JSON string; one that was cut off at the end is left out.
fn unescaped(content: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', content.as_bytes()).is_none() {
        return Cow::Borrowed(content);
    }
    let mut out = String::with_capacity(content.len());
    let mut chars = content.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            None => {}
            Some('n' | 'r' | 't' | 'b' | 'f') => out.push(' '),
            Some('u') => out.extend(unescape_unicode(&mut chars)),
            Some(other) => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// Reads the four digits after `\u`, and the second half of a pair if there is one.
fn unescape_unicode(chars: &mut Peekable<Chars<'_>>) -> Option<char> {
    let four = |chars: &mut Peekable<Chars<'_>>| {
        let mut value = 0;
        for _ in 0..4 {
            value = value * 16 + chars.next_if(char::is_ascii_hexdigit)?.to_digit(16)?;
        }
        Some(value)
    };
    let first = four(chars)?;
    if !(0xD800..0xDC00).contains(&first) {
        return Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    let mut ahead = chars.clone();
    if ahead.next() == Some('\\')
        && ahead.next() == Some('u')
        && let Some(second @ 0xDC00..0xE000) = four(&mut ahead)
    {
        *chars = ahead;
        return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
    }
    Some(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
#[path = "reason_tests.rs"]
mod tests;

//! The text for a person in a response's body.
//!
//! A body is cut by the vendor at an unknown length, so its JSON is scanned rather than parsed: a key counts even if
//! nothing after it is whole. Keys are compared without case, `_` and `-`; `error_description` (OAuth) counts as a description.
//!
//! Rule: nothing is made up; a body that says nothing gives nothing.

use std::iter::Peekable;
use std::str::Chars;

/// The longest reason, in characters.
const MAX_CHARS: usize = 300;

/// Keys that hold text for a person, best first; a better key wins at any depth, then the shallower, then the first.
const KEYS: &[&[&str]] = &[
    &["errormessage"],
    &["message"],
    &["description", "errordescription"],
    &["detail"],
    &["error"],
    &["title"],
];

/// Finds the text for a person in a body, as one line of at most 300 characters.
pub(super) fn human_text(body: &str) -> Option<String> {
    text_of(body, true)
}

/// Folds white space and control characters to single spaces; what is longer than `max` characters ends in `…`.
pub(super) fn one_line(text: impl Iterator<Item = char>, max: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut is_gap = false;
    for c in text {
        if c.is_whitespace() || c.is_control() {
            is_gap = length > 0;
            continue;
        }
        if length + usize::from(is_gap) >= max {
            while length >= max {
                line.pop();
                length -= 1;
            }
            line.push('…');
            break;
        }
        if is_gap {
            line.push(' ');
            length += 1;
            is_gap = false;
        }
        line.push(c);
        length += 1;
    }
    line
}

/// `looks_inside`: a text that is JSON itself is looked into, but not the text found in there.
fn text_of(body: &str, looks_inside: bool) -> Option<String> {
    let body = body.trim_start_matches('\u{feff}').trim();
    let text = match body.as_bytes().first()? {
        b'{' | b'[' => keyed_text(body, looks_inside)
            .or_else(|| has_content(body).then(|| one_line(body.chars(), MAX_CHARS)))?,
        b'"' if looks_inside => {
            let (inner, _) = json_string(&body[1..]);
            return text_of(&unescape(inner), false);
        }
        b'<' => markup_text(body),
        _ => one_line(body.lines().next().unwrap_or_default().chars(), MAX_CHARS),
    };
    (!text.is_empty()).then_some(text)
}

/// Whether there is anything but brackets and white space.
fn has_content(json: &str) -> bool {
    json.contains(|c: char| !c.is_whitespace() && !matches!(c, '{' | '}' | '[' | ']' | ','))
}

/// Scans JSON, whole or cut, for the best of [`KEYS`].
fn keyed_text(json: &str, looks_inside: bool) -> Option<String> {
    /// An open bracket; a list hands the key it stands under to its items.
    struct Open {
        is_object: bool,
        rank: Option<usize>,
    }

    let mut best: Option<(usize, usize, String)> = None;
    let mut open: Vec<Open> = Vec::new();
    let mut expects_key = false;
    let mut at = 0;
    while let Some(&byte) = json.as_bytes().get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                let rank = open.last().and_then(|outer| outer.rank);
                expects_key = byte == b'{';
                open.push(Open {
                    is_object: expects_key,
                    rank: rank.filter(|_| !expects_key),
                });
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
                    inner.rank = rank_of(content);
                    expects_key = false;
                } else if let Some(rank) = inner.rank
                    && best
                        .as_ref()
                        .is_none_or(|best| (rank, depth) < (best.0, best.1))
                    && let Some(text) = value_text(&unescape(content), looks_inside)
                {
                    let is_unbeatable = rank == 0 && depth == 1;
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

/// The text of a value under one of the keys; if it is JSON itself, the text in there.
fn value_text(text: &str, looks_inside: bool) -> Option<String> {
    let inner = text.trim();
    if looks_inside
        && inner.starts_with(['{', '['])
        && let Some(found) = keyed_text(inner, false)
    {
        return Some(found);
    }
    let line = one_line(inner.chars(), MAX_CHARS);
    (!line.is_empty()).then_some(line)
}

fn rank_of(key: &str) -> Option<usize> {
    // Longer than any of them, with separators to spare.
    if key.len() > 24 {
        return None;
    }
    let is_same = |known: &str| {
        key.bytes()
            .filter(|byte| !matches!(byte, b'_' | b'-'))
            .map(|byte| byte.to_ascii_lowercase())
            .eq(known.bytes())
    };
    KEYS.iter()
        .position(|spellings| spellings.iter().any(|known| is_same(known)))
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
fn unescape(content: &str) -> String {
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
    out
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

/// The title of HTML, the message of XML, else the text between the tags.
fn markup_text(body: &str) -> String {
    // Ends of tags are found by their position, so lower case must not change lengths.
    let lower = body.to_ascii_lowercase();
    for (begin, end) in [("<title", "</title"), ("<message", "</message")] {
        if let Some(tag) = lower.find(begin)
            && let Some(open) = lower[tag..].find('>')
        {
            let start = tag + open + 1;
            let stop = lower[start..].find(end).map_or(body.len(), |at| start + at);
            let text = plain_text(&body[start..stop]);
            if !text.is_empty() {
                return text;
            }
        }
    }
    plain_text(&body[content_start(&lower)..])
}

/// Returns where the content begins: after the head, with its scripts and styles.
fn content_start(lower: &str) -> usize {
    ["</head>", "</style>", "</script>"]
        .iter()
        .find_map(|end| lower.find(end).map(|at| at + end.len()))
        .unwrap_or(0)
}

fn plain_text(markup: &str) -> String {
    let mut text = String::new();
    let mut rest = markup;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        text.push(' ');
        rest = rest[open..]
            .find('>')
            .map_or("", |close| &rest[open + close + 1..]);
    }
    text.push_str(rest);
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        if text.contains(entity) {
            text = text.replace(entity, character);
        }
    }
    one_line(text.chars(), MAX_CHARS)
}

#[cfg(test)]
#[path = "reason_tests.rs"]
mod tests;

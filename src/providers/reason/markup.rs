//! The text for a person in HTML and XML, whole or cut.
//!
//! Rule: the title of HTML comes first, then the elements in which XML says what went wrong, else the text between the
//! tags.

use super::super::line::one_line;

/// Elements that hold text for a person, best first, without the name of their space: `soap:faultstring` is one too.
const ELEMENTS: [&str; 9] = [
    "title",
    "faultstring",
    "message",
    "errormessage",
    "text",
    "msg",
    "description",
    "reason",
    "error",
];

/// Of these on an element may hold others rather than text.
const FIRST_CONTAINER: usize = 4;

/// So many elements are looked into: each may cost a look at all of the body.
const MAX_TRIES: usize = 100;

/// Longer than any element's name with that of its space.
const MAX_NAME: usize = 40;

/// Returns the text, on one line of at most `max` characters.
pub(super) fn text(body: &str, max: usize) -> String {
    // Ends of tags are found by their position, so lower case must not change lengths.
    let lower = body.to_ascii_lowercase();
    let mut best: Option<(usize, String)> = None;
    let mut at = 0;
    let mut tries = MAX_TRIES;
    while let Some(found) = memchr::memchr(b'<', &lower.as_bytes()[at..]) {
        let start = at + found + 1;
        at = start;
        let tag = tag_name(&lower[start..]);
        let name = tag.rsplit(':').next().unwrap_or(tag);
        let Some(rank) = ELEMENTS.iter().position(|known| *known == name) else {
            continue;
        };
        if best.as_ref().is_some_and(|best| best.0 <= rank) {
            continue;
        }
        let Some(end) = lower[start..].find('>') else {
            break;
        };
        if tries == 0 {
            break;
        }
        tries -= 1;
        let content = start + end + 1;
        let stop = end_of(&lower[content..], tag).map_or(body.len(), |length| content + length);
        let inner = &body[content..stop];
        if lower[..content].ends_with("/>") || (rank >= FIRST_CONTAINER && has_tags(inner)) {
            continue;
        }
        let text = plain_text(inner, max);
        if !text.is_empty() {
            if rank == 0 {
                return text;
            }
            best = Some((rank, text));
        }
    }
    match best {
        Some((_, text)) => text,
        None => plain_text(&body[content_start(&lower)..], max),
    }
}

fn tag_name(tag: &str) -> &str {
    let mut bytes = tag.bytes().take(MAX_NAME);
    let end =
        bytes.position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b':' | b'_' | b'-'));
    &tag[..end.unwrap_or(0)]
}

/// Returns where the end tag of an element begins.
fn end_of(lower: &str, tag: &str) -> Option<usize> {
    let ends = memchr::memmem::find_iter(lower.as_bytes(), b"</");
    let mut ends = ends.filter(|at| lower[at + 2..].starts_with(tag));
    ends.next()
}

fn has_tags(markup: &str) -> bool {
    memchr::memchr_iter(b'<', markup.as_bytes()).any(|at| !markup[at..].starts_with(CDATA))
}

/// Begins text in which nothing is a tag.
const CDATA: &str = "<![CDATA[";

/// Returns where the content begins: after the head, with its scripts and styles.
fn content_start(lower: &str) -> usize {
    ["</head>", "</style>", "</script>"]
        .iter()
        .find_map(|end| lower.find(end).map(|at| at + end.len()))
        .unwrap_or(0)
}

fn plain_text(markup: &str, max: usize) -> String {
    let mut text = String::new();
    let mut rest = markup;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        text.push(' ');
        rest = match rest[open..].strip_prefix(CDATA) {
            Some(data) => {
                let (data, after) = data.split_once("]]>").unwrap_or((data, ""));
                text.push_str(data);
                after
            }
            None => rest[open..]
                .find('>')
                .map_or("", |close| &rest[open + close + 1..]),
        };
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
    one_line(text.chars(), max)
}

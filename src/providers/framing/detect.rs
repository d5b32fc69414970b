//! Tells from the beginning of a stream how it is framed.
//!
//! Rule: one broken first line must not turn NDJSON into something else: a raw line's end inside a string, or an object
//! that begins where JSON allows none, means that lines are the frame.

use super::BYTE_ORDER_MARK;
use super::depth::is_value_allowed;

/// How a stream is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// A value ends with its line.
    Lines,
    /// A value ends where its brackets close.
    Depth,
}

/// Returns whether values end with their lines, as the first bytes of a stream tell; `None` if they do not tell.
pub(crate) fn is_by_lines(head: &[u8], is_all: bool) -> Option<bool> {
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    detect(head, is_all).map(|framing| framing == Framing::Lines)
}

/// Decides from the first bytes, after the byte order mark; `None` while more bytes could change the answer.
pub(super) fn detect(head: &[u8], at_end: bool) -> Option<Framing> {
    let undecided = at_end.then_some(Framing::Lines);
    let Some(start) = head.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return undecided;
    };
    match head[start] {
        b'[' => match head[start + 1..]
            .iter()
            .find(|byte| !byte.is_ascii_whitespace())
        {
            Some(b'{' | b']') => Some(Framing::Depth),
            Some(_) => Some(Framing::Lines),
            None => undecided,
        },
        b'{' => first_object(&head[start..], at_end),
        _ => Some(Framing::Lines),
    }
}

/// Decides by the shape of the first object: where it ends, and what follows it.
fn first_object(head: &[u8], at_end: bool) -> Option<Framing> {
    let mut open = Vec::new();
    let mut last = 0;
    let mut spans_lines = false;
    let mut is_line_start = false;
    let mut at = 0;
    while at < head.len() {
        let byte = head[at];
        at += 1;
        match byte {
            b'\n' => {
                is_line_start = true;
                spans_lines = true;
                continue;
            }
            byte if byte.is_ascii_whitespace() => continue,
            b'{' | b'[' => {
                if byte == b'{' && is_line_start && !is_value_allowed(open.last().copied(), last) {
                    return Some(Framing::Lines);
                }
                open.push(byte);
            }
            b'}' | b']' => {
                open.pop();
                if open.is_empty() {
                    return after_first(&head[at..], spans_lines, at_end);
                }
            }
            b'"' => loop {
                match memchr::memchr3(b'"', b'\\', b'\n', &head[at..]) {
                    None => return at_end.then_some(cut_short(spans_lines)),
                    Some(found) => {
                        at += found + 1;
                        match head[at - 1] {
                            b'"' => break,
                            b'\\' => at = (at + 1).min(head.len()),
                            _ => return Some(Framing::Lines),
                        }
                    }
                }
            },
            _ => {}
        }
        is_line_start = false;
        last = byte;
    }
    at_end.then_some(cut_short(spans_lines))
}

fn after_first(rest: &[u8], spans_lines: bool, at_end: bool) -> Option<Framing> {
    if spans_lines {
        return Some(Framing::Depth);
    }
    match rest
        .iter()
        .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))
    {
        Some(b'{' | b',') => Some(Framing::Depth),
        Some(_) => Some(Framing::Lines),
        None => at_end.then_some(Framing::Lines),
    }
}

fn cut_short(spans_lines: bool) -> Framing {
    if spans_lines {
        Framing::Depth
    } else {
        Framing::Lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_tells_the_framing() {
        use Framing::{Depth, Lines};
        let cases: &[(&str, Framing)] = &[
            ("", Lines),
            ("  \r\n ", Lines),
            ("{\"a\":1}\n{\"b\":2}\n", Lines),
            ("{\"a\":1}", Lines),
            ("{\"a\":1} \r\n{\"b\":2}", Lines),
            ("\n\n{\"a\":1}\n", Lines),
            ("{\"a\":1}{\"b\":2}", Depth),
            ("{\"a\":1},\n{\"b\":2}", Depth),
            ("{\n  \"a\": 1\n}\n", Depth),
            ("{\"a\":[\n{\"b\":1}\n]}", Depth),
            ("[{\"a\":1}]", Depth),
            ("[\n  {\"a\":1}\n]", Depth),
            ("[]", Depth),
            ("[2025-03-23 20:00] started\n", Lines),
            ("plain text\n{\"a\":1}\n", Lines),
            // A first line that was cut: inside a string, after a comma, after a colon.
            ("{\"a\":\"b\n{\"c\":1}\n", Lines),
            ("{\"a\":1,\n{\"c\":1}\n", Lines),
            ("{\"a\":\n{\"c\":1}\n{\"d\":1}\n", Lines),
            ("{\"a\":1", Lines),
            ("{\n\"a\":1", Depth),
            ("{\"a\":\"\\\"}\\\\\"}\n", Lines),
        ];
        for (text, framing) in cases {
            assert_eq!(detect(text.as_bytes(), true), Some(*framing), "{text:?}");
            for cut in 0..text.len() {
                let early = detect(&text.as_bytes()[..cut], false);
                assert!(
                    early.is_none_or(|early| early == *framing),
                    "{text:?} cut at {cut}: {early:?}"
                );
            }
        }
    }
}

//! Values that span lines in a stream whose values end with their lines: pretty ones between compact ones, as a store
//! gives them back that took in both.
//!
//! Rule: a broken line stays the one line that it is. Lines are put together only where brackets that one of them opens
//! close in a later one, and everything between them stands where JSON allows it.

use super::depth::is_value_allowed;

/// How deep a value may be nested that is put together: decoders take no deeper ones, and so many lines at most are
/// looked at again for one that turns out to be broken.
const MAX_DEPTH: usize = 128;

/// What a line is the beginning of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spanning {
    /// A value of so many bytes, over several lines.
    Whole(usize),
    /// Nothing that further lines go on with.
    No,
    /// The bytes at hand do not tell.
    More,
}

/// What was found among lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    None,
    /// A value over several lines, or the beginning of one, starts here, after other lines.
    At(usize),
    /// The first lines are a value of so many bytes.
    Value(usize),
    /// The first line begins a value of which more must be read.
    More,
}

/// Looks among whole lines up to `cut` for the first that begins a value which goes on in the next. `is_all` says that no
/// bytes follow, `is_long` that more are no longer one value.
pub(super) fn find(bytes: &[u8], cut: usize, is_all: bool, is_long: bool) -> Open {
    let mut from = 0;
    while let Some(start) = first_open(&bytes[..cut], from) {
        match spanning(&bytes[start..], is_all || (is_long && start == 0)) {
            Spanning::Whole(length) if start == 0 => return Open::Value(length),
            Spanning::More if start == 0 => return Open::More,
            Spanning::Whole(_) | Spanning::More => return Open::At(start),
            Spanning::No => {
                let end = memchr::memchr(b'\n', &bytes[start..]);
                from = end.map_or(cut, |end| start + end + 1);
            }
        }
    }
    Open::None
}

/// Finds the first line that may begin a value which goes on in the next; returns where it starts.
fn first_open(bytes: &[u8], from: usize) -> Option<usize> {
    let mut start = from;
    while start < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |found| start + found);
        if is_open(&bytes[start..end]) {
            return Some(start);
        }
        start = end + 1;
    }
    None
}

/// Returns whether a line begins with a bracket and does not end with the one that closes it.
pub(crate) fn is_open(line: &[u8]) -> bool {
    let close = match line.first() {
        Some(b'{') => b'}',
        Some(b'[') => b']',
        Some(byte) if byte.is_ascii_whitespace() => {
            let line = line.trim_ascii_start();
            return !line.is_empty() && is_open(line);
        }
        _ => return false,
    };
    match line.last() {
        Some(byte) if byte.is_ascii_whitespace() => line.trim_ascii_end().last() != Some(&close),
        last => last != Some(&close),
    }
}

/// Looks whether the first of these lines begins a value that a later one ends. `is_all` says that no bytes follow.
pub(crate) fn spanning(bytes: &[u8], is_all: bool) -> Spanning {
    let undecided = if is_all { Spanning::No } else { Spanning::More };
    let mut open: Vec<u8> = Vec::new();
    let mut spans_lines = false;
    let mut last = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        match byte {
            b'\n' => {
                spans_lines = true;
                continue;
            }
            byte if byte.is_ascii_whitespace() => continue,
            b'{' | b'[' => {
                let is_allowed = is_value_allowed(open.last().copied(), last);
                if !is_allowed || open.len() == MAX_DEPTH {
                    return Spanning::No;
                }
                open.push(byte);
            }
            b'}' | b']' => {
                let opener = if byte == b'}' { b'{' } else { b'[' };
                if open.pop() != Some(opener) {
                    return Spanning::No;
                }
                if open.is_empty() {
                    return if spans_lines {
                        Spanning::Whole(at)
                    } else {
                        Spanning::No
                    };
                }
            }
            b'"' => loop {
                let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', &bytes[at..]) else {
                    return undecided;
                };
                at += found + 1;
                match bytes[at - 1] {
                    b'"' => break,
                    b'\\' if bytes.get(at) != Some(&b'\n') => at = (at + 1).min(bytes.len()),
                    _ => return Spanning::No,
                }
            },
            _ => {}
        }
        last = byte;
    }
    undecided
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_where_brackets_close_in_a_later_one() {
        use Spanning::{More, No, Whole};
        let cases: &[(&str, Spanning)] = &[
            ("{\n  \"a\": 1\n}\n{\"b\":2}", Whole(12)),
            ("{\"a\":[{\"b\":1},\n{\"c\":2}]}\n", Whole(24)),
            ("[\n{\"a\":\"]\\\"\"}\n]\n", Whole(15)),
            ("{\"a\":1}\n", No),
            ("[2025-03-23 20:00] started\n", No),
            // Cut in a string, after a comma, after a colon, after a bracket.
            ("{\"a\":\"b\n{\"c\":1}\n", No),
            ("{\"a\":\"b\\\n{\"c\":1}\n", No),
            ("{\"a\":1,\n{\"c\":1}\n", No),
            ("{\"b\":\n{\"c\":3}\n{\"d\":4}\n", No),
            ("{\"b\":[\n{\"c\":3}\n{\"d\":4}\n", No),
            ("{\"a\":[1,2}\n{\"b\":2}\n", No),
            ("{\n  \"a\": 1", More),
            ("{\n  \"a\": \"x", More),
            ("{\n  \"a\": \"x\\", More),
        ];
        for (text, expected) in cases {
            let bytes = text.as_bytes();
            assert_eq!(spanning(bytes, false), *expected, "{text:?}");
            let at_end = if *expected == More { No } else { *expected };
            assert_eq!(spanning(bytes, true), at_end, "{text:?}");
            for cut in 0..bytes.len() {
                let early = spanning(&bytes[..cut], false);
                assert!(early == More || early == *expected, "{text:?} cut at {cut}");
            }
        }
        let deep = "{\"a\":\n".repeat(MAX_DEPTH + 1);
        assert_eq!(spanning(deep.as_bytes(), false), No);
    }

    #[test]
    fn open_lines_are_found() {
        for (line, expected) in [
            ("{", true),
            (" {\"a\": [\r", true),
            ("[", true),
            ("{\"a\":1} \r", false),
            ("  \"a\": 1", false),
            ("", false),
            ("  ", false),
            ("not json", false),
        ] {
            assert_eq!(is_open(line.as_bytes()), expected, "{line:?}");
        }
        assert_eq!(first_open(b"{}\n\n{\n}\n", 0), Some(4));
        assert_eq!(first_open(b"{}\n}\n", 0), None);
    }
}

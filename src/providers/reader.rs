//! Reads one JSON text from front to back, checking all of it and copying nothing: the hot path of an import.
//!
//! It takes exactly what `serde_json` takes, nested up to [`MAX_DEPTH`]. What is wrong with the rest is for others to say.
//!
//! Rule: every method reads what it names to its end, or gives up with `None`, after which the reader is of no use.

use std::borrow::Cow;

use super::decode_error::MAX_DEPTH;
use super::scalar::{self, Scalar};

/// A position in a JSON text.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// Always ≤ the length of `text`, and between two letters.
    at: usize,
    /// How many brackets are open.
    depth: usize,
    /// A key with an escape was passed over, of which nobody knows whether it is a text.
    has_escaped_key: bool,
}

/// The entries of an object or list that are still to come.
pub(super) struct Entries {
    is_first: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Reader {
            text,
            at: 0,
            depth: 0,
            has_escaped_key: false,
        }
    }

    /// Returns whether a key with an escape was passed over within a value that was skipped.
    pub(super) fn has_escaped_key(&self) -> bool {
        self.has_escaped_key
    }

    /// Makes sure that nothing follows.
    pub(super) fn end(mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    /// Returns the first byte of what comes next, after white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match *bytes.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Goes past the bracket that was peeked at.
    pub(super) fn open(&mut self) -> Option<Entries> {
        self.at += 1;
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(Entries { is_first: true })
    }

    /// Returns the next key of an object; an empty choice at its end.
    #[inline]
    pub(super) fn key(&mut self, entries: &mut Entries) -> Option<Option<Cow<'a, str>>> {
        if !self.goes_on(entries, b'}')? {
            return Some(None);
        }
        if self.peek()? != b'"' {
            return None;
        }
        let key = match self.string()? {
            (json, true) => scalar::string(json)?,
            (json, false) => Cow::Borrowed(&json[1..json.len() - 1]),
        };
        self.expect(b':')?;
        Some(Some(key))
    }

    /// Returns whether a list has a next item, which must be read then.
    pub(super) fn item(&mut self, entries: &mut Entries) -> Option<bool> {
        self.goes_on(entries, b']')
    }

    /// Reads a value; a list or an object counts as absent.
    pub(super) fn scalar(&mut self) -> Option<Scalar<'a>> {
        self.skip().map(Scalar::read)
    }

    /// Reads a value as text (see [`Scalar::text`]).
    #[inline]
    pub(super) fn text(&mut self) -> Option<Option<Cow<'a, str>>> {
        if self.peek()? != b'"' {
            return self.skip().map(|json| Scalar::read(json).text());
        }
        let text = match self.string()? {
            (json, true) => scalar::string(json),
            (json, false) => Some(Cow::Borrowed(&json[1..json.len() - 1])),
        };
        Some(text.filter(|text| !text.is_empty()))
    }

    /// Goes past a value and returns its text.
    pub(super) fn skip(&mut self) -> Option<&'a str> {
        let byte = self.peek()?;
        let start = self.at;
        match byte {
            b'"' => return self.string().map(|(json, _)| json),
            b'{' | b'[' => self.skip_nested()?,
            _ => self.skip_bare(byte)?,
        }
        Some(&self.text[start..self.at])
    }

    /// Goes past the bracket that was peeked at, and all up to the one that closes it.
    fn skip_nested(&mut self) -> Option<()> {
        // Which of the open brackets are those of objects, the innermost in the lowest bit. OK because of `MAX_DEPTH` bits.
        let mut objects: u128 = 0;
        let outer = self.depth;
        loop {
            match self.peek()? {
                bracket @ (b'{' | b'[') => {
                    let is_object = bracket == b'{';
                    self.open()?;
                    objects = objects << 1 | u128::from(is_object);
                    let close = if is_object { b'}' } else { b']' };
                    if self.peek()? != close {
                        if is_object {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
                b'"' => drop(self.string()?),
                byte => self.skip_bare(byte)?,
            }
            // A value has ended, or an empty list or object is about to.
            while self.depth > outer {
                let is_object = objects & 1 == 1;
                let byte = self.peek()?;
                self.at += 1;
                match byte {
                    b',' => {
                        if is_object {
                            self.skip_key()?;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                self.depth -= 1;
                objects >>= 1;
            }
            if self.depth == outer {
                return Some(());
            }
        }
    }

    fn skip_key(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        self.has_escaped_key |= self.string()?.1;
        self.expect(b':')
    }

    /// Goes past a value that is no text, list or object, and begins with a byte.
    fn skip_bare(&mut self, byte: u8) -> Option<()> {
        match byte {
            b't' => self.skip_word("true"),
            b'f' => self.skip_word("false"),
            b'n' => self.skip_word("null"),
            _ => self.skip_number(),
        }
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        let found = self.peek()?;
        self.at += 1;
        (found == wanted).then_some(())
    }

    /// Goes past the comma before a further entry, or past the bracket that ends them.
    #[inline]
    fn goes_on(&mut self, entries: &mut Entries, close: u8) -> Option<bool> {
        let byte = self.peek()?;
        if byte == close {
            self.at += 1;
            self.depth -= 1;
            return Some(false);
        }
        if std::mem::take(&mut entries.is_first) {
            return Some(true);
        }
        self.at += 1;
        // The bracket may not follow a comma.
        (byte == b',' && self.peek()? != close).then_some(true)
    }

    /// Reads a string from its opening quote on; returns it with its quotes, and whether it has escapes.
    #[inline]
    fn string(&mut self) -> Option<(&'a str, bool)> {
        let start = self.at;
        let end = special(self.text.as_bytes(), start + 1)?;
        if self.text.as_bytes()[end] == b'"' {
            self.at = end + 1;
            return Some((&self.text[start..self.at], false));
        }
        self.skip_escapes(end)?;
        Some((&self.text[start..self.at], true))
    }

    /// Goes past a string from its first escape on.
    fn skip_escapes(&mut self, mut at: usize) -> Option<()> {
        let bytes = self.text.as_bytes();
        loop {
            at += match bytes[at] {
                b'"' => {
                    self.at = at + 1;
                    return Some(());
                }
                b'\\' => match bytes.get(at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                    b'u' => {
                        let digits = bytes.get(at + 2..at + 6)?;
                        digits.iter().all(u8::is_ascii_hexdigit).then_some(6)?
                    }
                    _ => return None,
                },
                _ => return None,
            };
            at = special(bytes, at)?;
        }
    }

    fn skip_word(&mut self, word: &str) -> Option<()> {
        let is_there = self.text[self.at..].starts_with(word);
        self.at += word.len();
        is_there.then_some(())
    }

    fn skip_number(&mut self) -> Option<()> {
        if self.peek_here() == b'-' {
            self.at += 1;
        }
        if self.peek_here() == b'0' {
            self.at += 1;
        } else {
            self.skip_digits()?;
        }
        if self.peek_here() == b'.' {
            self.at += 1;
            self.skip_digits()?;
        }
        if matches!(self.peek_here(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek_here(), b'+' | b'-') {
                self.at += 1;
            }
            self.skip_digits()?;
        }
        Some(())
    }

    fn skip_digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek_here().is_ascii_digit() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Returns the next byte, white space or not; 0 at the end, which JSON has nowhere.
    fn peek_here(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }
}

/// Returns the position of the next quote, backslash or control character, from `at` on. Eight bytes are looked at as one
/// number.
#[inline]
fn special(bytes: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    while let Some(eight) = bytes.get(at..)?.first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        // Sets the top bit of bytes below 0x21, and of no other one before the first of them: once a bit is turned, these are
        // the control characters and the quote. The same for bytes that are zero once they are compared.
        let low = word ^ (ONES * 2);
        let low = low.wrapping_sub(ONES * 0x21) & !low;
        let backslash = word ^ (ONES * u64::from(b'\\'));
        let backslash = backslash.wrapping_sub(ONES) & !backslash;
        let found = (low | backslash) & TOPS;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    Some(at + rest.iter().position(is_special)?)
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;

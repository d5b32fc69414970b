//! One pass over a text that leaves placeholders where its variable parts were.
//!
//! Rule: every byte is looked at a bounded number of times; what is kept is copied in lower case.

use super::kept::{enhanced_length, keeps};
use super::moment;
use super::part::{Part, is_uuid, judge, opaque_length};
use super::shape::{
    arn_length, email_length, grouped_length, ip_length, is_word, phone_length, quoted_length,
    scheme_length,
};

const ANY: &str = "<*>";
const TEXT: &str = "<text>";
const TIME: &str = "<time>";
const EMAIL: &str = "<email>";
const IP: &str = "<ip>";
const PLACEHOLDERS: [&str; 5] = [ANY, TEXT, TIME, EMAIL, IP];

/// Bytes beyond ASCII of a unit that is attached to its number: `5µs`, `20°C`.
const LONGEST_UNIT: usize = 3;

/// Keys of JSON objects whose values are words that tell causes apart.
const TELLING_KEYS: [&str; 12] = [
    "code",
    "error",
    "error_code",
    "errorcode",
    "error_type",
    "type",
    "status",
    "reason",
    "message",
    "error_message",
    "title",
    "detail",
];

pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
    out: String,
    /// Quotes mean nothing within a quoted text.
    has_quotes: bool,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Scanner {
            text,
            at: 0,
            out: String::with_capacity(text.len()),
            has_quotes: true,
        }
    }

    pub(super) fn pass(mut self) -> String {
        while let Some(&byte) = self.rest().first() {
            match byte {
                b' ' if self.out.is_empty() || self.out.ends_with(' ') => self.at += 1,
                b'<' => self.angle(),
                b'"' | b'\'' | b'`' if self.has_quotes => self.quote(byte),
                b'+' | b'-' => self.sign(),
                _ if is_word(byte) => self.word(),
                _ => self.copy(1),
            }
        }
        self.out
    }

    fn rest(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn before(&self) -> Option<u8> {
        self.at.checked_sub(1).map(|at| self.text.as_bytes()[at])
    }

    /// Copies bytes that end at a character's end.
    fn copy(&mut self, length: usize) {
        let start = self.out.len();
        self.out.push_str(&self.text[self.at..self.at + length]);
        self.out[start..].make_ascii_lowercase();
        self.at += length;
    }

    /// Puts a placeholder in place of bytes; after the same one and but a separator it adds nothing.
    fn replace(&mut self, length: usize, placeholder: &str) {
        self.at += length;
        let separator = match self.out.as_bytes() {
            [.., b'>'] => 0,
            [.., b'>', b',' | b'-' | b'_' | b'.' | b'/' | b'+' | b':'] => 1,
            [.., b'>', b' '] if placeholder == TIME => 1,
            [.., b'>', b',', b' '] => 2,
            _ => return self.out.push_str(placeholder),
        };
        let before = self.out.len() - separator;
        if self.out[..before].ends_with(placeholder) {
            self.out.truncate(before);
        } else {
            self.out.push_str(placeholder);
        }
    }

    fn angle(&mut self) {
        let rest = &self.text[self.at..];
        let found = PLACEHOLDERS.iter().find(|known| {
            let start = rest.get(..known.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(known))
        });
        match found {
            Some(known) => self.replace(known.len(), known),
            None => self.copy(1),
        }
    }

    /// A sign belongs to its number, unless it joins two things.
    fn sign(&mut self) {
        let digits = self.rest()[1..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let starts = self.before().is_none_or(|b| b" (=:[,".contains(&b));
        if digits == 0 || !starts {
            return self.copy(1);
        }
        match phone_length(self.rest()) {
            0 => self.at += 1,
            length => self.replace(length, ANY),
        }
    }

    fn quote(&mut self, quote: u8) {
        let opens = !self.before().is_some_and(|b| b.is_ascii_alphanumeric());
        let Some(length) = quoted_length(self.rest(), quote).filter(|_| opens) else {
            return self.copy(1);
        };
        let inside = &self.text[self.at + 1..self.at + 1 + length];
        let after = self.text[self.at + length + 2..].trim_start();
        if quote == b'"'
            && after.starts_with(':')
            && self.out.trim_end().ends_with(['{', ','])
            && is_key(inside)
        {
            return self.copy(length + 2);
        }
        let is_url = scheme_length(inside.as_bytes()).is_some() && !inside.contains(' ');
        let is_told =
            self.is_telling() || (self.text.starts_with(['{', '[']) && is_sentence(inside));
        if is_url || (quote == b'"' && is_told && length > 0) {
            let nested = Scanner {
                has_quotes: false,
                ..Scanner::new(inside)
            };
            let inside = nested.pass();
            self.out.push(quote as char);
            self.out.push_str(&inside);
            self.out.push(quote as char);
            self.at += length + 2;
            return;
        }
        if is_constant(inside) {
            self.at += 1;
            self.copy(length);
            self.at += 1;
            return;
        }
        self.replace(length + 2, TEXT);
    }

    /// Whether a JSON value follows that tells causes apart.
    fn is_telling(&self) -> bool {
        let key = self.out.trim_end().strip_suffix(':').map(str::trim_end);
        let key = key.and_then(|key| key.strip_suffix('"'));
        let ends_with = |key: &str, known: &&str| {
            let before = key.strip_suffix(*known);
            before.is_some_and(|before| before.ends_with('"'))
        };
        key.is_some_and(|key| TELLING_KEYS.iter().any(|known| ends_with(key, known)))
    }

    fn word(&mut self) {
        let rest = self.rest();
        let letters = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        // Most words are nothing else; what follows would find the same.
        let is_plain = letters > 0
            && !rest
                .get(letters)
                .is_some_and(|b| is_word(*b) || b"+-.:/=@%".contains(b))
            && !moment::is_name(&rest[..letters]);
        if is_plain && judge(&rest[..letters]) == Part::Word {
            return self.copy(letters);
        }
        let found = match rest[0] {
            b'0'..=b'9' => [
                (moment::length(rest), TIME),
                (ip_length(&self.text[self.at..]), IP),
                (email_length(rest), EMAIL),
                (grouped_length(rest), ANY),
            ],
            _ => [
                (moment::length(rest), TIME),
                (ip_length(&self.text[self.at..]), IP),
                (email_length(rest), EMAIL),
                (arn_length(rest), ANY),
            ],
        };
        if let Some((length, placeholder)) = found.into_iter().find(|(length, _)| *length > 0) {
            return self.replace(length, placeholder);
        }
        if let Some(scheme) = scheme_length(rest) {
            return self.url(scheme);
        }
        match opaque_length(rest) {
            0 => self.atom(),
            length => self.replace(length, ANY),
        }
    }

    /// A word with its dots, dashes and underscores; each part is judged by itself.
    fn atom(&mut self) {
        let length = self
            .rest()
            .iter()
            .take_while(|b| is_word(**b) || b"-.".contains(b))
            .count();
        let run = self.text[self.at..self.at + length].trim_end_matches(['-', '.']);
        let end = self.at + run.len().max(1);
        let mut after_scramble = false;
        while self.at < end {
            let rest = &self.text.as_bytes()[self.at..end];
            if is_uuid(rest) {
                self.replace(36, ANY);
                continue;
            }
            let length = rest.iter().take_while(|b| !b"-._".contains(b)).count();
            if length == 0 {
                self.copy(1);
                continue;
            }
            let enhanced = enhanced_length(&self.out, &self.text[self.at..end]);
            if enhanced > 0 {
                self.copy(enhanced);
                continue;
            }
            let length = unspaced_length(&rest[..length]);
            let part = &rest[..length];
            // The rest of an id that has dashes or underscores of its own.
            let goes_on =
                after_scramble && length <= 5 && is_mixed(part) && self.before() != Some(b'.');
            match judge(part) {
                Part::Word if goes_on => self.replace(length, ANY),
                Part::Word => {
                    self.copy(length);
                    after_scramble = false;
                }
                Part::Variable => self.variable(length),
                Part::Numbered(letters) => {
                    self.copy(letters);
                    self.replace(length - letters, ANY);
                }
            }
            after_scramble |= !part.iter().all(u8::is_ascii_digit) && self.out.ends_with(ANY);
        }
    }

    fn variable(&mut self, length: usize) {
        let (text, after) = self.text[self.at..].split_at(length);
        let is_number = text.bytes().all(|b| b.is_ascii_digit());
        let is_fraction =
            after.starts_with('.') && after[1..].starts_with(|c: char| c.is_ascii_digit());
        if is_number && !is_fraction && keeps(&self.out, text, after) {
            self.copy(length);
        } else {
            self.replace(length, ANY);
        }
    }

    /// Keeps scheme, host, the words of the path and the keys of the query.
    fn url(&mut self, scheme: usize) {
        self.copy(scheme);
        let is_in = |b: &&u8| !b" \"'`<>()[]{}|\\".contains(b);
        let run = self.rest().iter().take_while(is_in).count();
        let url =
            self.text[self.at..self.at + run].trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let end = self.at + url.len();
        let authority = url.find(['/', '?', '#']).unwrap_or(url.len());
        if let Some(user) = url[..authority].rfind('@') {
            self.at += user + 1;
        }
        let mut is_value = false;
        while self.at < end {
            let rest = &self.text.as_bytes()[self.at..end];
            match rest[0] {
                b'/' | b'&' | b'?' | b'#' | b';' => {
                    is_value = false;
                    self.copy(1);
                }
                b'=' => {
                    is_value = true;
                    self.copy(1);
                }
                _ => {
                    let length = rest.iter().take_while(|b| !b"/&?#;=".contains(b)).count();
                    self.segment(length, is_value);
                }
            }
        }
    }

    fn segment(&mut self, length: usize, is_value: bool) {
        let segment = &self.rest()[..length];
        if is_value
            || segment.contains(&b'%')
            || segment.contains(&b'@')
            || opaque_length(segment) == length
        {
            return self.replace(length, ANY);
        }
        let end = self.at + length;
        while self.at < end {
            if let Some(length) = Some(ip_length(&self.text[self.at..end])).filter(|n| *n > 0) {
                self.replace(length, IP);
            } else if is_word(self.rest()[0]) {
                self.atom();
            } else {
                self.copy(1);
            }
        }
    }
}

/// Scripts without blanks join words and numbers: there the number is what varies, and not all that is around it.
fn unspaced_length(part: &[u8]) -> usize {
    let beyond_ascii = part.iter().filter(|b| !b.is_ascii()).count();
    if beyond_ascii <= LONGEST_UNIT {
        return part.len();
    }
    let is_digit = part[0].is_ascii_digit();
    part.iter()
        .take_while(|b| b.is_ascii_digit() == is_digit)
        .count()
}

fn is_mixed(part: &[u8]) -> bool {
    part.iter().any(u8::is_ascii_uppercase) && part.iter().any(u8::is_ascii_lowercase)
}

fn is_key(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphabetic() || b"_- .".contains(&b);
    !text.is_empty() && text.len() <= 64 && text.bytes().all(is_plain)
}

/// `has already been taken`, but not `Jane Doe`: two words that begin in lower case.
fn is_sentence(text: &str) -> bool {
    let is_plain = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b"'.,!".contains(&b))
    };
    text.split(' ').filter(is_plain).nth(1).is_some()
}

/// `INVALID_TOKEN`: the name of an error, not a value.
fn is_constant(text: &str) -> bool {
    let is_in = |b: u8| b.is_ascii_uppercase() || b == b'_';
    text.len() >= 5
        && text.contains('_')
        && text.bytes().all(is_in)
        && !text.starts_with('_')
        && !text.ends_with('_')
}

//! The pattern of a reason: what is left when ids, numbers, addresses, times and quoted values are taken out, so that
//! messages of one cause are one text, and a short id of it to paste.
//!
//! | reason | pattern |
//! | --- | --- |
//! | `User 8f14e45f-ceea-467f-a1d2-0c0f3a1b2c3d not found` | `user <*> not found` |
//! | `Request failed with status code 429` | `request failed with status code 429` |
//! | `timeout of 5000ms exceeded` | `timeout of <*> exceeded` |
//! | `connect ECONNREFUSED 10.0.3.7:443` | `connect econnrefused <ip>` |
//! | `Invalid value "blue" for property 'colour'` | `invalid value <text> for property <text>` |
//! | `550 5.1.1 <jo@example.com>: Recipient address rejected` | `550 5.1.1 <<email>>: recipient address rejected` |
//! | `GET https://api.example.com/v1/users/77?key=abc failed` | `get https://api.example.com/v1/users/<*>?key=<*> failed` |
//! | `Token expired at 2025-03-23T20:00:00Z.` | `token expired at <time>` |
//!
//! In order of precedence:
//! - White space and control characters become one space, ASCII letters lower case, typographic quotes plain ones;
//!   punctuation at the end goes; what is longer than 200 characters is cut at a word and ends in `…`.
//! - `<text>`: a quoted value. A constant in quotes (`"INVALID_TOKEN"`) keeps its name and loses the quotes; a key of a JSON
//!   object stays, and so do the words under keys such as `code`, `error`, `message`, `type`, and sentences.
//! - `<time>`: dates and times of day. `<email>`, `<ip>`: addresses, an IP address with its port.
//! - A URL keeps scheme, host, the words of its path and the keys of its query: hosts tell causes apart. A user name and
//!   password in it are dropped.
//! - `<*>`: numbers with sign, fraction and attached unit; UUIDs, hashes, hexadecimal and base64 text, ARNs, tokens, ids of
//!   letters and digits. Numbers and ids share one placeholder, since the same id may be digits today and letters tomorrow.
//!   A word before the digits stays: `user42` → `user<*>`, `aud_1U3E4UE7` → `aud_<*>`. Names that have digits of their own
//!   (`oauth2`, `v1`, `sha256`) stay whole.
//! - Numbers that tell causes apart stay: HTTP statuses where the text says that they are (`status code 503`,
//!   `502 Bad Gateway`), codes of mail servers at the beginning, `error code 190`, `(#100)`.
//! - The same placeholder twice with but a separator between counts once: a list of ids is one, however long.
//!
//! The id is the upper 40 bits of the XXH3-64 hash of the pattern's UTF-8 bytes, as eight characters of
//! `0123456789abcdefghjkmnpqrstvwxyz`.
//!
//! Rule: ids are pasted into scripts: neither they nor the patterns behind them change with platform or version; a new
//! kind of text may only be recognised where the golden tests stay as they are. Time is linear in the text.

mod kept;
mod moment;
mod part;
mod scanner;
mod shape;

use twox_hash::XxHash3_64;

use scanner::Scanner;

/// Characters of a pattern at most.
const LONGEST: usize = 200;

/// Bytes of a reason that are looked at.
const LOOKED_AT: usize = 4096;

/// Passes at most: each leaves fewer characters that are no placeholder, and the second nearly always changes nothing.
const PASSES: usize = 8;

/// The digits of an id: Crockford's base 32.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Returns the pattern of a reason. The pattern of a pattern is itself.
pub(crate) fn pattern(reason: &str) -> String {
    let mut text = prepare(reason);
    for _ in 0..PASSES {
        let mut next = Scanner::new(&text).pass();
        shorten(&mut next);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

/// Returns the id of a pattern.
pub(crate) fn pattern_id(pattern: &str) -> String {
    let hash = XxHash3_64::oneshot(pattern.as_bytes());
    let digit = |at: u32| DIGITS[(hash >> (59 - 5 * at)) as usize & 31] as char;
    (0..8).map(digit).collect()
}

/// Returns whether a text could be the id of a pattern, in either case.
pub(crate) fn is_pattern_id(text: &str) -> bool {
    let is_digit = |b: u8| DIGITS.contains(&b.to_ascii_lowercase());
    text.len() == 8 && text.bytes().all(is_digit)
}

/// Brings white space and quotes to one form, and leaves out what nobody will see.
fn prepare(reason: &str) -> String {
    let mut end = reason.len().min(LOOKED_AT);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let mut text = String::with_capacity(end);
    for c in reason[..end].chars() {
        match c {
            c if c.is_whitespace() || c.is_control() => {
                if !text.is_empty() && !text.ends_with(' ') {
                    text.push(' ');
                }
            }
            '“' | '”' | '„' | '«' | '»' => text.push('"'),
            '‘' | '’' => text.push('\''),
            c => text.push(c),
        }
    }
    text
}

/// Takes the end off: punctuation, and everything that is too long.
fn shorten(text: &mut String) {
    trim(text);
    if text.len() <= LONGEST {
        return;
    }
    let Some((limit, _)) = text.char_indices().nth(LONGEST - 1) else {
        return;
    };
    if text[limit..].chars().nth(1).is_none() {
        return;
    }
    let space = text[..limit].rfind(' ').filter(|at| *at > LONGEST / 2);
    let mut end = space.unwrap_or(limit);
    // A placeholder is whole or not there.
    if let Some(open) = text[..end].rfind('<')
        && !text[open..end].contains('>')
        && end - open < "<email>".len()
    {
        end = open;
    }
    text.truncate(end);
    trim(text);
    text.push('…');
}

fn trim(text: &mut String) {
    let kept = text.trim_end_matches([' ', '.', ',', ';', ':', '!', '?']);
    text.truncate(kept.len());
}

#[cfg(test)]
mod tests;

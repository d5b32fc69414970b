//! How far things with a fixed form reach in a text: addresses, ARNs, phone numbers, grouped digits, quoted values.
//!
//! Rule: each looks at the start of a text only, a bounded number of times, and returns 0 (or `None`) if it is not there.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Bytes of a quoted value at most; an opening quote without an end so near is none.
const LONGEST_QUOTE: usize = 512;

/// Characters of a phone number and of an IP address, with room to spare.
const LONGEST_PHONE: usize = 40;
const LONGEST_IP: usize = 64;

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Returns the length of what stands between a quote and its like.
pub(super) fn quoted_length(text: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    while at < text.len().min(LONGEST_QUOTE + 2) {
        if text[at] == b'\\' {
            at += 1;
        } else if text[at] == quote && !text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric) {
            return Some(at - 1);
        }
        at += 1;
    }
    None
}

/// `+1 (415) 555-2671`: seven digits or more after a plus.
pub(super) fn phone_length(text: &[u8]) -> usize {
    if text[0] != b'+' {
        return 0;
    }
    let run = text[1..]
        .iter()
        .take(LONGEST_PHONE)
        .take_while(|b| b.is_ascii_digit() || b" ()-.".contains(b))
        .count();
    let Some(last) = text[..=run].iter().rposition(u8::is_ascii_digit) else {
        return 0;
    };
    let digits = text[..=last].iter().filter(|b| b.is_ascii_digit()).count();
    let is_word_after = text.get(last + 1).is_some_and(|b| is_word(*b));
    if (7..=15).contains(&digits) && !is_word_after {
        last + 1
    } else {
        0
    }
}

pub(super) fn ip_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let run = |is_in: fn(&u8) -> bool| {
        bytes
            .iter()
            .take(LONGEST_IP)
            .take_while(|b| is_in(b))
            .count()
    };
    let ends = |at: usize| !bytes.get(at).is_some_and(|b| is_word(*b));
    let v4 = run(|b| b.is_ascii_digit() || *b == b'.');
    let address = text[..v4].trim_end_matches('.');
    if address.parse::<Ipv4Addr>().is_ok() && ends(address.len()) {
        return address.len() + port_length(&bytes[address.len()..]);
    }
    let v6 = run(|b| b.is_ascii_hexdigit() || *b == b':' || *b == b'.');
    let address = text[..v6].trim_end_matches('.');
    let address = match address.strip_suffix(':') {
        Some(shorter) if !shorter.ends_with(':') => shorter,
        _ => address,
    };
    let colons = address.bytes().filter(|b| *b == b':').count();
    if colons >= 2 && address.parse::<Ipv6Addr>().is_ok() && ends(address.len()) {
        address.len()
    } else {
        0
    }
}

/// A port belongs to its address: behind one of version 6 nothing tells it from the address itself.
fn port_length(text: &[u8]) -> usize {
    let digits = text
        .iter()
        .skip(1)
        .take_while(|b| b.is_ascii_digit())
        .count();
    let is_port = text.starts_with(b":")
        && (1..=5).contains(&digits)
        && !text.get(digits + 1).is_some_and(|b| is_word(*b));
    if is_port { digits + 1 } else { 0 }
}

pub(super) fn email_length(text: &[u8]) -> usize {
    let is_local = |b: &&u8| b.is_ascii_alphanumeric() || b"._%+-".contains(b);
    let local = text.iter().take_while(is_local).count();
    if local == 0 || text.get(local) != Some(&b'@') {
        return 0;
    }
    let is_domain = |b: &&u8| b.is_ascii_alphanumeric() || b".-".contains(b);
    let domain = &text[local + 1..];
    let mut length = domain.iter().take_while(is_domain).count();
    while length > 0 && b".-".contains(&domain[length - 1]) {
        length -= 1;
    }
    if domain[..length].contains(&b'.') {
        local + 1 + length
    } else {
        0
    }
}

/// `arn:aws:lambda:eu-west-1:123456789012:function:name`.
pub(super) fn arn_length(text: &[u8]) -> usize {
    if text.len() < 4 || !text[..4].eq_ignore_ascii_case(b"arn:") {
        return 0;
    }
    let is_in = |b: &&u8| b.is_ascii_alphanumeric() || b":/_-.*".contains(b);
    let mut length = text.iter().take_while(is_in).count();
    while b".:".contains(&text[length - 1]) {
        length -= 1;
    }
    let colons = text[..length].iter().filter(|b| **b == b':').count();
    if colons >= 5 { length } else { 0 }
}

/// `1,234,567.89`.
pub(super) fn grouped_length(text: &[u8]) -> usize {
    let digits = |at: usize| text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut length = digits(0);
    if !(1..=3).contains(&length) {
        return 0;
    }
    let start = length;
    while text.get(length) == Some(&b',') && digits(length + 1) == 3 {
        length += 4;
    }
    if length == start {
        return 0;
    }
    if text.get(length) == Some(&b'.') {
        let fraction = digits(length + 1);
        length += if fraction > 0 { fraction + 1 } else { 0 };
    }
    if text.get(length).is_some_and(|b| is_word(*b)) {
        0
    } else {
        length
    }
}

/// Returns the length of `https://`.
pub(super) fn scheme_length(text: &[u8]) -> Option<usize> {
    let is_in = |b: &&u8| b.is_ascii_alphanumeric() || b"+-.".contains(b);
    let name = text.iter().take_while(is_in).count();
    let is_scheme = (2..=20).contains(&name)
        && text[0].is_ascii_alphabetic()
        && text[name..].starts_with(b"://");
    is_scheme.then_some(name + 3)
}

//! Text that came from outside, made fit to be shown: without signatures, tokens and line breaks.
//!
//! Rule: redact first, cut afterwards; half a secret is no longer recognised as one.

use super::secret::MASK;

/// From this length on a run of letters and digits is taken for a key: longer than a UUID (36) and a collection id (27).
const LONGEST_INNOCENT_RUN: usize = 39;

/// Beginnings of secrets; what follows them in the word is masked too. Lowercase.
const MARKS: [&str; 5] = [
    "x-amz-",
    "sgp_",
    "signature=",
    "signature%3d",
    "awsaccesskeyid",
];

/// Returns the text without the queries of its URLs and without anything like a token.
pub(crate) fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_bearer = false;
    while !rest.is_empty() {
        let word_len = rest.find(is_boundary).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(word_len);
        if !word.is_empty() {
            if after_bearer {
                out.push_str(MASK);
            } else {
                redact_word(word, &mut out);
            }
            let name = word.trim_end_matches([':', '=']);
            after_bearer = name.eq_ignore_ascii_case("bearer") || (after_bearer && word.len() < 3);
        }
        let boundary_len = tail.chars().next().map_or(0, char::len_utf8);
        out.push_str(&tail[..boundary_len]);
        rest = &tail[boundary_len..];
    }
    out
}

/// Returns the redacted text as one line of at most `most` characters, the end cut off.
pub(crate) fn redact_line(text: &str, most: usize) -> String {
    let redacted = redact(text);
    let mut line = String::new();
    let words = redacted
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(most) {
        Some((end, _)) => {
            line.truncate(end);
            line.push_str(MASK);
            line
        }
        None => line,
    }
}

fn is_boundary(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`' | '<' | '>')
}

fn redact_word(word: &str, out: &mut String) {
    // ASCII case alone: the offsets stay those of `word`.
    let lower = word.to_ascii_lowercase();
    let mut end = word.len();
    if let Some(query) = word.find('?')
        && (lower.contains("://") || word[query..].contains('='))
    {
        // OK because `?` is one byte.
        end = query + 1;
    }
    for mark in MARKS {
        if let Some(found) = lower.find(mark) {
            end = end.min(found);
        }
    }
    redact_runs(&without_user(&word[..end]), out);
    if end < word.len() {
        out.push_str(MASK);
    }
}

/// Masks `user:password@` of a URL.
fn without_user(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else {
        return word.to_owned();
    };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{scheme}://{MASK}{}", &rest[at..]),
        None => word.to_owned(),
    }
}

fn redact_runs(word: &str, out: &mut String) {
    let mut rest = word;
    while !rest.is_empty() {
        let run = rest.find(|c: char| !is_key_char(c)).unwrap_or(rest.len());
        if run > LONGEST_INNOCENT_RUN {
            out.push_str(MASK);
        } else {
            out.push_str(&rest[..run]);
        }
        let other = rest[run..].find(is_key_char).unwrap_or(rest.len() - run);
        out.push_str(&rest[run..run + other]);
        rest = &rest[run + other..];
    }
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '=' | '%')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn queries_tokens_and_signatures_are_masked() {
        let cases = [
            (
                "get https://h/a?X-Amz-Signature=1 now",
                "get https://h/a?… now",
            ),
            ("https://user:pw@h/a", "https://…@h/a"),
            ("see /a?key=1", "see /a?…"),
            ("why?", "why?"),
            (
                r#"{"url":"https://h/a?b\u0026X-Amz-Signature=1"}"#,
                r#"{"url":"https://h/a?…"}"#,
            ),
            (
                "https%3A%2F%2Fh%3FX-Amz-Credential%3Dx",
                "https%3A%2F%2Fh%3F…",
            ),
            (
                "Authorization: Bearer abc def",
                "Authorization: Bearer … def",
            ),
            ("token=sgp_abc", "token=…"),
            (
                "<SignatureProvided>aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd</SignatureProvided>",
                "<SignatureProvided>…</SignatureProvided>",
            ),
            (
                "id 0b5a1c2e-9f1d-4c55-8a77-0123456789ab of 2wmpXTGB69A8BwGJ4hD5XvQ03aD",
                "id 0b5a1c2e-9f1d-4c55-8a77-0123456789ab of 2wmpXTGB69A8BwGJ4hD5XvQ03aD",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(redact(text), expected);
        }
    }

    #[test]
    fn a_line_is_cut_after_its_secrets_are_gone() {
        assert_eq!(redact_line("a\n\tb\u{1b}[31m  c", 80), "a b [31m c");
        assert_eq!(redact_line("ééééé", 3), "ééé…");
        let text = format!("{} https://h/a?X-Amz-Signature=1", "x ".repeat(35));
        assert!(!redact_line(&text, 99).contains("Signature"));
    }

    proptest! {
        #[test]
        fn any_text_is_redacted_without_panic(text in "(\\PC|[?=&:/@ ]|https://|X-Amz-){0,60}") {
            prop_assert!(!redact(&text).to_ascii_lowercase().contains("x-amz-"));
            prop_assert!(redact_line(&text, 10).chars().count() <= 11);
        }
    }
}

//! Finding a text in a text, with letter case or without.
//!
//! Rule: a needle of ASCII letters is looked for in the bytes as they stand, without a copy; only another needle has the
//! haystack folded. (Of all letters beyond ASCII, two fold to one of ASCII; they are not found by it.)

use memchr::{memchr_iter, memchr2_iter, memmem};

/// Bytes of records and reasons, the commonest first; all others are rarer.
const COMMON: &[u8] = b"\"e,:0t1a2-3o4i5n6s7r8h9ld_c/.um fpgwybvkxjqz";

/// Brings a text to lower case, each letter by itself: where a letter stands in its word changes nothing.
pub(super) fn fold(text: &str) -> String {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

/// Returns whether the needle is in the haystack; if `ignore_case`, the needle is folded already.
pub(super) fn contains(haystack: &[u8], needle: &str, ignore_case: bool) -> bool {
    if !ignore_case {
        memmem::find(haystack, needle.as_bytes()).is_some()
    } else if needle.is_ascii() {
        contains_ascii(haystack, needle.as_bytes())
    } else {
        fold(&String::from_utf8_lossy(haystack)).contains(needle)
    }
}

/// Looks for the rarest byte of the needle, and at what stands around it.
fn contains_ascii(haystack: &[u8], needle: &[u8]) -> bool {
    let rarity = |at: &usize| {
        let place = COMMON.iter().position(|b| *b == needle[*at]);
        place.unwrap_or(COMMON.len())
    };
    let Some(anchor) = (0..needle.len()).max_by_key(rarity) else {
        return true;
    };
    let is_here = |at: usize| {
        let start = at.checked_sub(anchor);
        let found = start.and_then(|start| haystack.get(start..start + needle.len()));
        found.is_some_and(|found| found.eq_ignore_ascii_case(needle))
    };
    let lower = needle[anchor];
    match lower.to_ascii_uppercase() {
        upper if upper == lower => memchr_iter(lower, haystack).any(is_here),
        upper => memchr2_iter(lower, upper, haystack).any(is_here),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::value::Value;
    use super::super::Comparison;
    use super::*;

    fn finds(needle: &str, haystack: &str) -> bool {
        Comparison::containing(needle).accepts(&Value::Text(haystack.into()))
    }

    #[test]
    fn case_matters_where_an_upper_case_letter_says_so() {
        assert!(finds("timeout", "ETIMEDOUT: Timeout"));
        assert!(finds("Timeout", "ETIMEDOUT: Timeout"));
        assert!(!finds("Timeout", "timeout"));
        assert!(finds("ungültig", "UNGÜLTIGES Feld") && !finds("Ungültig", "ungültig"));
        assert!(finds("οδος", "ΟΔΟΣ") && finds("", "") && !finds("x", ""));
    }

    proptest! {
        #[test]
        fn ascii_is_found_as_in_folded_text(needle in "[a-c0\" ]{0,3}", haystack in "[a-cA-C0\" é]{0,20}") {
            prop_assert_eq!(finds(&needle, &haystack), fold(&haystack).contains(&needle));
        }
    }
}

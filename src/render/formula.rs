//! Which text a spreadsheet would run instead of show.
//!
//! Rule: text from logs is hostile, and `=HYPERLINK(…)` in a cell is code to a spreadsheet. A cell is judged by its first
//! visible character, because spreadsheets trim before they look. Plain numbers are harmless. Only text is judged:
//! numbers and times of our own never are. After <https://owasp.org/www-community/attacks/CSV_Injection>.

/// Put before guarded text; spreadsheets take it as "what follows is text".
pub(super) const GUARD: u8 = b'\'';

/// Returns whether a spreadsheet could take the text for a formula.
pub(super) fn is_formula(text: &[u8]) -> bool {
    match text.first() {
        None => false,
        // Tab, line feed, carriage return: importers drop them and look again at what follows.
        Some(b'\t' | b'\n' | b'\r') => true,
        Some(b'=' | b'+' | b'-' | b'@' | 0..=b' ' | 0x7f..) => begins_formula(text),
        Some(_) => false,
    }
}

/// Returns the text that was guarded, if it was.
pub(crate) fn unguarded(text: &str) -> &str {
    let guarded = text.strip_prefix(char::from(GUARD));
    let is_guarded =
        |rest: &&str| is_formula(rest.trim_start_matches(char::from(GUARD)).as_bytes());
    guarded.filter(is_guarded).unwrap_or(text)
}

#[cold]
fn begins_formula(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let trimmed = text.trim_start_matches(|c: char| {
        c.is_whitespace() || super::sanitize::is_hostile(c) || matches!(c, '\u{200c}' | '\u{200d}')
    });
    trimmed.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        && !is_plain_number(trimmed.trim_end().as_bytes())
}

/// Returns whether the text is a sign, digits, and perhaps a fraction and an exponent.
fn is_plain_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let unsigned = match text {
        [b'+' | b'-', rest @ ..] => rest,
        rest => rest,
    };
    let whole = digits(unsigned);
    let mut rest = &unsigned[whole..];
    if whole == 0 {
        return false;
    }
    if let [b'.', fraction @ ..] = rest {
        let len = digits(fraction);
        if len == 0 {
            return false;
        }
        rest = &fraction[len..];
    }
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => {
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_formula, unguarded};

    #[test]
    fn a_guard_is_taken_off_and_no_other_quote() {
        assert_eq!(unguarded("'=1+1"), "=1+1");
        assert_eq!(unguarded("''@x"), "'@x");
        for text in ["", "'", "'tis", "=1", "'5", "x'=1"] {
            assert_eq!(unguarded(text), text);
        }
    }

    #[test]
    fn formulas_are_told_from_text() {
        for text in [
            "=1+1",
            "=HYPERLINK(\"http://evil\",\"x\")",
            "+1+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(1)",
            "\tx",
            "\rx",
            "\nx",
            "  =1",
            "\u{a0}=1",
            "\u{feff}=1",
            "\u{200b}=1",
            "\0=1",
            " \t+x",
            "＝1+1",
            "＋x",
            "－x",
            "＠x",
            "-",
            "-5.",
            "-5e",
            "--5",
            "- 5",
        ] {
            assert!(is_formula(text.as_bytes()), "{text:?}");
        }
        for text in [
            "",
            "a=1",
            "429",
            "-5",
            "+49",
            "-5.25",
            "-1e-5",
            "+2E10",
            " -5 ",
            "{\"a\":1}",
            "'=1",
            "日本",
            "größer",
            " x",
            "1-2",
        ] {
            assert!(!is_formula(text.as_bytes()), "{text:?}");
        }
        assert!(is_formula(b"=\xff"));
        assert!(!is_formula(b"\xff"));
    }
}

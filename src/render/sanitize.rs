//! Text from logs made harmless for a terminal.
//!
//! Rule: whoever can put text into a log may try to steer the reader's terminal or eye; on a terminal every control,
//! direction and invisible character is shown instead of obeyed. Files and pipes get the text as it is.

use std::borrow::Cow;

/// Returns whether a terminal would obey or hide the character rather than show it.
///
/// The joiners U+200C and U+200D are not hostile: Persian, the Indic scripts and emoji need them.
pub(crate) fn is_hostile(c: char) -> bool {
    // The common case first: printable ASCII.
    if matches!(c, ' '..='~') {
        return false;
    }
    c.is_control()
        || matches!(c,
            '\u{ad}'                    // soft hyphen
            | '\u{61c}'                 // Arabic letter mark
            | '\u{180e}'                // Mongolian vowel separator
            | '\u{200b}'                // zero width space
            | '\u{200e}' | '\u{200f}'   // direction marks
            | '\u{2028}' | '\u{2029}'   // line and paragraph separators
            | '\u{202a}'..='\u{202e}'   // direction embeddings and overrides
            | '\u{2060}'..='\u{2064}'   // word joiner, invisible operators
            | '\u{2066}'..='\u{206f}'   // direction isolates, deprecated controls
            | '\u{feff}'                // byte order mark
            | '\u{fff9}'..='\u{fffb}'   // interlinear annotation
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

/// Returns the text with hostile characters in visible form: `\n`, `\t`, `\u{1b}`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push_visible(c, &mut out);
    }
    Cow::Owned(out)
}

/// Returns the bytes with hostile characters in visible form; a byte that is no UTF-8 becomes `\x9b`.
pub(super) fn visible_bytes(bytes: &[u8]) -> Cow<'_, [u8]> {
    escape_bytes(bytes, |_| false)
}

/// Returns the bytes of a whole record made visible; line feeds and tabs stay, since a record may span lines.
pub(super) fn visible_record(bytes: &[u8]) -> Cow<'_, [u8]> {
    escape_bytes(bytes, |c| matches!(c, '\n' | '\t'))
}

fn escape_bytes(bytes: &[u8], is_kept: fn(char) -> bool) -> Cow<'_, [u8]> {
    let is_clean = std::str::from_utf8(bytes)
        .is_ok_and(|text| !text.chars().any(|c| is_hostile(c) && !is_kept(c)));
    if is_clean {
        return Cow::Borrowed(bytes);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_kept(c) {
                out.push(c);
            } else {
                push_visible(c, &mut out);
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    Cow::Owned(out.into_bytes())
}

fn push_visible(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_hostile(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn osc_52_cannot_reach_the_clipboard() {
        assert_eq!(
            visible("ok\u{1b}]52;c;cm0gLXJmIH4=\u{7}"),
            "ok\\u{1b}]52;c;cm0gLXJmIH4=\\u{7}"
        );
    }

    #[test]
    fn csi_cannot_clear_the_screen() {
        assert_eq!(visible("\u{1b}[2J\u{1b}[H"), "\\u{1b}[2J\\u{1b}[H");
        assert_eq!(visible("\u{9b}2J"), "\\u{9b}2J");
        assert_eq!(visible_bytes(b"\x9b2J").as_ref(), b"\\x9b2J");
    }

    #[test]
    fn osc_0_cannot_set_the_title() {
        assert_eq!(
            visible("\u{1b}]0;root@prod\u{1b}\\"),
            "\\u{1b}]0;root@prod\\u{1b}\\"
        );
        assert_eq!(visible("\u{9d}0;x\u{9c}"), "\\u{9d}0;x\\u{9c}");
    }

    #[test]
    fn bidi_cannot_disguise_a_file_name() {
        assert_eq!(visible("invoice\u{202e}fdp.exe"), "invoice\\u{202e}fdp.exe");
        assert_eq!(
            visible("a\u{2066}b\u{2069}\u{200f}\u{61c}"),
            "a\\u{2066}b\\u{2069}\\u{200f}\\u{61c}"
        );
    }

    #[test]
    fn a_carriage_return_or_backspace_cannot_overwrite_the_line() {
        assert_eq!(visible("500 failed\r200 ok"), "500 failed\\r200 ok");
        assert_eq!(visible("500\u{8}\u{8}\u{8}200"), "500\\u{8}\\u{8}\\u{8}200");
    }

    #[test]
    fn line_separators_cannot_forge_a_row() {
        assert_eq!(
            visible("a\nb\u{2028}c\u{85}d\te"),
            "a\\nb\\u{2028}c\\u{85}d\\te"
        );
    }

    #[test]
    fn invisible_characters_cannot_hide_text() {
        assert_eq!(
            visible("pay\u{200b}pal\u{2060}\u{feff}\u{e0041}"),
            "pay\\u{200b}pal\\u{2060}\\u{feff}\\u{e0041}"
        );
    }

    #[test]
    fn honest_text_stays_as_it_is() {
        for text in [
            "",
            "429 Too Many Requests",
            "größer 日本語 👩\u{200d}💻",
            "می\u{200c}خواهم",
            "C:\\new",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn a_record_keeps_its_lines_and_tabs_only() {
        let record = b"{\n\t\"a\": \"\x1b[2J\"\r\n}";
        assert_eq!(
            visible_record(record).as_ref(),
            b"{\n\t\"a\": \"\\u{1b}[2J\"\\r\n}"
        );
    }

    proptest! {
        #[test]
        fn nothing_hostile_is_left_of_any_bytes(bytes: Vec<u8>) {
            let shown = String::from_utf8(visible_bytes(&bytes).into_owned()).unwrap();
            prop_assert!(!shown.chars().any(is_hostile));
        }

        #[test]
        fn text_and_its_bytes_look_the_same(text: String) {
            let (shown, bytes) = (visible(&text), visible_bytes(text.as_bytes()));
            prop_assert_eq!(shown.as_bytes(), bytes.as_ref());
        }
    }
}

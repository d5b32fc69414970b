//! Text cut and wrapped to a width in terminal columns.
//!
//! Rule: a character that terminals draw as one, with its accents, modifiers and joined parts, is never cut apart; what
//! comes out is never wider than asked for, unless one character alone is.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

const ELLIPSIS: &str = "…";

/// Returns how many columns a terminal needs for the text.
pub(in crate::render) fn width(text: &str) -> usize {
    text.width()
}

/// What becomes of text that is wider than its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::render) enum Overflow {
    /// The end is cut off.
    CutEnd,
    /// The middle is cut out; ids differ at both ends.
    CutMiddle,
    /// It goes on in the next line, broken at a blank if there is one.
    Wrap,
}

impl Overflow {
    /// Appends the text's lines.
    pub(in crate::render) fn fit<'t>(
        self,
        text: &'t str,
        width: usize,
        lines: &mut Vec<Cow<'t, str>>,
    ) {
        match self {
            Overflow::CutEnd => lines.push(cut(text, width, 0)),
            Overflow::CutMiddle => lines.push(cut(text, width, width.saturating_sub(1) / 2)),
            Overflow::Wrap => wrap(text, width, lines),
        }
    }
}

/// Keeps the first columns and the last `tail` ones, `…` between them.
fn cut(text: &str, limit: usize, tail: usize) -> Cow<'_, str> {
    if width(text) <= limit {
        return Cow::Borrowed(text);
    }
    let Some(room) = limit.checked_sub(tail + 1) else {
        return Cow::Borrowed("");
    };
    let head = &text[..prefix(text, room)];
    let rest = &text[head.len()..];
    let mut start = rest.len();
    let starts: Vec<usize> = boundaries(rest).collect();
    for &at in starts.iter().rev() {
        if width(&rest[at..]) > tail {
            break;
        }
        start = at;
    }
    Cow::Owned([head, ELLIPSIS, &rest[start..]].concat())
}

fn wrap<'t>(text: &'t str, limit: usize, lines: &mut Vec<Cow<'t, str>>) {
    let mut rest = text;
    loop {
        let end = prefix(rest, limit);
        if end == rest.len() {
            lines.push(Cow::Borrowed(rest));
            return;
        }
        // A column narrower than one character still has to get on.
        let end = end.max(boundaries(rest).nth(1).unwrap_or(rest.len()));
        let blank = rest[..end]
            .rfind(' ')
            .filter(|&at| !rest[..at].trim().is_empty());
        let (line, after) = if rest[end..].starts_with(' ') {
            (end, end + 1)
        } else if let Some(at) = blank {
            (at, at + 1)
        } else {
            (end, end)
        };
        lines.push(Cow::Borrowed(rest[..line].trim_end_matches(' ')));
        rest = &rest[after..];
        if rest.is_empty() {
            return;
        }
    }
}

/// Returns the length of the longest beginning that fits.
fn prefix(text: &str, limit: usize) -> usize {
    let mut fitting = 0;
    let mut used = 0;
    let mut start = 0;
    for end in boundaries(text).skip(1).chain([text.len()]) {
        used += width(&text[start..end]);
        if used > limit {
            break;
        }
        (fitting, start) = (end, end);
    }
    // The parts of some scripts join and are together wider or narrower than the sum.
    while width(&text[..fitting]) > limit {
        fitting = boundaries(&text[..fitting]).last().unwrap_or(0);
    }
    fitting
}

/// Returns where the characters begin, as terminals draw them.
fn boundaries(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut previous = '\0';
    let mut is_flag_open = false;
    text.char_indices().filter_map(move |(at, c)| {
        let is_regional = matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
        let is_joined = unicode_width::UnicodeWidthChar::width(c) == Some(0)
            || previous == '\u{200d}'
            || matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
            || (is_regional && is_flag_open);
        is_flag_open = is_regional && !is_flag_open;
        previous = c;
        (at == 0 || !is_joined).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fit(overflow: Overflow, text: &str, width: usize) -> Vec<String> {
        let mut lines = Vec::new();
        overflow.fit(text, width, &mut lines);
        lines.into_iter().map(Cow::into_owned).collect()
    }

    #[test]
    fn ends_and_middles_are_cut() {
        assert_eq!(fit(Overflow::CutEnd, "too many requests", 9), ["too many…"]);
        assert_eq!(fit(Overflow::CutEnd, "too many", 8), ["too many"]);
        assert_eq!(
            fit(Overflow::CutMiddle, "2wmpXTGB69A8BwGJ4hD5", 9),
            ["2wmp…4hD5"]
        );
        assert_eq!(fit(Overflow::CutMiddle, "abcdef", 4), ["ab…f"]);
        assert_eq!(fit(Overflow::CutEnd, "abc", 0), [""]);
        assert_eq!(fit(Overflow::CutEnd, "abc", 1), ["…"]);
    }

    #[test]
    fn wide_characters_count_twice_and_stay_whole() {
        assert_eq!(fit(Overflow::CutEnd, "日本語テキスト", 8), ["日本語…"]);
        assert_eq!(
            fit(Overflow::CutEnd, "e\u{301}e\u{301}e\u{301}", 2),
            ["e\u{301}…"]
        );
        assert_eq!(
            fit(Overflow::CutEnd, "👩\u{200d}💻 coder", 4),
            ["👩\u{200d}💻 …"]
        );
        assert_eq!(fit(Overflow::Wrap, "🇩🇪🇫🇷", 2), ["🇩🇪", "🇫🇷"]);
    }

    #[test]
    fn text_wraps_at_blanks_and_long_words_anywhere() {
        assert_eq!(
            fit(Overflow::Wrap, "too many requests, slow down", 10),
            ["too many", "requests,", "slow down"]
        );
        assert_eq!(fit(Overflow::Wrap, "abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(fit(Overflow::Wrap, "日本", 1), ["日", "本"]);
        assert_eq!(fit(Overflow::Wrap, "", 4), [""]);
        assert_eq!(fit(Overflow::Wrap, "abcd ", 4), ["abcd"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(text in "\\PC{0,60}", limit in 2usize..30) {
            for overflow in [Overflow::CutEnd, Overflow::CutMiddle] {
                for line in fit(overflow, &text, limit) {
                    prop_assert!(width(&line) <= limit, "{overflow:?} {line:?}");
                }
            }
        }

        #[test]
        fn wrapping_loses_only_blanks(text in "[a-z日é ]{0,60}", limit in 2usize..30) {
            let lines = fit(Overflow::Wrap, &text, limit);
            prop_assert!(lines.iter().all(|line| width(line) <= limit));
            prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}

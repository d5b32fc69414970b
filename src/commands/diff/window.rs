//! `--a` and `--b`: a window of time in one word.
//!
//! Rule: what could be meant in two ways is refused; a window is never empty, and always bounded.

use crate::model::{DAY_MICROS, MINUTE_MICROS, Timestamp, Window, parse_instant, parse_span};

const HOUR_MICROS: i64 = 60 * MINUTE_MICROS;

/// What a window may look like, for the help.
pub(super) const SYNTAX: &str = "\
Windows:
  2025-03-23                         a day, UTC
  2025-03-23T20                      an hour
  2025-03-23T20..2025-03-23T22       from here to there, the end not included
  2025-03-23T20:15+90m               from here on for so long
  2025-03-23T20/2025-03-23T22        the same, as ISO 8601 writes it
  now-2h..now-1h
  24h                                the last 24 hours
  48h..24h                           from 48 to 24 hours ago
  24h..                              from 24 hours ago until now";

/// Why a window was not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum WindowError {
    #[error("`{0}` is no window of time")]
    Unreadable(String),
    #[error("`{0}` is a moment and no window; write `{0}+1h`")]
    Moment(String),
    #[error("`{0}` ends before it has begun")]
    Backwards(String),
}

/// Reads a window.
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Window, WindowError> {
    let unreadable = || WindowError::Unreadable(text.to_owned());
    let trimmed = text.trim();
    let halves = trimmed.split_once("..").or_else(|| trimmed.split_once('/'));
    let Window { start, end } = if let Some((start, end)) = halves {
        let end = match end.trim() {
            "" => now,
            end => edge(end, now).ok_or_else(unreadable)?,
        };
        Window {
            start: edge(start, now).ok_or_else(unreadable)?,
            end,
        }
    } else if let Ok(span) = parse_span(trimmed) {
        Window {
            start: now.plus(-span),
            end: now,
        }
    } else if let Ok(start) = parse_instant(trimmed, now) {
        let span = whole_of(trimmed).ok_or_else(|| WindowError::Moment(text.to_owned()))?;
        Window {
            start,
            end: start.plus(span),
        }
    } else {
        // A `+` may also begin an offset, and then all was an instant.
        let (start, span) = trimmed.rsplit_once('+').ok_or_else(unreadable)?;
        let start = parse_instant(start, now).map_err(|_| unreadable())?;
        let span = parse_span(span).map_err(|_| unreadable())?;
        Window {
            start,
            end: start.plus(span),
        }
    };
    if start < end {
        Ok(Window { start, end })
    } else {
        Err(WindowError::Backwards(text.to_owned()))
    }
}

/// Reads one end of a window; a span means so long ago.
fn edge(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    match parse_span(text) {
        Ok(span) => Some(now.plus(-span)),
        Err(_) => parse_instant(text, now).ok(),
    }
}

/// Returns how long the day or hour is that a text names; `None` if it names a moment.
fn whole_of(text: &str) -> Option<i64> {
    let is_plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b"-tT ".contains(&b));
    match text.len() {
        10 if is_plain => Some(DAY_MICROS),
        13 if is_plain => Some(HOUR_MICROS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2025-03-23T20:30:00Z";

    fn read(text: &str) -> Result<(String, String), WindowError> {
        let window = parse(text, Timestamp::parse(NOW).unwrap())?;
        Ok((window.start.to_rfc3339(), window.end.to_rfc3339()))
    }

    #[test]
    fn windows_are_read_as_the_help_says() {
        for (text, start, end) in [
            ("2025-03-23", "2025-03-23T00:00:00Z", "2025-03-24T00:00:00Z"),
            (
                "2025-03-23T20",
                "2025-03-23T20:00:00Z",
                "2025-03-23T21:00:00Z",
            ),
            (
                "2025-03-23 20",
                "2025-03-23T20:00:00Z",
                "2025-03-23T21:00:00Z",
            ),
            (
                "2025-03-23T20..2025-03-23T22",
                "2025-03-23T20:00:00Z",
                "2025-03-23T22:00:00Z",
            ),
            (
                "2025-03-23T20/2025-03-23T22",
                "2025-03-23T20:00:00Z",
                "2025-03-23T22:00:00Z",
            ),
            (
                "2025-03-22..2025-03-23",
                "2025-03-22T00:00:00Z",
                "2025-03-23T00:00:00Z",
            ),
            (
                "2025-03-23T20:15+90m",
                "2025-03-23T20:15:00Z",
                "2025-03-23T21:45:00Z",
            ),
            (
                "2025-03-23T20:15:00+02:00+1h",
                "2025-03-23T18:15:00Z",
                "2025-03-23T19:15:00Z",
            ),
            (
                "2025-03-23+1d",
                "2025-03-23T00:00:00Z",
                "2025-03-24T00:00:00Z",
            ),
            (
                "now-2h..now-1h",
                "2025-03-23T18:30:00Z",
                "2025-03-23T19:30:00Z",
            ),
            ("now-2h+30m", "2025-03-23T18:30:00Z", "2025-03-23T19:00:00Z"),
            ("24h", "2025-03-22T20:30:00Z", NOW),
            ("24h..", "2025-03-22T20:30:00Z", NOW),
            ("48h..24h", "2025-03-21T20:30:00Z", "2025-03-22T20:30:00Z"),
            (
                " 2025-03-23T20 .. 30m ",
                "2025-03-23T20:00:00Z",
                "2025-03-23T20:00:00Z",
            ),
        ] {
            let expected = Ok((start.to_owned(), end.to_owned()));
            if start == end {
                assert!(matches!(read(text), Err(WindowError::Backwards(_))));
            } else {
                assert_eq!(read(text), expected, "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for text in [
            "",
            "..",
            "..now",
            "yesterday",
            "2025-03-23T20..x",
            "1h+1h",
            "now+",
            "a..b..c",
        ] {
            assert_eq!(
                read(text),
                Err(WindowError::Unreadable(text.to_owned())),
                "{text}"
            );
        }
        for text in ["now", "2025-03-23T20:15", "2025-03-23T20:15:00+02:00"] {
            assert_eq!(
                read(text),
                Err(WindowError::Moment(text.to_owned())),
                "{text}"
            );
        }
        for text in ["1h..2h", "2025-03-23..2025-03-23", "now..now-1h"] {
            assert_eq!(
                read(text),
                Err(WindowError::Backwards(text.to_owned())),
                "{text}"
            );
        }
        assert_eq!(
            read("now").unwrap_err().to_string(),
            "`now` is a moment and no window; write `now+1h`"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9T:.+ hmdnow-]{0,30}") {
            if let Ok(window) = parse(&text, Timestamp::parse(NOW).unwrap()) {
                proptest::prop_assert!(window.start < window.end);
            }
        }
    }
}

//! Colours of the table.
//!
//! Rule: colour only repeats what the text says; without it nothing is lost.

use anstyle::{AnsiColor, Style};

pub(super) const HEADER: Style = Style::new().bold();

/// Returns how a cell of a column looks.
pub(super) fn of(column: &str, text: &str) -> Style {
    match (column, text) {
        ("status", _) => status(text),
        ("outcome", "success") | ("fate", "delivered") => color(AnsiColor::Green),
        ("outcome", "failure") | ("fate", "discarded") | ("discarded", "true") => {
            color(AnsiColor::Red)
        }
        ("outcome", "pending") | ("fate", "retrying") => color(AnsiColor::Yellow),
        ("fate", "unknown") | ("discarded", "false") => Style::new().dimmed(),
        ("type", "error") => Style::new().bold(),
        ("type", "exchange") => Style::new().dimmed(),
        _ => Style::new(),
    }
}

fn status(text: &str) -> Style {
    match text.as_bytes() {
        [b'2', _, _] => color(AnsiColor::Green),
        [b'3', _, _] => color(AnsiColor::Cyan),
        [b'4', _, _] => color(AnsiColor::Yellow),
        [b'5', _, _] => color(AnsiColor::Red),
        _ => Style::new(),
    }
}

fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(color.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_classes_have_their_colours() {
        let of_status = |text| of("status", text);
        assert_eq!(of_status("204"), color(AnsiColor::Green));
        assert_eq!(of_status("307"), color(AnsiColor::Cyan));
        assert_eq!(of_status("429"), color(AnsiColor::Yellow));
        assert_eq!(of_status("503"), color(AnsiColor::Red));
        assert!(of_status("4011").is_plain());
        assert!(of("attempt", "503").is_plain());
    }
}

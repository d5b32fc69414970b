//! Text for people that is no table: headings, labelled values and blocks, fitted to the terminal.
//!
//! Rule: nothing is lost by a narrow terminal, lines only break; colour repeats what the text says; on a terminal hostile
//! characters are shown and not obeyed.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::Options;
use super::sanitize::visible;
use super::table::lines::{Overflow, width};

/// Lines are broken here where the terminal is wider: longer ones are hard to read.
const WIDEST_PROSE: usize = 120;

/// The narrowest text that is still worth an indent.
const NARROWEST: usize = 24;

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Title,
    /// What a value is called.
    Label,
    /// Of less interest.
    Quiet,
    Good,
    Doubtful,
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Tone::Plain => Style::new(),
            Tone::Title => Style::new().bold(),
            Tone::Label => color(AnsiColor::Cyan),
            Tone::Quiet => Style::new().dimmed(),
            Tone::Good => color(AnsiColor::Green),
            Tone::Doubtful => color(AnsiColor::Yellow),
            Tone::Bad => color(AnsiColor::Red),
        }
    }
}

/// A text being put together.
pub(crate) struct Report {
    options: Options,
    text: String,
}

impl Report {
    pub(crate) fn new(options: Options) -> Self {
        Report {
            options,
            text: String::new(),
        }
    }

    pub(crate) fn blank(&mut self) {
        self.text.push('\n');
    }

    /// Adds a line of parts, one after the other; it goes on below itself, two columns further in, where it is too long.
    pub(crate) fn line(&mut self, indent: usize, parts: &[(Tone, &str)]) {
        self.flow(indent, indent + 2, parts);
    }

    /// Adds a value behind its label; values of one list stand below each other at `column`.
    pub(crate) fn field(
        &mut self,
        indent: usize,
        column: usize,
        label: &str,
        value: &[(Tone, &str)],
    ) {
        let gap = column.saturating_sub(indent + width(label)).max(1);
        let gap = " ".repeat(gap);
        let mut parts = vec![(Tone::Label, label), (Tone::Plain, gap.as_str())];
        parts.extend_from_slice(value);
        self.flow(indent, column, &parts);
    }

    /// Adds lines as they are: not a blank of them is lost, and what is too long goes on in the next line.
    pub(crate) fn block<'l>(&mut self, indent: usize, lines: impl IntoIterator<Item = &'l str>) {
        let margin = " ".repeat(indent);
        for line in lines {
            let line = line.replace('\t', "    ");
            let line = self.shown(&line);
            let inner = line.len() - line.trim_start_matches(' ').len();
            let Some(limit) = self.options.width else {
                self.text.push_str(&format!("{margin}{line}\n"));
                continue;
            };
            let room = limit.saturating_sub(indent + inner).max(NARROWEST);
            let mut pieces = Vec::new();
            Overflow::Wrap.fit(&line[inner..], room, &mut pieces);
            for (at, piece) in pieces.iter().enumerate() {
                // What goes on stands a little further in, so that lines of the block can be told from it.
                let more = if at > 0 { 2 } else { 0 };
                let blanks = " ".repeat(inner + more);
                self.text.push_str(&format!("{margin}{blanks}{piece}\n"));
            }
        }
    }

    /// Writes all of it, and flushes.
    pub(crate) fn finish(self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())?;
        out.flush()
    }

    fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.options.is_terminal {
            visible(text)
        } else {
            Cow::Borrowed(text)
        }
    }

    fn flow(&mut self, first: usize, hang: usize, parts: &[(Tone, &str)]) {
        let limit = self.options.width.map(|width| width.min(WIDEST_PROSE));
        let mut line = Line {
            color: self.options.color,
            limit,
            hang,
            column: first,
            is_empty: true,
            blanks: first,
            open: None,
            text: String::new(),
        };
        for (tone, text) in parts {
            let folded = text.replace(['\n', '\r', '\t'], " ");
            let text = self.shown(&folded);
            line.part(*tone, &text);
        }
        line.close();
        self.text.push_str(&line.text);
        self.text.push('\n');
    }
}

/// A line that breaks at blanks when it is full.
struct Line {
    color: bool,
    limit: Option<usize>,
    /// Where it goes on.
    hang: usize,
    /// Columns used, blanks that wait included.
    column: usize,
    /// Whether only blanks stand in the current line.
    is_empty: bool,
    /// Blanks that are written when text follows, so that no line ends in one.
    blanks: usize,
    /// The style that is switched on.
    open: Option<Style>,
    text: String,
}

impl Line {
    fn part(&mut self, tone: Tone, text: &str) {
        for piece in text.split_inclusive(' ') {
            let word = piece.trim_end_matches(' ');
            if !word.is_empty() {
                self.word(tone, word);
            }
            self.blanks += piece.len() - word.len();
            self.column += piece.len() - word.len();
        }
    }

    fn word(&mut self, tone: Tone, word: &str) {
        let Some(limit) = self.limit else {
            return self.write(tone, word);
        };
        if self.column + width(word) > limit && !self.is_empty {
            self.break_line();
        }
        let room = limit.saturating_sub(self.column).max(NARROWEST);
        let mut pieces = Vec::new();
        Overflow::Wrap.fit(word, room, &mut pieces);
        for (at, piece) in pieces.iter().enumerate() {
            if at > 0 {
                self.break_line();
            }
            self.write(tone, piece);
        }
    }

    fn break_line(&mut self) {
        self.close();
        self.text.push('\n');
        self.column = self.hang;
        self.blanks = self.hang;
        self.is_empty = true;
    }

    fn write(&mut self, tone: Tone, word: &str) {
        let style = tone.style();
        let style = Some(style).filter(|style| self.color && !style.is_plain());
        if self.open != style {
            self.close();
        }
        self.text.extend(std::iter::repeat_n(' ', self.blanks));
        self.blanks = 0;
        self.is_empty = false;
        self.column += width(word);
        if let (None, Some(style)) = (self.open, style) {
            self.text.push_str(&style.to_string());
            self.open = Some(style);
        }
        self.text.push_str(word);
    }

    fn close(&mut self) {
        if let Some(style) = self.open.take() {
            self.text.push_str(&format!("{style:#}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Fit;
    use super::*;
    use crate::model::Zone;

    fn report(width: Option<usize>, color: bool, is_terminal: bool) -> Report {
        Report::new(Options {
            zone: Zone::Utc,
            formula_guard: false,
            color,
            width,
            is_terminal,
            fit: Fit::All,
        })
    }

    fn text(report: Report) -> String {
        let mut out = Vec::new();
        report.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_break_and_go_on_further_in() {
        let mut made = report(Some(26), false, true);
        made.line(
            2,
            &[
                (Tone::Title, "attempt 1"),
                (Tone::Plain, "  too many requests"),
            ],
        );
        made.field(2, 12, "retried", &[(Tone::Plain, "yes, for four hours")]);
        made.field(2, 12, "a label that is long", &[(Tone::Plain, "x")]);
        assert_eq!(
            text(made),
            "  attempt 1  too many\n    requests\n  retried   yes, for four\n            hours\n  a label that is long x\n"
        );
    }

    #[test]
    fn a_block_keeps_its_blanks_and_a_long_word_is_broken() {
        let mut made = report(Some(34), false, true);
        made.block(
            4,
            ["{", "  \"a\": \"bcdefghijklmnopqrstuvwxyz 123\"", "\tx"],
        );
        assert_eq!(
            text(made),
            "    {\n      \"a\":\n        \"bcdefghijklmnopqrstuvwxyz\n        123\"\n        x\n"
        );
        let mut wide = report(None, false, false);
        wide.line(0, &[(Tone::Plain, &"word ".repeat(50))]);
        assert_eq!(text(wide).lines().count(), 1);
    }

    #[test]
    fn hostile_text_is_shown_on_a_terminal_and_kept_in_a_file() {
        for (is_terminal, expected) in [(true, "a\\u{1b}[2J b\n"), (false, "a\u{1b}[2J b\n")] {
            let mut made = report(None, false, is_terminal);
            made.line(0, &[(Tone::Plain, "a\u{1b}[2J\nb")]);
            assert_eq!(text(made), expected);
        }
        let mut made = report(None, true, true);
        made.block(0, ["\u{202e}x"]);
        made.line(0, &[(Tone::Bad, "no way"), (Tone::Plain, " on")]);
        assert_eq!(text(made), "\\u{202e}x\n\u{1b}[31mno way\u{1b}[0m on\n");
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_line_too_wide(line in "\\PC{0,80}", limit in 40usize..120) {
            let mut made = report(Some(limit), false, true);
            made.line(2, &[(Tone::Plain, &line)]);
            made.block(2, [line.as_str()]);
            let made = text(made);
            prop_assert!(made.lines().all(|line| width(line) <= limit + 2));
            let squeezed = |text: &str| text.replace([' ', '\n'], "");
            let shown = squeezed(&visible(&line)).repeat(2);
            prop_assert_eq!(squeezed(&made), shown);
        }
    }
}

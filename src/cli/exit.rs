//! How a run ends: an error becomes text on standard error and an exit code.
//!
//! Rule: only a reader that left is silent and no failure; every other failed write fails the run.

use std::io::{self, Write};

use crate::commands::{Error, Kind};

/// Writes an error for a person, or as one JSON object, and returns its exit code. `said` is what the run said before,
/// where it was held back to stand in that object.
pub(super) fn report(
    error: &Error,
    said: &[String],
    as_json: bool,
    color: bool,
    err: &mut dyn Write,
) -> u8 {
    if error.kind != Kind::BrokenPipe {
        let written = if as_json {
            write_json(error, said, err)
        } else {
            write_text(error, color, err)
        };
        // A closed stderr is nobody to tell; the exit code still does.
        let _: io::Result<()> = written;
    }
    error.kind.exit_code()
}

fn write_text(error: &Error, color: bool, err: &mut dyn Write) -> io::Result<()> {
    let mut line = |label: &str, tone: anstyle::AnsiColor, text: &str| {
        let style = match color {
            true => anstyle::Style::new().bold().fg_color(Some(tone.into())),
            false => anstyle::Style::new(),
        };
        writeln!(err, "{style}{label}:{style:#} {}", printable(text))
    };
    line("error", anstyle::AnsiColor::Red, &error.message)?;
    for hint in &error.hints {
        line("hint", anstyle::AnsiColor::Cyan, hint)?;
    }
    err.flush()
}

/// The object of an error, its keys in this order.
#[derive(serde::Serialize)]
struct Object<'a> {
    kind: &'static str,
    message: &'a str,
    hints: &'a [String],
    exit_code: u8,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    messages: &'a [String],
}

fn write_json(error: &Error, said: &[String], err: &mut dyn Write) -> io::Result<()> {
    let object = Object {
        kind: error.kind.name(),
        message: &error.message,
        hints: &error.hints,
        exit_code: error.kind.exit_code(),
        messages: said,
    };
    let object = serde_json::to_string(&object)?;
    writeln!(err, "{{\"error\":{object}}}")?;
    err.flush()
}

/// Escapes control characters but line feeds: a message may quote what a server or a log said.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push(c),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// Makes clap's complaint one of ours: its first paragraph is the message, its tips and the usage are hints.
pub(super) fn usage_error(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n").map(join_lines);
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let mut told = Error::usage(message);
    for paragraph in paragraphs {
        if let Some(usage) = paragraph.strip_prefix("Usage: ") {
            told = told.hint(format!("usage: {usage}"));
        } else if let Some(advice) = paragraph.strip_prefix("For more information, ") {
            told = told.hint(format!("for more, {}", advice.trim_end_matches('.')));
        } else {
            for tip in paragraph.split("tip: ").map(str::trim) {
                if !tip.is_empty() {
                    told = told.hint(tip);
                }
            }
        }
    }
    told
}

fn join_lines(paragraph: &str) -> String {
    let lines: Vec<_> = paragraph.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn told(error: &Error, as_json: bool, color: bool) -> (u8, String) {
        let mut err = Vec::new();
        let code = report(error, &[], as_json, color, &mut err);
        (code, String::from_utf8(err).unwrap())
    }

    #[test]
    fn facts_and_advice_have_lines_of_their_own() {
        let error = Error::new(Kind::Unauthorised, "no token\u{1b}[2J")
            .hint("run `faillog auth login`")
            .hint("or set `FAILLOG_TOKEN`");
        assert_eq!(
            told(&error, false, false),
            (
                4,
                "error: no token\\u{1b}[2J\nhint: run `faillog auth login`\nhint: or set `FAILLOG_TOKEN`\n"
                    .to_owned()
            )
        );
        let (_, colored) = told(&error, false, true);
        assert!(
            colored.starts_with("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m no token"),
            "{colored:?}"
        );
    }

    #[test]
    fn json_is_one_object_on_one_line() {
        let error = Error::new(Kind::BudgetSpent, "spent\nout").hint("wait");
        assert_eq!(
            told(&error, true, true),
            (
                5,
                "{\"error\":{\"kind\":\"budget_spent\",\"message\":\"spent\\nout\",\"hints\":[\"wait\"],\"exit_code\":5}}\n"
                    .to_owned()
            )
        );
    }

    #[test]
    fn a_reader_that_left_is_silence() {
        let error = Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(told(&error, false, false), (0, String::new()));
        assert_eq!(told(&error, true, false), (0, String::new()));
        let error = Error::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(told(&error, false, false).0, 1);
    }

    #[test]
    fn clap_s_complaints_become_ours() {
        let complain = |words: &[&str]| {
            let error = super::super::args::Cli::try_parse_from(words).unwrap_err();
            usage_error(&error)
        };
        let error = complain(&["faillog", "quota", "--profil", "x"]);
        assert_eq!(error.kind, Kind::Usage);
        assert_eq!(error.message, "unexpected argument '--profil' found");
        assert_eq!(error.hints[0], "a similar argument exists: '--profile'");
        assert!(
            error.hints[1].starts_with("usage: faillog quota"),
            "{:?}",
            error.hints
        );
        assert_eq!(error.hints[2], "for more, try '--help'");
        let error = complain(&["faillog", "quota", "--color", "pink"]);
        assert_eq!(
            error.message,
            "invalid value 'pink' for '--color <WHEN>' [possible values: auto, always, never]"
        );
    }
}

//! What the standard streams are attached to, how wide they are, and whether they get colour.
//!
//! Rule: colour is decided by [`use_color`] alone.

use std::io::IsTerminal;

use crate::commands::Terminal;
use crate::render::Ink;

use super::args::ColorChoice;
use super::environment::{Environment, Variable};

/// The standard streams as found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Streams {
    pub(super) stdin_is_terminal: bool,
    pub(super) stdout_is_terminal: bool,
    pub(super) stderr_is_terminal: bool,
    /// Columns and rows of the terminal.
    size: Option<(usize, usize)>,
}

impl Streams {
    /// Asks the operating system.
    pub(super) fn of_process() -> Self {
        let stdout_is_terminal = std::io::stdout().is_terminal();
        Streams {
            stdin_is_terminal: std::io::stdin().is_terminal(),
            stdout_is_terminal,
            stderr_is_terminal: std::io::stderr().is_terminal(),
            size: stdout_is_terminal
                .then(terminal_size::terminal_size)
                .flatten()
                .map(|(width, height)| (usize::from(width.0), usize::from(height.0))),
        }
    }

    /// Returns the rows of the screen, where standard output is one that can be paged.
    pub(super) fn screen_rows(&self, environment: &Environment) -> Option<usize> {
        let (_, rows) = self.size?;
        (self.stdout_is_terminal && !is_dumb(environment)).then_some(rows)
    }

    /// Returns what verbs are told of the streams.
    pub(super) fn terminal(
        &self,
        choice: Option<ColorChoice>,
        environment: &Environment,
    ) -> Terminal {
        let columns = environment.text(Variable::Columns).ok().flatten();
        let columns = columns.and_then(|text| text.parse().ok());
        let columns = columns.filter(|columns| *columns > 0);
        Terminal {
            stdin_is_terminal: self.stdin_is_terminal,
            stdout_is_terminal: self.stdout_is_terminal,
            stderr_is_terminal: self.stderr_is_terminal,
            width: columns.or(self.size.map(|(width, _)| width)),
            color: use_color(choice, environment, self.stdout_is_terminal),
            ink: ink(environment),
        }
    }
}

/// Returns what drawings are made of: block elements, unless the terminal or the locale's encoding is known not to have
/// them.
fn ink(environment: &Environment) -> Ink {
    let variables = [Variable::LcAll, Variable::LcCtype, Variable::Lang];
    let set = variables.into_iter().find(|name| environment.is_set(*name));
    let locale = set.and_then(|name| environment.raw(name));
    let is_utf8 = locale.is_none_or(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    if is_utf8 && !is_dumb(environment) {
        Ink::Blocks
    } else {
        Ink::Ascii
    }
}

/// Returns whether a stream gets colour: flag over `NO_COLOR` over `CLICOLOR_FORCE` and `FORCE_COLOR` over whether it
/// is a terminal that understands it.
pub(super) fn use_color(
    choice: Option<ColorChoice>,
    environment: &Environment,
    is_terminal: bool,
) -> bool {
    let forced = |variable| {
        environment.is_set(variable)
            && !matches!(environment.text(variable), Ok(Some("0" | "false")))
    };
    match choice {
        Some(ColorChoice::Always) => true,
        Some(ColorChoice::Never) => false,
        Some(ColorChoice::Auto) | None => {
            if environment.is_set(Variable::NoColor) {
                false
            } else if forced(Variable::CliColorForce) || forced(Variable::ForceColor) {
                true
            } else {
                is_terminal && !is_dumb(environment)
            }
        }
    }
}

fn is_dumb(environment: &Environment) -> bool {
    matches!(environment.text(Variable::Term), Ok(Some("dumb")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flag_over_no_color_over_force_over_terminal() {
        use ColorChoice::{Always, Auto, Never};
        let none = Environment::default;
        let no = || Environment::from([(Variable::NoColor, "1")]);
        let force = || Environment::from([(Variable::CliColorForce, "1")]);
        let both = || Environment::from([(Variable::NoColor, "1"), (Variable::ForceColor, "1")]);
        let cases = [
            (Some(Always), both(), false, true),
            (Some(Never), force(), true, false),
            (Some(Auto), no(), true, false),
            (Some(Auto), none(), true, true),
            (None, both(), true, false),
            (None, force(), false, true),
            (
                None,
                Environment::from([(Variable::ForceColor, "yes")]),
                false,
                true,
            ),
            (
                None,
                Environment::from([(Variable::CliColorForce, "0")]),
                false,
                false,
            ),
            (
                None,
                Environment::from([(Variable::NoColor, "")]),
                true,
                true,
            ),
            (
                None,
                Environment::from([(Variable::Term, "dumb")]),
                true,
                false,
            ),
            (None, none(), true, true),
            (None, none(), false, false),
        ];
        for (choice, environment, is_terminal, expected) in cases {
            assert_eq!(
                use_color(choice, &environment, is_terminal),
                expected,
                "{choice:?} {environment:?} {is_terminal}"
            );
        }
    }

    #[test]
    fn drawings_are_plain_where_blocks_are_known_to_be_missing() {
        use Variable::{Lang, LcAll, LcCtype, Term};
        let cases = [
            ([(Lang, ""), (Term, "xterm")], Ink::Blocks),
            ([(Lang, "de_DE.UTF-8"), (Term, "xterm")], Ink::Blocks),
            ([(Lang, "C.utf8"), (Term, "dumb")], Ink::Ascii),
            ([(Lang, "C"), (Term, "xterm")], Ink::Ascii),
            ([(Lang, "C"), (LcCtype, "en_US.UTF-8")], Ink::Blocks),
            ([(LcAll, "POSIX"), (LcCtype, "en_US.UTF-8")], Ink::Ascii),
            ([(LcAll, ""), (Lang, "en_US.UTF-8")], Ink::Blocks),
        ];
        for (variables, expected) in cases {
            let environment = Environment::from(variables);
            assert_eq!(ink(&environment), expected, "{variables:?}");
        }
    }

    #[test]
    fn columns_go_before_the_terminal_s_own_width() {
        let streams = Streams {
            stdin_is_terminal: true,
            stdout_is_terminal: true,
            stderr_is_terminal: false,
            size: Some((132, 40)),
        };
        for (columns, width) in [("80", 80), ("0", 132), ("wide", 132), ("", 132)] {
            let environment = Environment::from([(Variable::Columns, columns)]);
            assert_eq!(streams.terminal(None, &environment).width, Some(width));
        }
        assert_eq!(streams.screen_rows(&Environment::default()), Some(40));
        let dumb = Environment::from([(Variable::Term, "dumb")]);
        assert_eq!(streams.screen_rows(&dumb), None);
    }
}

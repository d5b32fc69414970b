//! What a verb is given: resolved settings, the clock's reading, the streams. Built once by `cli`.
//!
//! Rule: verbs learn of the outside world from here alone; none reads the environment or the clock itself.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::{Timestamp, Zone};
use crate::render::{Fit, Format, Ink, Options, visible};

use super::settings::{Setting, Settings};

/// The world as one run of the program sees it.
pub(crate) struct Context<'w> {
    /// The time at the start of the run; the only clock verbs know.
    pub(crate) now: Timestamp,
    pub(crate) settings: Settings,
    /// The settings once more, each with where it came from, for `config show`.
    pub(crate) origins: Vec<Setting>,
    pub(crate) terminal: Terminal,
    /// The format asked for by flag or config; `None` leaves the choice to the verb.
    pub(crate) format: Option<Format>,
    pub(crate) zone: Zone,
    /// Standard input.
    pub(crate) input: &'w mut (dyn Read + Send),
    /// Standard output: data only.
    pub(crate) out: &'w mut (dyn Write + Send),
    /// Standard error, by way of [`Messages`].
    pub(crate) messages: Messages<'w>,
    /// Set by Ctrl-C.
    pub(crate) interrupted: Arc<AtomicBool>,
    /// How the user calls this program, for commands to paste: `faillog`, `target/release/faillog`.
    pub(crate) program: String,
    /// The arguments after the program's name, as typed, for the next page as a command.
    pub(crate) arguments: Vec<String>,
    /// The program's own file, for the demo to call.
    pub(crate) executable: PathBuf,
    /// Names of the environment's variables that steer this program, for the demo to clear.
    pub(crate) own_variables: Vec<OsString>,
}

/// What the standard streams are attached to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    pub(crate) stdin_is_terminal: bool,
    pub(crate) stdout_is_terminal: bool,
    pub(crate) stderr_is_terminal: bool,
    /// Columns of the terminal, or of `COLUMNS`; `None` where lines may be as long as they like.
    pub(crate) width: Option<usize>,
    /// Whether to colour standard output.
    pub(crate) color: bool,
    /// What drawings are made of.
    pub(crate) ink: Ink,
}

impl Context<'_> {
    /// Returns the format asked for, else a table for a terminal and CSV for anything else.
    pub(crate) fn format_or_default(&self) -> Format {
        let default = if self.terminal.stdout_is_terminal {
            Format::Table
        } else {
            Format::Csv
        };
        self.format.unwrap_or(default)
    }

    /// Returns how rows are to look on this output.
    pub(crate) fn render_options(&self, fit: Fit) -> Options {
        Options {
            zone: self.zone,
            formula_guard: true,
            color: self.terminal.color,
            width: self.terminal.width,
            is_terminal: self.terminal.stdout_is_terminal,
            fit,
        }
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

/// Everything that is said beside the data, on standard error.
pub(crate) struct Messages<'w> {
    err: &'w mut (dyn Write + Send),
    color: bool,
    quiet: bool,
}

impl<'w> Messages<'w> {
    pub(crate) fn new(err: &'w mut (dyn Write + Send), color: bool, quiet: bool) -> Self {
        Messages { err, color, quiet }
    }

    /// Says what was done or found. Silent under `--quiet`.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.quiet {
            self.say(None, text);
        }
    }

    /// Says what to do next. Silent under `--quiet`.
    pub(crate) fn hint(&mut self, text: &str) {
        if !self.quiet {
            self.say(Some(("hint", anstyle::AnsiColor::Cyan)), text);
        }
    }

    /// Says what the reader could be misled by. Never silent.
    pub(crate) fn warn(&mut self, text: &str) {
        self.say(Some(("warning", anstyle::AnsiColor::Yellow)), text);
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    fn say(&mut self, label: Option<(&str, anstyle::AnsiColor)>, text: &str) {
        // What a server or a file name says is shown, not obeyed.
        let lines: Vec<_> = text.split('\n').map(visible).collect();
        let text = lines.join("\n");
        let written = match label {
            Some((label, color)) if self.color => {
                let style = anstyle::Style::new().bold().fg_color(Some(color.into()));
                writeln!(self.err, "{style}{label}:{style:#} {text}")
            }
            Some((label, _)) => writeln!(self.err, "{label}: {text}"),
            None => writeln!(self.err, "{text}"),
        };
        // A closed stderr is nobody to tell.
        let _: io::Result<()> = written;
    }
}

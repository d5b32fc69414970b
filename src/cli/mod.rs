//! The edge of the program: arguments, environment, clock, streams, exit codes.
//!
//! Rule: nothing outside this folder reads the environment or the clock, or touches stdout and stderr.

use std::process::ExitCode;

/// Runs the program on the process's own arguments and streams.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}

/// Returns the whole tree of commands, for man pages and completions.
pub fn command() -> clap::Command {
    clap::Command::new("faillog")
}

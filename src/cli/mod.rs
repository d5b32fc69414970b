//! The edge of the program: arguments, environment, clock, streams, exit codes.
//!
//! Rule: nothing outside this folder reads the environment or the clock, or touches stdout and stderr.

mod account;
mod args;
mod complete;
mod config_file;
mod config_item;
mod config_profile;
mod environment;
mod exit;
mod interrupt;
mod pager;
mod places;
mod program;
mod run;
mod settings;
mod sources;
mod terminal;

use std::process::ExitCode;

/// Runs the program on the process's own arguments and streams.
pub fn run() -> ExitCode {
    run::run()
}

/// Returns the whole tree of commands, for man pages and completions.
pub fn command() -> clap::Command {
    <args::Cli as clap::CommandFactory>::command()
}

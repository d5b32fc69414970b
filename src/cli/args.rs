//! The root of the clap tree: what every verb understands, and the help of the whole.
//!
//! Rule: what was typed, checked value by value; what it means together is settled in `settings`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;

use crate::commands::{Region, Verb};
use crate::model::{TimeError, Zone};
use crate::render::Format;

use super::environment::Environment;

/// Explore failed event deliveries: fetch, keep, filter, join and export the logs that vendors delete
#[derive(Debug, clap::Parser)]
#[command(
    name = "faillog",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_flag = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    after_help = "Run `faillog help VERB` for all of a verb's options, with examples.",
    after_long_help = after_long_help()
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// The options of every verb.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Print a summary; `help VERB` has everything, with examples
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort)]
    pub(super) help: Option<bool>,

    /// Format of the output
    ///
    /// A terminal gets a table through a pager. Without a limit on rows, every other format gives all of them,
    /// streaming. `raw` gives the records exactly as received.
    #[arg(short, long, global = true, value_name = "FORMAT", value_enum)]
    pub(super) output: Option<Format>,

    /// Time zone in which times are shown [default: UTC]
    ///
    /// `UTC`, `local`, an offset such as `+02:00`, or a name such as `Europe/Berlin`. It changes how times are
    /// printed, not how they are read: those without an offset are UTC.
    #[arg(
        long = "tz",
        global = true,
        value_name = "ZONE",
        value_parser = parse_zone,
        allow_hyphen_values = true
    )]
    pub(super) zone: Option<NamedZone>,

    /// When to use colour [default: auto]
    #[arg(long, global = true, value_name = "WHEN", value_enum)]
    pub(super) color: Option<ColorChoice>,

    /// Say nothing but data, warnings and errors
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,

    /// Profile of the config and the credentials to use
    #[arg(long, global = true, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(super) profile: Option<String>,

    /// Region of the provider's API that holds the workspace [default: us]
    #[arg(long, global = true, value_enum)]
    pub(super) region: Option<Region>,

    /// Call the provider's API at this URL instead: a proxy, a test server
    #[arg(long, global = true, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(super) api_url: Option<String>,

    /// Read the token from the first line of a file, or of standard input (`-`)
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) token_file: Option<PathBuf>,
}

/// A zone with the word it was given as.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NamedZone(pub(super) Zone, pub(super) String);

fn parse_zone(text: &str) -> Result<NamedZone, TimeError> {
    Ok(NamedZone(text.parse()?, text.to_owned()))
}

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal that understands it
    Auto,
    Always,
    Never,
}

fn after_long_help() -> String {
    format!(
        "\
Examples:
  See everything on made-up data, no account needed:
    faillog demo
  Log in, fetch the last day of a collection, look at the newest errors:
    faillog auth login
    faillog fetch --collection 2wmpXTGB69A8BwGJ4hD5XvQ03aD --last 24h
    faillog show --type error --last 24h
  Which attempts were turned away for their rate, as a spreadsheet:
    faillog show --type attempt --status 429 -o csv > attempts.csv

Environment:
{}
Exit codes:
  0  done, also when the reader of a pipe left
  1  failure
  2  wrong usage, or a config that is not understood
  3  no rows, only with --fail-empty
  4  not authorised
  5  request budget spent
  6  network or remote failure
  7  incomplete, only with --strict
  130  interrupted",
        Environment::help()
    )
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[test]
    fn the_tree_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_may_stand_after_the_verb() {
        let cli = Cli::try_parse_from([
            "faillog",
            "quota",
            "-o",
            "ndjson",
            "--tz",
            "-05:00",
            "--color",
            "never",
            "-q",
            "--region",
            "eu",
            "--token-file",
            "-",
        ])
        .unwrap();
        assert_eq!(cli.global.output, Some(Format::Ndjson));
        assert_eq!(cli.global.zone.unwrap().1, "-05:00");
        assert_eq!(cli.global.color, Some(ColorChoice::Never));
        assert!(cli.global.quiet);
        assert_eq!(cli.global.region, Some(Region::Eu));
        assert_eq!(cli.global.token_file, Some("-".into()));
        assert!(matches!(cli.verb, Verb::Quota(_)));
    }
}

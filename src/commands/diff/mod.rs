//! `faillog diff`: two windows of time side by side: what is new, gone, grown, shrunk.
//!
//! Rule: rates count the hours that are stored, and where some are missing nothing is called new or gone without saying
//! so.

mod about;
mod change;
mod pairs;
mod window;

use crate::model::Window;
use crate::render::Format;

use super::counting::{self, CountArgs, Source};
use super::filters;
use super::{Context, Error};
use about::Ask;

/// Groups in a table where the user does not say how many.
const TABLE_GROUPS: usize = 40;

/// Compare two windows of time: what is new, gone, grown, shrunk
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{HELP}\n\n{}\n\n{}", window::SYNTAX, filters::HELP))]
pub(crate) struct Args {
    /// The window to compare with [default: the one before --b, of the same length]
    #[arg(long, value_name = "WINDOW", help_heading = "Windows")]
    a: Option<String>,
    /// The window that is asked about: 2025-03-23T20, 2025-03-23T20..2025-03-23T22, 2025-03-23T20:15+90m, 24h
    #[arg(long, value_name = "WINDOW", help_heading = "Windows")]
    b: String,
    /// Group by these: columns, `pattern`, `fate`, paths such as .properties.attempt, comma-separated [default: type,destination,status,pattern]
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        help_heading = "Grouping"
    )]
    by: Vec<String>,

    #[command(flatten)]
    count: CountArgs,

    /// Show at most so many groups [default: 40 in a table, all in other formats]
    #[arg(short = 'n', long = "limit", value_name = "N", help_heading = "Output", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

const HELP: &str = "\
Examples:
  faillog diff --b 2h --type error
  faillog diff --a 2025-03-23T18..2025-03-23T20 --b 2025-03-23T20..2025-03-23T22 --type attempt
  faillog diff --a 2025-03-22 --b 2025-03-23 --by destination,code -o csv
  faillog diff --b 24h --by '.properties.routed.to[0].id' --strict

Columns: those grouped by, then count_a count_b rate_a rate_b change.
A rate is the records in an hour of what is stored of the window, on the average of the collections asked about; it is
empty where nothing of the window is stored, and so is `change`.
  new     only in b
  grown   at least twice the rate of a, and more than chance: the rates differ by over two standard deviations
          (the square root of count_a / hours_a² + count_b / hours_b²)
  gone    only in a
  shrunk  at most half the rate of a, and more than chance
  same    anything else
They come in this order, the largest difference of rates first.";

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let format = context.format_or_default();
    let keys = counting::keys(&args.by, counting::DEFAULT_BY)?;
    if !args.count.filters.time.is_empty() {
        return Err(Error::usage(
            "--a and --b say when, so --hour, --since, --until and --last do not go with them",
        ));
    }
    let (a, b) = windows(args, context)?;
    let filter = args.count.filters.to_filter(context)?;
    let scope = args.count.filters.scope(context)?;
    let source = Source::open(context, &args.count)?;
    let ask = Ask {
        context,
        source: &source,
        keys: &keys,
        filter: &filter,
        scope: &scope,
    };
    let (a, b) = (ask.about(a)?, ask.about(b)?);
    let pairs = pairs::pairs(&a, &b);
    let limit = match (args.limit, format) {
        (Some(limit), _) => usize::try_from(limit).unwrap_or(usize::MAX),
        (None, Format::Table) => TABLE_GROUPS,
        (None, _) => usize::MAX,
    };
    let shown = &pairs[..limit.min(pairs.len())];
    let options = args.count.render_options(context);
    pairs::write(context, options, &keys, shown, format)?;

    let records = a.tally.records + b.tally.records;
    context.messages.note(&pairs::how_many(&pairs, shown));
    let is_a_complete = a.tell(context, "a", "new");
    let is_b_complete = b.tell(context, "b", "gone");
    if a.window.start < b.window.end && b.window.start < a.window.end {
        context
            .messages
            .warn("the windows overlap: what is in both is counted in both");
    }
    counting::tell_folded(
        context,
        shown
            .iter()
            .filter(|pair| pair.is_folded.contains(&true))
            .count(),
    );
    args.count.end(
        is_a_complete && is_b_complete && source.is_complete(None),
        records,
    )
}

fn windows(args: &Args, context: &Context<'_>) -> Result<(Window, Window), Error> {
    let read = |flag: &str, text: &str| {
        window::parse(text, context.now).map_err(|error| {
            Error::usage(format!("{flag} {error}"))
                .hint("`faillog help diff` shows how windows are written.")
        })
    };
    let b = read("--b", &args.b)?;
    let a = match &args.a {
        Some(text) => read("--a", text)?,
        None => Window {
            start: b.start.plus(b.start.since(b.end)),
            end: b.start,
        },
    };
    Ok((a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_the_default() {
        use clap::Args as _;

        let command = Args::augment_args(clap::Command::new("x"));
        let by = command.get_arguments().find(|arg| arg.get_id() == "by");
        let help = by.and_then(|arg| arg.get_help()).unwrap().to_string();
        let default = format!("[default: {}]", counting::DEFAULT_BY.join(","));
        assert!(help.ends_with(&default), "{help}");
    }
}

//! What `faillog fetch` is asked for.

use crate::fetch::Hours;
use crate::model::Provider;

use super::super::filters::{TimeArgs, providers};
use super::super::{Context, Error};

/// Download the logs of hours that are due
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Args {
    /// Fetch from this provider [default: that of the profile]
    #[arg(long, value_name = "PROVIDER", value_parser = providers())]
    pub(in crate::commands) provider: Option<Provider>,

    /// Fetch this collection, by alias or id (can be repeated); without it, all of the config
    ///
    /// Elsewhere than at Segment: the name under which the account's logs are kept, by default the profile's
    #[arg(long, value_name = "NAME")]
    pub(super) collection: Vec<String>,

    #[command(flatten)]
    pub(super) time: TimeArgs,

    /// Print what would be fetched and what it costs, and fetch nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Send a further parameter of the vendor's (can be repeated); not for Segment
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) param: Vec<String>,

    /// Make no more requests than this, or get no more pages
    #[arg(long, value_name = "N")]
    pub(super) max_requests: Option<u64>,

    /// Ask again for hours that are complete, and pay again
    #[arg(long)]
    pub(super) refresh: bool,

    /// Exit with 7 if not every hour asked for is complete
    #[arg(long)]
    pub(super) strict: bool,
}

const HELP: &str = "\
One request buys one hour of one collection; Segment allows 120 a day for the whole workspace. An hour that is complete
is never paid for twice. An hour's logs appear 1 to 2 hours late and change until 7 hours after it began, so a younger
hour is fetched again by the next range that holds it. Requests are made in this order: hours the vendor deletes within
48 hours, then the newest first.

With --hour an hour is fetched even before its logs are due, and the requests kept back for incidents may be spent.

The logs of segment-audit, akeneo and notificationapi come page by page, and nothing is counted: all times asked for that
are not complete are asked for at once, each page is stored before the next one, and each record once. Without a time:
since the newest complete hour. What may be missing is said. Workato's logs are imported.

Examples:
  What would the last day cost?
    faillog fetch --collection prod --last 24h --dry-run
  The hour in which it broke, now:
    faillog fetch --collection prod --hour 2025-03-23T20
  From cron, every hour, each log paid for once:
    faillog --quiet fetch --since now-48h --until now-7h
  Everything the vendor still has, as far as today's requests go:
    faillog fetch --last 28d
  The last day of the audit trail, with the same token:
    faillog fetch --provider segment-audit --last 24h
  What is new at Akeneo, errors only:
    faillog fetch --provider akeneo --param log_type=error

Exit codes: 0 done, 1 failure, 2 usage, 4 not authorised, 5 request budget spent, 6 network or remote, 7 incomplete
(only with --strict), 130 interrupted. What was got before is kept in every case.";

/// The hours that the flags name.
pub(super) fn hours_asked(context: &Context<'_>, args: &Args) -> Result<Hours, Error> {
    let times = args.time.read(context.now)?;
    Ok(match (times.hours.is_empty(), args.time.has_range()) {
        (false, true) => {
            return Err(Error::usage(
                "--hour cannot be used together with --since, --until or --last",
            ));
        }
        (false, false) => Hours::Named(times.hours),
        (true, _) if args.time.since.is_none() && args.time.last.is_none() => {
            return Err(Error::usage("--until needs a beginning").hint("Add `--since TIME`."));
        }
        (true, _) => Hours::Window(times.bounded(context.now).ok_or_else(|| {
            Error::usage(format!(
                "--since {} lies in the future; it is {} now",
                times.window.start, context.now
            ))
        })?),
    })
}

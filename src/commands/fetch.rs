//! `faillog fetch`: asks for the hours that are due, in the order that matters, and says what it got.
//!
//! Rule: before the first request the price is known; after the last one every hour asked for is accounted for.

mod by_page;
mod by_page_summary;
mod progress;
mod resume;
mod summary;

use std::sync::Arc;
use std::time::Instant;

use crate::fetch::{
    Action, Asked, Budget, FetchReport, Hours, Ledger, Limits, Plan, PlanError, Planned, Run, Skip,
    State, Stored, Watch, read_stored,
};
use crate::model::{Filter, Kind, Provider, Value, Window, count};
use crate::providers::http::{Http, Timeouts};
use crate::providers::segment::Api;
use crate::store::Store;

use super::filters::{TimeArgs, providers, read_collections};
use super::quota::warn_of_broken_lines;
use super::rows::Rows;
use super::workspace::{self, Workspace};
use super::{Context, Error, token};

/// Download the logs of hours that are due
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Args {
    /// Fetch from this provider [default: that of the profile]
    #[arg(long, value_name = "PROVIDER", value_parser = providers())]
    pub(super) provider: Option<Provider>,

    /// Fetch this collection, by alias or id (can be repeated); without it, all of the config
    ///
    /// Elsewhere than at Segment: the name under which the account's logs are kept, by default the profile's
    #[arg(long, value_name = "NAME")]
    collection: Vec<String>,

    #[command(flatten)]
    time: TimeArgs,

    /// Print what would be fetched and what it costs, and fetch nothing
    #[arg(long)]
    dry_run: bool,

    /// Send a further parameter of the vendor's (can be repeated); not for Segment
    #[arg(long, value_name = "KEY=VALUE")]
    param: Vec<String>,

    /// Make no more requests than this, or get no more pages
    #[arg(long, value_name = "N")]
    max_requests: Option<u64>,

    /// Ask again for hours that are complete, and pay again
    #[arg(long)]
    refresh: bool,

    /// Exit with 7 if not every hour asked for is complete
    #[arg(long)]
    strict: bool,
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

const COLUMNS: [(&str, Kind); 5] = [
    ("provider", Kind::Text),
    ("collection", Kind::Text),
    ("hour", Kind::Text),
    ("state", Kind::Text),
    ("action", Kind::Text),
];

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    if context.settings.provider != Provider::Segment {
        return by_page::run(context, args);
    }
    if let Some(param) = args.param.first() {
        return Err(Error::usage(format!(
            "--param `{param}`: Segment's logs are asked for by the hour, without further parameters"
        )));
    }
    let asked = asked(context, args)?;
    let plan = plan(context, &asked)?;
    if args.dry_run {
        let workspace = workspace::resolve(context)?;
        print_plan(context, &plan)?;
        let ledger = workspace.as_ref().map(|workspace| &workspace.ledger);
        return tell_price(context, args, &asked, &plan, ledger);
    }
    if plan.requests().is_empty() {
        return summary::tell(context, args.strict, &plan, &FetchReport::default(), None);
    }
    let (report, workspace) = execute(context, args, &asked, plan.requests())?;
    summary::tell(
        context,
        args.strict,
        &plan,
        &report,
        Some(&workspace.ledger),
    )
}

/// What the flags ask for.
fn asked(context: &Context<'_>, args: &Args) -> Result<Asked, Error> {
    let mut collections = read_collections(&args.collection, &context.settings)?;
    let elsewhere = context
        .settings
        .accounts
        .iter()
        .find(|account| collections.contains(&account.collection));
    if let (Some(account), None) = (elsewhere, args.provider) {
        // It would cost a request to learn that Segment has no such collection.
        return Err(Error::usage(format!(
            "`{}` is where the logs of {} are kept, by profile `{}`",
            account.collection, account.provider, account.profile
        ))
        .hint(format!(
            "Add `--profile {}` to fetch them, or `--provider segment` if a collection of Segment is meant.",
            account.profile
        )));
    }
    if args.collection.is_empty() {
        collections.extend(context.settings.aliases.values().cloned());
    }
    if collections.is_empty() {
        return Err(Error::usage("no collection was named, and the config has none").hint(
            "Add `--collection ID`; Segment shows the id beside the destination's log collection switch.",
        ));
    }
    if args.time.is_empty() {
        return Err(Error::usage("no hours were named").hint(
            "Add `--last 24h`, `--since TIME` or `--hour HOUR`; `--dry-run` tells the price.",
        ));
    }
    let hours = hours_asked(context, args)?;
    Ok(Asked {
        collections: collections
            .into_iter()
            .map(|id| (Provider::Segment, id))
            .collect(),
        hours,
        refresh: args.refresh,
        tries_expired: false,
    })
}

/// The hours that the flags name.
fn hours_asked(context: &Context<'_>, args: &Args) -> Result<Hours, Error> {
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

fn plan(context: &mut Context<'_>, asked: &Asked) -> Result<Plan, Error> {
    let Stored { metas, .. } = read_plan_store(context, asked)?;
    let policy = context.settings.policy(Provider::Segment, "");
    Plan::new(asked, &metas, context.now, &policy).map_err(Error::from)
}

/// Reads what is stored of the hours asked for, and tells of those that cannot be read.
fn read_plan_store(context: &mut Context<'_>, asked: &Asked) -> Result<Stored, Error> {
    let (hours, window) = match &asked.hours {
        Hours::Named(hours) => (hours.clone(), Window::ALL),
        Hours::Window(window) => (vec![], *window),
    };
    let filter = Filter {
        providers: asked.collections.iter().map(|(p, _)| *p).collect(),
        collections: asked.collections.iter().map(|(_, id)| id.clone()).collect(),
        hours,
        ..Filter::default()
    };
    let store = Store::open(&context.settings.data);
    let stored = read_stored(&store, &filter, window)?;
    for (key, error) in &stored.unreadable {
        context.messages.warn(&format!(
            "the stored hour {} of `{}` cannot be read and is fetched again: {error}",
            key.hour, key.collection
        ));
    }
    Ok(stored)
}

fn print_plan(context: &mut Context<'_>, plan: &Plan) -> Result<(), Error> {
    let mut rows = Rows::begin(context, &COLUMNS)?;
    for entry in plan.entries() {
        let Planned { key, state, .. } = entry;
        rows.row(&[
            Value::Text(key.provider.name().into()),
            Value::Text(key.collection.as_str().into()),
            Value::Text(key.hour.to_string().into()),
            Value::Text(state.name().into()),
            Value::Text(action_text(entry).into()),
        ])?;
    }
    rows.finish()
}

fn action_text(entry: &Planned) -> String {
    match entry.action {
        Action::Skip(Skip::Early(..)) if entry.key.provider != Provider::Segment => {
            "fetch what there is: it has not ended".to_owned()
        }
        Action::Fetch if entry.state == State::Expired => {
            "fetch what the vendor may still have".to_owned()
        }
        action => action.to_string(),
    }
}

/// Says what the plan costs, and whether there is enough for it.
fn tell_price(
    context: &mut Context<'_>,
    args: &Args,
    asked: &Asked,
    plan: &Plan,
    ledger: Option<&Ledger>,
) -> Result<(), Error> {
    let price = plan.price();
    let to_make = args.max_requests.map_or(price, |most| price.min(most));
    let mut text = format!("price: {}", count(price, "request"));
    if to_make < price {
        text.push_str(&format!(", of which --max-requests allows {to_make}"));
    }
    let Some(ledger) = ledger else {
        context.messages.note(&text);
        return Ok(());
    };
    let budget = ledger.budget(context.now)?;
    let kept_back = ledger.kept_back(context.now, keep_back(context, asked))?;
    let free = budget.left.saturating_sub(kept_back);
    text.push_str(&format!("; {} of {} left", budget.left, budget.limit));
    if kept_back > 0 {
        let kept_back = kept_back.min(budget.left);
        text.push_str(&format!(", {kept_back} of them kept back"));
    }
    context.messages.note(&text);
    warn_of_broken_lines(context, budget.broken_lines);
    if to_make > free {
        context.messages.warn(&dearer_than_free(&budget, free));
    }
    Ok(())
}

fn dearer_than_free(budget: &Budget, free: u64) -> String {
    let more = match budget.next_at {
        Some(at) => format!("; more come at {at}"),
        None => String::new(),
    };
    match free {
        0 => format!("no request can be made now{more}"),
        _ => format!("only {} can be made now{more}", count(free, "request")),
    }
}

/// The requests to leave for incidents: an hour named by the user is one.
fn keep_back(context: &Context<'_>, asked: &Asked) -> u64 {
    match asked.hours {
        Hours::Named(_) => 0,
        Hours::Window(_) => u64::from(context.settings.reserve),
    }
}

/// Makes the requests, with a progress bar on a terminal.
fn execute(
    context: &mut Context<'_>,
    args: &Args,
    asked: &Asked,
    requests: &[Planned],
) -> Result<(FetchReport, Workspace), Error> {
    let (token, _) = token::resolve(&context.settings, context.input)?;
    let workspace = workspace::of_token(context, &token);
    let http = Http::new(Timeouts::default());
    let settings = &context.settings;
    let api = Api::new(
        http.clone(),
        settings.api_url.as_deref(),
        settings.segment_region()?,
        token,
        settings.request_style,
    )?;
    let watch = Watch::default();
    let run = Run {
        store: &Store::open(&settings.data),
        http,
        api: &api,
        ledger: &workspace.ledger,
        limits: Limits {
            max_requests: args.max_requests,
            keep_back: keep_back(context, asked),
        },
        now: context.now,
        started: Instant::now(),
        interrupted: Arc::clone(&context.interrupted),
        watch: &watch,
    };
    let shows = context.terminal.stderr_is_terminal && !context.messages.is_quiet();
    let report = progress::beside(&watch, Some(requests.len() as u64), shows, || {
        run.fetch(requests)
    });
    Ok((report, workspace))
}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        let usage = Error::usage(&error);
        match error {
            PlanError::NotBegun { .. } => usage.hint("Hours are UTC."),
            PlanError::TooMany { .. } => {
                usage.hint("The vendor keeps logs for some weeks only: try `--last 28d`.")
            }
            PlanError::Unbounded => usage.hint("Add `--since TIME`."),
            PlanError::NoHours => usage,
        }
    }
}

#[cfg(test)]
mod tests;

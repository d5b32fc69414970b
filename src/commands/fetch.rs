//! `faillog fetch`: asks for the hours that are due, in the order that matters, and says what it got.
//!
//! Rule: before the first request the price is known; after the last one every hour asked for is accounted for.

mod args;
mod by_page;
mod by_page_summary;
mod plan;
mod progress;
mod resume;
mod summary;
mod target;

use std::sync::Arc;
use std::time::Instant;

use crate::fetch::{
    Asked, Budget, FetchReport, Hours, Ledger, Limits, Plan, PlanError, Planned, Run, Stored, Watch,
};
use crate::model::{Provider, count};
use crate::providers::http::{Http, Timeouts};
use crate::providers::segment::Api;
use crate::store::Store;

use super::filters::read_collections;
use super::quota::warn_of_broken_lines;
use super::workspace::{self, Workspace};
use super::{Context, Error, token};
pub(crate) use args::Args;
use args::hours_asked;
use plan::{print_plan, read_plan_store};

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

fn plan(context: &mut Context<'_>, asked: &Asked) -> Result<Plan, Error> {
    let Stored { metas, .. } = read_plan_store(context, asked)?;
    let policy = context.settings.policy(Provider::Segment, "");
    Plan::new(asked, &metas, context.now, &policy).map_err(Error::from)
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

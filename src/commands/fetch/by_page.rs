//! Fetching from the providers whose logs come page by page: which times to ask for, and asking.
//!
//! Rule: times that are stored whole are not asked for again; what is asked for is said before the first request.

use std::sync::Arc;
use std::time::Instant;

use crate::fetch::{
    Asked, Hours, PATIENCE, Pages, PagesReport, Plan, Policy, Stored, Watch, expires_at,
};
use crate::model::{Provider, Timestamp, Window, count};
use crate::providers::feed::Wanted;
use crate::providers::spec;
use crate::store::{HourMeta, Store};

use super::super::account;
use super::super::filters::read_collections;
use super::super::{Context, Error};
use super::args::{Args, hours_asked};
use super::plan::{print_plan, read_plan_store};
use super::target::{Target, due};
use super::{by_page_summary, progress};

const DAY_MICROS: i64 = 86_400_000_000;

/// How far back to ask where nothing is stored and nobody says how long the vendor keeps logs.
const DAYS_UNSAID: u32 = 30;

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let provider = context.settings.provider;
    if !spec(provider).keeping.is_fetched {
        return Err(account::nothing_to_fetch(provider));
    }
    let collection = collection(context, args)?;
    let params = params(&args.param)?;
    let plan = plan(context, args, provider, &collection)?;
    let target = Target {
        provider,
        window: due(&plan, context.now),
        collection,
        params,
    };
    if args.dry_run {
        print_plan(context, &plan)?;
        by_page_summary::tell_intent(context, &target, "would ask");
        return Ok(());
    }
    let Some(window) = target.window else {
        return by_page_summary::tell(
            context,
            args.strict,
            &plan,
            &target,
            &PagesReport::default(),
        );
    };
    let wanted = Wanted {
        window,
        params: target.params.clone(),
    };
    let mut feed = account::feed(context, wanted)?;
    by_page_summary::tell_intent(context, &target, "asking");
    let watch = Watch::default();
    let store = Store::open(&context.settings.data);
    let pages = Pages {
        store: &store,
        provider,
        collection: &target.collection,
        window,
        max_pages: args.max_requests,
        backoff: PATIENCE,
        now: context.now,
        started: Instant::now(),
        interrupted: Arc::clone(&context.interrupted),
        watch: &watch,
    };
    let shows = context.terminal.stderr_is_terminal && !context.messages.is_quiet();
    let report = progress::beside(&watch, None, shows, || {
        pages.fetch(move |now| feed.step(now))
    });
    by_page_summary::tell(context, args.strict, &plan, &target, &report)
}

/// The one collection that the account's logs go to.
fn collection(context: &Context<'_>, args: &Args) -> Result<String, Error> {
    let named = read_collections(&args.collection, &context.settings)?;
    match named.as_slice() {
        [] => Ok(context.settings.collection.clone()),
        [one] => Ok(one.clone()),
        _ => Err(Error::usage(format!(
            "an account of {} has one collection, and {} were named",
            context.settings.provider,
            named.len()
        ))
        .hint(
            "Name the one under which its logs are to be kept; another account is another profile.",
        )),
    }
}

fn params(given: &[String]) -> Result<Vec<(String, String)>, Error> {
    let pair = |text: &String| match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(Error::usage(format!("--param `{text}` is no `key=value`"))
            .hint("Write it as the vendor does: `--param log_type=error`.")),
    };
    given.iter().map(pair).collect()
}

fn plan(
    context: &mut Context<'_>,
    args: &Args,
    provider: Provider,
    collection: &str,
) -> Result<Plan, Error> {
    let mut asked = Asked {
        collections: vec![(provider, collection.to_owned())],
        hours: Hours::Window(Window::ALL),
        refresh: args.refresh,
        tries_expired: false,
    };
    let policy = context.settings.policy(provider, collection);
    if !args.time.is_empty() {
        asked.hours = hours_asked(context, args)?;
        asked.tries_expired = reaches_beyond(&asked.hours, context.now, &policy);
        let Stored { metas, .. } = read_plan_store(context, &asked)?;
        return Plan::new(&asked, &metas, context.now, &policy).map_err(Error::from);
    }
    let Stored { metas, .. } = read_plan_store(context, &asked)?;
    let (start, why) = match newest_complete(metas.values(), context) {
        Some(end) => (end, "the end of the newest complete hour".to_owned()),
        None => {
            let days = policy.retention_days.unwrap_or(DAYS_UNSAID);
            let kept = context
                .now
                .plus(-i64::from(days).saturating_mul(DAY_MICROS));
            let why = match policy.retention_days {
                Some(_) => format!("the vendor keeps logs for {}", count(days.into(), "day")),
                None => count(days.into(), "day"),
            };
            (kept, why)
        }
    };
    context
        .messages
        .note(&format!("no time was named: since {start} ({why})"));
    asked.hours = Hours::Window(Window {
        start,
        end: context.now.max(start.plus(1)),
    });
    Plan::new(&asked, &metas, context.now, &policy).map_err(Error::from)
}

/// Whether times that the vendor should have deleted were asked for in so many words. A range as long as the vendor keeps
/// logs reaches a little beyond, and means nothing by it.
fn reaches_beyond(hours: &Hours, now: Timestamp, policy: &Policy) -> bool {
    let first = match hours {
        Hours::Named(hours) => hours.iter().min().copied(),
        Hours::Window(window) => Some(window.start.hour()),
    };
    first
        .and_then(|first| expires_at(first, policy))
        .is_some_and(|end| now.since(end) > DAY_MICROS)
}

/// When the newest hour that is stored complete ended.
fn newest_complete<'m>(
    metas: impl Iterator<Item = &'m HourMeta>,
    context: &Context<'_>,
) -> Option<Timestamp> {
    metas
        .filter(|meta| {
            let policy = context
                .settings
                .policy(meta.key.provider, &meta.key.collection);
            let state = crate::fetch::state(meta.key.hour, Some(meta), context.now, &policy);
            state.is_complete()
        })
        .map(|meta| meta.key.hour.end())
        .max()
}

#[cfg(test)]
mod tests;

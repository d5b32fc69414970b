//! `faillog trace`: everything about one message, exchange or record, in order of time, and what became of it.
//!
//! Rule: what is told is what is stored; what could be missing from the story is said beside it.

mod exchange;
mod fate;
mod message;
mod not_found;
mod output;
mod rate_limit;
mod record;
mod story;
mod talk;
#[cfg(test)]
mod tests;
mod timeline;

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::fetch::Sought;
use crate::model::{Column, Filter, Provider, Timestamp, Window, count};
use crate::query::{Engine, Entry, RETRY_MICROS, Subject, Trace, Traced};
use crate::render::{Fit, Format, Report};

use super::completeness::Completeness;
use super::filters::{Scope, read_collections};
use super::{Context, Error, Kind, input};
use story::{Bodies, Story};

/// Trace one message, exchange or record: everything about it, and its fate
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Args {
    /// Id of a message, an exchange or a record, or the beginning of one
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    id: String,
    /// Look at this provider's records only
    #[arg(long, value_name = "PROVIDER", value_parser = providers())]
    provider: Vec<Provider>,
    /// Look at this collection only, by alias or id (can be repeated)
    #[arg(long, value_name = "NAME")]
    collection: Vec<String>,
    /// Ask this file instead of the store; - is standard input (can be repeated)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    input: Vec<PathBuf>,
    /// Show the bodies of requests and responses to their last line
    #[arg(long, help_heading = "Output", conflicts_with = "no_bodies")]
    all_bodies: bool,
    /// Leave the bodies of requests and responses out
    #[arg(long, help_heading = "Output")]
    no_bodies: bool,
    /// Exit with 7 if anything is missing: an hour, an exchange, a rejected line
    #[arg(long, help_heading = "Exit code")]
    strict: bool,
}

const HELP: &str = "\
An id is looked up as a message's, then as an exchange's, then as a record's. What is none of these is taken for the
beginning of one; it has to fit one id only.

  message   its attempts with the waits between them, the exchanges, errors and discards, and its fate at each destination
  exchange  request and response, everyone in the batch, and what became of them
  record    the record itself, with the timeline of its message or exchange if it has one

Bodies are decoded and indented, JSON in strings and JSON that breaks off too; headers about rates are read out.

Formats: a terminal gets text. -o json is one object with id, kind (message, exchange or record), fate, complete (false where
an hour in question is missing or growing) and records, the timeline in order of time; beside them destinations, a message's
fate at each, or batch, how many messages of an exchange came to what. -o ndjson, csv and the like give the records, -o raw
the records exactly as received.

Examples:
  faillog trace 2kX9dYv3
  faillog trace m-down-1 -o json | jq .fate
  faillog trace 6f1c2b8e-0d5a --all-bodies
  faillog trace 019362ca-c547-7364-9274-8d3cf7c3d130 --provider akeneo
  faillog trace m-down-1 --input export.ndjson.gz";

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let id = args.id.trim();
    if id.is_empty() {
        return Err(
            Error::usage("the id is empty").hint("`faillog show` lists records with their ids.")
        );
    }
    let scope = Filter {
        providers: args.provider.clone(),
        collections: read_collections(&args.collection, &context.settings)?,
        ..Filter::default()
    };
    let sought = Some(Sought::Around(id));
    let (input, store) = input::or_store_with(context, &args.input, &args.provider, sought)?;
    let engine = Engine::local(&store);
    // A file's records are in a collection of their own making.
    let scope = match &input {
        Some(_) => Filter::default(),
        None => scope,
    };
    let trace = match engine.trace(&scope, id, context.now)? {
        Traced::One(trace) => *trace,
        Traced::Several {
            candidates,
            has_more,
        } => return Err(not_found::ambiguous(id, &candidates, has_more)),
        Traced::Nothing { nearest } => {
            return Err(not_found::nothing(
                context,
                &engine,
                &store,
                &scope,
                id,
                nearest,
                input.is_some(),
            )?);
        }
    };
    let completeness = match &input {
        Some(_) => None,
        None => {
            let asked = in_question(&trace, context.now);
            let completeness = Completeness::of(&store, &asked, context)?;
            Some(completeness.without(engine.left_out(), &store))
        }
    };
    let hours_are_complete = match (&completeness, &input) {
        (Some(completeness), _) => completeness.is_complete(),
        (None, Some(input)) => input.rejects == 0,
        (None, None) => true,
    };
    let is_complete = hours_are_complete && !trace.is_cut;
    write(context, args, &trace, is_complete)?;
    tell(context, &trace, completeness.as_ref());
    if args.strict && (!is_complete || trace.orphans.count() > 0) {
        return Err(Error::new(
            Kind::Incomplete,
            "the trace is incomplete, and --strict was given",
        ));
    }
    Ok(())
}

fn write(
    context: &mut Context<'_>,
    args: &Args,
    trace: &Trace,
    is_complete: bool,
) -> Result<(), Error> {
    let format = context.format_or_default();
    match format {
        Format::Table => {}
        Format::Json => return output::json(context, trace, is_complete),
        _ => return output::rows(context, format, trace),
    }
    let bodies = match (args.no_bodies, args.all_bodies) {
        (true, _) => Bodies::None,
        (false, true) => Bodies::Whole,
        (false, false) if context.terminal.stdout_is_terminal => Bodies::Short,
        (false, false) => Bodies::Whole,
    };
    let mut report = Report::new(context.render_options(Fit::All));
    let story = Story {
        settings: &context.settings,
        zone: context.zone,
        now: context.now,
        bodies,
    };
    match trace.subject {
        Subject::Message => message::tell(&mut report, &story, &trace.id, &trace.records),
        Subject::Exchange => exchange::tell(&mut report, &story, &trace.id, trace),
        Subject::Record => record::tell(&mut report, &story, trace),
    }
    report.finish(context.out)?;
    Ok(())
}

/// The hours that could hold more of the story: from its first record to its last, and until retries end where they may
/// still go on.
fn in_question(trace: &Trace, now: Timestamp) -> Scope {
    let times = || {
        let batch = trace.batch.iter().map(|member| member.last_time);
        trace.records.iter().map(Entry::time).chain(batch)
    };
    let first = times().min().unwrap_or(now);
    let last = times().max().unwrap_or(now);
    let retries = if fate::is_open(trace) {
        RETRY_MICROS
    } else {
        0
    };
    let end = last.plus(retries).min(now.max(last)).hour().end();
    let mut scope = Scope {
        providers: Vec::new(),
        collections: Vec::new(),
        hours: Vec::new(),
        window: Some(Window {
            start: first.hour().start(),
            end,
        }),
    };
    for entry in &trace.records {
        let collection = entry
            .text(Column::Collection)
            .unwrap_or_default()
            .to_owned();
        if !scope.providers.contains(&entry.provider) {
            scope.providers.push(entry.provider);
        }
        if !scope.collections.contains(&collection) {
            scope.collections.push(collection);
        }
    }
    scope
}

/// Says on stderr what qualifies the trace, and what to ask next.
fn tell(context: &mut Context<'_>, trace: &Trace, completeness: Option<&Completeness>) {
    if trace.is_cut {
        context.messages.warn(&format!(
            "only the newest {} are looked at",
            count(trace.records.len() as u64, "record")
        ));
    }
    match completeness {
        Some(completeness) => {
            completeness.tell_orphans(&trace.orphans, context);
            completeness.tell(context);
        }
        None if trace.orphans.count() > 0 => {
            let orphans = count(trace.orphans.count(), "attempt");
            let said = format!("{orphans} without exchange: not in the input");
            context.messages.warn(&said);
        }
        None => {}
    }
    if context.terminal.stdout_is_terminal && context.terminal.stderr_is_terminal {
        for next in output::next_commands(&context.program, trace) {
            context.messages.hint(&next);
        }
    }
}

fn providers() -> impl TypedValueParser<Value = Provider> {
    PossibleValuesParser::new(Provider::ALL.iter().map(|word| word.name()))
        .try_map(|name| name.parse::<Provider>())
}

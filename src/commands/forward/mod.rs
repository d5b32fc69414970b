//! `faillog forward`: records out as events, into a Segment source.
//!
//! Rule: a record is forwarded once, and what was not is said: without a write key, past a limit, refused by the server.

mod event;
mod key;
mod sender;
mod sent;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::NonEmptyStringValueParser;

use crate::model::{count, number};
use crate::providers::http::{Http, Timeouts};
use crate::providers::segment_tracking::{Batch, Tracking};
use crate::query::Engine;

use super::completeness::Completeness;
use super::filters::{self, FilterArgs};
use super::{Context, Error, Kind, input};

use sender::Sender;
use sent::Sent;
use walk::{Outcome, Selection, Target, walk};

/// Forward records to a Segment source, each once, as events
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{HELP}\n\n{}", filters::HELP))]
pub(crate) struct Args {
    #[command(flatten)]
    filters: FilterArgs,

    /// Forward the records of this file instead of the store; - is standard input (can be repeated)
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Filters: where")]
    input: Vec<PathBuf>,

    /// Forward at most so many records that were not forwarded yet
    #[arg(short = 'n', long = "limit", value_name = "N", help_heading = "What to send", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Print the events as NDJSON and send nothing; needs no write key
    #[arg(long, help_heading = "What to send")]
    dry_run: bool,
    /// Send also what was sent before
    #[arg(long, help_heading = "What to send")]
    all: bool,
    /// Send the record exactly as received too, as the property `raw`
    #[arg(long, help_heading = "What to send")]
    raw: bool,

    /// Read the write key from the first line of a file, or of standard input (`-`)
    #[arg(long, value_name = "FILE", help_heading = "Where to", value_hint = clap::ValueHint::FilePath)]
    write_key_file: Option<PathBuf>,
    /// Send to this URL instead of Segment's own: a proxy, a test server
    #[arg(long, value_name = "URL", help_heading = "Where to", value_parser = NonEmptyStringValueParser::new())]
    tracking_url: Option<String>,

    /// Exit with 7 if anything is missing: an hour, an event that was refused, a rejected line
    #[arg(long, help_heading = "Exit code")]
    strict: bool,
}

const HELP: &str = "\
Examples:
  faillog forward --last 24h --type error --dry-run      what would be sent
  FAILLOG_WRITE_KEY=… faillog forward --last 24h --type error
  faillog forward --provider segment-audit --write-key-file key.txt
  op read op://ops/segment/write-key | faillog forward --last 7d --write-key-file -

Each record becomes a `track` event: Segment Audit, Delivery Error, Delivery Attempt, Delivery Exchange, Delivery Action,
Notification, Notification Event, API Request or Log Entry. Its properties are the columns of `faillog show -o json`,
status and reason of the exchange included. The actor of a record is the event's userId; others have the anonymousId
`faillog`. Oldest first. An event over 32 kB has its longest texts cut, and names them in `truncated`.

What was sent is remembered for each source and address, so that the same command in a cron job forwards each record
once; a record that the vendor changed later is sent anew. Forward hours that are complete: an attempt that goes out
before its exchange is stored goes out without a status.

Segment answers 200 also where it drops the events: for a wrong write key, and for a workspace of the other region (use
--region eu). Whether they arrived is seen in the source's Debugger. It counts an event once if it comes again
within 24 hours, so that a run that broke off can be repeated.";

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let filter = args.filters.to_filter(context)?;
    let mut target = target(context, args)?;
    let (input, store) = input::or_store(context, &args.input, &args.filters.provider)?;
    let mut outcome = Outcome::default();
    let engine = Engine::local(&store);
    let selection = Selection {
        limit: args.limit,
        all: args.all,
        raw: args.raw,
    };
    let walked = walk(
        context,
        &selection,
        &store,
        &engine,
        &filter,
        &mut target,
        &mut outcome,
    );
    tell(context, &target, &outcome);
    walked?;
    let is_complete = match &input {
        Some(input) => input.rejects == 0,
        None => {
            let scope = args.filters.scope(context)?;
            let completeness =
                Completeness::of(&store, &scope, context)?.without(engine.left_out(), &store);
            completeness.tell(context);
            completeness.is_complete()
        }
    };
    let refused = matches!(&target, Target::Source(sender) if sender.tally().refused > 0);
    if args.strict && (refused || !is_complete) {
        return Err(Error::new(
            Kind::Incomplete,
            "not everything was forwarded, and --strict was given",
        ));
    }
    Ok(())
}

/// Finds the source, or what stands for it in a dry run.
fn target(context: &mut Context<'_>, args: &Args) -> Result<Target, Error> {
    let stdin = |file: &PathBuf| file.as_os_str() == "-";
    if args.write_key_file.as_ref().is_some_and(stdin) && args.input.iter().any(stdin) {
        return Err(Error::usage(
            "standard input cannot be both the write key and the records",
        ));
    }
    let settings = &context.settings;
    let write_key = key::resolve(
        args.write_key_file.as_deref(),
        settings,
        &mut *context.input,
    )?;
    let url = args
        .tracking_url
        .as_ref()
        .or(settings.tracking_url.as_ref());
    let region = settings.segment_region()?;
    let tracking = write_key
        .map(|write_key| {
            let http = Http::new(Timeouts::default());
            Tracking::new(http, url.map(String::as_str), region, write_key)
        })
        .transpose()
        .map_err(|error| sender::address(&error))?;
    let state = &settings.state;
    match tracking {
        tracking if args.dry_run => Ok(Target::Print {
            sent: tracking.map(|tracking| Sent::look(state, &tracking.fingerprint())),
            batch: Batch::new(),
            batches: 0,
        }),
        None => Err(key::missing(settings)),
        Some(tracking) => {
            let sent = Sent::open(state, &tracking.fingerprint())?;
            let interrupted = Arc::clone(&context.interrupted);
            let sender = Sender::new(tracking, sent, context.now, interrupted);
            Ok(Target::Source(Box::new(sender)))
        }
    }
}

/// Says on stderr what became of the records, also after a failure.
fn tell(context: &mut Context<'_>, target: &Target, outcome: &Outcome) {
    let mut said = match target {
        Target::Source(sender) => sender.tally().tell(&sender.host()),
        Target::Print { batches, .. } => format!(
            "{} would be sent in {}",
            count(outcome.events, "event"),
            count(*batches, "request")
        ),
    };
    if outcome.sent_before > 0 {
        said.push_str(&format!("; {} sent before", number(outcome.sent_before)));
    }
    if outcome.is_limited {
        said.push_str("; there are more");
    }
    context.messages.note(&said);
    if outcome.cut > 0 {
        let events = count(outcome.cut, "event");
        context.messages.warn(&format!(
            "{events} over 32 kB, with texts cut; the property `truncated` names them"
        ));
    }
    if outcome.bare > 0 {
        let attempts = count(outcome.bare, "attempt");
        context.messages.warn(&format!(
            "{attempts} without a status: the exchange is not stored"
        ));
    }
    match target {
        Target::Print { sent: None, .. } if outcome.events > 0 => context
            .messages
            .note("without a write key nobody knows what was sent before; all that match are shown"),
        Target::Source(sender) if sender.tally().events > 0 && sender.is_first() => context
            .messages
            .hint("Segment says 200 to a wrong write key or region too; look for the events in the source's Debugger."),
        Target::Source(_) | Target::Print { .. } => {}
    }
}

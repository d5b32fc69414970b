//! `faillog hours`: what is stored, what grows, what is missing, what the vendor is about to delete.
//!
//! Rule: a gap is a row like any other; what is not listed was not asked about.

mod list;

use std::path::Path;

use crate::fetch::{Policy, Stored, expires_at, read_stored};
use crate::model::{Filter, Kind, Provider, Value, Window, count};
use crate::store::Store;

use super::filters::{TimeArgs, Times, likely_alias, read_collections};
use super::rows::{Rows, whole};
use super::{Context, Error, Settings};

use list::{Listed, list};

/// List the hours that are stored, growing, missing or about to expire
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Args {
    /// Only this collection, by alias or id (can be repeated)
    #[arg(long, value_name = "NAME")]
    collection: Vec<String>,

    #[command(flatten)]
    time: TimeArgs,
}

const HELP: &str = "\
Lists the stored hours and the gaps between a collection's first and last; with a range of time also the gaps from its
beginning to its end, as far back as the vendor keeps logs.

States:
  early    began less than two hours ago: logs appear 1 to 2 h late
  growing  fetched while its logs could still change; due again
  settled  fetched and complete
  empty    fetched and complete, without a log
  missing  never fetched (it may hold imported records); can be had until expires_at
  expired  never fetched complete, and deleted by the vendor

Columns: provider collection hour state records fetched_at expires_at
  expires_at is when the vendor deletes its logs; what is stored here stays.

Examples:
  faillog hours --collection prod --last 7d
  faillog hours -o csv | grep missing
  faillog hours --since 2025-03-20 --until 2025-03-21";

const COLUMNS: [(&str, Kind); 7] = [
    ("provider", Kind::Text),
    ("collection", Kind::Text),
    ("hour", Kind::Text),
    ("state", Kind::Text),
    ("records", Kind::Int),
    ("fetched_at", Kind::Time),
    ("expires_at", Kind::Time),
];

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let times = args.time.read(context.now)?;
    let collections = read_collections(&args.collection, &context.settings)?;
    let stored = read(&context.settings.data, &collections, &times)?;
    let policy = policy(&context.settings);
    let wanted = wanted(&collections, &context.settings);
    let listed = list(&stored, &wanted, &times, context.now, &policy);

    let mut rows = Rows::begin(context, &COLUMNS)?;
    for entry in &listed.hours {
        rows.row(&[
            Value::Text(entry.key.provider.name().into()),
            Value::Text(entry.key.collection.as_str().into()),
            Value::Text(entry.key.hour.to_string().into()),
            Value::Text(entry.state.name().into()),
            entry.records.map_or(Value::Null, whole),
            entry.fetched_at.map_or(Value::Null, Value::Time),
            Value::Time(expires_at(entry.key.hour, &policy)),
        ])?;
    }
    rows.finish()?;
    tell(context, &stored, &listed, &args.collection);
    Ok(())
}

/// How long hours grow and are kept, by the settings.
pub(super) fn policy(settings: &Settings) -> Policy {
    Policy {
        settle_hours: settings.settle_hours,
        retention_days: settings.retention_days,
    }
}

fn read(data: &Path, collections: &[String], times: &Times) -> Result<Stored, Error> {
    let filter = Filter {
        collections: collections.to_vec(),
        hours: times.hours.clone(),
        ..Filter::default()
    };
    Ok(read_stored(&Store::open(data), &filter, times.window)?)
}

/// The collections whose gaps count even where nothing of them is stored: those named, else those of the config.
fn wanted(named: &[String], settings: &Settings) -> Vec<(Provider, String)> {
    let ids: Vec<String> = match named {
        [] => settings.aliases.values().cloned().collect(),
        named => named.to_vec(),
    };
    ids.into_iter().map(|id| (Provider::Segment, id)).collect()
}

/// Says beside the rows what needs doing.
fn tell(context: &mut Context<'_>, stored: &Stored, listed: &Listed, named: &[String]) {
    for (key, error) in &stored.unreadable {
        context.messages.warn(&format!(
            "the hour {} of `{}` cannot be read and counts as not stored: {error}",
            key.hour, key.collection
        ));
    }
    for expiring in &listed.expiring {
        context.messages.warn(&format!(
            "{} of `{}` will be deleted by the vendor within 48 h, the first at {}",
            count(expiring.hours, "hour"),
            expiring.collection,
            expiring.first_expiry
        ));
        let Window { start, end } = expiring.window;
        context.messages.hint(&format!(
            "{} fetch --collection {} --since {start} --until {end}",
            context.program, expiring.collection
        ));
    }
    if listed.hours.is_empty() {
        context
            .messages
            .note("no hour is stored of what was asked for");
        for name in named {
            if let Some(alias) = likely_alias(name, &context.settings)
                && alias != name
            {
                let hint = format!("did you mean `--collection {alias}`?");
                context.messages.hint(&hint);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn the_flags_are_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
        let cli = Cli::try_parse_from(["x", "--collection", "a", "--last", "7d"]).unwrap();
        assert_eq!(cli.args.collection, ["a"]);
    }

    #[test]
    fn what_expires_and_what_is_broken_is_said() {
        use super::super::sandbox::{settings, with_context};
        use crate::fetch::State;
        use crate::model::{Hour, Timestamp};
        use crate::store::HourKey;

        let now = Timestamp::parse("2025-03-23T20:30:00Z").unwrap();
        let times = TimeArgs {
            since: Some("2025-02-23T22:00:00Z".into()),
            until: Some("2025-02-24T00:00:00Z".into()),
            ..TimeArgs::default()
        };
        let times = times.read(now).unwrap();
        let stored = Stored {
            metas: Default::default(),
            unreadable: vec![(
                HourKey {
                    provider: Provider::Segment,
                    collection: "2wmp".into(),
                    hour: Hour::parse("2025-02-23T22", now).unwrap(),
                },
                crate::store::StoreError::Locked {
                    path: "2wmp".into(),
                    waited_secs: 10,
                },
            )],
        };
        let root = tempfile::tempdir().unwrap();
        let settings = settings(root.path());
        let listed = list(
            &stored,
            &wanted(&[], &settings),
            &times,
            now,
            &policy(&settings),
        );
        let states: Vec<_> = listed.hours.iter().map(|entry| entry.state).collect();
        assert_eq!(states, [State::Missing, State::Missing]);
        let ((), _, err) = with_context(settings, "2025-03-23T20:30:00Z", &[], |context| {
            tell(context, &stored, &listed, &[]);
        });
        assert_eq!(
            err,
            "warning: the hour 2025-02-23T22 of `2wmp` cannot be read and counts as not stored: another faillog has been writing to the collection in `2wmp` for 10 s\n\
             warning: 2 hours of `2wmp` will be deleted by the vendor within 48 h, the first at 2025-03-23T22:00:00Z\n\
             hint: faillog fetch --collection 2wmp --since 2025-02-23T22:00:00Z --until 2025-02-24T00:00:00Z\n"
        );
    }
}

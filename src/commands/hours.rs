//! `faillog hours`: what is stored, what grows, what is missing, what the vendor is about to delete.
//!
//! Rule: a gap is a row like any other; what is not listed was not asked about.

mod list;

use std::collections::{BTreeMap, BTreeSet};

use crate::fetch::{Policy, Stored, has_fetched, read_stored};
use crate::model::{Filter, Kind, Provider, Value, Window, count};
use crate::providers::spec;
use crate::store::{HourMeta, Store};

use super::account::fetch_words;
use super::filters::{TimeArgs, Times, likely_alias, providers, read_collections};
use super::rows::{Rows, whole};
use super::{Context, Error, Settings};

use list::{Listed, list};

/// List the hours that are stored, growing, missing or about to expire
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Args {
    /// Only this provider's (can be repeated)
    #[arg(long, value_name = "PROVIDER", value_parser = providers())]
    provider: Vec<Provider>,

    /// Only this collection, by alias or id (can be repeated)
    #[arg(long, value_name = "NAME")]
    collection: Vec<String>,

    #[command(flatten)]
    time: TimeArgs,
}

const HELP: &str = "\
Lists the stored hours and the gaps between a collection's first and last, but for a few that lie more than 31 days from
all others; with a range of time also the gaps from its beginning to its end, as far back as the vendor keeps logs.

States:
  early    its logs are not due: Segment's appear 1 to 2 h late; elsewhere the hour has not ended
  growing  fetched in part, or while its logs could still change; due again
  settled  fetched and complete
  empty    fetched and complete, without a log
  missing  never fetched (it may hold imported records); can be had until expires_at
  expired  never fetched complete, and deleted by the vendor
  imported of a collection that is only imported into: what it lacks nobody knows, so that it has no gaps

Columns: provider collection hour state records fetched_at expires_at
  expires_at is when the vendor deletes its logs, if it does; what is stored here stays.

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
    let settings = &context.settings;
    let store = Store::open(&settings.data);
    let stored = read(&store, &args.provider, &collections, &times)?;
    let wanted = wanted(&store, &args.provider, &collections, settings)?;
    let policies = policies(&store, &stored, &wanted, settings)?;
    let policy_of = |provider, collection: &str| {
        let known = policies.get(&(provider, collection.to_owned()));
        known
            .copied()
            .unwrap_or_else(|| settings.policy(provider, collection))
    };
    let listed = list(&stored, &wanted, &times, context.now, policy_of);

    let mut rows = Rows::begin(context, &COLUMNS)?;
    for entry in &listed.hours {
        rows.row(&[
            Value::Text(entry.key.provider.name().into()),
            Value::Text(entry.key.collection.as_str().into()),
            Value::Text(entry.key.hour.to_string().into()),
            Value::Text(entry.state.name().into()),
            entry.records.map_or(Value::Null, whole),
            entry.fetched_at.map_or(Value::Null, Value::Time),
            entry.expires_at.map_or(Value::Null, Value::Time),
        ])?;
    }
    rows.finish()?;
    tell(context, &stored, &listed, &args.collection);
    Ok(())
}

/// How long the hours of a collection grow and are kept. Of one that was never fetched from and that the config does not
/// name, nobody knows what it lacks; of one without an hour it is said by who asks for it.
pub(super) fn policy_of<'m>(
    settings: &Settings,
    provider: Provider,
    collection: &str,
    metas: impl Iterator<Item = &'m HourMeta>,
) -> Policy {
    let mut metas = metas.peekable();
    let is_stored = metas.peek().is_some();
    if is_stored && !metas.any(has_fetched) {
        settings.policy_unfetched(provider, collection)
    } else {
        settings.policy(provider, collection)
    }
}

/// The policy of each collection, judged by all of its hours.
fn policies(
    store: &Store,
    stored: &Stored,
    wanted: &[(Provider, String)],
    settings: &Settings,
) -> Result<BTreeMap<(Provider, String), Policy>, Error> {
    let held = stored.metas.keys();
    let held = held.map(|key| (key.provider, key.collection.clone()));
    let all: BTreeSet<(Provider, String)> = held.chain(wanted.iter().cloned()).collect();
    let mut policies = BTreeMap::new();
    for (provider, collection) in all {
        let is_its =
            |meta: &&HourMeta| meta.key.provider == provider && meta.key.collection == collection;
        let mut metas = stored.metas.values().filter(is_its);
        let policy = if metas.any(has_fetched) {
            settings.policy(provider, &collection)
        } else {
            let filter = Filter {
                providers: vec![provider],
                collections: vec![collection.clone()],
                ..Filter::default()
            };
            let whole = read_stored(store, &filter, Window::ALL)?;
            policy_of(settings, provider, &collection, whole.metas.values())
        };
        policies.insert((provider, collection), policy);
    }
    Ok(policies)
}

fn read(
    store: &Store,
    providers: &[Provider],
    collections: &[String],
    times: &Times,
) -> Result<Stored, Error> {
    let filter = Filter {
        providers: providers.to_vec(),
        collections: collections.to_vec(),
        hours: times.hours.clone(),
        ..Filter::default()
    };
    Ok(read_stored(store, &filter, times.window)?)
}

/// The collections whose gaps count even where nothing of them is stored: those named, else those of the config.
fn wanted(
    store: &Store,
    providers: &[Provider],
    named: &[String],
    settings: &Settings,
) -> Result<Vec<(Provider, String)>, Error> {
    let accounts = settings.accounts.iter();
    let accounts = accounts
        .filter(|account| spec(account.provider).keeping.is_fetched)
        .map(|account| (account.provider, account.collection.clone()));
    let aliases = settings.aliases.values();
    let aliases = aliases.map(|id| (Provider::Segment, id.clone()));
    let mut wanted: BTreeSet<(Provider, String)> = aliases.chain(accounts).collect();
    if !named.is_empty() {
        wanted.retain(|(_, collection)| named.contains(collection));
        let filter = Filter {
            collections: named.to_vec(),
            ..Filter::default()
        };
        let held = store.hours(&filter)?.into_iter();
        wanted.extend(held.map(|key| (key.provider, key.collection)));
        for name in named {
            if !wanted.iter().any(|(_, collection)| collection == name) {
                // A name that nothing tells of is the id of a collection of Segment.
                let provider = providers.first().copied().unwrap_or(Provider::Segment);
                wanted.insert((provider, name.clone()));
            }
        }
    }
    wanted.retain(|(provider, _)| providers.is_empty() || providers.contains(provider));
    Ok(wanted.into_iter().collect())
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
        let words = fetch_words(context, expiring.provider, &[&expiring.collection]).join(" ");
        context
            .messages
            .hint(&format!("{words} --since {start} --until {end}"));
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
        let store = Store::open(&settings.data);
        let wanted = wanted(&store, &[], &[], &settings).unwrap();
        let listed = list(&stored, &wanted, &times, now, |provider, name: &str| {
            settings.policy(provider, name)
        });
        let states: Vec<_> = listed.hours.iter().map(|entry| entry.state).collect();
        assert_eq!(states, [State::Missing, State::Missing]);
        let ((), _, err) = with_context(settings, "2025-03-23T20:30:00Z", &[], |context| {
            tell(context, &stored, &listed, &[]);
        });
        assert_eq!(
            err,
            "warning: the hour 2025-02-23T22 of `2wmp` cannot be read and counts as not stored: another faillog has been writing to the collection in `2wmp` for 10 s\n\
             warning: 2 hours of `2wmp` will be deleted by the vendor within 48 h, the first at 2025-03-23T22:00:00Z\n\
             hint: faillog fetch --collection prod --since 2025-02-23T22:00:00Z --until 2025-02-24T00:00:00Z\n"
        );
    }
}

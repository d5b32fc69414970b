//! `faillog store`: where the store is, what it holds, whether it is whole, and removing what is old.

use std::collections::BTreeMap;
use std::fs;

use crate::model::{
    Filter, Hour, Kind as ColumnKind, Provider, Value, bytes, count, format_span, number,
    parse_span,
};
use crate::store::{FORMAT_VERSION, HourFile, HourKey, Store};

use super::rows::{Rows, whole};
use super::{Context, Error};

/// Look after the store
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print the folder that holds the Parquet files
    Path,
    /// Show what each collection holds
    Info,
    /// Read every hour whole and say which are damaged
    Verify {
        /// Only this collection, by alias or id (can be repeated)
        #[arg(long, value_name = "NAME")]
        collection: Vec<String>,
        /// Remove what killed runs left: temporary files and rejects that belong to no hour
        #[arg(long)]
        repair: bool,
    },
    /// Remove old hours for good
    Prune {
        /// Remove hours that ended longer ago than this: 90d, 26w
        #[arg(long, value_name = "SPAN")]
        older_than: String,
        /// Only this collection, by alias or id (can be repeated)
        #[arg(long, value_name = "NAME")]
        collection: Vec<String>,
        /// Say what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
}

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let store = Store::open(&context.settings.data);
    match &args.action {
        Action::Path => Ok(writeln!(context.out, "{}", store.root().display())?),
        Action::Info => info(context, &store),
        Action::Verify { collection, repair } => {
            verify(context, &store, &filter(context, collection), *repair)
        }
        Action::Prune {
            older_than,
            collection,
            dry_run,
        } => prune(
            context,
            &store,
            older_than,
            &filter(context, collection),
            *dry_run,
        ),
    }
}

fn filter(context: &Context<'_>, collections: &[String]) -> Filter {
    Filter {
        collections: collections
            .iter()
            .map(|name| context.settings.resolve_alias(name))
            .collect(),
        ..Filter::default()
    }
}

#[derive(Default)]
struct Collection {
    hours: u64,
    records: u64,
    rejects: u64,
    bytes: u64,
    first: Option<Hour>,
    last: Option<Hour>,
}

fn info(context: &mut Context<'_>, store: &Store) -> Result<(), Error> {
    let mut collections: BTreeMap<(Provider, String), Collection> = BTreeMap::new();
    for key in store.hours(&Filter::default())? {
        let size = fs::metadata(store.records_file(&key)).map_or(0, |metadata| metadata.len());
        let meta = match HourFile::open(store, &key) {
            Ok(file) => file.meta().clone(),
            Err(error) => {
                context.messages.warn(&error.to_string());
                continue;
            }
        };
        let collection = collections
            .entry((key.provider, key.collection.clone()))
            .or_default();
        collection.hours += 1;
        collection.records += meta.records();
        collection.rejects += meta.rejects.lines;
        collection.bytes += size;
        collection.first = collection.first.or(Some(key.hour));
        collection.last = Some(key.hour);
    }
    let mut rows = Rows::begin(
        context,
        &[
            ("provider", ColumnKind::Text),
            ("collection", ColumnKind::Text),
            ("hours", ColumnKind::Int),
            ("records", ColumnKind::Int),
            ("rejects", ColumnKind::Int),
            ("bytes", ColumnKind::Int),
            ("first_hour", ColumnKind::Text),
            ("last_hour", ColumnKind::Text),
        ],
    )?;
    let hour =
        |hour: Option<Hour>| hour.map_or(Value::Null, |hour| Value::Text(hour.to_string().into()));
    let (mut hours, mut records, mut size) = (0, 0, 0);
    for ((provider, name), collection) in &collections {
        rows.row(&[
            Value::Text(provider.name().into()),
            Value::Text(name.as_str().into()),
            whole(collection.hours),
            whole(collection.records),
            whole(collection.rejects),
            whole(collection.bytes),
            hour(collection.first),
            hour(collection.last),
        ])?;
        hours += collection.hours;
        records += collection.records;
        size += collection.bytes;
    }
    rows.finish()?;
    context.messages.note(&format!(
        "{} in {}, {}, format version {FORMAT_VERSION}, in {}",
        count(records, "record"),
        count(hours, "hour"),
        bytes(size),
        store.root().display()
    ));
    Ok(())
}

fn verify(
    context: &mut Context<'_>,
    store: &Store,
    filter: &Filter,
    repair: bool,
) -> Result<(), Error> {
    let keys = store.hours(filter)?;
    let is_stored = |name: &&String| keys.iter().any(|key| key.collection == **name);
    if let Some(name) = filter.collections.iter().find(|name| !is_stored(name)) {
        return Err(Error::failure(format!("nothing is stored of `{name}`"))
            .hint("`faillog store info` lists what is stored."));
    }
    let (mut records, mut damaged) = (0, 0);
    for key in &keys {
        if context.is_interrupted() {
            return Err(Error::new(super::Kind::Interrupted, "interrupted"));
        }
        match store.verify(key) {
            Ok(Some(n)) => records += n,
            // Removed since the hours were listed.
            Ok(None) => {}
            Err(error) => {
                damaged += 1;
                context.messages.warn(&format!(
                    "{} {} {}: {error}",
                    key.provider, key.collection, key.hour
                ));
            }
        }
    }
    tell_leftovers(context, store, filter, repair)?;
    if damaged > 0 {
        let what = format!(
            "{} of {} damaged",
            number(damaged),
            count(keys.len() as u64, "hour")
        );
        return Err(Error::failure(what)
            .hint("Fetch the hours named above again with --refresh, or import them again."));
    }
    context.messages.note(&format!(
        "{} in {} are whole",
        count(records, "record"),
        count(keys.len() as u64, "hour")
    ));
    Ok(())
}

/// Removes what killed runs left, or tells that there is something.
fn tell_leftovers(
    context: &mut Context<'_>,
    store: &Store,
    filter: &Filter,
    repair: bool,
) -> Result<(), Error> {
    let mut left = 0;
    for (provider, collection) in store.collections()? {
        if !filter.wants_collection(provider, &collection) {
            continue;
        }
        left += match repair {
            true => store.repair(provider, &collection)?,
            false => store.leftovers(provider, &collection)?.unwrap_or_default(),
        };
    }
    let what = count(left, "leftover");
    match (repair, left) {
        (true, _) => context.messages.note(&format!("{what} of killed runs removed")),
        (false, 0) => {}
        (false, _) => context.messages.note(&format!(
            "{what} of killed runs; the next run that writes removes what is in its way, `faillog store verify --repair` all of it"
        )),
    }
    Ok(())
}

fn prune(
    context: &mut Context<'_>,
    store: &Store,
    older_than: &str,
    filter: &Filter,
    dry_run: bool,
) -> Result<(), Error> {
    let span =
        parse_span(older_than).map_err(|error| Error::usage(format!("--older-than: {error}")))?;
    let before = context.now.plus(-span);
    let old: Vec<HourKey> = store
        .hours(filter)?
        .into_iter()
        .filter(|key| key.hour.end() <= before)
        .collect();
    let mut size = 0;
    for key in &old {
        size += fs::metadata(store.records_file(key)).map_or(0, |metadata| metadata.len());
        if !dry_run {
            store
                .lock(key.provider, &key.collection)?
                .remove(key.hour)?;
        }
    }
    let range = match (
        old.iter().map(|key| key.hour).min(),
        old.iter().map(|key| key.hour).max(),
    ) {
        (Some(first), Some(last)) if first == last => format!(" ({first})"),
        (Some(first), Some(last)) => format!(" ({first} to {last})"),
        _ => String::new(),
    };
    let done = if dry_run {
        "would be removed"
    } else {
        "removed"
    };
    context.messages.note(&format!(
        "{}{range} older than {} {done}, {}",
        count(old.len() as u64, "hour"),
        format_span(span),
        bytes(size)
    ));
    Ok(())
}

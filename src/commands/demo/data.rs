//! `faillog demo data`: the made-up logs alone, as files, for trying imports and measuring speed.
//!
//! Rule: the same arguments write the same bytes; nothing that exists is overwritten.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::commands::{Context, Error, Kind};
use crate::demo::{DESTINATIONS, Dataset, Spec, Tally};
use crate::model::{Hour, bytes, count};

/// Write made-up failure logs as files, one an hour
///
/// The files are DIR/COLLECTION/HOUR.ndjson. The same arguments give the same bytes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder to write to; it must not exist yet, or be empty
    dir: PathBuf,
    /// Lines in all, the few broken ones among them
    #[arg(long, value_name = "N", default_value_t = 30_000)]
    records: u64,
    /// Seed of the made-up data
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// First hour
    #[arg(long, value_name = "HOUR", default_value = "2025-03-23T20")]
    start: String,
    /// Number of hours
    #[arg(long, value_name = "K", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=MOST_HOURS))]
    hours: u32,
    /// Number of collections
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=MOST_COLLECTIONS))]
    collections: u8,
}

/// The provider keeps 28 days.
const MOST_HOURS: i64 = 28 * 24;
const MOST_COLLECTIONS: i64 = DESTINATIONS.len() as i64;

/// Writes a data set as files.
pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let start = Hour::parse(&args.start, context.now).map_err(Error::usage)?;
    let is_in_use = fs::read_dir(&args.dir).is_ok_and(|mut entries| entries.next().is_some());
    if is_in_use {
        return Err(
            Error::failure(format!("`{}` is not empty", args.dir.display()))
                .hint("Name a new folder, so that old and new files do not mix."),
        );
    }
    let dataset = Dataset::new(Spec {
        seed: args.seed,
        start,
        hours: args.hours,
        records: args.records,
        collections: args.collections.into(),
    });
    let mut total = Tally::default();
    let mut files = 0;
    for mut collection in dataset.collections() {
        let folder = args.dir.join(collection.destination.alias);
        fs::create_dir_all(&folder).map_err(|error| cannot_write(&folder, &error))?;
        while let Some((hour, _)) = collection.upcoming() {
            let path = folder.join(format!("{hour}.ndjson"));
            let written = fs::File::create(&path).and_then(|mut file| {
                let log = collection.next_hour(&mut file)?;
                // The provider appends what was logged late.
                log.map(|log| file.write_all(&log.late).map(|()| log.tally))
                    .transpose()
            });
            let tally = written.map_err(|error| cannot_write(&path, &error))?;
            total.add(&tally.unwrap_or_default());
            files += 1;
            if context.is_interrupted() {
                return Err(Error::new(Kind::Interrupted, "interrupted"));
            }
        }
    }
    context.messages.note(&format!(
        "wrote {} ({}, {}, {}, {}) in {}, {}, to {}",
        count(total.lines(), "line"),
        count(total.errors, "error"),
        count(total.attempts, "attempt"),
        count(total.exchanges, "exchange"),
        count(total.broken, "broken line"),
        count(files, "file"),
        bytes(total.bytes),
        args.dir.display(),
    ));
    Ok(())
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    Error::failure(format!("cannot write `{}`: {error}", path.display()))
}

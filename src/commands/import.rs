//! `faillog import`.

mod open;

use std::path::PathBuf;
use std::sync::Arc;

use super::{Context, Error, Kind, Messages};
use crate::fetch::{FileImport, Imported, IngestError, Progress, import_files};
use crate::model::{Provider, count, number};
use crate::store::{Lost, Store};

pub(super) use open::{Named, Opening, open_files, refuse_unreadable_input};

/// Read exported log files into the store
///
/// Takes NDJSON, concatenated JSON, JSON arrays, the answers of the providers' APIs, and CSV with a header; plain or compressed with
/// gzip or zstd. What a file is, and whose, is told from its content; files of several providers may be given together. Each record
/// goes to the hour of its own time, and is stored once however often it is imported. One without a time has that of its file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File to import; - is standard input (can be repeated)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Provider whose logs all the files are, instead of recognising it from the content
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<Provider>,

    /// Collection to import into, an id or an alias
    #[arg(long, value_name = "NAME", default_value = "import", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    collection: String,
}

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    refuse_unreadable_input(context, &args.files)?;
    let collection = context.settings.resolve_alias(&args.collection);
    let store = Store::open(&context.settings.data);
    let progress = Progress::new(Arc::clone(&context.interrupted));
    let named = args.provider.map_or(Named::No, Named::All);
    let opening = open_files(&mut *context.input, &args.files, named, context.now);
    let mut failures = opening.failures;
    let mut has_kept = false;
    for name in &opening.empty {
        tell_empty(&mut context.messages, name);
    }
    for (provider, sources) in Opening::by_provider(opening.opened) {
        match import_files(sources, &store, provider, &collection, &progress) {
            Ok(imported) => {
                has_kept |= report(&mut context.messages, &imported, provider, &collection);
                let failed_files = imported.files.iter();
                failures.extend(
                    failed_files
                        .filter_map(|file| file.failure.as_ref())
                        .map(failed),
                );
            }
            Err(error @ IngestError::Interrupted) => return Err(failed(&error)),
            Err(error) => failures.push(failed(&error)),
        }
    }
    if has_kept {
        context.messages.hint(&format!(
            "Rejected lines are kept in `_rejects-*.ndjson` beside their hours, below `{}`.",
            context.settings.data.display()
        ));
    }
    end(failures, args.files.len())
}

pub(super) fn failed(error: &IngestError) -> Error {
    let message = error.to_string();
    match error {
        IngestError::Interrupted => Error::new(
            Kind::Interrupted,
            "interrupted before the import was finished",
        )
        .hint("Import the files again; records stored already are not stored twice."),
        IngestError::Truncated { .. } | IngestError::Corrupt { .. } => Error::failure(message).hint(
            "What could be read of it is imported; get the file again and import it: known records are not stored twice.",
        ),
        IngestError::NothingDecoded { .. }
        | IngestError::Read { .. }
        | IngestError::TooLong { .. }
        | IngestError::Store(_) => Error::failure(message),
    }
}

/// Makes one error of all failures, the first hint of each kind once.
fn end(mut failures: Vec<Error>, files: usize) -> Result<(), Error> {
    if failures.len() <= 1 {
        return failures.pop().map_or(Ok(()), Err);
    }
    let messages: Vec<_> = failures
        .iter()
        .map(|error| error.message.as_str())
        .collect();
    let mut error = Error::failure(format!(
        "{} of {} could not be imported whole: {}",
        number(failures.len() as u64),
        count(files as u64, "file"),
        messages.join("; ")
    ));
    for hint in failures.into_iter().flat_map(|failure| failure.hints) {
        if !error.hints.contains(&hint) {
            error.hints.push(hint);
        }
    }
    Err(error)
}

/// Tells what came of a provider's files; returns whether rejects of them are kept.
fn report(
    messages: &mut Messages<'_>,
    imported: &Imported,
    provider: Provider,
    collection: &str,
) -> bool {
    let known = imported
        .records
        .saturating_sub(imported.added)
        .saturating_sub(imported.updated);
    let updated = match imported.updated {
        0 => String::new(),
        updated => format!(" {} updated,", number(updated)),
    };
    // Of files without any record it is said of each.
    if imported.records > 0 {
        messages.note(&format!(
            "{} added to {provider} `{collection}`,{updated} {} known already, in {}",
            count(imported.added, "record"),
            number(known),
            count(imported.hours.len() as u64, "hour"),
        ));
    }
    for (hour, lost) in &imported.lost {
        let what = match lost {
            Lost::All => "nothing of it could be read any more".to_owned(),
            Lost::Records(lost) => format!(
                "{} could not be read any more; the others are kept",
                count(*lost, "record")
            ),
            Lost::Rejects(lost) => format!(
                "{} that had been rejected could not be read any more",
                count(*lost, "line")
            ),
        };
        messages.warn(&format!("what was stored of {hour} was damaged: {what}"));
    }
    let mut has_kept = false;
    for file in &imported.files {
        tell_file(messages, file);
        has_kept |= file.rejects > 0 && file.records > 0;
    }
    has_kept
}

/// Says of a file what the reader could be misled by.
pub(super) fn tell_file(messages: &mut Messages<'_>, file: &FileImport) {
    if file.rejects > 0 {
        messages.warn(&rejects_of(file));
    }
    let is_encoding = |(_, reason): &(u64, String)| reason.starts_with("no valid UTF-8");
    if !file.first_rejects.is_empty() && file.first_rejects.iter().all(is_encoding) {
        messages.hint(&format!(
            "If the whole file is Latin text, convert it: {}.",
            open::convert("ISO-8859-1", &file.name)
        ));
    }
    if let Some(arrived) = file.arrived
        && file.timeless > 0
    {
        messages.note(&format!(
            "{} of `{}` without a time of {} own: given that of the file's arrival, {arrived}",
            count(file.timeless, "record"),
            file.name,
            if file.timeless == 1 { "its" } else { "their" }
        ));
    }
    if file.records == 0 && file.rejects == 0 && file.failure.is_none() {
        tell_empty(messages, &file.name);
    }
}

pub(super) fn tell_empty(messages: &mut Messages<'_>, name: &str) {
    messages.note(&format!("`{name}` holds no record"));
}

fn rejects_of(file: &FileImport) -> String {
    let reasons: Vec<_> = file
        .first_rejects
        .iter()
        .map(|(line, reason)| format!("line {line}: {reason}"))
        .collect();
    let more = match file.rejects - reasons.len() as u64 {
        0 => String::new(),
        more => format!("; and {} more", number(more)),
    };
    format!(
        "{} of `{}` could not be decoded: {}{more}",
        count(file.rejects, "line"),
        file.name,
        reasons.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_are_told_with_their_first_lines() {
        let mut file = FileImport {
            name: "a.ndjson".into(),
            rejects: 1,
            first_rejects: vec![(7, "no valid UTF-8 at byte 3".into())],
            ..FileImport::default()
        };
        assert_eq!(
            rejects_of(&file),
            "1 line of `a.ndjson` could not be decoded: line 7: no valid UTF-8 at byte 3"
        );
        file.rejects = 1200;
        assert!(rejects_of(&file).starts_with("1,200 lines of "));
        assert!(rejects_of(&file).ends_with("; and 1,199 more"));
    }
}

//! `faillog import`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Context, Error, Kind};
use crate::fetch::{FileImport, Imported, IngestError, Progress, RecogniseError, Source};
use crate::fetch::{import_files, recognise};
use crate::model::{Provider, count, number};
use crate::store::Store;

/// How much of standard input is looked at before it is read, 256 KiB; it cannot be read twice.
const HEAD_BYTES: u64 = 256 << 10;

/// Read exported log files into the store
///
/// Takes NDJSON, concatenated JSON or JSON arrays, plain or compressed with gzip or zstd; what a file is, is told from its
/// content. Each record goes to the hour of its own time, and is stored once however often it is imported.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File to import; - is standard input (can be repeated)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Provider whose logs they are, instead of recognising it from the content
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
    let (opened, mut failures) = open_files(&mut *context.input, &args.files, args.provider);
    if opened.is_empty() {
        return end(failures, args.files.len());
    }
    let provider = opened[0].0;
    let sources = opened.into_iter().map(|(_, source)| source).collect();
    let imported = import_files(sources, &store, provider, &collection, &progress)
        .map_err(|error| failed(&error))?;
    report(context, &imported, &collection);
    failures.extend(
        imported
            .files
            .iter()
            .filter_map(|file| file.failure.as_ref())
            .map(failed),
    );
    end(failures, args.files.len())
}

pub(super) fn refuse_unreadable_input(
    context: &Context<'_>,
    files: &[PathBuf],
) -> Result<(), Error> {
    let inputs = files.iter().filter(|file| is_stdin(file)).count();
    if inputs > 1 {
        return Err(Error::usage("`-` is given more than once"));
    }
    if inputs == 1 && context.terminal.stdin_is_terminal {
        return Err(Error::usage("standard input is a terminal").hint(format!(
            "Pipe a log into it: `zcat logs.gz | {} import -`.",
            context.program
        )));
    }
    Ok(())
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Opens what can be opened and recognised; the others are failures.
pub(super) fn open_files<'i>(
    input: &'i mut (dyn Read + Send),
    files: &[PathBuf],
    provider: Option<Provider>,
) -> (Vec<(Provider, Source<'i>)>, Vec<Error>) {
    let mut input = Some(input);
    let mut opened = Vec::new();
    let mut failures = Vec::new();
    for path in files {
        let source = match input.take_if(|_| is_stdin(path)) {
            Some(input) => open_input(input, provider),
            None => open_file(path, provider),
        };
        match source {
            Ok(source) => opened.push(source),
            Err(error) => failures.push(error),
        }
    }
    (opened, failures)
}

fn open_input(
    input: &mut (dyn Read + Send),
    provider: Option<Provider>,
) -> Result<(Provider, Source<'_>), Error> {
    let name = "standard input".to_owned();
    let mut head = Vec::new();
    input
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .map_err(|error| unrecognised(&name, &RecogniseError::Read(error)))?;
    let provider = match provider {
        Some(provider) => provider,
        None => provider_of(&name, Box::new(head.as_slice()))?,
    };
    let reader = Box::new(io::Cursor::new(head).chain(input));
    Ok((provider, Source { name, reader }))
}

fn open_file(
    path: &Path,
    provider: Option<Provider>,
) -> Result<(Provider, Source<'static>), Error> {
    let name = path.display().to_string();
    let file =
        File::open(path).map_err(|error| unrecognised(&name, &RecogniseError::Read(error)))?;
    let provider = match provider {
        Some(provider) => provider,
        None => provider_of(&name, Box::new(file))?,
    };
    let reader = Box::new(LazyFile {
        path: path.to_owned(),
        file: None,
    });
    Ok((provider, Source { name, reader }))
}

/// An empty file has no records of any provider.
fn provider_of<'r>(name: &str, reader: Box<dyn Read + Send + 'r>) -> Result<Provider, Error> {
    recognise(reader)
        .map(|provider| provider.unwrap_or(Provider::Segment))
        .map_err(|error| unrecognised(name, &error))
}

fn unrecognised(name: &str, error: &RecogniseError) -> Error {
    let known: Vec<_> = Provider::ALL
        .iter()
        .map(|provider| provider.name())
        .collect();
    match error {
        RecogniseError::Read(error) => Error::failure(format!("cannot read `{name}`: {error}")),
        RecogniseError::Damaged => Error::failure(format!("cannot read `{name}`: {error}")),
        RecogniseError::Keys(_) | RecogniseError::Text(_) => {
            Error::failure(format!("cannot import `{name}`: {error}")).hint(format!(
                "If it is such a log all the same, name its provider: `--provider {}`.",
                known.join("|")
            ))
        }
    }
}

/// A file that is opened when its turn comes: a thousand of them are not open at once.
struct LazyFile {
    path: PathBuf,
    file: Option<File>,
}

impl Read for LazyFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.read(buffer),
            None => self.file.insert(File::open(&self.path)?).read(buffer),
        }
    }
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

fn report(context: &mut Context<'_>, imported: &Imported, collection: &str) {
    let known = imported
        .records
        .saturating_sub(imported.added)
        .saturating_sub(imported.updated);
    let updated = match imported.updated {
        0 => String::new(),
        updated => format!(" {} updated,", number(updated)),
    };
    context.messages.note(&format!(
        "{} added to `{collection}`,{updated} {} known already, in {}",
        count(imported.added, "record"),
        number(known),
        count(imported.hours.len() as u64, "hour"),
    ));
    let mut has_kept = false;
    for file in imported.files.iter().filter(|file| file.rejects > 0) {
        context.messages.warn(&rejects_of(file));
        has_kept |= file.records > 0;
    }
    if has_kept {
        context.messages.hint(&format!(
            "Rejected lines are kept whole in `rejects.ndjson` beside their hours, below `{}`.",
            context.settings.data.display()
        ));
    }
}

pub(super) fn rejects_of(file: &FileImport) -> String {
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

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(line: &[&str]) -> Args {
        use clap::Parser;
        Line::try_parse_from(std::iter::once(&"import").chain(line))
            .unwrap()
            .args
    }

    #[test]
    fn what_cannot_be_opened_or_recognised_spares_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("good"), "{\"event\":\"Error Logged\"}\n").unwrap();
        std::fs::write(path("csv"), "id,name\n").unwrap();
        let (good, csv, missing) = (path("good"), path("csv"), path("missing"));
        let mut input: &[u8] = b"{\"type\":\"observability\"}";

        let (opened, failures) =
            open_files(&mut input, &args(&[&missing, &csv, &good, "-"]).files, None);
        let mut read = Vec::new();
        for (provider, mut source) in opened {
            let mut text = String::new();
            source.reader.read_to_string(&mut text).unwrap();
            assert_eq!(provider, Provider::Segment);
            read.push((source.name, text));
        }
        assert_eq!(
            read,
            [
                (good, "{\"event\":\"Error Logged\"}\n".to_owned()),
                (
                    "standard input".to_owned(),
                    "{\"type\":\"observability\"}".to_owned()
                ),
            ]
        );
        let error = end(failures, 4).unwrap_err();
        assert!(error.message.starts_with(&format!(
            "2 of 4 files could not be imported whole: cannot read `{missing}`: "
        )));
        assert!(error.message.ends_with(&format!(
            "; cannot import `{csv}`: it is no log of a known provider: it begins with `id,name`"
        )));
        assert_eq!(error.hints.len(), 1);
        assert_eq!(error.kind.exit_code(), 1);
    }

    #[test]
    fn a_named_provider_needs_no_recognition() {
        let mut input: &[u8] = b"anything";
        let (opened, failures) = open_files(&mut input, &["-".into()], Some(Provider::Segment));
        assert_eq!((opened.len(), failures.len()), (1, 0));
    }

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

//! Opening the files of `import` and `--input`, and telling whose they are.
//!
//! Rule: what cannot be opened or recognised is a failure that names the file and what was seen, and takes no other file with it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::super::quote::quote;
use super::super::{Context, Error};
use crate::fetch::{RecogniseError, Recognised, Source, recognise};
use crate::model::{Provider, Timestamp};

/// How much of standard input is looked at before it is read, 256 KiB; it cannot be read twice.
const HEAD_BYTES: u64 = 256 << 10;

/// What standard input is called.
const STDIN: &str = "standard input";

/// What the user says of whose the files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Named {
    /// Nothing: it is recognised.
    No,
    /// All files are this provider's.
    All(Provider),
    /// What is not recognised is this provider's.
    Rest(Provider),
}

/// Files, each opened or told why not.
#[derive(Default)]
pub(in super::super) struct Opening<'i> {
    /// In the order given.
    pub(in super::super) opened: Vec<(Provider, Source<'i>)>,
    /// Names of files that hold nothing.
    pub(in super::super) empty: Vec<String>,
    pub(in super::super) failures: Vec<Error>,
}

impl<'i> Opening<'i> {
    /// Puts the files of each provider together, in the order of their first.
    pub(in super::super) fn by_provider(
        opened: Vec<(Provider, Source<'i>)>,
    ) -> Vec<(Provider, Vec<Source<'i>>)> {
        let mut groups: Vec<(Provider, Vec<Source<'i>>)> = Vec::new();
        for (provider, source) in opened {
            match groups.iter_mut().find(|(known, _)| *known == provider) {
                Some((_, sources)) => sources.push(source),
                None => groups.push((provider, vec![source])),
            }
        }
        groups
    }
}

pub(in super::super) fn refuse_unreadable_input(
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

/// Opens what can be opened and recognised.
pub(in super::super) fn open_files<'i>(
    input: &'i mut (dyn Read + Send),
    files: &[PathBuf],
    named: Named,
    now: Timestamp,
) -> Opening<'i> {
    let mut input = Some(input);
    let mut opening = Opening::default();
    for path in files {
        let source = match input.take_if(|_| is_stdin(path)) {
            Some(input) => open_input(input, named, now),
            None => open_file(path, named, now),
        };
        match source {
            Ok(Some(source)) => opening.opened.push(source),
            Ok(None) => opening.empty.push(name_of(path)),
            Err(error) => opening.failures.push(error),
        }
    }
    opening
}

fn name_of(path: &Path) -> String {
    if is_stdin(path) {
        STDIN.to_owned()
    } else {
        path.display().to_string()
    }
}

fn open_input(
    input: &mut (dyn Read + Send),
    named: Named,
    now: Timestamp,
) -> Result<Option<(Provider, Source<'_>)>, Error> {
    let name = name_of(Path::new("-"));
    let mut head = Vec::new();
    input
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .map_err(|error| unrecognised(&name, &RecogniseError::Read(error)))?;
    let recognised = ask(named, |provider| {
        recognise(Box::new(head.as_slice()), provider)
    });
    let recognised = recognised.map_err(|error| unrecognised(&name, &error))?;
    let reader = Box::new(io::Cursor::new(head).chain(input));
    Ok(recognised.map(|recognised| with_form(Source::new(name, reader, now), recognised)))
}

fn open_file(
    path: &Path,
    named: Named,
    now: Timestamp,
) -> Result<Option<(Provider, Source<'static>)>, Error> {
    let name = name_of(path);
    let unreadable = |error| unrecognised(&name, &RecogniseError::Read(error));
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        let error = Error::failure(format!("cannot read `{name}`: it is a folder"));
        return Err(error.hint("Name the files in it."));
    }
    // A file system that does not tell when a file was changed leaves the time it is read.
    let modified = metadata.modified().ok();
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let micros = since.and_then(|since| i64::try_from(since.as_micros()).ok());
    let arrived = micros.map_or(now, Timestamp::from_micros);

    let recognised = ask(named, |provider| {
        let file = File::open(path).map_err(RecogniseError::Read)?;
        recognise(Box::new(file), provider)
    });
    let recognised = recognised.map_err(|error| unrecognised(&name, &error))?;
    let reader = Box::new(LazyFile {
        path: path.to_owned(),
        file: None,
    });
    let source = Source {
        file: metadata.is_file().then(|| path.to_owned()),
        ..Source::new(name, reader, arrived)
    };
    Ok(recognised.map(|recognised| with_form(source, recognised)))
}

fn with_form(source: Source<'_>, recognised: Recognised) -> (Provider, Source<'_>) {
    let form = recognised.form;
    (recognised.provider, Source { form, ..source })
}

/// Asks what a file is, twice where the first answer leaves it to the user.
fn ask(
    named: Named,
    recognise: impl Fn(Option<Provider>) -> Result<Option<Recognised>, RecogniseError>,
) -> Result<Option<Recognised>, RecogniseError> {
    match named {
        Named::No => recognise(None),
        Named::All(provider) => recognise(Some(provider)),
        Named::Rest(provider) => match recognise(None) {
            Err(RecogniseError::Keys(_) | RecogniseError::Text(_) | RecogniseError::Several(_)) => {
                recognise(Some(provider))
            }
            other => other,
        },
    }
}

fn unrecognised(name: &str, error: &RecogniseError) -> Error {
    let failed = Error::failure(format!("cannot read `{name}`: {error}"));
    match error {
        RecogniseError::Read(_) | RecogniseError::Damaged => failed,
        RecogniseError::Foreign(what) => match what {
            _ if what.ends_with("archive") || what.ends_with("data") => {
                failed.hint("Unpack it, and import the files in it; gzip and zstd are read as they are.")
            }
            _ if what.ends_with("workbook") => failed.hint("Save it as CSV in UTF-8."),
            _ => failed,
        },
        RecogniseError::Wide => failed.hint(format!("Convert it: {}.", convert("UTF-16", name))),
        RecogniseError::NotUtf8 { .. } => failed.hint(format!(
            "If it is Latin text, convert it: {}.",
            convert("ISO-8859-1", name)
        )),
        RecogniseError::Keys(_) | RecogniseError::Text(_) => {
            let known: Vec<_> = Provider::ALL.iter().map(|known| known.name()).collect();
            failed.hint(format!(
                "If it is such a log all the same, name its provider: `--provider {}`.",
                known.join("|")
            ))
        }
        RecogniseError::Several(_) => failed.hint(
            "Give each provider's records a file of their own, or name the one whose records are wanted with --provider; the others are then rejected.",
        ),
    }
}

/// The command that makes a file UTF-8.
pub(super) fn convert(from: &str, name: &str) -> String {
    if name == STDIN {
        format!("`iconv -f {from} -t UTF-8` before the pipe")
    } else {
        format!("`iconv -f {from} -t UTF-8 {} > utf8.csv`", quote(name))
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::MIN;

    #[test]
    fn what_cannot_be_opened_or_recognised_spares_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("good"), "{\"event\":\"Error Logged\"}\n").unwrap();
        std::fs::write(path("csv"), "id,name\n").unwrap();
        std::fs::write(path("empty"), "").unwrap();
        let (good, csv, missing, empty) =
            (path("good"), path("csv"), path("missing"), path("empty"));
        let mut input: &[u8] = b"{\"type\":\"observability\"}";

        let files: Vec<PathBuf> = [&missing, &csv, &empty, &good, "-"]
            .iter()
            .map(PathBuf::from)
            .collect();
        let opening = open_files(&mut input, &files, Named::No, NOW);
        let mut read = Vec::new();
        for (provider, mut source) in opening.opened {
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
        assert_eq!(opening.empty, [empty]);
        let messages: Vec<_> = opening
            .failures
            .iter()
            .map(|error| &error.message)
            .collect();
        assert!(messages[0].starts_with(&format!("cannot read `{missing}`: ")));
        assert_eq!(
            *messages[1],
            format!(
                "cannot read `{csv}`: it is no log of a known provider: it begins with `id,name`"
            )
        );
    }

    #[test]
    fn a_named_provider_needs_no_recognition() {
        for (named, providers) in [
            (
                Named::All(Provider::Akeneo),
                &[Provider::Akeneo, Provider::Akeneo][..],
            ),
            (
                Named::Rest(Provider::Akeneo),
                &[Provider::Akeneo, Provider::Segment],
            ),
            (Named::No, &[Provider::Segment]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let segment = folder.path().join("segment");
            std::fs::write(&segment, "{\"event\":\"Error Logged\"}\n").unwrap();
            let mut input: &[u8] = b"anything";
            let opening = open_files(&mut input, &["-".into(), segment], named, NOW);
            let found: Vec<_> = opening
                .opened
                .iter()
                .map(|(provider, _)| *provider)
                .collect();
            assert_eq!(found, providers, "{named:?}");
        }
    }
}

//! `--input`: asking files directly, without the store.
//!
//! Rule: the user's store is neither read nor written. The files are decoded into a temporary store, which goes when
//! the answer is given, so that a question means the same wherever it is put.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::fetch::{IngestError, Progress, import_files};
use crate::model::Provider;
use crate::store::Store;

use super::import::{Named, Opening, failed, open_files, refuse_unreadable_input};
use super::import::{tell_empty, tell_file};
use super::{Context, Error, Kind};

/// What the records' collection is called.
const COLLECTION: &str = "input";

/// Files, ready to be asked.
pub(super) struct Input {
    pub(super) store: Store,
    /// Lines that could not be decoded.
    pub(super) rejects: u64,
    _folder: TempDir,
}

/// Returns what is to be asked: files if there are any, which must be kept as long as their store is asked, else the user's store.
pub(super) fn or_store(
    context: &mut Context<'_>,
    files: &[PathBuf],
    providers: &[Provider],
) -> Result<(Option<Input>, Store), Error> {
    if files.is_empty() {
        return Ok((None, Store::open(&context.settings.data)));
    }
    let input = open(context, files, providers.first().copied())?;
    let store = input.store.clone();
    Ok((Some(input), store))
}

/// Decodes files; `-` is standard input. What cannot be read whole is a failure: half a file is no answer. What is not
/// recognised is taken for logs of `provider`.
fn open(
    context: &mut Context<'_>,
    files: &[PathBuf],
    provider: Option<Provider>,
) -> Result<Input, Error> {
    refuse_unreadable_input(context, files)?;
    let folder = tempfile::Builder::new()
        .prefix("faillog-")
        .tempdir()
        .map_err(|error| Error::failure(format!("cannot make a temporary folder: {error}")))?;
    let store = Store::open_temporary(folder.path());
    let named = provider.map_or(Named::No, Named::Rest);
    let opening = open_files(&mut *context.input, files, named, context.now);
    if let Some(failure) = opening.failures.into_iter().next() {
        return Err(failure);
    }
    for name in &opening.empty {
        tell_empty(&mut context.messages, name);
    }
    let progress = Progress::new(Arc::clone(&context.interrupted));
    let mut rejects = 0;
    for (provider, sources) in Opening::by_provider(opening.opened) {
        let imported = import_files(sources, &store, provider, COLLECTION, &progress)
            .map_err(|error| unanswered(&error, &context.program))?;
        for file in &imported.files {
            if let Some(error) = &file.failure {
                return Err(unanswered(error, &context.program));
            }
            rejects += file.rejects;
            tell_file(&mut context.messages, file);
        }
    }
    Ok(Input {
        store,
        rejects,
        _folder: folder,
    })
}

/// Says why there is no answer; what `import` would say of its store is not true here.
fn unanswered(error: &IngestError, program: &str) -> Error {
    match error {
        IngestError::Interrupted => {
            Error::new(Kind::Interrupted, "interrupted before the files were read")
        }
        IngestError::Truncated { .. } | IngestError::Corrupt { .. } => {
            Error::failure(error.to_string()).hint(format!(
                "Half a file is no answer: get the file again, or store what can be read of it with `{program} import` and ask the store."
            ))
        }
        _ => failed(error),
    }
}

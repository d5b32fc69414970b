//! `--input`: asking files directly, without the store.
//!
//! Rule: the user's store is neither read nor written. The files are decoded into a temporary store, which goes when
//! the answer is given, so that a question means the same wherever it is put.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::fetch::{Progress, import_files};
use crate::model::Provider;
use crate::store::Store;

use super::import::{failed, open_files, refuse_unreadable_input, rejects_of};
use super::{Context, Error};

/// What the records' collection is called.
const COLLECTION: &str = "input";

/// Files, ready to be asked.
pub(super) struct Input {
    pub(super) store: Store,
    /// Lines that could not be decoded.
    pub(super) rejects: u64,
    _folder: TempDir,
}

/// Decodes files; `-` is standard input. What cannot be read whole is a failure: half a file is no answer.
pub(super) fn open(
    context: &mut Context<'_>,
    files: &[PathBuf],
    provider: Option<Provider>,
) -> Result<Input, Error> {
    refuse_unreadable_input(context, files)?;
    let folder = tempfile::Builder::new()
        .prefix("faillog-")
        .tempdir()
        .map_err(|error| Error::failure(format!("cannot make a temporary folder: {error}")))?;
    let store = Store::open(folder.path());
    let (opened, failures) = open_files(&mut *context.input, files, provider);
    if let Some(failure) = failures.into_iter().next() {
        return Err(failure);
    }
    let provider = opened
        .first()
        .map_or(Provider::Segment, |(provider, _)| *provider);
    let sources = opened.into_iter().map(|(_, source)| source).collect();
    let progress = Progress::new(Arc::clone(&context.interrupted));
    let imported = import_files(sources, &store, provider, COLLECTION, &progress)
        .map_err(|error| failed(&error))?;
    let mut rejects = 0;
    for file in &imported.files {
        if let Some(error) = &file.failure {
            return Err(failed(error));
        }
        if file.rejects > 0 {
            rejects += file.rejects;
            context.messages.warn(&rejects_of(file));
        }
    }
    Ok(Input {
        store,
        rejects,
        _folder: folder,
    })
}

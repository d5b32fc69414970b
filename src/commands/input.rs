//! `--input`: asking files directly, without the store.
//!
//! Rule: the user's store is neither read nor written. The files are decoded into a temporary store, which goes when
//! the answer is given, so that a question means the same wherever it is put. Where a verb says what it seeks and the
//! files allow it, only that is decoded, and what it depends on.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use crate::fetch::{
    CHUNK_BYTES, FileImport, IngestError, Page, Progress, Sought, Source, find, import_files,
};
use crate::model::{Provider, Timestamp};
use crate::query::{Answer, Question, Sort, Total};
use crate::store::Store;

use super::import::{Named, Opening, failed, open_files, refuse_unreadable_input};
use super::import::{tell_empty, tell_file};
use super::{Context, Error, Kind, Messages};

/// What the records' collection is called.
const COLLECTION: &str = "input";

/// Files, ready to be asked.
pub(super) struct Input {
    pub(super) store: Store,
    /// Lines that could not be decoded.
    pub(super) rejects: u64,
    /// How many records match in all, where the store does not have them all.
    total: Option<u64>,
    _folder: TempDir,
}

/// Returns what is to be asked: files if there are any, which must be kept as long as their store is asked, else the user's store.
pub(super) fn or_store(
    context: &mut Context<'_>,
    files: &[PathBuf],
    providers: &[Provider],
) -> Result<(Option<Input>, Store), Error> {
    or_store_with(context, files, providers, None)
}

/// The same; the store of the files need not have more than what is sought, if that is said.
pub(super) fn or_store_with(
    context: &mut Context<'_>,
    files: &[PathBuf],
    providers: &[Provider],
    sought: Option<Sought<'_>>,
) -> Result<(Option<Input>, Store), Error> {
    if files.is_empty() {
        return Ok((None, Store::open(&context.settings.data)));
    }
    let input = open(context, files, providers.first().copied(), sought)?;
    let store = input.store.clone();
    Ok((Some(input), store))
}

/// Returns what a question seeks; `None` if that is more than a page of the newest records.
pub(super) fn sought(question: &Question) -> Option<Sought<'_>> {
    let limit = question
        .limit
        .filter(|_| question.sort == Sort::NEWEST_FIRST)?;
    // One more than is shown, to tell whether there are more.
    let rows = limit.checked_add(question.skip)?.checked_add(1)?;
    Some(Sought::Newest {
        filter: &question.filter,
        page: Page {
            rows: usize::try_from(rows).ok()?,
            until: question.after.map(|cursor| cursor.time()),
        },
    })
}

impl Input {
    /// Corrects what an answer says of all records by what is known of the files.
    pub(super) fn complete(&self, answer: &mut Answer) {
        if let Some(total) = self.total {
            answer.total = Total::Exactly(total);
        }
    }
}

/// Decodes files; `-` is standard input. What cannot be read whole is a failure: half a file is no answer. What is not
/// recognised is taken for logs of `provider`.
fn open(
    context: &mut Context<'_>,
    files: &[PathBuf],
    provider: Option<Provider>,
    sought: Option<Sought<'_>>,
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
    let mut input = Input {
        store,
        rejects: 0,
        total: None,
        _folder: folder,
    };
    let mut groups = Opening::by_provider(opening.opened);
    if let [(provider, sources)] = &mut groups[..]
        && let Some(sought) = sought
    {
        let read = Reading {
            provider: *provider,
            store: &input.store,
            progress: &progress,
            chunk_bytes: CHUNK_BYTES,
        };
        let needed = read.needed(sources, sought, context.now);
        if let Some((total, files)) =
            needed.map_err(|error| unanswered(&error, &context.program))?
        {
            input.total = Some(total);
            input.tell(&mut context.messages, &context.program, &files)?;
            return Ok(input);
        }
    }
    for (provider, sources) in groups {
        let imported = import_files(sources, &input.store, provider, COLLECTION, &progress)
            .map_err(|error| unanswered(&error, &context.program))?;
        input.tell(&mut context.messages, &context.program, &imported.files)?;
    }
    Ok(input)
}

impl Input {
    fn tell(
        &mut self,
        messages: &mut Messages<'_>,
        program: &str,
        files: &[FileImport],
    ) -> Result<(), Error> {
        for file in files {
            if let Some(error) = &file.failure {
                return Err(unanswered(error, program));
            }
            self.rejects += file.rejects;
            tell_file(messages, file);
        }
        Ok(())
    }
}

/// Files of one provider on their way into a store.
struct Reading<'r> {
    provider: Provider,
    store: &'r Store,
    progress: &'r Progress,
    chunk_bytes: usize,
}

impl Reading<'_> {
    /// Stores what is needed to tell what is sought; returns how many records that is, and what became of the files.
    /// `None` where nothing was stored, since everything must be.
    fn needed(
        &self,
        sources: &[Source<'_>],
        sought: Sought<'_>,
        now: Timestamp,
    ) -> Result<Option<(u64, Vec<FileImport>)>, IngestError> {
        let Reading {
            provider,
            store,
            progress,
            chunk_bytes,
        } = *self;
        let found = find(sources, provider, COLLECTION, sought, chunk_bytes, progress);
        let Some(found) = found else {
            return Ok(None);
        };
        let lines = Box::new(Cursor::new(found.lines));
        let lines = vec![Source::new(COLLECTION.to_owned(), lines, now)];
        import_files(lines, store, provider, COLLECTION, progress)?;
        Ok(Some((found.total, found.files)))
    }
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

#[cfg(test)]
mod tests;

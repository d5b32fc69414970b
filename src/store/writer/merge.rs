//! Bringing what is stored of an hour into its new file, each record once.
//!
//! Rule: a stored record is left out only where a newer version of it takes its place.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use parquet::errors::ParquetError;

use crate::model::Timestamp;

use super::super::batch::Rows;
use super::super::dedup::KeySet;
use super::super::error::{OnPath, StoreError};
use super::super::layout::{RECORDS, Store};
use super::super::meta::Object;
use super::super::reader::HourFile;
use super::super::versions::Versions;
use super::{HourWriter, encode_error, start_file};

/// What is known of the records that are stored already.
pub(super) struct Merge {
    pub(super) seen: Seen,
    pub(super) fetched_at: Option<Timestamp>,
    pub(super) objects: Vec<Object>,
}

/// Which records an hour has.
pub(super) enum Seen {
    Once(KeySet),
    Newest(Versions),
}

impl HourWriter {
    /// Copies the stored records and rejects into the new file and remembers them.
    pub(super) fn merge_with(
        &mut self,
        stored: Option<&HourFile>,
        mut seen: Seen,
        rejects: &Path,
    ) -> Result<(), StoreError> {
        let Some(stored) = stored else {
            self.merge = Some(Merge {
                seen,
                fetched_at: None,
                objects: Vec::new(),
            });
            return Ok(());
        };
        let hour = self.key.hour;
        let since = self.unsettled.as_ref().map(|kept| kept.since(hour));
        let since = since.unwrap_or_default();
        self.copy(stored, rejects, |_, rows| {
            match &mut seen {
                Seen::Once(known) => {
                    for key in &rows.keys {
                        known.insert(*key);
                    }
                }
                Seen::Newest(versions) => versions.remember(&rows, &since)?,
            }
            Ok(rows)
        })?;
        let meta = stored.meta();
        self.merge = Some(Merge {
            seen,
            fetched_at: meta.fetched_at,
            objects: meta.objects.clone(),
        });
        Ok(())
    }

    /// Copies the records of an hour that `choose` leaves of each row group, and its rejects.
    fn copy(
        &mut self,
        from: &HourFile,
        rejects: &Path,
        mut choose: impl FnMut(usize, Rows) -> Result<Rows, ParquetError>,
    ) -> Result<(), StoreError> {
        for group in 0..from.groups().len() {
            let record_type = from.groups()[group].record_type;
            let rows = from.read_for_merge(group)?;
            let rows = choose(group, rows).map_err(|e| encode_error(&self.temporary, &e))?;
            self.add(record_type, rows)?;
        }
        if rejects.exists() {
            let lines = BufReader::new(File::open(rejects).on("open", rejects)?).split(b'\n');
            for line in lines {
                self.rejects.copy_line(&line.on("read", rejects)?)?;
            }
        }
        Ok(())
    }

    /// Takes over a stored hour but for the rows that `choose` leaves out.
    pub(in crate::store) fn take_over(
        &mut self,
        store: &Store,
        choose: impl FnMut(usize, Rows) -> Result<Rows, ParquetError>,
    ) -> Result<(), StoreError> {
        let stored = HourFile::open(store, &self.key)?;
        let rejects = store.rejects_file(&self.key);
        self.copy(&stored, &rejects, choose)?;
        self.merge = Some(Merge {
            seen: Seen::Once(KeySet::new()),
            fetched_at: stored.meta().fetched_at,
            objects: stored.meta().objects.clone(),
        });
        Ok(())
    }

    /// Returns whether there would be nothing to publish: no record, no reject, and no fetch that found none.
    pub(in crate::store) fn holds_nothing(&self) -> bool {
        let was_fetched = self
            .merge
            .as_ref()
            .is_some_and(|merge| merge.fetched_at.is_some());
        self.counts.is_empty() && self.rejects.count() == 0 && !was_fetched
    }

    /// Writes the temporary file anew without the rows that were superseded after they were written to it.
    pub(super) fn leave_out_dead(&mut self, versions: &Versions) -> Result<(), StoreError> {
        // A footer that can be read, to read the rows by; it is never published.
        self.close_file(None, Vec::new())?;
        let stale = std::mem::replace(
            &mut self.temporary,
            self.folder.join(format!(".{RECORDS}.anew.tmp")),
        );
        let written = HourFile::open_at(stale.clone(), &self.key)?;
        (self.file, self.factory) = start_file(&self.temporary)?;
        self.counts.clear();
        let copied = self
            .copy(&written, Path::new(""), |_, rows| versions.living(rows))
            .and_then(|()| self.flush());
        drop(written);
        let _ = fs::remove_file(&stale);
        copied
    }
}

//! Putting a page into the hours of its records' own times, and marking hours as fetched.
//!
//! Rule: records are merged, so that a page that comes twice changes nothing; an hour's mark never goes back in time.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::model::{Hour, Reject, Timestamp, Window, count};
use crate::providers::feed::{Coverage, Page};
use crate::providers::framing::{Blocks, Form};
use crate::providers::spec;
use crate::store::{Batch, HourKey, HourMeta, Mode, Object, StoreError};

use super::super::decompress::hex;
use super::super::ingest::{Origin, decode_block};
use super::super::progress::Progress;
use super::{PageStop, Pages, State};

/// What a page holds.
#[derive(Default)]
struct Decoded {
    hours: BTreeMap<Hour, Batch>,
    rejects: Vec<Reject>,
    records: u64,
    within: u64,
}

impl Pages<'_> {
    /// Stores a page.
    pub(super) fn keep(&self, state: &mut State, page: &Page) -> Result<(), PageStop> {
        let object = Object {
            name: format!("page {}", state.report.pages),
            etag: None,
            // OK because a body's length fits in u64.
            size: page.body.len() as u64,
            sha256: hex(&Sha256::digest(&page.body)),
            imported: false,
        };
        let mut decoded = self.decode(&object.name, &page.body, state.first_asked)?;
        state.report.records += decoded.records;
        state.report.within += decoded.within;
        state.report.rejects += decoded.rejects.len() as u64;
        state.last_hour = decoded.hours.keys().next().copied().or(state.last_hour);
        let beside = state.last_hour.unwrap_or(self.window.start.hour());
        if decoded.hours.is_empty() && decoded.rejects.is_empty() {
            return match page.records {
                0 => Ok(()),
                // To go on would look as if there had been none.
                records => Err(PageStop::Remote(
                    format!(
                        "{} of {} cannot be found in the answer",
                        count(records, "record"),
                        object.name
                    ),
                    None,
                )),
            };
        }
        if !decoded.rejects.is_empty() {
            decoded.hours.entry(beside).or_insert_with(Batch::new);
        }
        let lock = self.store.lock(self.provider, self.collection)?;
        let mut staged = Vec::new();
        for (hour, batch) in decoded.hours {
            let objects = state.objects.entry(hour).or_default();
            objects.push(object.clone());
            let mut writer = lock.begin(hour, self.mode())?;
            writer.append(batch)?;
            if hour == beside {
                for reject in &decoded.rejects {
                    writer.reject(reject)?;
                }
            }
            staged.push(writer.finish(None, objects.clone())?);
        }
        let (mut added, mut updated) = (0, 0);
        for written in lock.commit(staged)? {
            added += i128::from(written.added);
            updated += i128::from(written.updated);
            if written.lost.is_some() {
                state.report.damaged.push(written.meta.key.hour);
            }
        }
        let settled = lock.settle()?;
        added += i128::from(settled.added);
        updated += i128::from(settled.updated);
        // OK because a page never takes back more than it brought.
        state.report.added += u64::try_from(added).unwrap_or_default();
        state.report.updated += u64::try_from(updated).unwrap_or_default();
        Ok(())
    }

    /// A record without a time of its own takes that of the first call.
    fn decode(
        &self,
        name: &str,
        body: &[u8],
        arrived: Option<Timestamp>,
    ) -> Result<Decoded, PageStop> {
        let mut decoded = Decoded::default();
        let progress = Progress::default();
        let origin = Origin {
            name: name.to_owned(),
            arrived: arrived.unwrap_or(self.window.end),
        };
        for block in Blocks::new(body, Form::Json) {
            // A body is read from memory: only its length can be a failure.
            let block = block.map_err(|error| {
                PageStop::Remote(format!("{name} cannot be read: {error}"), None)
            })?;
            let (hours, within) = (&mut decoded.hours, &mut decoded.within);
            let told = decode_block(self.provider, &origin, &block, &progress, |record, _| {
                let hour = record.time.hour();
                *within += u64::from(self.window.contains(record.time));
                hours.entry(hour).or_insert_with(Batch::new).push(record);
            });
            decoded.records += told.records;
            decoded.rejects.extend(told.rejects);
        }
        Ok(decoded)
    }

    /// Marks the hours that were seen whole as fetched.
    pub(super) fn mark(&self, state: &mut State, coverage: &Coverage) -> Result<(), PageStop> {
        state.report.asked_at = state.first_asked;
        let (Some(seen), Some(asked_at)) = (coverage.window, state.first_asked) else {
            return Ok(());
        };
        let seen = Window {
            start: seen.start.max(self.window.start),
            end: seen.end.min(self.window.end).min(asked_at),
        };
        let whole: BTreeSet<Hour> = seen
            .hours()
            .filter(|hour| seen.start <= hour.start() && hour.end() <= seen.end)
            .collect();
        if whole.is_empty() {
            return Ok(());
        }
        let lock = self.store.lock(self.provider, self.collection)?;
        let mut staged = Vec::new();
        for hour in whole {
            if self.interrupted.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(PageStop::Interrupted);
            }
            let marked = self.stored(hour)?.and_then(|meta| meta.fetched_at);
            if marked.is_none_or(|at| at < asked_at) {
                let writer = lock.begin(hour, self.mode())?;
                staged.push(writer.finish(Some(asked_at), Vec::new())?);
            }
            state.report.whole.push(hour);
        }
        lock.commit(staged)?;
        Ok(())
    }

    fn mode(&self) -> Mode {
        match spec(self.provider).supersedes {
            true => Mode::Supersede,
            false => Mode::Merge,
        }
    }

    fn stored(&self, hour: Hour) -> Result<Option<HourMeta>, StoreError> {
        match self.store.meta(&self.key(hour)) {
            Err(StoreError::Damaged { .. }) => Ok(None),
            other => other,
        }
    }

    fn key(&self, hour: Hour) -> HourKey {
        HourKey {
            provider: self.provider,
            collection: self.collection.to_owned(),
            hour,
        }
    }
}

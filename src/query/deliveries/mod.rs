//! What the stored records say of each message at each destination, gathered from the few columns that tell it.
//!
//! | rule | records | key | evidence |
//! | --- | --- | --- | --- |
//! | `Delivery` | attempts and errors | message and destination | attempts and errors |
//! | `Notification` | NotificationAPI's notifications and events | message and channel | its events; without any, the notification |
//! | `Task` | failed runs and syncs of Segment's audit trail | resource and task | runs and syncs of it that ended later |
//!
//! A record without a destination (or channel) belongs to all of its message, and is evidence for all.
//!
//! Memory: [`MAX_LIVES`] × 100 bytes; where there are more, the columns are read again for each share of them.
//!
//! Rule: exact whatever the order of records and the number of messages.

mod life;
mod rows;
mod rule;
mod shard;

use std::sync::{Arc, Mutex, PoisonError};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::model::{Column, RecordType};
use crate::store::{HourFile, IdKey, Pick, StoreError, Wanted, id_key};

use super::known_keys::KnownKeys;
pub(super) use life::Life;
use rows::GroupRows;
pub(crate) use rule::RETRY_MICROS;
pub(super) use rule::{End, FateRule};
use shard::Shard;

/// Lives that are kept at a time: 220 MB.
const MAX_LIVES: usize = 2_200_000;

/// Parts of a table that threads fill side by side.
const SHARDS: usize = 16;

/// A share of the messages, by the highest 16 bits of their keys.
#[derive(Clone, Copy)]
struct Share {
    first: u32,
    width: u32,
}

impl Share {
    fn has(self, message: IdKey) -> bool {
        // OK because the shift leaves 16 bits.
        let at = (message >> 112) as u32;
        at >= self.first && at - self.first < self.width
    }
}

/// Which messages are gathered.
#[derive(Clone, Copy)]
pub(super) enum Which<'w> {
    All,
    These(&'w Wanted),
}

/// The records of one collection that are judged by one rule.
pub(super) struct Gathering<'g> {
    pub(super) known: &'g KnownKeys,
    pub(super) files: &'g [Arc<HourFile>],
    pub(super) rule: FateRule,
    pub(super) which: Which<'g>,
}

impl Gathering<'_> {
    /// Hands over the lives of each message, one for each destination.
    pub(super) fn each(&self, mut take: impl FnMut(&[Life])) -> Result<(), StoreError> {
        let mut share = Share {
            first: 0,
            width: 1 << 16,
        };
        while share.first < 1 << 16 {
            let mut steps = Vec::new();
            for types in self.rule.steps() {
                steps.push(self.gather(types, &mut share)?);
            }
            for (step, shards) in steps.iter().enumerate() {
                for (number, shard) in shards.iter().enumerate() {
                    let mut lives = Vec::new();
                    for (at, life) in shard.lives.iter().enumerate() {
                        let mut numbers = shard.of(life.message).peekable();
                        if !share.has(life.message) || numbers.peek() != Some(&at) {
                            continue;
                        }
                        let earlier = steps[..step].iter().map(|shards| &shards[number]);
                        let has_ended = |shard: &Shard| {
                            let mut lives = shard.of(life.message).map(|at| shard.lives[at].end());
                            lives.any(|end| end.has_come())
                        };
                        let mut earlier = earlier.filter(|shard| !shard.lives.is_empty());
                        if earlier.any(has_ended) {
                            continue;
                        }
                        lives.clear();
                        lives.extend(numbers.map(|at| shard.lives[at]));
                        take(&lives);
                    }
                }
            }
            share.first += share.width;
        }
        Ok(())
    }

    /// Gathers a share of the messages, which is made smaller where it would not fit.
    fn gather(&self, types: &[RecordType], share: &mut Share) -> Result<Vec<Shard>, StoreError> {
        let mut groups = Vec::new();
        for (number, file) in self.files.iter().enumerate() {
            for (group, info) in file.groups().iter().enumerate() {
                if types.contains(&info.record_type) {
                    // OK because there are fewer files.
                    groups.push((number as u32, file, group));
                }
            }
        }
        let shards: Vec<Mutex<Shard>> = (0..SHARDS).map(|_| Mutex::default()).collect();
        let lock = |shard: usize| shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        // A few row groups at a time, so that the share can be made smaller between.
        for wave in groups.chunks(SHARDS) {
            let now = *share;
            wave.to_vec()
                .into_par_iter()
                .try_for_each(|(number, file, group)| {
                    let rows = self.rows(file, group)?;
                    let add = |shard: usize, rows: &[(u32, IdKey)], told: &GroupRows| {
                        let mut shard = lock(shard);
                        for (row, message) in rows {
                            if let Some((part, told)) = told.told(*row, number, group) {
                                shard.life(*message, part).add(&told);
                            }
                        }
                    };
                    if let Some(rows) = rows {
                        let mut by_shard: Vec<Vec<(u32, IdKey)>> = vec![Vec::new(); SHARDS];
                        for (row, message) in (0..).zip(rows.messages.iter()) {
                            if *message != 0 && now.has(*message) {
                                by_shard[shard_of(*message)].push((row, *message));
                            }
                        }
                        // Threads begin at different shards, so that they seldom wait for one another.
                        for step in 0..SHARDS {
                            let shard = (step + group) % SHARDS;
                            add(shard, &by_shard[shard], &rows);
                        }
                    }
                    Ok::<(), StoreError>(())
                })?;
            let lives = || {
                (0..SHARDS)
                    .map(|shard| lock(shard).lives.len())
                    .sum::<usize>()
            };
            while lives() > MAX_LIVES && share.width > 1 {
                share.width /= 2;
                let half = *share;
                for shard in 0..SHARDS {
                    lock(shard).retain(|life| half.has(life.message));
                }
            }
        }
        let shards = shards.into_iter();
        Ok(shards
            .map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect())
    }

    /// Reads the rows of a row group that are gathered; `None` if there are none.
    fn rows(&self, file: &HourFile, group: usize) -> Result<Option<GroupRows>, StoreError> {
        let subject = self.rule.subject();
        let columns = [
            Column::Time,
            Column::Outcome,
            Column::Discarded,
            Column::Attempt,
            Column::Status,
            self.rule.part(),
        ];
        let rows = match self.which {
            Which::All => None,
            Which::These(wanted) => {
                let rows = self.known.rows_with(wanted, file, group, subject)?;
                if rows.is_empty() {
                    return Ok(None);
                }
                Some(rows)
            }
        };
        let (messages, columns) = match &rows {
            None => {
                let all = Pick::Range(0..file.groups()[group].rows);
                (
                    self.known.keys_of(file, group, subject)?,
                    file.read(group, &columns, all)?,
                )
            }
            Some(rows) => {
                let read = file.read(group, &[subject], Pick::Rows(rows))?;
                let key = |row| read.text(subject, row).map_or(0, id_key);
                let messages: Vec<IdKey> = (0..read.rows()).map(key).collect();
                (
                    Arc::new(messages),
                    file.read(group, &columns, Pick::Rows(rows))?,
                )
            }
        };
        let record_type = file.groups()[group].record_type;
        Ok(GroupRows::new(
            self.rule,
            record_type,
            rows,
            messages,
            columns,
        ))
    }
}

/// Returns the shard of a message. The lowest bits choose its place within it, and the highest its share.
fn shard_of(message: IdKey) -> usize {
    // OK because the remainder is below the number of shards.
    (message >> 64) as usize % SHARDS
}

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
//! Memory: [`MAX_BYTES`] of what is kept of them; where it is more, the columns are read again for each share of them.
//!
//! Rule: exact whatever the order of records and the number of messages.

mod end;
mod entry;
mod life;
mod rows;
mod rule;
mod shard;
mod told;

use std::sync::Arc;

use rayon::iter::{
    IndexedParallelIterator, IntoParallelRefIterator, IntoParallelRefMutIterator, ParallelIterator,
};

use crate::model::RecordType;
use crate::store::{HourFile, IdKey, Pick, StoreError, Wanted};

use super::known_keys::KnownKeys;
pub(super) use end::End;
pub(super) use entry::{Entry, Seen};
pub(super) use life::Life;
pub(super) use rows::GroupRows;
pub(super) use rule::FateRule;
pub(crate) use rule::RETRY_MICROS;
use shard::Shard;

/// Bytes of entries that are kept at a time.
const MAX_BYTES: usize = 240 << 20;

/// Parts of a table that threads fill side by side.
const SHARDS: usize = 16;

/// Row groups that are read before their rows are added: some 60 bytes a row.
const WAVE: usize = 8;

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
    /// Hands over the lives of each message, one for each destination, and returns what is made of them: a few parts, which
    /// threads make side by side. All of a message goes to the part that [`part_of`] tells.
    pub(super) fn lives<T: Default + Send>(
        &self,
        take: impl Fn(&mut T, &[Life]) + Sync,
    ) -> Result<Vec<T>, StoreError> {
        self.each(self.rule.steps(), |made, steps: &[Shard<Life>], share| {
            for (step, shard) in steps.iter().enumerate() {
                each_of(shard, share, |lives: &[Life]| {
                    // What a later step tells counts only where no earlier one tells an end.
                    let has_ended = |shard: &Shard<Life>| {
                        let mut of_message = shard.of(lives[0].message);
                        of_message.any(|life| life.end().has_come())
                    };
                    if !steps[..step].iter().any(has_ended) {
                        take(made, lives);
                    }
                });
            }
        })
    }

    /// As [`Gathering::lives`], with when each message was heard of, in records of all its types.
    pub(super) fn seen<T: Default + Send>(
        &self,
        take: impl Fn(&mut T, &[Seen]) + Sync,
    ) -> Result<Vec<T>, StoreError> {
        let types = self.rule.steps().concat();
        self.each(&[&types], |made, shards, share| {
            for shard in shards {
                each_of(shard, share, |seen| take(made, seen));
            }
        })
    }

    /// Gathers types of records step by step, and hands over what each step gathered, shard by shard.
    fn each<E: Entry, T: Default + Send>(
        &self,
        steps: &[&[RecordType]],
        take: impl Fn(&mut T, &[Shard<E>], Share) + Sync,
    ) -> Result<Vec<T>, StoreError> {
        let mut made: Vec<T> = (0..SHARDS).map(|_| T::default()).collect();
        let mut share = Share {
            first: 0,
            width: 1 << 16,
        };
        while share.first < 1 << 16 {
            let mut shards: Vec<Vec<Shard<E>>> = (0..SHARDS).map(|_| Vec::new()).collect();
            for types in steps {
                let gathered = self.gather(types, &mut share)?;
                shards
                    .iter_mut()
                    .zip(gathered)
                    .for_each(|(steps, shard)| steps.push(shard));
            }
            // A shard is given back as soon as it was handed over.
            made.par_iter_mut()
                .zip(shards)
                .for_each(|(made, steps)| take(made, &steps, share));
            share.first += share.width;
        }
        Ok(made)
    }

    /// Gathers a share of the messages, which is made smaller where it would not fit.
    fn gather<E: Entry>(
        &self,
        types: &[RecordType],
        share: &mut Share,
    ) -> Result<Vec<Shard<E>>, StoreError> {
        let mut groups = Vec::new();
        for (number, file) in self.files.iter().enumerate() {
            for (group, info) in file.groups().iter().enumerate() {
                if types.contains(&info.record_type) {
                    // OK because there are fewer files.
                    groups.push((number as u32, file, group));
                }
            }
        }
        let mut shards: Vec<Shard<E>> = (0..SHARDS).map(|_| Shard::default()).collect();
        // A few row groups at a time, so that the share can be made smaller between.
        for wave in groups.chunks(WAVE) {
            let now = *share;
            let read: Vec<Option<(GroupRows, Vec<Vec<u32>>)>> = wave
                .par_iter()
                .map(|(number, file, group)| {
                    let rows = self.rows::<E>((*number, file), *group)?;
                    Ok(rows.map(|rows| {
                        let mut by_shard: Vec<Vec<u32>> = vec![Vec::new(); SHARDS];
                        for (row, message) in (0..).zip(rows.messages.iter()) {
                            if *message != 0 && now.has(*message) {
                                by_shard[part_of(*message)].push(row);
                            }
                        }
                        (rows, by_shard)
                    }))
                })
                .collect::<Result<_, StoreError>>()?;
            // Shard by shard, for what it holds fits in a core's cache; all shards together do not.
            shards
                .par_iter_mut()
                .enumerate()
                .for_each(|(number, shard)| {
                    for (rows, by_shard) in read.iter().flatten() {
                        for row in &by_shard[number] {
                            if let Some((part, told)) = rows.told(*row) {
                                let message = rows.messages[*row as usize];
                                shard.entry(message, part).add(&told);
                            }
                        }
                    }
                });
            let kept = |shards: &[Shard<E>]| {
                let entries: usize = shards.iter().map(Shard::len).sum();
                entries * size_of::<E>()
            };
            while kept(&shards) > MAX_BYTES && share.width > 1 {
                share.width /= 2;
                let half = *share;
                let shards = shards.par_iter_mut();
                shards.for_each(|shard| shard.retain(|entry| half.has(entry.message())));
            }
        }
        Ok(shards)
    }

    /// Reads the rows of a row group that are gathered; `None` if there are none.
    fn rows<E: Entry>(
        &self,
        (number, file): (u32, &HourFile),
        group: usize,
    ) -> Result<Option<GroupRows>, StoreError> {
        let subject = self.rule.subject();
        let columns = [E::COLUMNS, &[self.rule.part()]].concat();
        let (rows, messages, columns) = match self.which {
            Which::All => {
                let all = Pick::Range(0..file.groups()[group].rows);
                let messages = self.known.keys_of(file, group, subject)?;
                (None, messages, file.read(group, &columns, all)?)
            }
            Which::These(wanted) => {
                let (rows, messages) = self.known.rows_with(wanted, file, group, subject)?;
                if rows.is_empty() {
                    return Ok(None);
                }
                let columns = file.read(group, &columns, Pick::Rows(&rows))?;
                (Some(rows), Arc::new(messages), columns)
            }
        };
        let record_type = file.groups()[group].record_type;
        Ok(GroupRows::new(
            self.rule,
            record_type,
            (number, group),
            rows,
            messages,
            columns,
        ))
    }
}

/// Hands over the entries of each message of a share.
fn each_of<E: Entry>(shard: &Shard<E>, share: Share, mut take: impl FnMut(&[E])) {
    let mut entries = Vec::new();
    for entry in shard.iter().filter(|entry| share.has(entry.message())) {
        entries.clear();
        entries.extend(shard.of(entry.message()).copied());
        // A message is handed over where its first entry stands.
        if entries
            .first()
            .is_some_and(|first| first.part() == entry.part())
        {
            take(&entries);
        }
    }
}

/// Returns the number of the part that a message belongs to. The lowest bits choose its place within it, and the highest
/// its share.
pub(super) fn part_of(message: IdKey) -> usize {
    // OK because the remainder is below the number of shards.
    (message >> 64) as usize % SHARDS
}

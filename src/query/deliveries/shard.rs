//! Entries by their message, in little room.

use std::ops::{Index, IndexMut};

use super::entry::Entry;
use crate::store::IdKey;

/// Entries by message, found by the message alone: those of its destinations stand one after the other.
pub(super) struct Shard<E> {
    entries: Blocks<E>,
    /// A power of two, at most three quarters full.
    slots: Vec<Slot>,
}

/// The number of an entry plus one (0 is free), and the lowest bits of its message: they tell its place, and mostly whether
/// another is meant, without a look at the entry, which is seldom in a cache.
#[derive(Clone, Copy, Default)]
struct Slot {
    number: u32,
    tag: u32,
}

/// Entries in blocks: what grows as one would be copied again and again, and leave holes in memory that nothing fits into.
struct Blocks<E> {
    blocks: Vec<Vec<E>>,
    len: usize,
}

/// Entries in a block, about 100 KiB.
const BLOCK: usize = 1024;

impl<E> Blocks<E> {
    fn push(&mut self, entry: E) {
        if self.len.is_multiple_of(BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        self.blocks[self.len / BLOCK].push(entry);
        self.len += 1;
    }

    fn iter(&self) -> impl Iterator<Item = &E> {
        self.blocks.iter().flatten()
    }
}

impl<E> Index<usize> for Blocks<E> {
    type Output = E;

    fn index(&self, number: usize) -> &E {
        &self.blocks[number / BLOCK][number % BLOCK]
    }
}

impl<E> IndexMut<usize> for Blocks<E> {
    fn index_mut(&mut self, number: usize) -> &mut E {
        &mut self.blocks[number / BLOCK][number % BLOCK]
    }
}

impl<E> Default for Blocks<E> {
    fn default() -> Self {
        Blocks {
            blocks: Vec::new(),
            len: 0,
        }
    }
}

impl<E> Default for Shard<E> {
    fn default() -> Self {
        Shard {
            entries: Blocks::default(),
            slots: Vec::new(),
        }
    }
}

impl<E: Entry> Shard<E> {
    pub(super) fn len(&self) -> usize {
        self.entries.len
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &E> {
        self.entries.iter()
    }

    pub(super) fn entry(&mut self, message: IdKey, part: u64) -> &mut E {
        if (self.entries.len + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let tag = message as u32;
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.number == 0 {
                break;
            }
            if slot.tag == tag {
                let number = slot.number as usize - 1;
                let entry = &self.entries[number];
                if entry.message() == message && entry.part() == part {
                    return &mut self.entries[number];
                }
            }
            at = (at + 1) & mask;
        }
        self.entries.push(E::new(message, part));
        // OK because a shard holds fewer than 2^32 entries.
        let number = self.entries.len as u32;
        self.slots[at] = Slot { number, tag };
        &mut self.entries[number as usize - 1]
    }

    fn grow(&mut self) {
        let size = ((self.entries.len + 1) * 2).next_power_of_two().max(64);
        let mut slots = vec![Slot::default(); size];
        for (number, entry) in (1..).zip(self.entries.iter()) {
            let tag = entry.message() as u32;
            let mut at = tag as usize & (size - 1);
            while slots[at].number != 0 {
                at = (at + 1) & (size - 1);
            }
            slots[at] = Slot { number, tag };
        }
        self.slots = slots;
    }

    /// Returns the entries of a message, the first added first.
    pub(super) fn of(&self, message: IdKey) -> impl Iterator<Item = &E> {
        let tag = message as u32;
        let mask = self.slots.len().saturating_sub(1);
        let mut at = tag as usize & mask;
        std::iter::from_fn(move || {
            loop {
                let slot = *self.slots.get(at)?;
                at = (at + 1) & mask;
                if slot.number == 0 {
                    return None;
                }
                if slot.tag == tag {
                    let entry = &self.entries[slot.number as usize - 1];
                    if entry.message() == message {
                        return Some(entry);
                    }
                }
            }
        })
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&E) -> bool) {
        let all = std::mem::take(&mut self.entries);
        for entry in all.blocks.into_iter().flatten().filter(|entry| keep(entry)) {
            self.entries.push(entry);
        }
        self.slots = Vec::new();
        self.grow();
    }
}

#[cfg(test)]
mod tests {
    use super::super::life::Life;
    use super::*;

    #[test]
    fn a_shard_keeps_the_parts_of_many_messages() {
        let mut shard: Shard<Life> = Shard::default();
        for message in 1..2000u128 {
            for part in 0..(message % 3) as u64 {
                shard.entry(message << 1, part).attempts += 1;
                shard.entry(message << 1, part).attempts += 1;
            }
        }
        for message in 1..2000u128 {
            let parts: Vec<u64> = shard.of(message << 1).map(|life| life.part).collect();
            assert_eq!(parts, (0..(message % 3) as u64).collect::<Vec<_>>());
        }
        assert!(shard.iter().all(|life| life.attempts == 2));
        shard.retain(|life| life.part == 1);
        assert!(shard.of(2 << 1).map(|life| life.part).eq([1]));
        assert_eq!(shard.of(4000 << 1).count(), 0);
    }
}

//! Lives by their message, in little room.

use std::ops::{Index, IndexMut};

use super::life::Life;
use crate::store::IdKey;

/// Lives by message, found by the message alone: those of its destinations stand one after the other.
#[derive(Default)]
pub(super) struct Shard {
    lives: Lives,
    /// A power of two, at most three quarters full.
    slots: Vec<Slot>,
}

/// The number of a life plus one (0 is free), and the lowest bits of its message: they tell its place, and mostly whether
/// another life is meant, without a look at the life, which is seldom in a cache.
#[derive(Clone, Copy, Default)]
struct Slot {
    number: u32,
    tag: u32,
}

/// Lives in blocks: what grows as one would be copied again and again, and leave holes in memory that nothing fits into.
#[derive(Default)]
struct Lives {
    blocks: Vec<Vec<Life>>,
    len: usize,
}

/// Lives in a block, 112 KiB.
const BLOCK: usize = 1024;

impl Lives {
    fn push(&mut self, life: Life) {
        if self.len.is_multiple_of(BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        self.blocks[self.len / BLOCK].push(life);
        self.len += 1;
    }

    fn iter(&self) -> impl Iterator<Item = &Life> {
        self.blocks.iter().flatten()
    }
}

impl Index<usize> for Lives {
    type Output = Life;

    fn index(&self, number: usize) -> &Life {
        &self.blocks[number / BLOCK][number % BLOCK]
    }
}

impl IndexMut<usize> for Lives {
    fn index_mut(&mut self, number: usize) -> &mut Life {
        &mut self.blocks[number / BLOCK][number % BLOCK]
    }
}

impl Shard {
    pub(super) fn len(&self) -> usize {
        self.lives.len
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Life> {
        self.lives.iter()
    }

    pub(super) fn life(&mut self, message: IdKey, part: u64) -> &mut Life {
        if (self.lives.len + 1) * 4 > self.slots.len() * 3 {
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
                let life = &self.lives[number];
                if life.message == message && life.part == part {
                    return &mut self.lives[number];
                }
            }
            at = (at + 1) & mask;
        }
        self.lives.push(Life::new(message, part));
        // OK because a shard holds fewer than 2^32 lives.
        let number = self.lives.len as u32;
        self.slots[at] = Slot { number, tag };
        &mut self.lives[number as usize - 1]
    }

    fn grow(&mut self) {
        let size = ((self.lives.len + 1) * 2).next_power_of_two().max(64);
        let mut slots = vec![Slot::default(); size];
        for (number, life) in (1..).zip(self.lives.iter()) {
            let tag = life.message as u32;
            let mut at = tag as usize & (size - 1);
            while slots[at].number != 0 {
                at = (at + 1) & (size - 1);
            }
            slots[at] = Slot { number, tag };
        }
        self.slots = slots;
    }

    /// Returns the lives of a message, the first added first.
    pub(super) fn of(&self, message: IdKey) -> impl Iterator<Item = &Life> {
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
                    let life = &self.lives[slot.number as usize - 1];
                    if life.message == message {
                        return Some(life);
                    }
                }
            }
        })
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Life) -> bool) {
        let all = std::mem::take(&mut self.lives);
        for life in all.blocks.into_iter().flatten().filter(|life| keep(life)) {
            self.lives.push(life);
        }
        self.slots = Vec::new();
        self.grow();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_keeps_the_parts_of_many_messages() {
        let mut shard = Shard::default();
        for message in 1..2000u128 {
            for part in 0..(message % 3) as u64 {
                shard.life(message << 1, part).attempts += 1;
                shard.life(message << 1, part).attempts += 1;
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

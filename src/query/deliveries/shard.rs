//! Lives by their message, in little room.

use super::life::Life;
use crate::store::IdKey;

/// Lives by message, found by the message alone: those of its destinations stand one after the other.
#[derive(Default)]
pub(super) struct Shard {
    pub(super) lives: Vec<Life>,
    /// One more than the number of a life; 0 is free. A power of two, at most three quarters full.
    slots: Vec<u32>,
}

impl Shard {
    pub(super) fn life(&mut self, message: IdKey, part: u64) -> &mut Life {
        if (self.lives.len() + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = message as usize & mask;
        loop {
            match self.slots[at] {
                0 => break,
                number => {
                    let number = number as usize - 1;
                    let life = &self.lives[number];
                    if life.message == message && life.part == part {
                        return &mut self.lives[number];
                    }
                }
            }
            at = (at + 1) & mask;
        }
        if self.lives.len() == self.lives.capacity() {
            // A quarter more at a time: doubling would leave a third of the room empty.
            self.lives.reserve_exact(self.lives.len() / 4 + 64);
        }
        self.lives.push(Life::new(message, part));
        // OK because a shard holds fewer than 2^32 lives.
        self.slots[at] = self.lives.len() as u32;
        let last = self.lives.len() - 1;
        &mut self.lives[last]
    }

    fn grow(&mut self) {
        let size = ((self.lives.len() + 1) * 2).next_power_of_two().max(64);
        self.slots = vec![0; size];
        for (number, life) in (1..).zip(&self.lives) {
            let mut at = life.message as usize & (size - 1);
            while self.slots[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = number;
        }
    }

    /// Returns the numbers of the lives of a message.
    pub(super) fn of(&self, message: IdKey) -> impl Iterator<Item = usize> {
        let mask = self.slots.len().saturating_sub(1);
        let mut at = message as usize & mask;
        std::iter::from_fn(move || {
            loop {
                let number = *self.slots.get(at)?;
                at = (at + 1) & mask;
                match number {
                    0 => return None,
                    number if self.lives[number as usize - 1].message == message => {
                        return Some(number as usize - 1);
                    }
                    _ => {}
                }
            }
        })
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Life) -> bool) {
        self.lives.retain(keep);
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
            let parts: Vec<u64> = shard
                .of(message << 1)
                .map(|at| shard.lives[at].part)
                .collect();
            assert_eq!(parts, (0..(message % 3) as u64).collect::<Vec<_>>());
        }
        assert!(shard.lives.iter().all(|life| life.attempts == 2));
        shard.retain(|life| life.part == 1);
        assert!(shard.of(2 << 1).map(|at| shard.lives[at].part).eq([1]));
        assert_eq!(shard.of(4000 << 1).count(), 0);
    }
}

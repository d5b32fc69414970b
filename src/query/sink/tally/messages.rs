//! Counting distinct messages of many groups at once.
//!
//! Rule: exact up to [`MOST`] pairs of group and message, 36 bytes each and so 300 MB at most; beyond that counts are
//! lower bounds and marked as such.

use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use crate::store::{IdKey, IdSet};

/// Messages are divided among so many sets, which threads fill side by side.
pub(super) const SHARDS: usize = 16;

/// Pairs of group and message that are told apart.
const MOST: usize = 8 << 20;

/// Messages of a part, by shard: the group's number in the part, and the message.
pub(super) type Sharded = [Vec<(u32, IdKey)>; SHARDS];

/// Returns the shard of a message. The lowest bits choose its place within a set, so that others are taken here.
pub(super) fn shard_of(message: IdKey) -> usize {
    // OK because the remainder is below 16.
    ((message >> 120) as usize) % SHARDS
}

/// The messages of each group that were counted already.
pub(super) struct Messages {
    shards: Vec<IdSet>,
    most_in_shard: usize,
}

/// What one shard found: groups that have one message more, and groups that may.
#[derive(Default)]
struct Found {
    new: Vec<u32>,
    cut: Vec<u32>,
}

impl Messages {
    pub(super) fn new() -> Messages {
        Messages::up_to(MOST)
    }

    pub(super) fn up_to(most: usize) -> Messages {
        Messages {
            shards: (0..SHARDS).map(|_| IdSet::default()).collect(),
            most_in_shard: most / SHARDS,
        }
    }

    /// Adds the messages of parts, each with the numbers that its groups have among all. Calls `new` for each message
    /// that its group did not have yet, and `cut` for a message of which that is no longer known.
    pub(super) fn add(
        &mut self,
        parts: &[(Vec<u32>, Sharded)],
        mut new: impl FnMut(u32),
        mut cut: impl FnMut(u32),
    ) {
        let most = self.most_in_shard;
        let found: Vec<Found> = self
            .shards
            .par_iter_mut()
            .enumerate()
            .map(|(shard, known)| {
                let mut found = Found::default();
                let coming: usize = parts.iter().map(|(_, sharded)| sharded[shard].len()).sum();
                known.reserve(coming.min(most.saturating_sub(known.len())));
                for (numbers, sharded) in parts {
                    for (group, message) in &sharded[shard] {
                        let group = numbers[*group as usize];
                        let pair = mix(group, *message);
                        if known.len() < most {
                            if known.insert(pair) {
                                found.new.push(group);
                            }
                        } else if !known.contains(&pair) {
                            found.cut.push(group);
                        }
                    }
                }
                found
            })
            .collect();
        for Found {
            new: more,
            cut: lost,
        } in found
        {
            more.into_iter().for_each(&mut new);
            lost.into_iter().for_each(&mut cut);
        }
    }
}

/// Returns a number for a message within a group. Messages are hashes with 128 bits, so that shifting them by a
/// multiple of the group's number keeps pairs apart as well as the hashes themselves.
fn mix(group: u32, message: IdKey) -> IdKey {
    const ODD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    message ^ u128::from(group).wrapping_mul(ODD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::id_key;

    fn counted(most: usize, pairs: &[(u32, &str)]) -> (Vec<u64>, Vec<bool>) {
        let mut sharded = Sharded::default();
        for (group, message) in pairs {
            let message = id_key(message);
            sharded[shard_of(message)].push((*group, message));
        }
        let (mut counts, mut cut) = (vec![0; 3], vec![false; 3]);
        let mut messages = Messages::up_to(most);
        messages.add(
            &[(vec![0, 1, 2], sharded)],
            |group| counts[group as usize] += 1,
            |group| cut[group as usize] = true,
        );
        (counts, cut)
    }

    #[test]
    fn a_message_counts_once_in_each_group() {
        let pairs = [(0, "a"), (0, "a"), (0, "b"), (1, "a"), (0, "a"), (1, "a")];
        let (counts, cut) = counted(1 << 10, &pairs);
        assert_eq!(counts, [2, 1, 0]);
        assert_eq!(cut, [false; 3]);
    }

    #[test]
    fn too_many_messages_make_a_lower_bound_and_say_so() {
        let names: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        let pairs: Vec<(u32, &str)> = names.iter().map(|name| (1, name.as_str())).collect();
        let (counts, cut) = counted(10 * SHARDS, &pairs);
        assert_eq!(counts, [0, 160, 0]);
        assert_eq!(cut, [false, true, false]);
        // What is known is still not new.
        let (counts, cut) = counted(SHARDS, &[(0, "a"), (0, "a"), (0, "a")]);
        assert_eq!((counts[0], cut[0]), (1, false));
    }
}

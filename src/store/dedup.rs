//! What makes two records the same one: the same `id`, else the same bytes; and what is known of such records.
//!
//! Rule: a set grows with the hour, so that it holds 16 bytes a record and next to nothing beside them.

use twox_hash::XxHash3_128;

/// Returns a number that is the same for the same record. Among a billion records the chance that any two different
/// ones share it is below 10^-20.
pub(crate) fn record_key(id: Option<&str>, raw: &[u8]) -> u128 {
    match id {
        // The seed keeps an id apart from a record whose bytes happen to be that id.
        Some(id) => XxHash3_128::oneshot_with_seed(1, id.as_bytes()),
        None => XxHash3_128::oneshot(raw),
    }
}

/// Parts of a set; with a million records each has 250, which are found and moved in no time.
const PARTS: usize = 4096;

/// What is known by record key: sorted parts by the highest bits, which hashes fill evenly. A hash table of the standard
/// library takes up to four times the room while it grows.
pub(super) struct KeyMap<V> {
    parts: Vec<Vec<(u128, V)>>,
}

/// A set of record keys.
pub(super) type KeySet = KeyMap<()>;

impl<V> KeyMap<V> {
    pub(super) fn new() -> KeyMap<V> {
        KeyMap {
            parts: (0..PARTS).map(|_| Vec::new()).collect(),
        }
    }

    /// Returns what is known of a key, after putting `new` there if nothing was; and whether nothing was.
    pub(super) fn entry(&mut self, key: u128, new: V) -> (&mut V, bool) {
        let part = &mut self.parts[part_of(key)];
        let (at, is_new) = match part.binary_search_by_key(&key, |(known, _)| *known) {
            Ok(at) => (at, false),
            Err(at) => {
                if part.len() == part.capacity() {
                    // An eighth more at a time: doubling would leave a third of the room empty.
                    part.reserve_exact(part.len() / 8 + 8);
                }
                part.insert(at, (key, new));
                (at, true)
            }
        };
        (&mut part[at].1, is_new)
    }

    pub(super) fn get(&self, key: u128) -> Option<&V> {
        let part = &self.parts[part_of(key)];
        let at = part.binary_search_by_key(&key, |(known, _)| *known).ok()?;
        Some(&part[at].1)
    }

    /// Returns everything, in order of the keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u128, &V)> {
        let entries = self.parts.iter().flatten();
        entries.map(|(key, value)| (*key, value))
    }
}

impl KeySet {
    /// Adds a key; returns whether it was not there.
    pub(super) fn insert(&mut self, key: u128) -> bool {
        self.entry(key, ()).1
    }
}

fn part_of(key: u128) -> usize {
    // OK because the shift leaves 12 bits.
    (key >> 116) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_is_not_the_record_whose_bytes_it_is() {
        assert_eq!(record_key(Some("a"), b"x"), record_key(Some("a"), b"y"));
        assert_ne!(record_key(Some("a"), b""), record_key(None, b"a"));
        assert_ne!(record_key(None, b"a"), record_key(None, b"b"));
    }

    proptest! {
        #[test]
        fn a_key_is_new_once(keys in prop::collection::vec((0..40u128, any::<bool>()), 0..300)) {
            let (mut set, mut expected) = (KeySet::new(), HashSet::new());
            for (key, is_high) in keys {
                let key = if is_high { u128::MAX - key } else { key };
                prop_assert_eq!(set.insert(key), expected.insert(key));
            }
        }
    }
}

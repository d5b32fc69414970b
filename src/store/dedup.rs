//! What makes two records the same one: the same `id`, else the same bytes; and what is known of such records.
//!
//! Rule: a set grows with the hour, so that it holds 34 bytes a record at most.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use twox_hash::XxHash3_128;

use super::keys::Unhashed;

/// Returns a number that is the same for the same record. Among a billion records the chance that any two different
/// ones share it is below 10^-20.
pub(crate) fn record_key(id: Option<&str>, raw: &[u8]) -> u128 {
    match id {
        // The seed keeps an id apart from a record whose bytes happen to be that id.
        Some(id) => XxHash3_128::oneshot_with_seed(1, id.as_bytes()),
        None => XxHash3_128::oneshot(raw),
    }
}

/// Parts of a map: each grows by itself, so that little is held twice while one does.
const PARTS: usize = 64;

/// What is known by record key.
pub(super) struct KeyMap<V> {
    /// By the highest bits of the key; the lowest choose the place in a part.
    parts: Vec<HashMap<u128, V, Unhashed>>,
}

/// A set of record keys.
pub(super) type KeySet = KeyMap<()>;

impl<V> KeyMap<V> {
    pub(super) fn new() -> KeyMap<V> {
        KeyMap {
            parts: (0..PARTS).map(|_| HashMap::default()).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(HashMap::len).sum()
    }

    /// Returns what is known of a key, after putting `new` there if nothing was; and whether nothing was.
    pub(super) fn entry(&mut self, key: u128, new: V) -> (&mut V, bool) {
        match self.parts[part_of(key)].entry(key) {
            Entry::Occupied(known) => (known.into_mut(), false),
            Entry::Vacant(free) => (free.insert(new), true),
        }
    }

    pub(super) fn get(&self, key: u128) -> Option<&V> {
        self.parts[part_of(key)].get(&key)
    }

    /// Returns everything, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u128, &V)> {
        let entries = self.parts.iter().flatten();
        entries.map(|(key, value)| (*key, value))
    }
}

fn part_of(key: u128) -> usize {
    // OK because the shift leaves the six bits that number the parts.
    (key >> 122) as usize
}

impl KeySet {
    /// Adds a key; returns whether it was not there.
    pub(super) fn insert(&mut self, key: u128) -> bool {
        self.entry(key, ()).1
    }
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

    #[test]
    fn many_keys_stay_known() {
        let key = |n: u64| record_key(Some(&n.to_string()), b"");
        let mut set = KeySet::new();
        assert!((0..20_000).all(|n| set.insert(key(n))));
        assert!((0..20_000).all(|n| !set.insert(key(n))));
        assert_eq!(set.len(), 20_000);
    }

    proptest! {
        #[test]
        fn a_key_is_new_once(keys in prop::collection::vec((0..40u128, any::<bool>()), 0..300)) {
            let (mut set, mut expected) = (KeySet::new(), HashSet::new());
            for (key, is_high) in keys {
                let key = if is_high { u128::MAX - key } else { key };
                prop_assert_eq!(set.insert(key), expected.insert(key));
            }
            prop_assert_eq!(set.len(), expected.len());
        }
    }
}

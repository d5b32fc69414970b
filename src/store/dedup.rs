//! What makes two records the same one: the same `id`, else the same bytes; and a set of such records.
//!
//! Rule: the set grows with the hour, so that it holds 16 bytes a record and next to nothing beside them.

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

/// A set of record keys: sorted parts by the highest bits, which hashes fill evenly. A hash table of the standard
/// library takes up to four times the room while it grows.
pub(super) struct KeySet {
    parts: Vec<Vec<u128>>,
}

impl KeySet {
    pub(super) fn new() -> KeySet {
        KeySet {
            parts: vec![Vec::new(); PARTS],
        }
    }

    /// Adds a key; returns whether it was not there.
    pub(super) fn insert(&mut self, key: u128) -> bool {
        // OK because the shift leaves 12 bits.
        let part = &mut self.parts[(key >> 116) as usize];
        match part.binary_search(&key) {
            Ok(_) => false,
            Err(at) => {
                if part.len() == part.capacity() {
                    // An eighth more at a time: doubling would leave a third of the room empty.
                    part.reserve_exact(part.len() / 8 + 8);
                }
                part.insert(at, key);
                true
            }
        }
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

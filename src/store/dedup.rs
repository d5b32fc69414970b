//! What makes two records the same one: the same `id`, else the same bytes.

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

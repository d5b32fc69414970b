//! File names for ledgers, from whatever a user calls a workspace.
//!
//! Rule: two names never share a file, on any file system, and no name leaves the folder.

use sha2::{Digest, Sha256};

/// Longer names end in a hash instead; file systems allow 255 bytes with the extension.
const MOST_BYTES: usize = 120;

/// Returns a file name without extension: lower-case letters, digits, `-` and `_` as they stand, other bytes as `%41`.
/// Capitals are encoded because macOS and Windows do not tell `A` from `a`.
pub(super) fn to_file_stem(name: &str) -> String {
    let mut stem = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => stem.push(char::from(byte)),
            _ => stem.push_str(&format!("%{byte:02x}")),
        }
    }
    if stem.len() > MOST_BYTES {
        let hash: String = Sha256::digest(name)
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        stem.truncate(MOST_BYTES);
        return format!("{stem}%%{hash}");
    }
    if stem.is_empty() || is_device(&stem) {
        // `%` and no digits after it stands for no byte, so no other name is written so.
        stem.insert(0, '%');
    }
    stem
}

/// Returns whether Windows takes the name for a device, whatever its extension.
fn is_device(stem: &str) -> bool {
    let numbered = |device: &str| {
        stem.strip_prefix(device)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::to_file_stem;

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(to_file_stem("acme-prod_2"), "acme-prod_2");
        assert_eq!(to_file_stem("Acme prod"), "%41cme%20prod");
        assert_eq!(to_file_stem("../../etc"), "%2e%2e%2f%2e%2e%2fetc");
        assert_eq!(to_file_stem("é"), "%c3%a9");
        assert_eq!(to_file_stem(""), "%");
        assert_eq!(to_file_stem("nul"), "%nul");
        assert_eq!(to_file_stem("com1"), "%com1");
        assert_eq!(to_file_stem("common"), "common");
    }

    #[test]
    fn no_two_names_share_a_file_even_without_case() {
        let long = "x".repeat(300);
        let names = [
            "",
            "%",
            "a",
            "A",
            "nul",
            "%nul",
            "NUL",
            "a/b",
            "a%2fb",
            &long,
            &long[1..],
        ];
        let files: BTreeSet<_> = names
            .iter()
            .map(|name| to_file_stem(name).to_ascii_lowercase())
            .collect();
        assert_eq!(files.len(), names.len());
        assert!(files.iter().all(|file| file.len() < 200));
    }
}

//! What a file is that is certainly no log: told by the bytes it begins with.
//!
//! Rule: a signature counts only if no log can begin with it.

/// What is told by the first bytes.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC\n", "an ORC file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Office document",
    ),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"BZh", "bzip2 data"),
    (b"\x04\x22\x4d\x18", "LZ4 data"),
    (b"\x7fELF", "a program"),
];

/// Names what is no log; `None` if it may be one.
pub(super) fn name(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        // An Excel workbook is a zip archive of parts, and names them in the clear.
        let has = |part: &[u8]| memchr::memmem::find(head, part).is_some();
        return Some(if has(b"xl/") {
            "an Excel workbook"
        } else if has(b"word/") {
            "a Word document"
        } else {
            "a zip archive"
        });
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Some("a WebP image");
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    let known = SIGNATURES.iter();
    known
        .filter(|(signature, _)| head.starts_with(signature))
        .map(|(_, name)| *name)
        .next()
}

/// Whether it is UTF-16 or UTF-32: by its byte order mark, or by every other byte of its ASCII being zero.
pub(super) fn is_wide(head: &[u8]) -> bool {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return true;
    }
    let pairs = head.chunks_exact(2).take(64);
    let count = pairs.len();
    let is = |zero: usize, letter: usize| {
        let pairs = head.chunks_exact(2).take(count);
        count >= 8
            && pairs
                .clone()
                .all(|pair| pair[zero] == 0 && pair[letter] != 0)
    };
    is(1, 0) || is(0, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_log_is_named() {
        let mut tar = b"logs/a.ndjson".to_vec();
        tar.resize(257, 0);
        tar.extend_from_slice(b"ustar\0");
        for (head, expected) in [
            (&b"\x89PNG\r\n\x1a\n\0\0"[..], Some("a PNG image")),
            (
                b"PK\x03\x04\x14\0\0\0[Content_Types].xml xl/workbook.xml",
                Some("an Excel workbook"),
            ),
            (b"PK\x03\x04\x14\0\0\0logs/", Some("a zip archive")),
            (b"RIFF\x01\0\0\0WEBPVP8", Some("a WebP image")),
            (&tar, Some("a tar archive")),
            (b"{\"a\":1}", None),
            (b"Date,Type", None),
            (b"", None),
        ] {
            assert_eq!(name(head), expected, "{head:?}");
        }
    }

    #[test]
    fn wide_characters_are_told_from_bytes() {
        let wide =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let big =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
        assert!(is_wide(&wide("\u{feff}{}")));
        assert!(is_wide(&big("\u{feff}{}")));
        assert!(is_wide(&wide("{\"event\":1}")));
        assert!(is_wide(&big("{\"event\":1}")));
        assert!(!is_wide(b"{\"event\":\"Error Logged\"}"));
        assert!(!is_wide(b""));
    }
}

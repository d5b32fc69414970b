//! Pieces of JSON text, written straight into a buffer.
//!
//! Rule: text that may hold anything goes through [`write_escaped`]; only constants and ids are appended as they are.

/// Appends the inside of a JSON string: quotes, backslashes and control characters escaped, the rest as it is.
pub(super) fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut plain = 0;
    for (at, byte) in text.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => &control(*byte),
            _ => continue,
        };
        out.extend_from_slice(&text[plain..at]);
        out.extend_from_slice(escape);
        plain = at + 1;
    }
    out.extend_from_slice(&text[plain..]);
}

fn control(byte: u8) -> [u8; 6] {
    let low = byte & 15;
    let digit = if low < 10 {
        b'0' + low
    } else {
        b'a' + low - 10
    };
    [b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), digit]
}

/// Appends a whole number.
pub(super) fn write_number(value: i64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut left = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn escaped_text_reads_back(text in any::<String>()) {
            let mut json = vec![b'"'];
            write_escaped(text.as_bytes(), &mut json);
            json.push(b'"');
            prop_assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), text);
        }

        #[test]
        fn numbers_read_back(number in any::<i64>()) {
            let mut json = Vec::new();
            write_number(number, &mut json);
            prop_assert_eq!(serde_json::from_slice::<i64>(&json).unwrap(), number);
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        let mut out = Vec::new();
        write_escaped(b"\x1b\x00\n\"", &mut out);
        assert_eq!(out, b"\\u001b\\u0000\\n\\\"");
    }
}

//! Arbitrary bytes through framing, recognition of values, and every provider's decoder, and as files of the store; and
//! arbitrary text through the language of `--where`; for the fuzzer and property tests.
//!
//! Rule: what is asserted here is what the docs of those parts promise: no panic, no byte lost, the same values however the stream is
//! cut, an object for every row with all of its cells, and a condition that reads back as it is written.

use std::io::Read;

use crate::model::{Provider, Timestamp, parse_condition};
use crate::providers::framing::{Blocks, Content, Form, split_line};
use crate::providers::spec;

/// Bytes after which a value is too long; small, so that the fuzzer gets there.
const VALUE_BYTES: usize = 1 << 16;

/// Reads bytes as JSON and as CSV, in one piece and in small ones, and decodes what comes out for every provider.
///
/// # Panics
/// Where a promise is broken.
pub fn check(step: u16, block_bytes: u16, bytes: &[u8]) {
    let mut delimiters = [b',', b';', b'\t'].into_iter();
    let delimiter = delimiters.nth(usize::from(step) % 3).unwrap_or(b',');
    let csv = Form::Csv {
        delimiter,
        names: vec!["Date".to_owned(), "Gateway code".to_owned()],
    };
    for form in [Form::Json, csv] {
        let whole = values(bytes, &form, usize::MAX, VALUE_BYTES);
        let (step, block_bytes) = (usize::from(step).max(1), usize::from(block_bytes));
        let cut = values(bytes, &form, step, block_bytes);
        assert!(whole == cut, "the cuts of the stream change its values");
        let is_whole = bytes.len() < VALUE_BYTES;
        if form == Form::Json && is_whole {
            let found = whole.iter().flat_map(|(_, value)| value);
            assert!(essence(found) == essence(bytes), "bytes are lost");
        }
        whole.iter().for_each(|(_, value)| decode(value));
    }
}

/// Reads a text as a condition; what is understood is written and read again.
///
/// # Panics
/// Where a promise is broken.
pub fn check_condition(text: &str) {
    let read = |text: &str| {
        let file = |name: &str| Ok(vec![name.to_owned()]);
        parse_condition(text, Timestamp::from_micros(0), &file)
    };
    match read(text) {
        Ok(condition) => {
            let written = condition.to_string();
            let again = read(&written).map(|again| again.to_string());
            assert!(again.ok() == Some(written), "it does not read back");
        }
        Err(error) => assert!(error.to_string().ends_with('^'), "an error points nowhere"),
    }
}

/// Reads bytes as an hour's file of the store.
///
/// # Panics
/// Where a promise is broken.
pub fn check_hour(bytes: &[u8]) {
    crate::store::read_as_hour(bytes);
}

fn decode(value: &[u8]) {
    for provider in Provider::ALL {
        let spec = spec(*provider);
        let _ = spec.recognises(value);
        let _ = (spec.decode)(value, &mut |record| assert!(!record.raw.is_empty()));
    }
    let parts = split_line(value);
    assert!(essence(parts.into_iter().flatten()) == essence(value));
}

/// Gives out a few bytes at a time.
struct Dribble<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let step = self.step.min(self.rest.len()).min(buffer.len());
        self.rest.read(&mut buffer[..step])
    }
}

/// The values of a stream, or the bytes of what is none, with their lines.
fn values(bytes: &[u8], form: &Form, step: usize, block_bytes: usize) -> Vec<(u64, Vec<u8>)> {
    let reader = Dribble { rest: bytes, step };
    let mut found = Vec::new();
    let blocks = Blocks::with_sizes(reader, form.clone(), block_bytes, VALUE_BYTES);
    for block in blocks.map_while(Result::ok) {
        match block.content() {
            Content::Values(values) => {
                found.extend(values.map(|(line, value)| (line, value.to_vec())));
            }
            Content::Rows(rows) => {
                for row in rows {
                    let mut object = Vec::new();
                    let is_object = row.to_object(&mut object).is_ok();
                    assert!(
                        !is_object || serde_json::from_slice::<serde_json::Value>(&object).is_ok()
                    );
                    found.push((
                        row.line,
                        if is_object {
                            object
                        } else {
                            row.bytes.to_vec()
                        },
                    ));
                }
            }
            Content::Skipped(skipped) => found.push((skipped.line, skipped.bytes.to_vec())),
        }
    }
    found
}

/// What remains when white space, the punctuation of lists and the byte order mark are set aside.
fn essence<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> Vec<u8> {
    let mut kept: Vec<u8> = bytes
        .into_iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b',' | b'[' | b']'))
        .collect();
    while kept.starts_with(b"\xEF\xBB\xBF") {
        kept.drain(..3);
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_keep_the_promises(
            step in any::<u16>(),
            small in 0..40u16,
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..300),
                "(Date|Gateway_code|trackingId)[,;\t]x\n[ab,;\t\"\n\r{}\\[\\]:]{0,200}".prop_map(String::into_bytes),
            ],
        ) {
            super::check(step % 50, small, &bytes);
        }

        #[test]
        fn any_text_keeps_the_promises_of_conditions(
            text in "(id|status|\\.a|time) ?(=|in|~|<) ?[ -~é]{0,20}( and id = x)?",
        ) {
            super::check_condition(&text);
        }
    }
}

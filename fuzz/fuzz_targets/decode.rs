//! Arbitrary bytes through framing and decoding.
//!
//! The program's library exports nothing of this, so its files are included here as they are; they name each other by `super` and
//! `crate::model` only.
//!
//! Rule: what holds here is what the docs of the included files promise: no panic, no byte lost, the same values however
//! the stream is cut, and `raw` byte for byte.

#![no_main]
#![expect(
    dead_code,
    unused_imports,
    reason = "the program uses more of the files than the fuzzer"
)]

use std::io::Read;

use libfuzzer_sys::fuzz_target;

#[path = "../../src/providers/segment/decode.rs"]
mod decode;
#[path = "../../src/providers/segment/fields.rs"]
mod fields;
#[path = "../../src/providers/framing/mod.rs"]
mod framing;
#[path = "../../src/model/mod.rs"]
mod model;
#[path = "../../src/providers/segment/reason.rs"]
mod reason;
#[path = "../../src/providers/segment/scalar.rs"]
mod scalar;

fuzz_target!(|input: (u16, u16, &[u8])| {
    let (step, block_bytes, bytes) = input;
    let whole = values(bytes, usize::MAX, 1 << 20);
    let cut = values(bytes, usize::from(step).max(1), usize::from(block_bytes));
    assert!(whole == cut, "the cuts of the stream change its values");
    assert!(
        essence(whole.iter().flat_map(|(_, value)| value)) == essence(bytes),
        "bytes are lost"
    );
    for (_, value) in &whole {
        if let Ok(record) = decode::decode(value) {
            assert!(record.raw == value.as_slice());
        }
        let _ = decode::is_failure_log(value);
        let parts = framing::split_line(value);
        assert!(essence(parts.into_iter().flatten()) == essence(value));
    }
});

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

fn values(bytes: &[u8], step: usize, block_bytes: usize) -> Vec<(u64, Vec<u8>)> {
    let reader = Dribble { rest: bytes, step };
    framing::Blocks::with_sizes(reader, block_bytes, 64 << 20)
        .filter_map(Result::ok)
        .flat_map(|block| {
            block
                .values()
                .map(|(line, value)| (line, value.to_vec()))
                .collect::<Vec<_>>()
        })
        .collect()
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

//! Arbitrary bytes through framing and decoding; what must hold is in the program's `src/fuzzing.rs`, which is compiled for the
//! fuzzer alone.
//!
//! Rule: nothing is checked here, so that the checks stand beside what they check.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, u16, &[u8])| {
    let (step, block_bytes, bytes) = input;
    faillog::fuzzing::check(step, block_bytes, bytes);
});

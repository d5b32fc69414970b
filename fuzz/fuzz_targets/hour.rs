//! Arbitrary bytes as an hour's file; what must hold is in the program's `src/store/fuzzing.rs`.
//!
//! Rule: nothing is checked here, so that the checks stand beside what they check.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| faillog::fuzzing::check_hour(bytes));

//! Arbitrary text through the language of `--where`; what must hold is in the program's `src/fuzzing.rs`.
//!
//! Rule: nothing is checked here, so that the checks stand beside what they check.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| faillog::fuzzing::check_condition(text));

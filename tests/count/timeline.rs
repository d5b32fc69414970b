//! x
//!
//! Rule: x.

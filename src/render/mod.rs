//! Rows to bytes: tables for people, formats for programs.
//!
//! Rule: everything here takes a writer or a buffer; nothing prints. Cells come in the order of the headings.

mod format;
mod formula;
mod number;
mod sanitize;

pub(crate) use format::Format;
pub(crate) use sanitize::visible;

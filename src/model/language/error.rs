//! What is said of a condition that was not understood.
//!
//! Rule: an error shows the text with a mark under the character it is about.

use std::fmt;

/// Where and why a condition was not understood.
#[derive(Debug)]
pub(crate) struct ConditionError {
    text: String,
    /// Byte offset into `text`, on a character boundary.
    offset: usize,
    reason: String,
}

impl ConditionError {
    pub(super) fn new(text: &str, offset: usize, reason: String) -> ConditionError {
        ConditionError {
            text: text.to_owned(),
            offset: text.floor_char_boundary(offset),
            reason,
        }
    }
}

impl std::error::Error for ConditionError {}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.text[..self.offset].chars().count();
        writeln!(f, "the condition was not understood: {}", self.reason)?;
        writeln!(f, "  {}", self.text)?;
        write!(f, "  {}^", " ".repeat(before))
    }
}

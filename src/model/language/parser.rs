//! A condition that is being read: how far, and what is known beside its text.

use super::super::time::Timestamp;
use super::reader::Reader;

/// Reads the values of a file by its name, one a line.
pub(crate) type ReadFile<'f> = &'f dyn Fn(&str) -> Result<Vec<String>, String>;

pub(super) struct Parser<'t> {
    pub(super) reader: Reader<'t>,
    pub(super) now: Timestamp,
    pub(super) read_file: ReadFile<'t>,
    pub(super) depth: usize,
    /// Where the last unquoted value begins and ends.
    pub(super) last_word: Option<(usize, usize)>,
}

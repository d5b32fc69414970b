//! Values that may stand in a file: `@ids.txt`.
//!
//! Rule: a file without a value is an error; read as "no filter" it would match everything. One column that faillog wrote reads
//! back as the values that were in it.

use std::fs;
use std::path::Path;

use crate::render::unguarded;

use super::Error;

/// Reads the values of a flag: each stands for itself, `@file` for the lines of a file, `@@x` for `@x`.
///
/// # Errors
/// Of kind usage, naming the flag: the file cannot be read, is no UTF-8 text, or holds no value.
pub(super) fn read_list(flag: &str, values: &[String]) -> Result<Vec<String>, Error> {
    let column = flag.trim_start_matches('-').replace('-', "_");
    let mut read = Vec::with_capacity(values.len());
    for value in values {
        match value.strip_prefix('@') {
            None => read.push(value.clone()),
            Some(rest) if rest.starts_with('@') => read.push(rest.to_owned()),
            Some("-") => {
                return Err(Error::usage(format!(
                    "{flag} `@-`: lists are not read from standard input"
                ))
                .hint(format!("Put the values into a file: {flag} @FILE")));
            }
            Some(file) => {
                let fail = |reason: String| {
                    Error::usage(format!("{flag} `@{file}`: {reason}")).hint(format!(
                        "`@` takes the values from a file, one a line; write `@@{file}` for the text itself."
                    ))
                };
                let mut lines = read_file(file).map_err(fail)?;
                // A pattern is asked for by its text or by its id.
                let is_header = |line: &String| {
                    line.strip_prefix(&column).is_some_and(|rest| {
                        rest.is_empty() || (column == "pattern" && rest == "_id")
                    })
                };
                if lines.first().is_some_and(is_header) {
                    lines.remove(0);
                }
                if lines.is_empty() {
                    return Err(fail("the file holds no value".to_owned()));
                }
                read.extend(lines);
            }
        }
    }
    Ok(read)
}

/// Reads the lines of a file that hold something, at least one: what was done to the cells of a CSV or TSV is undone.
pub(super) fn read_file(file: &str) -> Result<Vec<String>, String> {
    let bytes = fs::read(file).map_err(|error| format!("cannot read the file: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "the file is no UTF-8 text".to_owned())?;
    let is_tsv = Path::new(file)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("tsv"));
    let values: Vec<String> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let cell = if is_tsv {
                unescaped(line)
            } else {
                unquoted(line)
            };
            unguarded(&cell).to_owned()
        })
        .collect();
    if values.is_empty() {
        return Err("the file holds no value".to_owned());
    }
    Ok(values)
}

/// Takes the quotes off a cell of a CSV, if it is one in quotes.
fn unquoted(line: &str) -> String {
    let inner = line
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let is_cell = |inner: &&str| !inner.replace("\"\"", "").contains('"');
    match inner.filter(is_cell) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => line.to_owned(),
    }
}

/// Undoes the escapes of a TSV.
fn unescaped(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(next) = rest.next() {
        let mut ahead = rest.clone();
        let meant = match (next, ahead.next()) {
            ('\\', Some('t')) => '\t',
            ('\\', Some('n')) => '\n',
            ('\\', Some('r')) => '\r',
            ('\\', Some('\\')) => '\\',
            (other, _) => {
                text.push(other);
                continue;
            }
        };
        text.push(meant);
        rest = ahead;
    }
    text
}

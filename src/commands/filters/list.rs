//! Values that may stand in a file: `@ids.txt`.
//!
//! Rule: a file without a value is an error; read as "no filter" it would match everything.

use std::fs;

use super::Error;

/// Reads the values of a flag: each stands for itself, `@file` for the lines of a file, `@@x` for `@x`.
///
/// # Errors
/// Of kind usage, naming the flag: the file cannot be read, is no UTF-8 text, or holds no value.
pub(crate) fn read_list(flag: &str, values: &[String]) -> Result<Vec<String>, Error> {
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
            Some(file) => read.extend(read_file(flag, file)?),
        }
    }
    Ok(read)
}

fn read_file(flag: &str, file: &str) -> Result<Vec<String>, Error> {
    let fail = |reason: String| {
        Error::usage(format!("{flag} `@{file}`: {reason}")).hint(format!(
            "`@` takes the values from a file, one a line; write `@@{file}` for the text itself."
        ))
    };
    let bytes = fs::read(file).map_err(|error| fail(format!("cannot read the file: {error}")))?;
    let text =
        String::from_utf8(bytes).map_err(|_| fail("the file is no UTF-8 text".to_owned()))?;
    let values: Vec<String> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    match values.len() {
        0 => Err(fail("the file holds no value".to_owned())),
        _ => Ok(values),
    }
}

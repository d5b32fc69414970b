//! A few rows of text that a verb says about itself, not about records.
//!
//! Rule: every such verb writes through here, so that all of them obey the asked format alike.

use super::{Context, Error};

/// Writes the rows under their headings; an absent cell is shown as `-`.
pub(super) fn write(
    context: &mut Context<'_>,
    headings: &[&str],
    rows: &[Vec<Option<String>>],
) -> Result<(), Error> {
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "-".to_owned());
    let mut lines = vec![headings.iter().map(ToString::to_string).collect::<Vec<_>>()];
    lines.extend(rows.iter().map(|row| row.iter().map(cell).collect()));
    let mut widths = vec![0; headings.len()];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(unicode_width::UnicodeWidthStr::width(cell.as_str()));
        }
    }
    for line in &lines {
        let mut text = String::new();
        for (width, cell) in widths.iter().zip(line) {
            let fill = width - unicode_width::UnicodeWidthStr::width(cell.as_str());
            text.extend([cell, "  "]);
            text.extend(std::iter::repeat_n(' ', fill));
        }
        writeln!(context.out, "{}", text.trim_end())?;
    }
    Ok(())
}

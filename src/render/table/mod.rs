//! A table for people: aligned columns, no borders, fitted to the terminal.
//!
//! Rule: rows are kept until the end, since widths depend on all of them, so a table is for pages, not for exports. No
//! text is lost unless the reader can see that it is: a cut shows `…`, and columns left out are named to the caller.

mod choose;
mod column;
pub(super) mod lines;
pub(super) mod style;

use std::io::{self, Write};

use crate::model::Value;

use super::sanitize::visible;
use super::{Fit, Heading, Options};
use choose::{GAP, Plan, Shown};
use column::{Cell, Column};

/// Returns how many columns a terminal needs for a text as tables show it.
pub(crate) fn text_width(text: &str) -> usize {
    lines::width(&visible(text))
}

/// Collects rows, then lays them out.
pub(super) struct Table {
    headings: Vec<Heading>,
    options: Options,
    /// One list of cells a heading, all of one length.
    cells: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new(headings: Vec<Heading>, options: Options) -> Self {
        let cells = headings.iter().map(|_| Vec::new()).collect();
        Table {
            headings,
            options,
            cells,
        }
    }

    pub(super) fn row(&mut self, cells: &[Value<'_>]) {
        for (index, column) in self.cells.iter_mut().enumerate() {
            let cell = cells.get(index).unwrap_or(&Value::Null);
            column.push(Cell::new(cell, &self.options));
        }
    }

    /// Writes the table and returns the columns that were left out to fit. Without rows nothing is written.
    pub(super) fn finish(self, out: &mut dyn Write) -> io::Result<Vec<String>> {
        let rows = self.cells.first().map_or(0, Vec::len);
        if rows == 0 {
            return Ok(Vec::new());
        }
        let first_seen = self.first_seen();
        let mut columns: Vec<Column> = self
            .headings
            .iter()
            .zip(self.cells)
            .map(|(heading, cells)| Column::new(heading, cells, &self.options))
            .collect();
        if let Some(index) = first_seen {
            columns[index].is_first_seen = true;
        }
        let plan = match self.options.fit {
            Fit::Choose => Plan::choose(&columns, self.options.width),
            Fit::All => Plan::all(&columns, self.options.width),
        };
        let height = |shown: &Shown| columns[shown.index].header.len();
        let header_height = plan.shown.iter().map(height).max().unwrap_or(0);
        let mut page = Page {
            color: self.options.color,
            text: String::new(),
        };
        let header: Vec<_> = plan
            .shown
            .iter()
            .map(|shown| {
                let column = &columns[shown.index];
                let mut parts = vec![""; header_height - column.header.len()];
                parts.extend(column.header.iter().map(String::as_str));
                Block::new(column, shown, parts, style::HEADER)
            })
            .collect();
        page.row(&header);
        for row in 0..rows {
            let blocks: Vec<_> = plan
                .shown
                .iter()
                .map(|shown| {
                    let column = &columns[shown.index];
                    let text = column.cells[row].as_str();
                    let style = style::of(&column.name, text);
                    Block::new(column, shown, text.split('\n').collect(), style)
                })
                .collect();
            page.row(&blocks);
            if page.text.len() > 64 * 1024 {
                out.write_all(page.text.as_bytes())?;
                page.text.clear();
            }
        }
        out.write_all(page.text.as_bytes())?;
        Ok(plan.hidden)
    }
}

impl Table {
    /// Returns the column that tells when records were first seen: what is written down before it occurs was seen
    /// again later, and its time moved. Fractions of a second say nothing, since many times have none.
    fn first_seen(&self) -> Option<usize> {
        let find = |name: &str| {
            self.headings
                .iter()
                .position(|heading| heading.name == name)
        };
        let (time, logged_at) = (find("time")?, find("logged_at")?);
        let mut rows = self.cells[time].iter().zip(&self.cells[logged_at]);
        rows.any(|row| match row {
            (Cell::Time(time), Cell::Time(logged_at)) => time.since(*logged_at) >= 1_000_000,
            _ => false,
        })
        .then_some(logged_at)
    }
}

/// A cell cut or wrapped to its width.
struct Block<'c> {
    lines: Vec<std::borrow::Cow<'c, str>>,
    width: usize,
    is_right: bool,
    style: anstyle::Style,
}

impl<'c> Block<'c> {
    fn new(column: &Column, shown: &Shown, parts: Vec<&'c str>, style: anstyle::Style) -> Self {
        let mut fitted = Vec::with_capacity(parts.len());
        for part in parts {
            shown.overflow.fit(part, shown.width, &mut fitted);
        }
        Block {
            lines: fitted,
            width: shown.width,
            is_right: column.is_right,
            style,
        }
    }
}

/// The text of the table so far.
struct Page {
    color: bool,
    text: String,
}

impl Page {
    /// Adds a row of the table, as many lines as its tallest cell.
    fn row(&mut self, blocks: &[Block<'_>]) {
        let height = blocks.iter().map(|block| block.lines.len()).max();
        for line in 0..height.unwrap_or(0) {
            // Blanks are written only before text, so that no line ends in them.
            let mut blanks = 0;
            for (index, block) in blocks.iter().enumerate() {
                let text = block.lines.get(line).map_or("", AsRef::as_ref);
                let room = block.width.saturating_sub(lines::width(text));
                let (before, after) = if block.is_right { (room, 0) } else { (0, room) };
                blanks += before + if index > 0 { GAP } else { 0 };
                if !text.is_empty() {
                    self.text.extend(std::iter::repeat_n(' ', blanks));
                    blanks = 0;
                    self.styled(text, block.style);
                }
                blanks += after;
            }
            self.text.push('\n');
        }
    }

    fn styled(&mut self, text: &str, style: anstyle::Style) {
        if self.color && !style.is_plain() {
            self.text.push_str(&format!("{style}{text}{style:#}"));
        } else {
            self.text.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests;

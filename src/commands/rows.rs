//! Rows to standard output, for the verbs whose answer is a short list.
//!
//! Rule: verbs say what the rows are, not how they look.

use crate::model::{Kind, Provider, Value};
use crate::render::{Fit, Format, Heading, Options, Output};

use super::{Context, Error, Settings};

/// An answer being written.
pub(super) struct Rows<'c> {
    output: Output<'c>,
    /// What people call collections, if people are to read them: ids take half of a narrow terminal.
    names: Option<Settings>,
    /// The columns that are shown.
    shown: Vec<bool>,
    collection: Option<usize>,
}

impl<'c> Rows<'c> {
    /// Begins an answer with these columns: a table on a terminal, else CSV, unless another format was asked for.
    ///
    /// A table has the user's own names for collections, and no provider while there is only one.
    pub(super) fn begin(
        context: &'c mut Context<'_>,
        columns: &[(&str, Kind)],
    ) -> Result<Self, Error> {
        let format = context.format_or_default();
        let is_table = format == Format::Table;
        let is_shown = |name: &str| !(is_table && name == "provider" && Provider::ALL.len() == 1);
        let shown: Vec<bool> = columns.iter().map(|(name, _)| is_shown(name)).collect();
        let headings = columns
            .iter()
            .filter(|(name, _)| is_shown(name))
            .map(|(name, kind)| Heading::new(*name, Some(*kind)));
        // What the program says of itself runs nothing.
        let options = Options {
            formula_guard: false,
            ..context.render_options(Fit::All)
        };
        let names = is_table.then(|| context.settings.clone());
        let output = Output::new(format, headings.collect(), options, context.out)?;
        Ok(Rows {
            output,
            names,
            shown,
            collection: columns.iter().position(|(name, _)| *name == "collection"),
        })
    }

    pub(super) fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        let cells = values.iter().enumerate().filter(|(at, _)| self.shown[*at]);
        let cells: Vec<Value<'_>> = cells
            .map(|(at, value)| match (value, &self.names) {
                (Value::Text(id), Some(settings)) if self.collection == Some(at) => {
                    Value::Text(settings.name_of(id).to_owned().into())
                }
                _ => value.clone(),
            })
            .collect();
        Ok(self.output.row(&cells)?)
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        self.output.finish()?;
        Ok(())
    }
}

/// Returns a count as a cell.
pub(super) fn whole(count: u64) -> Value<'static> {
    // A count above the largest whole number a cell holds is shown as that.
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Writes rows of text under their headings, for what a verb says of itself.
pub(super) fn write(
    context: &mut Context<'_>,
    headings: &[&str],
    rows: &[Vec<Option<String>>],
) -> Result<(), Error> {
    let columns: Vec<_> = headings.iter().map(|name| (*name, Kind::Text)).collect();
    let mut output = Rows::begin(context, &columns)?;
    for row in rows {
        let cells: Vec<Value<'_>> = row
            .iter()
            .map(|cell| {
                cell.as_deref()
                    .map_or(Value::Null, |text| Value::Text(text.into()))
            })
            .collect();
        output.row(&cells)?;
    }
    output.finish()
}

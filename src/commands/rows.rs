//! Rows to standard output, for the verbs whose answer is a short list.
//!
//! Rule: verbs say what the rows are, not how they look.

use crate::model::{Kind, Value};
use crate::render::{Fit, Heading, Output};

use super::{Context, Error};

/// An answer being written.
pub(super) struct Rows<'c> {
    output: Output<'c>,
}

impl<'c> Rows<'c> {
    /// Begins an answer with these columns: a table on a terminal, else CSV, unless another format was asked for.
    pub(super) fn begin(
        context: &'c mut Context<'_>,
        columns: &[(&str, Kind)],
    ) -> Result<Self, Error> {
        let headings = columns
            .iter()
            .map(|(name, kind)| Heading::new(*name, Some(*kind)));
        let format = context.format_or_default();
        let options = context.render_options(Fit::All);
        let output = Output::new(format, headings.collect(), options, context.out)?;
        Ok(Rows { output })
    }

    pub(super) fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        Ok(self.output.row(values)?)
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

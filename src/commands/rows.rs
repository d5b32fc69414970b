//! Rows to standard output, for the verbs whose answer is a short list.
//!
//! Rule: verbs say what the rows are, not how they look.

use std::io::Write;

use crate::model::{Kind, Value};

use super::{Context, Error};

/// An answer being written.
pub(super) struct Rows<'c> {
    out: &'c mut (dyn Write + Send),
}

impl<'c> Rows<'c> {
    /// Begins an answer with these columns.
    // Seam: `render::Output::new(format, headings, options, out)` writes every format; here rows are tab-separated.
    pub(super) fn begin(
        context: &'c mut Context<'_>,
        columns: &[(&str, Kind)],
    ) -> Result<Self, Error> {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        writeln!(context.out, "{}", names.join("\t"))?;
        Ok(Rows { out: context.out })
    }

    pub(super) fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.out.write_all(b"\t")?;
            }
            match value {
                Value::Null => {}
                Value::Bool(value) => write!(self.out, "{value}")?,
                Value::Int(value) => write!(self.out, "{value}")?,
                Value::Time(value) => write!(self.out, "{value}")?,
                Value::Number(text) | Value::Text(text) | Value::Json(text) => {
                    self.out.write_all(text.as_bytes())?;
                }
                Value::Bytes(bytes) => self.out.write_all(bytes)?,
            }
        }
        self.out.write_all(b"\n")?;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        Ok(self.out.flush()?)
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
            .map(|cell| cell.as_deref().map_or(Value::Null, |text| Value::Text(text.into())))
            .collect();
        output.row(&cells)?;
    }
    output.finish()
}

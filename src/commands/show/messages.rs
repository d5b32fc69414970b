//! `faillog show --by-message`: one row a message instead of one a record.
//!
//! Rule: the columns are the same for every provider and format; a table chooses among them by its width.

use crate::model::Value;
use crate::query::{Engine, MESSAGE_COLUMNS, Messages, Question};
use crate::render::{Format, Heading, Options, Output, Summary};

use super::super::{Context, Error};

/// Writes the rows, with the columns asked for.
pub(super) fn write(
    context: &mut Context<'_>,
    columns: &[String],
    options: Options,
    engine: &Engine,
    question: &Question,
    format: Format,
) -> Result<(Messages, Summary), Error> {
    if format == Format::Raw {
        let error =
            Error::usage("-o raw gives records as received, so --by-message does not go with it");
        return Err(error.hint("Use -o csv, or leave --by-message out."));
    }
    let shown = choose(columns, format)?;
    let headings = shown.iter().map(|at| {
        let (name, kind) = MESSAGE_COLUMNS[*at];
        Heading::new(name, Some(kind))
    });
    let names = (format == Format::Table).then(|| context.settings.clone());
    let mut output = Output::new(format, headings.collect(), options, context.out)?;
    let collection = MESSAGE_COLUMNS
        .iter()
        .position(|(name, _)| *name == "collection");
    let messages = engine.ask_messages::<Error>(question, |row| {
        let cells: Vec<Value<'_>> = shown
            .iter()
            .map(|at| match (&row[*at], &names) {
                (Value::Text(id), Some(names)) if Some(*at) == collection => {
                    Value::Text(names.name_of(id).to_owned().into())
                }
                (value, _) => value.clone(),
            })
            .collect();
        Ok(output.row(&cells)?)
    })?;
    Ok((messages, output.finish()?))
}

/// Returns the places of the columns asked for among those there are.
fn choose(asked: &[String], format: Format) -> Result<Vec<usize>, Error> {
    if asked.is_empty() {
        let is_shown = |at: &usize| {
            // Their room is better given to the message's id.
            format != Format::Table || !matches!(MESSAGE_COLUMNS[*at].0, "channel" | "source")
        };
        return Ok((0..MESSAGE_COLUMNS.len()).filter(is_shown).collect());
    }
    let place = |name: &String| {
        let name = name.trim();
        let found = MESSAGE_COLUMNS.iter().position(|(known, _)| *known == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = MESSAGE_COLUMNS.iter().map(|(known, _)| *known).collect();
            Error::usage(format!("--columns: a message has no column `{name}`"))
                .hint(format!("With --by-message there are {}.", known.join(", ")))
        })
    };
    asked.iter().map(place).collect()
}

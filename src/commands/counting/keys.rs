//! `--by`: what it takes, and how the values of groups are shown.
//!
//! Rule: a group without a value is empty or null in what programs read, and `(none)` where people do.

use crate::model::{Column, Field, Value};
use crate::query::Key;
use crate::render::{Format, Heading};

use super::super::{Error, Settings};

/// What stands for a value that is not there, in a table or chart.
const NONE: &str = "(none)";

/// What is grouped by where nobody says: what happened where, and why. Attempts, exchanges and errors of one delivery tell of
/// the same failure, and so are kept apart.
pub(in crate::commands) const DEFAULT_BY: &[&str] = &["type", "destination", "status", "pattern"];

/// Reads the columns to group by, or takes the default.
pub(in crate::commands) fn keys(asked: &[String], default: &[&str]) -> Result<Vec<Key>, Error> {
    let names: Vec<&str> = match asked {
        [] => default.to_vec(),
        asked => asked.iter().map(|name| name.trim()).collect(),
    };
    let mut keys: Vec<Key> = Vec::with_capacity(names.len());
    for name in names {
        let key = match name {
            "hour" => Key::Hour,
            "day" => Key::Day,
            name => Key::Field(Field::parse(name).map_err(|error| {
                Error::usage(format!("--by: {error}")).hint(
                    "Columns are those of `faillog show -o csv`, and `pattern`, `pattern_id`, `fate`, `hour`, `day`; a key of the raw record is written `.properties.key`.",
                )
            })?),
        };
        // The same column twice divides nothing, and would stand in the output under one name.
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// Returns what stands above the columns that were grouped by.
pub(in crate::commands) fn headings(keys: &[Key]) -> Vec<Heading> {
    let heading = |key: &Key| Heading::new(key.to_string(), key.kind());
    keys.iter().map(heading).collect()
}

/// How the values of groups are shown.
pub(in crate::commands) struct Naming<'n> {
    /// The user's own names for collections, if people are to read them.
    names: Option<&'n Settings>,
    collection: Option<usize>,
}

impl<'n> Naming<'n> {
    /// Names for what is written in a format.
    pub(in crate::commands) fn of(
        settings: &'n Settings,
        keys: &[Key],
        format: Format,
    ) -> Naming<'n> {
        let collection = Key::Field(Field::Column(Column::Collection));
        Naming {
            names: (format == Format::Table).then_some(settings),
            collection: keys.iter().position(|key| *key == collection),
        }
    }

    /// Returns the values of a group as cells.
    pub(in crate::commands) fn cells<'v>(&self, key: &'v [Value<'static>]) -> Vec<Value<'v>> {
        let cell = |(at, value): (usize, &'v Value<'static>)| match (value, self.names) {
            (Value::Null, Some(_)) => Value::Text(NONE.into()),
            (Value::Text(id), Some(settings)) if self.collection == Some(at) => {
                Value::Text(settings.name_of(id).to_owned().into())
            }
            _ => value.clone(),
        };
        key.iter().enumerate().map(cell).collect()
    }

    /// Returns the values of a group as one text for people.
    pub(in crate::commands) fn text(&self, key: &[Value<'static>]) -> String {
        let texts = self.cells(key).into_iter().map(|value| match value {
            Value::Null => NONE.to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Time(time) => time.to_rfc3339(),
            Value::Number(text) | Value::Text(text) | Value::Json(text) => text.into_owned(),
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        });
        texts.collect::<Vec<_>>().join(" ")
    }
}

//! What can be asked of a record: a column, something computed, or a path into `raw`.

use std::fmt;

use super::column::{Column, Kind};
use super::nearest;
use super::path::{Path, PathError};

/// One thing a filter looks at or an output shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Column(Column),
    /// What finally became of the record's message; computed.
    Fate,
    /// The status of the last attempt at the record's message; computed.
    LastStatus,
    /// The record's reason without its variable parts; computed.
    Pattern,
    /// A short name of the pattern; computed.
    PatternId,
    /// How many records a row stands for, where equal failures are folded into one; computed.
    Count,
    /// A place in the raw record, written `.a.b[0]`.
    Path(Path),
}

/// Why a field name was not understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FieldError {
    #[error("unknown column `{name}`{}", .nearest.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    UnknownColumn {
        name: String,
        nearest: Option<&'static str>,
    },
    #[error(transparent)]
    Path(#[from] PathError),
}

impl Field {
    /// Reads a column name, a computed field, or a path that begins with a dot.
    pub(crate) fn parse(text: &str) -> Result<Field, FieldError> {
        if text.starts_with('.') {
            return Ok(Field::Path(Path::parse(text)?));
        }
        match text {
            "fate" => return Ok(Field::Fate),
            "last_status" => return Ok(Field::LastStatus),
            "pattern" => return Ok(Field::Pattern),
            "pattern_id" => return Ok(Field::PatternId),
            _ => {}
        }
        Column::from_name(text)
            .map(Field::Column)
            .ok_or_else(|| FieldError::UnknownColumn {
                name: text.to_owned(),
                nearest: nearest(text, Field::names()),
            })
    }

    /// Returns every name that is not a path. `count` is none: it is there only where rows are folded.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Column::ALL.iter().map(|column| column.name()).chain([
            "fate",
            "last_status",
            "pattern",
            "pattern_id",
        ])
    }

    /// Returns the kind of value a column or computed field has; a path can hold anything.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Field::Column(column) => Some(column.kind()),
            Field::Fate | Field::Pattern | Field::PatternId => Some(Kind::Text),
            Field::Count | Field::LastStatus => Some(Kind::Int),
            Field::Path(_) => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Column(column) => column.fmt(f),
            Field::Fate => f.write_str("fate"),
            Field::LastStatus => f.write_str("last_status"),
            Field::Pattern => f.write_str("pattern"),
            Field::PatternId => f.write_str("pattern_id"),
            Field::Count => f.write_str("count"),
            Field::Path(path) => path.fmt(f),
        }
    }
}

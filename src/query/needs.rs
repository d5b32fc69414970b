//! What a question makes necessary to read, join and judge.
//!
//! Rule: a column that nothing asks for is not read.

use std::collections::BTreeSet;

use crate::model::{Column, Field};

use super::fate::JUDGED;
use super::join::JOINED;
use super::page::Question;
use super::pattern::CAUSE;

/// What must be read and joined for a question.
pub(super) struct Needs {
    pub(super) columns: Vec<Column>,
    pub(super) join: bool,
    pub(super) fate: bool,
    pub(super) pattern: bool,
}

impl Needs {
    pub(super) fn of(question: &Question) -> Needs {
        Needs::for_fields(question.fields.iter())
    }

    pub(super) fn for_fields<'f>(fields: impl Iterator<Item = &'f Field>) -> Needs {
        let mut columns = BTreeSet::new();
        let (mut join, mut fate, mut pattern) = (false, false, false);
        for field in fields {
            match field {
                Field::Column(column) => {
                    columns.insert(*column);
                    join |= column.is_joined();
                }
                Field::Fate => fate = true,
                Field::Pattern | Field::PatternId => pattern = true,
                Field::Count => {}
                Field::Path(_) => {
                    columns.insert(Column::Raw);
                }
            }
        }
        if pattern {
            columns.extend(CAUSE);
            join = true;
        }
        if join {
            columns.extend(JOINED);
        }
        if fate {
            columns.extend(JUDGED);
        }
        Needs {
            columns: columns
                .into_iter()
                .filter(|column| column.is_stored())
                .collect(),
            join,
            fate,
            pattern,
        }
    }
}

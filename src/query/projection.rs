//! What is read and computed of each row.
//!
//! Rule: a column that nothing asks for is not read.

use std::collections::BTreeSet;

use crate::model::{Column, Field};

/// The columns that judging needs of the records that are judged.
pub(super) const JUDGED: [Column; 7] = [
    Column::Time,
    Column::Outcome,
    Column::MessageId,
    Column::Destination,
    Column::Channel,
    Column::Resource,
    Column::Operation,
];

/// The columns that a row's cause is taken from.
pub(super) const CAUSE: [Column; 3] = [Column::Reason, Column::Code, Column::Status];

/// The columns that an attempt has from its exchange.
const OF_EXCHANGE: [Column; 4] = [Column::Status, Column::Reason, Column::Method, Column::Url];

/// What is read and computed of each row.
#[derive(Clone, Debug, Default)]
pub(super) struct Projection {
    pub(super) columns: Vec<Column>,
    pub(super) fate: bool,
    pub(super) pattern: bool,
    /// Whether anything is looked at that an attempt has from its exchange.
    pub(super) of_exchange: bool,
}

impl Projection {
    pub(super) fn of<'f>(fields: impl IntoIterator<Item = &'f Field>) -> Projection {
        let mut columns = BTreeSet::new();
        let mut projection = Projection::default();
        for field in fields {
            projection.of_exchange |= is_of_exchange(field);
            match field {
                Field::Column(column) => {
                    columns.insert(*column);
                }
                Field::Fate | Field::LastStatus => projection.fate = true,
                Field::Pattern | Field::PatternId => projection.pattern = true,
                Field::Count => {}
                Field::Path(_) => {
                    columns.insert(Column::Raw);
                }
            }
        }
        if projection.pattern {
            columns.extend(CAUSE);
        }
        if projection.fate {
            columns.extend(JUDGED);
        }
        if projection.of_exchange {
            columns.extend([Column::Joined, Column::Time]);
        }
        projection.columns = columns
            .into_iter()
            .filter(|column| column.is_stored())
            .collect();
        projection
    }
}

/// Returns whether an attempt may have this from its exchange.
pub(super) fn is_of_exchange(field: &Field) -> bool {
    match field {
        Field::Column(column) => OF_EXCHANGE.contains(column),
        Field::Pattern | Field::PatternId => true,
        Field::Fate | Field::LastStatus | Field::Count | Field::Path(_) => false,
    }
}

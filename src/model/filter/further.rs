//! Columns in which a value is looked for beside the column that was named.
//!
//! Rule: what is found by a value is found by every value of its kind that the record holds: each entry of its route, the
//! wider class of its code, the actor by address, the resource by its bare id.

use super::super::column::Column;
use super::{Condition, Test};

/// Returns the columns that hold further values of a column. A subscription is found as a destination too: where a route
/// names nothing else, it stands in that column.
fn further(column: Column) -> &'static [Column] {
    match column {
        Column::Source => &[Column::MoreSources],
        Column::Destination => &[
            Column::MoreDestinations,
            Column::Subscriber,
            Column::MoreSubscribers,
        ],
        Column::Subscriber => &[Column::MoreSubscribers],
        Column::Code => &[Column::ErrorType],
        Column::Actor => &[Column::ActorEmail],
        Column::Resource => &[Column::ResourceId],
        _ => &[],
    }
}

impl Condition {
    /// Returns a test for any of the given texts in a column of texts, or where further values of it stand.
    pub(crate) fn text(column: Column, values: Vec<String>) -> Condition {
        let further = further(column).iter();
        let mut any: Vec<Condition> = further
            .map(|column| Condition::Is(Test::text(*column, values.iter().cloned())))
            .collect();
        any.push(Condition::Is(Test::text(column, values)));
        Condition::Any(any).normal()
    }
}

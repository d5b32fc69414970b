//! The name of a stored hour.

use crate::model::{Hour, Provider};

/// The name of one stored hour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HourKey {
    pub(crate) provider: Provider,
    pub(crate) collection: String,
    pub(crate) hour: Hour,
}

//! Pages of the API.
//!
//! Rule: to be written.

use crate::model::Timestamp;

use super::super::feed::{FeedError, Step};

pub(crate) struct Feed;

impl Feed {
    pub(crate) fn step(&mut self, _now: Timestamp) -> Result<Step, FeedError> {
        Err(FeedError::Address {
            reason: String::new(),
        })
    }
}

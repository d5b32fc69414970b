//! Reading one hour's file: its footer once, then columns of chosen rows.
//!
//! - [`hour_file`]: the open hour; [`bounds`], [`bloom`]: what its footer rules out.
//! - [`guide`]: where rows stand; [`rows`], [`coded`], [`search`], [`whole`]: what is read of them.
//!
//! Rule: what is read from disk is checked before it is believed; nothing is decoded that was not asked for.

mod bloom;
mod bounds;
mod coded;
mod decode;
mod guide;
mod hour_file;
mod prefetched;
mod rows;
mod search;
mod whole;

pub(crate) use bounds::Bounds;
pub(crate) use hour_file::{Group, HourFile};
pub(crate) use rows::Pick;

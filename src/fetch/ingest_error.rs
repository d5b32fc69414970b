//! Why sources could not be turned into records.
//!
//! Rule: each names the source, so that a person knows which file to look at.

use std::io;

use crate::providers::framing::FramingError;
use crate::store::StoreError;

/// Why sources could not be turned into records.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IngestError {
    #[error("cannot read `{name}`: {error}")]
    Read {
        name: String,
        #[source]
        error: io::Error,
    },
    #[error("`{name}` ends before its compressed data does")]
    Truncated { name: String },
    #[error("`{name}` holds damaged compressed data: {error}")]
    Corrupt {
        name: String,
        #[source]
        error: io::Error,
    },
    #[error("`{name}`: {error}")]
    TooLong {
        name: String,
        #[source]
        error: FramingError,
    },
    #[error("`{name}` has no line that could be decoded; line {line}: {reason}")]
    NothingDecoded {
        name: String,
        line: u64,
        reason: String,
    },
    #[error("interrupted")]
    Interrupted,
    #[error(transparent)]
    Store(#[from] StoreError),
}

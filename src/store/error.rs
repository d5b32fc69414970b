//! How the store fails.
//!
//! Rule: every error names the file or folder it is about and leaves the store as it was.

use std::io;
use std::path::{Path, PathBuf};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("cannot {action} `{}`: {source}", .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("`{}` is no readable hour file: {reason}", .path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error(
        "`{}` was written in format version {found}; this faillog reads version {supported}",
        .path.display()
    )]
    Version {
        path: PathBuf,
        found: String,
        supported: u32,
    },
    #[error("`{}` was written in format version 1, which this faillog does not read", .path.display())]
    FirstFormat { path: PathBuf },
    #[error("`{}` was written anew while it was read", .path.display())]
    Replaced { path: PathBuf },
    #[error(
        "another faillog has been writing to the collection in `{}` for {waited_secs} s",
        .path.display()
    )]
    Locked { path: PathBuf, waited_secs: u64 },
    #[error("cannot encode records for `{}`: {reason}", .path.display())]
    Encode { path: PathBuf, reason: String },
}

impl StoreError {
    /// Returns whether the file is simply not there.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, StoreError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// Returns what a person can do about it.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            StoreError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("free some room, or put the store elsewhere with FAILLOG_HOME".to_owned())
            }
            StoreError::Io { .. } | StoreError::Encode { .. } => None,
            StoreError::Damaged { .. } => Some(
                "`faillog store verify` lists every damaged hour; fetch it again with --refresh, or import it again"
                    .to_owned(),
            ),
            StoreError::Version { .. } => Some("install a newer faillog".to_owned()),
            StoreError::FirstFormat { .. } => Some(
                "version 1 was never released: move the folder away, then fetch or import again; \
                 `-o raw` of the faillog that wrote it gives the records as they came"
                    .to_owned(),
            ),
            StoreError::Replaced { .. } => Some("run the same command again".to_owned()),
            StoreError::Locked { .. } => {
                Some("wait for it to end, then run the same command again".to_owned())
            }
        }
    }
}

/// Adds the path and the action to an I/O error.
pub(super) trait OnPath<T> {
    fn on(self, action: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> OnPath<T> for io::Result<T> {
    fn on(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Io {
            action,
            path: path.to_owned(),
            source,
        })
    }
}

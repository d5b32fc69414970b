//! The systems whose logs faillog reads.
//!
//! Rule: a provider's name is written to disk and typed by users; it never changes.

use std::fmt;
use std::str::FromStr;

use super::record::UnknownName;

/// One system that tells of failed deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Provider {
    /// Segment failure logs ("granular observability"), one collection a destination.
    Segment,
}

impl Provider {
    pub(crate) const ALL: [Provider; 1] = [Provider::Segment];

    /// Returns the name used in paths, flags, columns and the config.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Provider::Segment => "segment",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Provider {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Provider::ALL
            .into_iter()
            .find(|provider| provider.name() == text)
            .ok_or_else(|| {
                UnknownName::new("provider", text, Provider::ALL.iter().map(|p| p.name()))
            })
    }
}

//! Segment's two regions, each with a host of its own.

/// Which of Segment's two hosts holds the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Region {
    Us,
    Eu,
}

impl Region {
    /// Returns the name used in the config and in flags.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Region::Us => "us",
            Region::Eu => "eu",
        }
    }

    pub(in crate::providers) fn title(self) -> &'static str {
        match self {
            Region::Us => "US",
            Region::Eu => "EU",
        }
    }

    pub(in crate::providers) fn base(self) -> &'static str {
        match self {
            Region::Us => "https://api.segmentapis.com",
            Region::Eu => "https://eu1.api.segmentapis.com",
        }
    }
}

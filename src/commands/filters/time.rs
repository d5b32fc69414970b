//! The flags that say when: hours one by one, or a range of time.
//!
//! Rule: a range that holds nothing is an error, never an empty answer.

use crate::model::{Hour, Timestamp, Window, parse_instant, parse_span};

use super::Error;

const TIME: &str = "Time";

/// When, as typed.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct TimeArgs {
    /// This UTC hour: 2025-03-23T20 or now-3h (can be repeated)
    #[arg(long, value_name = "HOUR", help_heading = TIME)]
    pub(crate) hour: Vec<String>,
    /// From this time on: 2025-03-23T20:00:00Z, 2025-03-23 20:00, 2025-03-23, now-3h
    #[arg(long, value_name = "TIME", help_heading = TIME)]
    pub(crate) since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME", help_heading = TIME)]
    pub(crate) until: Option<String>,
    /// From this long ago until now: 90m, 24h, 7d
    #[arg(long, value_name = "SPAN", help_heading = TIME, conflicts_with_all = ["since", "until"])]
    pub(crate) last: Option<String>,
}

/// When, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// Hours named one by one, each once, oldest first.
    pub(crate) hours: Vec<Hour>,
    pub(crate) window: Window,
}

impl TimeArgs {
    /// Returns whether nothing was said about time.
    pub(crate) fn is_empty(&self) -> bool {
        self.hour.is_empty() && !self.has_range()
    }

    /// Returns whether a range of time was given.
    pub(crate) fn has_range(&self) -> bool {
        self.since.is_some() || self.until.is_some() || self.last.is_some()
    }

    /// Reads the times.
    ///
    /// # Errors
    /// Of kind usage, naming the flag and what was given.
    pub(crate) fn read(&self, now: Timestamp) -> Result<Times, Error> {
        let mut hours = self
            .hour
            .iter()
            .map(|text| {
                Hour::parse(text, now).map_err(|error| Error::usage(format!("--hour {error}")))
            })
            .collect::<Result<Vec<Hour>, Error>>()?;
        hours.sort_unstable();
        hours.dedup();
        let window = match &self.last {
            Some(_) if self.since.is_some() || self.until.is_some() => {
                return Err(Error::usage(
                    "--last cannot be used together with --since or --until",
                ));
            }
            Some(span) => Window {
                start: now.plus(
                    -parse_span(span).map_err(|error| Error::usage(format!("--last {error}")))?,
                ),
                end: now,
            },
            None => self.range(now)?,
        };
        Ok(Times { hours, window })
    }

    fn range(&self, now: Timestamp) -> Result<Window, Error> {
        let read = |flag: &str, text: &Option<String>| {
            text.as_ref()
                .map(|text| {
                    parse_instant(text, now)
                        .map_err(|error| Error::usage(format!("{flag} {error}")))
                })
                .transpose()
        };
        let since = read("--since", &self.since)?;
        let until = read("--until", &self.until)?;
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(
                Error::usage(format!("--since {since} is not before --until {until}")).hint(
                    "`--since` is the first instant asked for, `--until` the first no longer.",
                ),
            );
        }
        Ok(Window {
            start: since.unwrap_or(Timestamp::MIN),
            end: until.unwrap_or(Timestamp::MAX),
        })
    }
}

impl Times {
    /// Returns the range of time if it has a start; one without an end ends now.
    pub(crate) fn bounded(&self, now: Timestamp) -> Option<Window> {
        let Window { start, end } = self.window;
        let end = if end == Timestamp::MAX { now } else { end };
        (start != Timestamp::MIN && start < end).then_some(Window { start, end })
    }
}

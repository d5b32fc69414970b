//! The zone in which times are shown.
//!
//! Rule: a zone changes how an instant is printed, never which instant it is; the offset is always shown.

use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};

use super::{SECOND, TimeError, Timestamp};

/// Where times are shown; stored and compared times are always UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Zone {
    #[default]
    Utc,
    Local,
    Fixed(chrono::FixedOffset),
    Named(chrono_tz::Tz),
}

impl FromStr for Zone {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "utc" | "z" => return Ok(Zone::Utc),
            "local" => return Ok(Zone::Local),
            _ => {}
        }
        if let Ok(offset) = text.parse::<chrono::FixedOffset>() {
            return Ok(Zone::Fixed(offset));
        }
        text.parse()
            .map(Zone::Named)
            .map_err(|_| TimeError::Zone(text.to_owned()))
    }
}

impl Timestamp {
    /// Returns the instant in a zone, the zone's offset shown.
    pub(crate) fn to_zone(self, zone: Zone) -> String {
        let Some(utc) = DateTime::<Utc>::from_timestamp_micros(self.0) else {
            return self.to_rfc3339();
        };
        let format = match self.0.rem_euclid(SECOND) {
            0 => SecondsFormat::Secs,
            f if f % 1000 == 0 => SecondsFormat::Millis,
            _ => SecondsFormat::Micros,
        };
        match zone {
            Zone::Utc => self.to_rfc3339(),
            Zone::Local => utc
                .with_timezone(&chrono::Local)
                .to_rfc3339_opts(format, true),
            Zone::Fixed(offset) => utc.with_timezone(&offset).to_rfc3339_opts(format, true),
            Zone::Named(name) => utc.with_timezone(&name).to_rfc3339_opts(format, true),
        }
    }
}

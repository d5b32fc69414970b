//! The ways to write rows, and their names.
//!
//! Rule: a format has one name, used by `--output`, the config and messages; scripts rely on it.

use std::fmt;
use std::str::FromStr;

use clap::builder::PossibleValue;

use crate::model::UnknownName;

/// A way to write rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Table,
    Csv,
    Tsv,
    Json,
    Ndjson,
    Markdown,
    Parquet,
    Raw,
}

impl Format {
    pub(crate) const ALL: &'static [Format] = &[
        Format::Table,
        Format::Csv,
        Format::Tsv,
        Format::Json,
        Format::Ndjson,
        Format::Markdown,
        Format::Parquet,
        Format::Raw,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
            Format::Markdown => "md",
            Format::Parquet => "parquet",
            Format::Raw => "raw",
        }
    }

    /// Returns what the format is for, as a short phrase.
    fn help(self) -> &'static str {
        match self {
            Format::Table => "columns for people, fitted to the terminal",
            Format::Csv => "RFC 4180, for spreadsheets",
            Format::Tsv => "tab-separated, one row a line",
            Format::Json => "one array of objects",
            Format::Ndjson => "one JSON object a line",
            Format::Markdown => "a table for tickets and chats",
            Format::Parquet => "typed columns, to a file or pipe",
            Format::Raw => "the records exactly as received",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = || Format::ALL.iter().copied();
        known()
            .find(|format| format.name() == text)
            .ok_or_else(|| UnknownName::new("format", text, known().map(Format::name)))
    }
}

impl clap::ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        Format::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.help()))
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::Format;

    #[test]
    fn names_lead_back_to_their_formats() {
        for &format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
            let value = format.to_possible_value().unwrap();
            assert_eq!(value.get_name(), format.name());
        }
        assert_eq!(
            "cvs".parse::<Format>().unwrap_err().to_string(),
            "unknown format `cvs`; did you mean `csv`?"
        );
    }
}

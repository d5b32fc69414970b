//! The names of the output formats, as `--output`, `FAILLOG_OUTPUT` and the config spell them.
//!
//! Rule: one name for each format; scripts rely on them.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::model::UnknownName;
use crate::render::Format;

const FORMATS: [Format; 8] = [
    Format::Table,
    Format::Csv,
    Format::Tsv,
    Format::Json,
    Format::Ndjson,
    Format::Markdown,
    Format::Parquet,
    Format::Raw,
];

/// Returns what reads `--output`, and lists its values in help and completions.
pub(super) fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(FORMATS.map(format_name)).try_map(|name| parse_format(&name))
}

pub(super) fn parse_format(text: &str) -> Result<Format, UnknownName> {
    FORMATS
        .into_iter()
        .find(|format| format_name(*format) == text)
        .ok_or_else(|| UnknownName::new("output format", text, FORMATS.map(format_name)))
}

pub(super) fn format_name(format: Format) -> &'static str {
    match format {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_format_and_back() {
        for format in FORMATS {
            assert_eq!(parse_format(format_name(format)).unwrap(), format);
        }
        assert_eq!(
            parse_format("jsn").unwrap_err().to_string(),
            "unknown output format `jsn`; did you mean `json`?"
        );
    }
}

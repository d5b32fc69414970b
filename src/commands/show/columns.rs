//! Which columns are shown: those asked for, else those of the format.
//!
//! Rule: without `--columns` every format but the table has all columns but `raw`, always the same, so that a script
//! can rely on the header.

use crate::model::Provider;
use crate::model::{Column, Field};
use crate::providers::spec;
use crate::render::{Format, Heading};

use super::super::Error;

/// Fields in order, and what stands above them.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) fields: Vec<Field>,
    pub(super) headings: Vec<Heading>,
}

impl Shown {
    fn push(&mut self, heading: Heading, field: Field) {
        self.headings.push(heading);
        self.fields.push(field);
    }
}

/// Chooses the columns; `folds` says that rows stand for several records, which then have a `count`.
pub(super) fn choose(asked: &[String], format: Format, folds: bool) -> Result<Shown, Error> {
    let mut shown = Shown {
        fields: Vec::new(),
        headings: Vec::new(),
    };
    if format == Format::Raw {
        if !asked.is_empty() {
            let error =
                Error::usage("-o raw gives records as received, so --columns does not go with it");
            return Err(error.hint("Use -o csv, or leave --columns out."));
        }
        let raw = Field::Column(Column::Raw);
        shown.push(Heading::from(&raw), raw);
        return Ok(shown);
    }
    if asked.is_empty() {
        for column in Column::ALL.iter().filter(|column| **column != Column::Raw) {
            let field = Field::Column(*column);
            shown.push(Heading::from(&field), field);
        }
        if folds {
            shown.push(Heading::from(&Field::Count), Field::Count);
        }
        return Ok(shown);
    }
    for name in asked.iter().map(|name| name.trim()) {
        if name == "native" {
            for (name, path) in spec(Provider::Segment).native {
                let field = Field::parse(path).map_err(Error::failure)?;
                shown.push(Heading::new(*name, None), field);
            }
            continue;
        }
        if name == "count" {
            let field =
                count(folds).map_err(|error| Error::usage(format!("--columns: {error}")))?;
            shown.push(Heading::from(&field), field);
            continue;
        }
        let field = Field::parse(name).map_err(|error| {
            Error::usage(format!("--columns: {error}"))
                .hint("Columns are those of `faillog show -o csv`; a key of the raw record is written `.properties.key`.")
        })?;
        shown.push(Heading::from(&field), field);
    }
    Ok(shown)
}

/// Returns the field of the counts, or why there are none.
pub(super) fn count(folds: bool) -> Result<Field, &'static str> {
    if folds {
        Ok(Field::Count)
    } else {
        Err("`count` is there only with --dedup, for example --dedup 5m")
    }
}

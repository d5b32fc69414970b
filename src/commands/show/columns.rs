//! Which columns are shown: those asked for, else those of the format.
//!
//! Rule: without `--columns` every format but the table has all columns but `raw`, always the same, so that a script
//! can rely on the header.

use crate::model::{Column, Field, Filter, Provider};
use crate::providers::spec;
use crate::render::{Format, Heading};
use crate::store::Store;

use super::super::Error;

/// Stands in `--columns` for the provider's own fields.
const NATIVE: &str = "native";

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

/// Whether columns are asked for that depend on the provider.
pub(super) fn has_native(asked: &[String]) -> bool {
    asked.iter().any(|name| name.trim() == NATIVE)
}

/// Returns the providers whose collections are asked.
pub(super) fn providers_of(store: &Store, filter: &Filter) -> Result<Vec<Provider>, Error> {
    let mut providers: Vec<Provider> = Vec::new();
    for (provider, collection) in store.collections()? {
        if filter.wants_collection(provider, &collection) {
            providers.push(provider);
        }
    }
    providers.dedup();
    Ok(providers)
}

/// Chooses the columns for records of these providers, or of Segment if none is named; `folds` says that rows stand for
/// several records, which then have a `count`.
pub(super) fn choose(
    asked: &[String],
    format: Format,
    folds: bool,
    providers: &[Provider],
) -> Result<Shown, Error> {
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
        for column in Column::shown() {
            let field = Field::Column(column);
            shown.push(Heading::from(&field), field);
        }
        if folds {
            shown.push(Heading::from(&Field::Count), Field::Count);
        }
        return Ok(shown);
    }
    for name in asked.iter().map(|name| name.trim()) {
        if name == NATIVE {
            for (name, path) in native(providers) {
                let field = Field::parse(path).map_err(Error::failure)?;
                shown.push(Heading::new(name, None), field);
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

/// The fields of all providers, one after the other, each once. Where two call different things by the same name, the later one's has
/// the provider before it.
fn native(providers: &[Provider]) -> Vec<(String, &'static str)> {
    let providers = match providers {
        [] => &[Provider::Segment],
        some => some,
    };
    let mut fields: Vec<(String, &'static str)> = Vec::new();
    for provider in providers {
        for (name, path) in spec(*provider).native {
            let known = |(known, known_path): &(String, &str)| known == name && known_path == path;
            if fields.iter().any(known) {
                continue;
            }
            let is_taken = fields.iter().any(|(known, _)| known == name);
            let name = if is_taken {
                format!("{provider} {name}")
            } else {
                (*name).to_owned()
            };
            fields.push((name, path));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_columns_are_those_of_the_providers_asked_for() {
        let names = |providers: &[Provider]| -> Vec<String> {
            let fields = native(providers).into_iter();
            fields.map(|(name, _)| name).collect()
        };
        let (segment, workato) = (names(&[]), names(&[Provider::Workato]));
        assert_eq!(segment, names(&[Provider::Segment]));
        assert_eq!(
            workato[..5],
            ["Date", "Type", "Code", "Status", "Gateway code"]
        );
        let both = names(&[Provider::Workato, Provider::Segment, Provider::Workato]);
        assert_eq!(both, [workato, segment].concat());
    }
}

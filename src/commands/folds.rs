//! Counts that are lower bounds: of vendors that fold equal errors of a short time into one log.
//!
//! Rule: "≥" stands wherever such errors are among what is counted, and nowhere else; why is said once beside it.

use crate::model::{Column, Filter, Provider, RecordType, Test, Timestamp};
use crate::providers::spec;
use crate::query::{Engine, Question, Sort};
use crate::store::StoreError;

use super::Error;

/// Finds the providers that fold and have errors among the records that a filter finds; looks no further than the first.
pub(crate) fn folding(
    engine: &Engine,
    filter: &Filter,
    now: Timestamp,
) -> Result<Vec<Provider>, Error> {
    let mut found = Vec::new();
    for &provider in Provider::ALL {
        let is_wanted = filter.providers.is_empty() || filter.providers.contains(&provider);
        if is_wanted && spec(provider).folds && has_errors(engine, filter, provider, now)? {
            found.push(provider);
        }
    }
    Ok(found)
}

fn has_errors(
    engine: &Engine,
    filter: &Filter,
    provider: Provider,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut filter = Filter {
        providers: vec![provider],
        ..filter.clone()
    };
    let error = RecordType::Error.name().to_owned();
    filter.require(vec![Test::text(Column::Type, [error])]);
    let question = Question {
        filter,
        fields: Vec::new(),
        sort: Sort::NEWEST_FIRST,
        limit: Some(1),
        skip: 0,
        after: None,
        now,
    };
    let answer = engine.ask::<StoreError>(&question, |_| Ok(()))?;
    Ok(answer.shown > 0)
}

/// Says why a count is a lower bound.
pub(crate) fn why(provider: Provider) -> String {
    format!(
        "≥: {} folds equal errors within 5 minutes into one log, so that there were as many or more",
        spec(provider).title
    )
}

/// Marks a count that is a lower bound.
pub(crate) fn at_least(count: String, folding: &[Provider]) -> String {
    if folding.is_empty() {
        count
    } else {
        format!("≥ {count}")
    }
}

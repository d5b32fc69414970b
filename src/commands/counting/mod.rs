//! What `top`, `timeline` and `diff` share: whom they ask, what they group by, and what they say beside the numbers.
//!
//! Rule: a number that could mislead is explained on stderr by every one of them, in the same words.

mod coverage;
mod keys;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::model::{Filter, Stretch, Timestamp, Window, count, number};
use crate::query::{Count, CountError, Engine, EveryError, Group, Orphans, Tally};
use crate::render::{Fit, Options};
use crate::store::Store;

use super::completeness::Completeness;
use super::filters::{FilterArgs, Scope};
use super::input::{self, Input};
use super::{Context, Error, Kind};

pub(super) use coverage::Coverage;
pub(super) use keys::{DEFAULT_BY, Naming, headings, keys};

/// The options that all three have.
#[derive(Debug, clap::Args)]
pub(super) struct CountArgs {
    #[command(flatten)]
    pub(super) filters: FilterArgs,

    /// Ask this file instead of the store; - is standard input (can be repeated)
    ///
    /// NDJSON, concatenated JSON or a JSON array, plain or compressed with gzip or zstd. Equal records count once.
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Filters: where")]
    pub(super) input: Vec<PathBuf>,

    /// Leave text that a spreadsheet would run as a formula as it is
    #[arg(long, help_heading = "Output")]
    no_formula_guard: bool,
    /// Exit with 3 if no record matches
    #[arg(long, help_heading = "Exit code")]
    fail_empty: bool,
    /// Exit with 7 if anything is missing: an hour, an exchange, a rejected line
    #[arg(long, help_heading = "Exit code")]
    strict: bool,
}

impl CountArgs {
    /// Returns how rows are to look.
    pub(super) fn render_options(&self, context: &Context<'_>) -> Options {
        Options {
            formula_guard: !self.no_formula_guard,
            ..context.render_options(Fit::All)
        }
    }

    /// Ends a run whose answer is written: well, or with the code that was asked for.
    pub(super) fn end(&self, is_complete: bool, records: u64) -> Result<(), Error> {
        if self.strict && !is_complete {
            return Err(Error::new(
                Kind::Incomplete,
                "the answer is incomplete, and --strict was given",
            ));
        }
        if self.fail_empty && records == 0 {
            return Err(Error::new(
                Kind::NoRows,
                "no record matches, and --fail-empty was given",
            ));
        }
        Ok(())
    }
}

/// The time that an answer is about.
pub(super) struct Range {
    /// `None`: there is nothing.
    pub(super) window: Option<Window>,
    /// Where records that may match lie far from all others, and outside of the window.
    pub(super) outliers: Vec<Stretch>,
}

/// What is asked: the store, or files.
pub(super) struct Source {
    pub(super) store: Store,
    engine: Engine,
    input: Option<Input>,
}

impl Source {
    pub(super) fn open(context: &mut Context<'_>, args: &CountArgs) -> Result<Source, Error> {
        let (input, store) = input::or_store(context, &args.input, &args.filters.provider)?;
        let engine = Engine::local(&store);
        Ok(Source {
            store,
            engine,
            input,
        })
    }

    /// Counts the records that match.
    pub(super) fn tally(&self, count: &Count<'_>) -> Result<Tally, Error> {
        Ok(self.engine.tally(count)?)
    }

    /// Looks at what the store has of the hours in scope; of files nothing is known.
    pub(super) fn completeness(
        &self,
        scope: &Scope,
        context: &Context<'_>,
    ) -> Result<Option<Completeness>, Error> {
        match self.input {
            Some(_) => Ok(None),
            None => {
                let completeness = Completeness::of(&self.store, scope, context)?;
                Ok(Some(
                    completeness.without(self.engine.left_out(), &self.store),
                ))
            }
        }
    }

    /// Returns whether nothing is missing, as far as anybody knows.
    pub(super) fn is_complete(&self, completeness: Option<&Completeness>) -> bool {
        let of_input = self.input.as_ref().is_none_or(|input| input.rejects == 0);
        of_input && completeness.is_none_or(Completeness::is_complete)
    }

    /// Returns the time that an answer is about: what was asked for, as far as it is bounded, else from the first
    /// stored record to the last, but for what lies far from all others.
    pub(super) fn range(
        &self,
        filter: &Filter,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Range, Error> {
        let stretches = self.engine.stretches(filter)?;
        let hours = scope.hours.first().zip(scope.hours.last());
        let named = hours.map(|(first, last)| Window {
            start: first.start(),
            end: last.end(),
        });
        let with_named = |stored: Option<Window>| {
            let known = [stored, named].into_iter().flatten();
            known.reduce(|a, b| Window {
                start: a.start.min(b.start),
                end: a.end.max(b.end),
            })
        };
        let known = with_named(stretches.of_bulk());
        let start = match filter.window.start {
            Timestamp::MIN => known.map(|known| known.start),
            start => Some(start),
        };
        let last = known.map(|known| known.end);
        let end = match (filter.window.end, filter.window.start) {
            (Timestamp::MAX, Timestamp::MIN) => last,
            // Nothing is known of the time to come, but some clocks are ahead.
            (Timestamp::MAX, _) => Some(last.unwrap_or(now).max(now)),
            (end, _) => {
                let last = with_named(stretches.of_all()).map(|known| known.end);
                Some(end.min(last.unwrap_or(now).max(now)))
            }
        };
        let bounds = start.zip(end);
        let window = bounds.map(|(start, end)| Window { start, end });
        let window = window.filter(|window| window.start < window.end);
        let mut outliers = stretches.outliers;
        outliers.retain(|outlier| {
            window.is_some_and(|window| {
                outlier.window.end <= window.start || window.end <= outlier.window.start
            })
        });
        Ok(Range { window, outliers })
    }
}

/// Says what the reader of counts could be misled by.
pub(super) fn tell<'g>(
    context: &mut Context<'_>,
    groups: impl Iterator<Item = &'g Group> + Clone,
    orphans: &Orphans,
    completeness: Option<&Completeness>,
) {
    tell_folded(
        context,
        groups.clone().filter(|group| group.is_folded).count(),
    );
    let cut = groups.filter(|group| group.messages_are_cut).count() as u64;
    if cut > 0 {
        let said = format!(
            "the messages of {} are a lower bound (≥): there are more than can be told apart",
            count(cut, "group")
        );
        context.messages.warn(&said);
    }
    match completeness {
        Some(completeness) => {
            completeness.tell_orphans(orphans, context);
            completeness.tell(context);
        }
        None if orphans.count() > 0 => {
            let orphans = count(orphans.count(), "attempt");
            let said = format!("{orphans} without exchange: not in the input");
            context.messages.warn(&said);
        }
        None => {}
    }
}

/// Says that the counts of some groups are lower bounds.
pub(super) fn tell_folded(context: &mut Context<'_>, groups: usize) {
    if groups == 0 {
        return;
    }
    let (counts, are) = match groups {
        1 => ("the count", "is"),
        _ => ("the counts", "are"),
    };
    let said = format!(
        "{counts} of {} {are} a lower bound (≥): the provider writes equal failures down once",
        count(groups as u64, "group"),
    );
    context.messages.note(&said);
}

/// Returns a count for people.
pub(super) fn shown_count(n: u64, is_lower_bound: bool) -> String {
    let sign = if is_lower_bound { "≥" } else { "" };
    format!("{sign}{}", number(n))
}

impl From<CountError> for Error {
    fn from(error: CountError) -> Self {
        match error {
            CountError::Store(error) => error.into(),
            CountError::TooManyGroups(_) => Error::failure(&error).hint(
                "Narrow the question with filters or a range of time, or group by fewer or coarser columns.",
            ),
            CountError::TooManyCells { .. } => Error::failure(&error)
                .hint("Take a longer --every, a shorter range of time, or a coarser --by."),
        }
    }
}

impl From<EveryError> for Error {
    fn from(error: EveryError) -> Self {
        Error::usage(format!("--every: {error}"))
    }
}

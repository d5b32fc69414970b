//! The filters of every verb that reads: their flags, and the typed question they make.
//!
//! Rule: a flag means the same on every verb; repeating it means *or*, different flags *and*; only `--where`, which has an *or*
//! of its own, means *and* when it is repeated.

mod computed;
mod list;
mod time;

use std::ops::RangeInclusive;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use regex::bytes::Regex;

use crate::model::{
    Column, Comparison, Condition, Fate, Field, Filter, FilterError, Hour, Literal, Outcome,
    Provider, RecordType, Test, Timestamp, Window, nearest, parse_condition, parse_int_range,
};

use super::{Context, Error, Settings};

use computed::{patterns, unresolved};
use list::{read_file, read_list};
pub(crate) use time::{TimeArgs, Times};

/// The end of the long help of verbs that take filters.
pub(crate) const HELP: &str = "\
Filters:
  Repeating a filter means `or`, different filters mean `and`:
    --status 429 --status 5xx --type exchange   exchanges that ended with 429 or 500 to 599
  A text filter takes its values from a file with `@`, one a line, also as -o csv or tsv wrote them:
    --message-id @ids.txt      (`@@name` for a value that begins with `@`)
  Times are UTC: 2025-03-23T20:00:00Z, 2025-03-23 20:00, 2025-03-23, now-3h
  Spans: 90s, 5m, 24h, 7d, 2w
  --where looks at any column or any place of the raw record, also within JSON that is held as text;
  repeated, all must hold:
    --where 'duration_ms > 5000 and not (code = ETIMEDOUT or status in (429, 503))'
    --where '.properties.requestToDestination.body.events[0].name = \"Order Completed\"'
    --where '.properties.occurredAt >= 2025-03-23T20:00:00Z'
    --where 'reason ~ \"time ?out\" or reason contains refused'
    --where 'code exists and message_id not in @known.txt'
  It has = != < <= > >=, ~ and !~ with a regular expression, in (…), in @FILE, exists, missing,
  contains (in any case, unless the text has a capital); and, or, not, parentheses. A value of
  several words stands in quotes: \"…\" as in JSON, '…' as it is.
  What a record does not have meets no condition, and so meets every `not`, `!=` and `!~`.
  A pattern is a reason without ids, numbers, addresses, times and quoted values; show its id with
  --columns pattern_id,pattern and give it back:
    --pattern 8ndmwx61
  --fate and --final judge a message by all its stored records, also those outside of the other filters, each
  destination by itself; a failed run or sync of the audit trail is resolved by a later success of the same resource.";

const PLACE: &str = "Filters: where";
const RESULT: &str = "Filters: what happened";
const PARTY: &str = "Filters: who and what";
const IDENTITY: &str = "Filters: one by one";
const CONTENT: &str = "Filters: anything else";

/// Which records are meant, as typed.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct FilterArgs {
    /// Only this provider's records
    #[arg(long, value_name = "PROVIDER", help_heading = PLACE, value_parser = providers())]
    pub(crate) provider: Vec<Provider>,
    /// Only this collection, by alias or id
    #[arg(long, value_name = "NAME", help_heading = PLACE)]
    pub(crate) collection: Vec<String>,

    #[command(flatten)]
    pub(crate) time: TimeArgs,

    /// Only records of this type
    #[arg(long = "type", value_name = "TYPE", help_heading = RESULT, value_parser = types())]
    pub(crate) record_type: Vec<RecordType>,
    /// Only what ended this way
    #[arg(long, value_name = "OUTCOME", help_heading = RESULT, value_parser = outcomes())]
    pub(crate) outcome: Vec<Outcome>,
    /// Only this HTTP status: 429, 5xx, 400-499, '>=500'; an attempt or error has that of its exchange
    #[arg(long, value_name = "STATUS", help_heading = RESULT, value_parser = parse_int_range)]
    pub(crate) status: Vec<RangeInclusive<i64>>,
    /// Only this machine reason, in any case: ETIMEDOUT
    #[arg(long, value_name = "CODE", help_heading = RESULT)]
    pub(crate) code: Vec<String>,
    /// Only this try of a message: 3, 1-2, '>=3'
    #[arg(long, value_name = "NUMBER", help_heading = RESULT, value_parser = parse_attempt)]
    pub(crate) attempt: Vec<RangeInclusive<i64>>,
    /// Only what the provider gave up on, or with =false what it did not
    #[arg(
        long,
        value_name = "BOOL",
        help_heading = RESULT,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) discarded: Vec<bool>,
    /// Only messages that finally came to this
    #[arg(long, value_name = "FATE", help_heading = RESULT, value_parser = fates())]
    pub(crate) fate: Vec<Fate>,
    /// Leave out failures that a later success resolved: what stays is final, still retried, or no failure
    #[arg(long = "final", help_heading = RESULT)]
    pub(crate) is_final: bool,
    /// Only reasons of this pattern, named by its id, by itself or by any such reason
    #[arg(long, value_name = "PATTERN", help_heading = RESULT)]
    pub(crate) pattern: Vec<String>,

    /// Only this operation
    #[arg(long, value_name = "TEXT", help_heading = PARTY)]
    pub(crate) operation: Vec<String>,
    /// Only what was sent by this source
    #[arg(long, value_name = "ID", help_heading = PARTY)]
    pub(crate) source: Vec<String>,
    /// Only what was sent to this destination or subscription
    #[arg(long, visible_alias = "subscription", value_name = "ID", help_heading = PARTY)]
    pub(crate) destination: Vec<String>,
    /// Only this subscriber
    #[arg(long, value_name = "ID", help_heading = PARTY)]
    pub(crate) subscriber: Vec<String>,
    /// Only what was done by this actor or client
    #[arg(long, visible_alias = "client", value_name = "ID", help_heading = PARTY)]
    pub(crate) actor: Vec<String>,
    /// Only this channel
    #[arg(long, value_name = "NAME", help_heading = PARTY)]
    pub(crate) channel: Vec<String>,
    /// Only what was done to this resource
    #[arg(long, value_name = "ID", help_heading = PARTY)]
    pub(crate) resource: Vec<String>,

    /// Only the records of this message
    #[arg(long, value_name = "ID", help_heading = IDENTITY)]
    pub(crate) message_id: Vec<String>,
    /// Only the records of this exchange
    #[arg(long, value_name = "ID", help_heading = IDENTITY)]
    pub(crate) exchange_id: Vec<String>,
    /// Only the record with this id
    #[arg(long, value_name = "ID", help_heading = IDENTITY)]
    pub(crate) id: Vec<String>,

    /// Only records whose raw bytes match this regular expression
    #[arg(long, value_name = "REGEX", help_heading = CONTENT, value_parser = parse_regex)]
    pub(crate) grep: Vec<Regex>,
    /// Only where this holds: `status >= 500 and not (code = X or .a.b[0] exists)`; repeated, all must hold
    #[arg(long = "where", value_name = "CONDITION", help_heading = CONTENT)]
    pub(crate) conditions: Vec<String>,
}

/// Where and when the records stand that were asked for, for saying what of it is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) providers: Vec<Provider>,
    /// Ids, aliases resolved; empty: all.
    pub(crate) collections: Vec<String>,
    /// Hours named one by one; empty: all.
    pub(crate) hours: Vec<Hour>,
    /// The range of time, if it has a start; without an end it ends now.
    pub(crate) window: Option<Window>,
}

impl FilterArgs {
    /// Makes the question of the flags.
    ///
    /// # Errors
    /// Of kind usage: a time, list or condition was not understood, or the times contradict each other.
    pub(crate) fn to_filter(&self, context: &Context<'_>) -> Result<Filter, Error> {
        self.ask(&context.settings, context.now)
    }

    /// Returns where and when the question looks.
    pub(crate) fn scope(&self, context: &Context<'_>) -> Result<Scope, Error> {
        let times = self.time.read(context.now)?;
        Ok(Scope {
            providers: self.provider.clone(),
            collections: read_collections(&self.collection, &context.settings)?,
            window: times.bounded(context.now),
            hours: times.hours,
        })
    }

    fn ask(&self, settings: &Settings, now: Timestamp) -> Result<Filter, Error> {
        let Times { hours, window } = self.time.read(now)?;
        let mut filter = Filter {
            providers: self.provider.clone(),
            collections: read_collections(&self.collection, settings)?,
            hours,
            window,
            conditions: vec![],
        };
        let types = self.record_type.iter().map(|word| word.name());
        let outcomes = self.outcome.iter().map(|word| word.name());
        filter.require(words(Field::Column(Column::Type), types));
        filter.require(words(Field::Column(Column::Outcome), outcomes));
        filter.require(ranges(Column::Status, &self.status));
        filter.require(ranges(Column::Attempt, &self.attempt));
        filter.require(
            self.discarded
                .iter()
                .map(|wanted| test(Column::Discarded, Comparison::Equal(Literal::Bool(*wanted))))
                .collect(),
        );
        filter.require(words(Field::Fate, self.fate.iter().map(|word| word.name())));
        if self.is_final {
            filter.add(unresolved());
        }
        filter.require(patterns(read_list("--pattern", &self.pattern)?));
        for (column, flag, values) in self.texts() {
            if !values.is_empty() {
                filter.add(Condition::text(column, read_list(flag, values)?));
            }
        }
        filter.require(
            self.grep
                .iter()
                .map(|regex| test(Column::Raw, Comparison::Matches(regex.clone())))
                .collect(),
        );
        for text in &self.conditions {
            let condition = parse_condition(text, now, &read_file).map_err(Error::usage)?;
            filter.add(condition);
        }
        Ok(filter)
    }

    /// The filters that compare a column with texts.
    fn texts(&self) -> [(Column, &'static str, &[String]); 11] {
        [
            (Column::MessageId, "--message-id", &self.message_id),
            (Column::ExchangeId, "--exchange-id", &self.exchange_id),
            (Column::Id, "--id", &self.id),
            (Column::Code, "--code", &self.code),
            (Column::Operation, "--operation", &self.operation),
            (Column::Source, "--source", &self.source),
            (Column::Destination, "--destination", &self.destination),
            (Column::Subscriber, "--subscriber", &self.subscriber),
            (Column::Actor, "--actor", &self.actor),
            (Column::Channel, "--channel", &self.channel),
            (Column::Resource, "--resource", &self.resource),
        ]
    }
}

/// Reads the values of `--collection`: names or `@file`, aliases resolved, each once, in the order given.
pub(crate) fn read_collections(
    values: &[String],
    settings: &Settings,
) -> Result<Vec<String>, Error> {
    let mut ids: Vec<String> = Vec::new();
    for name in read_list("--collection", values)? {
        let id = settings.resolve_alias(&name);
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn test(column: Column, comparison: Comparison) -> Test {
    Test {
        field: Field::Column(column),
        comparison,
    }
}

fn words(field: Field, words: impl Iterator<Item = &'static str>) -> Vec<Test> {
    let values: Vec<String> = words.map(str::to_owned).collect();
    if values.is_empty() {
        return vec![];
    }
    vec![Test {
        comparison: Comparison::texts(&field, values),
        field,
    }]
}

fn ranges(column: Column, ranges: &[RangeInclusive<i64>]) -> Vec<Test> {
    ranges
        .iter()
        .map(|range| test(column, Comparison::Within(range.clone())))
        .collect()
}

/// Why the value of `--attempt` was not understood.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no whole number or range; write `3`, `1-2` or `>=3`")]
struct AttemptError(String);

fn parse_attempt(text: &str) -> Result<RangeInclusive<i64>, AttemptError> {
    match parse_int_range(text) {
        // A class such as `5xx` is a thing of statuses.
        Ok(range) if !text.to_ascii_lowercase().ends_with("xx") => Ok(range),
        Ok(_) | Err(_) => Err(AttemptError(text.to_owned())),
    }
}

fn parse_regex(text: &str) -> Result<Regex, FilterError> {
    Ok(Regex::new(text)?)
}

// The names are given to clap one by one, so that help, completion and "did you mean" know them.

pub(crate) fn providers() -> impl TypedValueParser<Value = Provider> {
    PossibleValuesParser::new(Provider::ALL.iter().map(|word| word.name()))
        .try_map(|name| name.parse::<Provider>())
}

fn types() -> impl TypedValueParser<Value = RecordType> {
    PossibleValuesParser::new(RecordType::ALL.iter().map(|word| word.name()))
        .try_map(|name| name.parse::<RecordType>())
}

fn outcomes() -> impl TypedValueParser<Value = Outcome> {
    PossibleValuesParser::new(Outcome::ALL.iter().map(|word| word.name()))
        .try_map(|name| name.parse::<Outcome>())
}

fn fates() -> impl TypedValueParser<Value = Fate> {
    PossibleValuesParser::new(Fate::ALL.iter().map(|word| word.name()))
        .try_map(|name| name.parse::<Fate>())
}

/// Returns the alias that was likely meant by the name of a collection of which nothing is known.
pub(crate) fn likely_alias<'s>(name: &str, settings: &'s Settings) -> Option<&'s str> {
    nearest(name, settings.aliases.keys().map(String::as_str))
}

#[cfg(test)]
mod tests;

//! `faillog top`: what records have in common, counted.
//!
//! Rule: every matching record is in exactly one group, so that counts add up to the number of records; what is not shown is said.

mod fit;
mod hints;
mod rows;

use crate::model::{Timestamp, count};
use crate::query::{Buckets, Count, Every, Tally, compare_keys};
use crate::render::Format;

use super::counting::{self, CountArgs, Coverage, Source};
use super::filters;
use super::{Context, Error};

/// Groups in a table where the user does not say how many.
const TABLE_GROUPS: usize = 20;

/// Steps of time that `--every` may make: each is a column.
const MOST_COLUMNS: usize = 1000;

/// Count records by what they have in common: how many, how many messages, since when
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{HELP}\n\n{}", filters::HELP))]
pub(crate) struct Args {
    /// Group by these: columns, `pattern`, `fate`, `hour`, `day`, paths such as .properties.attempt, comma-separated [default: type,destination,status,pattern]
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        help_heading = "Grouping"
    )]
    by: Vec<String>,
    /// Count over time too, a column for each step: 5m, 1h, 1d
    #[arg(long, value_name = "SPAN", help_heading = "Grouping")]
    every: Option<String>,

    #[command(flatten)]
    count: CountArgs,

    /// Show at most so many groups [default: 20 in a table, all in other formats]
    #[arg(short = 'n', long = "limit", value_name = "N", help_heading = "Output", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Sort by count, messages, first_seen, last_seen or key, or with a leading - in reverse
    #[arg(
        long,
        value_name = "COLUMN",
        help_heading = "Output",
        default_value = "-count",
        allow_hyphen_values = true
    )]
    sort: String,
}

const HELP: &str = "\
Examples:
  faillog top --type error --last 24h --by destination,code
  faillog top --type attempt --by status,reason
  faillog top --by destination --status 429 --every 1h -o csv > rate-limited.csv
  faillog top --type error --by fate,pattern -n 5
  faillog top --type attempt --outcome failure --by pattern_id,pattern,collection
  faillog top --input export.ndjson.gz --by .properties.code

Columns: those grouped by, then count messages share first_seen last_seen, and with --every a column for each step of
time, named by its beginning. `messages` counts distinct message ids, exactly up to 8 million and as a lower bound
beyond; `share` is the part of all matching records, 0 to 1 (in a table in percent). A step of which no hour is stored
is empty, not 0. A table draws the counts over time, from the first to the last (`trend`), where there is room.
`pattern` is the reason without what differs from message to message, so that a cause is one row; `--by reason` tells
wordings apart, and `--pattern` asks `show` and `timeline` for one.
`hour` is the UTC hour of the time, `day` its date in the zone of --tz. A group without a value is empty, in JSON left
out, in a table `(none)`. Up to 2 million groups are counted; more are an error.

An attempt has the status, reason and url of its exchange; an error those of its message's last attempt. One delivery
is logged as several records: count one --type, or leave `type` in --by.";

/// The order of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sort {
    by: SortBy,
    descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SortBy {
    Count,
    Messages,
    FirstSeen,
    LastSeen,
    Key,
}

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let format = context.format_or_default();
    let keys = counting::keys(&args.by, counting::DEFAULT_BY)?;
    let sort = Sort::parse(&args.sort)?;
    let every = args.every.as_deref().map(Every::parse).transpose()?;
    let filter = args.count.filters.to_filter(context)?;
    let scope = args.count.filters.scope(context)?;
    let source = Source::open(context, &args.count)?;
    let window = match every.is_some() || format == Format::Table {
        true => source.range(&filter, &scope, context.now)?.window,
        false => None,
    };
    let buckets = match (window, every) {
        (None, _) => None,
        (Some(window), Some(every)) => {
            Some(Buckets::of(window, every, context.zone, MOST_COLUMNS)?)
        }
        (Some(window), None) => Some(Buckets::equal(window, fit::TREND_WIDTH)),
    };
    let tally = source.tally(&Count {
        filter: &filter,
        by: &keys,
        buckets: buckets.as_ref(),
        buckets_are_optional: every.is_none(),
        messages: true,
        zone: context.zone,
        now: context.now,
    })?;
    let completeness = source.completeness(&scope, context)?;
    let limit = match (args.limit, format) {
        (Some(limit), _) => usize::try_from(limit).unwrap_or(usize::MAX),
        (None, Format::Table) => TABLE_GROUPS,
        (None, _) => usize::MAX,
    };
    let order = order(&tally, sort, limit);
    let answer = rows::Answer {
        keys: &keys,
        tally: &tally,
        order: &order,
        buckets: buckets.as_ref(),
        is_trend: every.is_none(),
        coverage: Coverage::of(completeness.as_ref()),
    };
    let fit = answer.write(context, args.count.render_options(context), format)?;

    context.messages.note(&how_many(&tally, &order));
    if args.by.is_empty()
        && let Some(hint) = hints::split(&tally.groups, TABLE_GROUPS)
    {
        context.messages.hint(&hint);
    }
    // What is asked of a file is not in the store.
    let is_input = !args.count.input.is_empty();
    for hint in hints::next(&context.program, is_input, &keys, &tally.groups, &order) {
        context.messages.hint(&hint);
    }
    let hidden = fit.hidden().join(", ");
    if !hidden.is_empty() {
        let said = format!("columns left out to fit: {hidden}");
        context.messages.note(&said);
    }
    if let Some(window) = window
        && fit.trend > 0
    {
        let [start, end] = [window.start, window.end].map(|time| time.to_zone(context.zone));
        let said = format!("trend: from {start} to {end}");
        context.messages.note(&said);
    }
    let groups = order.iter().map(|at| &tally.groups[*at]);
    counting::tell(context, groups, &tally.orphans, completeness.as_ref());
    let is_cut = tally.groups.iter().any(|group| group.messages_are_cut);
    let is_complete =
        source.is_complete(completeness.as_ref()) && tally.orphans.count() == 0 && !is_cut;
    args.count.end(is_complete, tally.records)
}

impl Sort {
    fn parse(text: &str) -> Result<Sort, Error> {
        let (name, descending) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let by = match name {
            "count" | "share" => SortBy::Count,
            "messages" => SortBy::Messages,
            "first_seen" => SortBy::FirstSeen,
            "last_seen" => SortBy::LastSeen,
            "key" => SortBy::Key,
            _ => {
                return Err(Error::usage(format!("--sort: groups have no `{name}`")).hint(
                    "Sort by count, messages, first_seen, last_seen or key, the largest first with `-`.",
                ));
            }
        };
        Ok(Sort { by, descending })
    }
}

/// Returns the numbers of the groups to show, in order; groups that are equal in it stand in the order of their keys.
fn order(tally: &Tally, sort: Sort, limit: usize) -> Vec<usize> {
    let time = Timestamp::micros;
    // OK because no count comes near the greatest signed number.
    let value = |at: usize| {
        let group = &tally.groups[at];
        match sort.by {
            SortBy::Count => group.count as i64,
            SortBy::Messages => group.messages as i64,
            SortBy::FirstSeen => time(group.first_seen),
            SortBy::LastSeen => time(group.last_seen),
            SortBy::Key => 0,
        }
    };
    let compare = |a: &usize, b: &usize| {
        let by_key = compare_keys(&tally.groups[*a].key, &tally.groups[*b].key);
        let by_value = value(*a).cmp(&value(*b));
        match (sort.by, sort.descending) {
            (SortBy::Key, true) => by_key.reverse(),
            (_, true) => by_value.reverse().then(by_key),
            (_, false) => by_value.then(by_key),
        }
    };
    let mut order: Vec<usize> = (0..tally.groups.len()).collect();
    if limit < order.len() {
        order.select_nth_unstable_by(limit, compare);
        order.truncate(limit);
    }
    order.sort_unstable_by(compare);
    order
}

fn how_many(tally: &Tally, order: &[usize]) -> String {
    let groups = tally.groups.len() as u64;
    if groups == 0 {
        return "no record matches".to_owned();
    }
    let records = count(tally.records, "record");
    if order.len() as u64 == groups {
        return format!("{}, {records}", count(groups, "group"));
    }
    let shown: u64 = order.iter().map(|at| tally.groups[*at].count).sum();
    format!(
        "{} of {} with {} of {records}; `-n {groups}` shows all",
        crate::model::number(order.len() as u64),
        count(groups, "group"),
        crate::model::number(shown),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_the_default() {
        use clap::Args as _;

        let command = Args::augment_args(clap::Command::new("x"));
        let by = command.get_arguments().find(|arg| arg.get_id() == "by");
        let help = by.and_then(|arg| arg.get_help()).unwrap().to_string();
        let default = format!("[default: {}]", counting::DEFAULT_BY.join(","));
        assert!(help.ends_with(&default), "{help}");
    }
}

//! `faillog timeline`: counts over time, drawn in the terminal.
//!
//! Rule: every step of time has its row, also one without records; one of which not all hours are stored says so.

use crate::model::{Filter, Kind, Timestamp, Value, count};
use crate::query::{Buckets, Count, Every, Key, Tally, compare_keys};
use crate::render::{Chart, Cover, Format, Heading, Ink, Output, Precision, Series, draw};

use super::counting::{self, CountArgs, Coverage, Naming, Range, Source};
use super::filters;
use super::rows::whole;
use super::{Context, Error};

/// Steps that a range of time is cut into at most where the user does not say how long one is: about a screen.
const USUAL_STEPS: usize = 60;

/// Steps at most.
const MOST_STEPS: usize = 100_000;

/// Count records over time, as a drawing on a terminal
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{HELP}\n\n{}", filters::HELP))]
pub(crate) struct Args {
    /// Length of a step: 30s, 5m, 1h, 1d, 1w [default: the shortest usual one that makes at most 60 steps]
    #[arg(long, value_name = "SPAN", help_heading = "Grouping")]
    every: Option<String>,
    /// Count each value of this apart: a column, `pattern`, `fate`, or a path such as .properties.attempt
    #[arg(long, value_name = "COLUMN", help_heading = "Grouping")]
    by: Option<String>,

    #[command(flatten)]
    count: CountArgs,

    /// Draw with ASCII alone
    #[arg(long, help_heading = "Output")]
    ascii: bool,
}

const HELP: &str = "\
Examples:
  faillog timeline --type error --last 24h
  faillog timeline --type attempt --by status --every 5m --since 2025-03-23T20
  faillog timeline --by type --every 1d --tz Europe/Berlin -o csv > days.csv
  faillog timeline --input export.ndjson.gz --status 429

Columns: time (where the step begins), the one of --by, count, complete (false where an hour of the step is not
fetched, still growing, too young, or deleted by the vendor before it was complete).
Without a range of time it goes from the first to the last stored record, but for a few that lie more than 31 days from
all others: these are named. Steps begin at midnight of the zone of --tz;
weeks on Mondays. A step of which no hour is stored has no count, and is drawn as a gap (`╌`, in ASCII `?`): it is not zero.
With --by a drawing shows the largest values side by side, on one scale, and the others together.";

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let format = context.format_or_default();
    let by: Vec<String> = args.by.iter().cloned().collect();
    let keys = counting::keys(&by, &[])?;
    let every = args.every.as_deref().map(Every::parse).transpose()?;
    let mut filter = args.count.filters.to_filter(context)?;
    let scope = args.count.filters.scope(context)?;
    let source = Source::open(context, &args.count)?;
    let range = source.range(&filter, &scope, context.now)?;
    let left_out = outliers(&source, &filter, &range, context)?;
    let window = range.window;
    if let (Some(window), false) = (window, left_out.is_empty()) {
        filter.window = window;
    }
    let every = every.or(window.map(|window| Every::fitting(window, USUAL_STEPS)));
    let buckets = match (window, every) {
        (Some(window), Some(every)) => Some(Buckets::of(window, every, context.zone, MOST_STEPS)?),
        _ => None,
    };
    let tally = source.tally(&Count {
        filter: &filter,
        by: &keys,
        buckets: buckets.as_ref(),
        buckets_are_optional: false,
        messages: false,
        zone: context.zone,
        now: context.now,
    })?;
    let completeness = source.completeness(&scope, context)?;
    let coverage = Coverage::of(completeness.as_ref());
    let answer = Answer {
        keys: &keys,
        tally: &tally,
        order: by_size(&tally),
        covers: covers(buckets.as_ref(), &coverage),
        buckets: buckets.as_ref(),
    };
    if format == Format::Table {
        let ink = if args.ascii {
            Ink::Ascii
        } else {
            context.terminal.ink
        };
        answer.draw(context, every, ink)?;
    } else {
        answer.write(context, &args.count, format)?;
    }

    let incomplete = answer.covers.iter().filter(|cover| !cover.is_complete());
    let incomplete = incomplete.count() as u64;
    context.messages.note(&how_many(&answer, every, incomplete));
    tell_outliers(&left_out, context);
    counting::tell(
        context,
        tally.groups.iter(),
        &tally.orphans,
        completeness.as_ref(),
    );
    let is_complete = source.is_complete(completeness.as_ref())
        && tally.orphans.count() == 0
        && incomplete == 0
        && left_out.is_empty();
    args.count.end(is_complete, tally.records)
}

/// Records that lie far from all others.
struct Outlier {
    records: u64,
    first: Timestamp,
    last: Timestamp,
}

/// Looks which records match where some lie far outside of the time that the answer is about.
fn outliers(
    source: &Source,
    filter: &Filter,
    range: &Range,
    context: &Context<'_>,
) -> Result<Vec<Outlier>, Error> {
    let mut found = Vec::new();
    for outlier in &range.outliers {
        let tally = source.tally(&Count {
            filter: &Filter {
                window: outlier.window,
                ..filter.clone()
            },
            by: &[],
            buckets: None,
            buckets_are_optional: false,
            messages: false,
            zone: context.zone,
            now: context.now,
        })?;
        found.extend(tally.groups.first().map(|group| Outlier {
            records: group.count,
            first: group.first_seen,
            last: group.last_seen,
        }));
    }
    Ok(found)
}

fn tell_outliers(outliers: &[Outlier], context: &mut Context<'_>) {
    const MOST: usize = 4;
    if outliers.is_empty() {
        return;
    }
    let records: u64 = outliers.iter().map(|outlier| outlier.records).sum();
    let times = outliers
        .iter()
        .take(MOST)
        .map(|Outlier { first, last, .. }| {
            if first == last {
                first.to_rfc3339()
            } else {
                format!("{first} to {last}")
            }
        });
    let mut times = times.collect::<Vec<_>>().join(", ");
    if outliers.len() > MOST {
        times.push_str(&format!(" and {} more", outliers.len() - MOST));
    }
    let (lie, are) = if records == 1 {
        ("lies", "is")
    } else {
        ("lie", "are")
    };
    context.messages.warn(&format!(
        "{} {lie} far from all others and {are} left out, for --since and --until to show: {times}",
        count(records, "record"),
    ));
}

/// Counts over time, and all that is said of them.
struct Answer<'a> {
    keys: &'a [Key],
    tally: &'a Tally,
    /// Numbers of groups, the largest first.
    order: Vec<usize>,
    buckets: Option<&'a Buckets>,
    /// For each bucket.
    covers: Vec<Cover>,
}

impl Answer<'_> {
    fn draw(&self, context: &mut Context<'_>, every: Option<Every>, ink: Ink) -> Result<(), Error> {
        let settings = context.settings.clone();
        let naming = Naming::of(&settings, self.keys, Format::Table);
        let series = |at: &usize| {
            let group = &self.tally.groups[*at];
            Series {
                name: naming.text(&group.key),
                counts: self.tally.over_time(*at).unwrap_or_default().to_vec(),
                is_folded: group.is_folded,
            }
        };
        let mut series: Vec<Series> = self.order.iter().map(series).collect();
        if series.is_empty() {
            series.push(Series {
                name: String::new(),
                counts: vec![0; self.covers.len()],
                is_folded: false,
            });
        }
        let precision = match every {
            Some(Every::Days(_)) => Precision::Day,
            Some(every) if every.is_whole_minutes() => Precision::Minute,
            _ => Precision::Second,
        };
        let chart = Chart {
            every: every.map_or_else(String::new, |every| every.to_string()),
            starts: self.buckets.map_or(&[][..], Buckets::starts),
            precision,
            zone: context.zone,
            covers: &self.covers,
            series,
            ink,
            width: context.terminal.width,
        };
        Ok(draw(chart, context.out)?)
    }

    fn write(
        &self,
        context: &mut Context<'_>,
        args: &CountArgs,
        format: Format,
    ) -> Result<(), Error> {
        let mut headings = vec![Heading::new("time", Some(Kind::Time))];
        headings.extend(counting::headings(self.keys));
        headings.push(Heading::new("count", Some(Kind::Int)));
        headings.push(Heading::new("complete", Some(Kind::Bool)));
        let settings = context.settings.clone();
        let naming = Naming::of(&settings, self.keys, format);
        let options = args.render_options(context);
        let mut output = Output::new(format, headings, options, context.out)?;
        let nothing = vec![Value::Null; self.keys.len()];
        let starts = self.buckets.map_or(&[][..], Buckets::starts);
        for (bucket, (start, cover)) in starts.iter().zip(&self.covers).enumerate() {
            let mut row = |key: &[Value<'static>], count: u64| -> Result<(), Error> {
                let mut cells = vec![Value::Time(*start)];
                cells.extend(naming.cells(key));
                cells.push(match cover {
                    Cover::Gap(_) if count == 0 => Value::Null,
                    _ => whole(count),
                });
                cells.push(Value::Bool(cover.is_complete()));
                Ok(output.row(&cells)?)
            };
            for at in &self.order {
                let counts = self.tally.over_time(*at).unwrap_or_default();
                row(&self.tally.groups[*at].key, counts[bucket])?;
            }
            if self.order.is_empty() {
                row(&nothing, 0)?;
            }
        }
        output.finish()?;
        Ok(())
    }
}

fn covers(buckets: Option<&Buckets>, coverage: &Coverage) -> Vec<Cover> {
    let Some(buckets) = buckets else {
        return Vec::new();
    };
    (0..buckets.len())
        .map(|bucket| coverage.cover(buckets.window(bucket)))
        .collect()
}

fn by_size(tally: &Tally) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tally.groups.len()).collect();
    order.sort_unstable_by(|a, b| {
        let (a, b) = (&tally.groups[*a], &tally.groups[*b]);
        let by_key = || compare_keys(&a.key, &b.key);
        b.count.cmp(&a.count).then_with(by_key)
    });
    order
}

fn how_many(answer: &Answer<'_>, every: Option<Every>, incomplete: u64) -> String {
    let (Some(buckets), Some(every)) = (answer.buckets, every) else {
        return "no record matches".to_owned();
    };
    let mut said = format!(
        "{} in {} of {every}",
        count(answer.tally.records, "record"),
        count(buckets.len() as u64, "step")
    );
    if incomplete > 0 {
        said.push_str(&format!(", {incomplete} of them not complete"));
    }
    said
}

//! `faillog diff`: two windows of time side by side: what is new, gone, grown, shrunk.
//!
//! Rule: rates count the hours that are stored, and where some are missing nothing is called new or gone without saying
//! so.

mod change;
mod window;

use crate::model::{Filter, Kind, Value, Window, count, format_span, number};
use crate::query::{Count, Group, Key, Orphans, Tally, compare_keys};
use crate::render::{Format, Heading, Output};

use super::completeness::Completeness;
use super::counting::{self, CountArgs, Coverage, Naming, Source, shown_count};
use super::filters::{self, Scope};
use super::rows::whole;
use super::{Context, Error};
use change::{Change, Side, change, compare};

/// What is grouped by where nobody says.
const DEFAULT_BY: &[&str] = &["status", "reason"];

/// Groups in a table where the user does not say how many.
const TABLE_GROUPS: usize = 40;

/// Compare two windows of time: what is new, gone, grown, shrunk
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{HELP}\n\n{}\n\n{}", window::SYNTAX, filters::HELP))]
pub(crate) struct Args {
    /// The window to compare with [default: the one before --b, of the same length]
    #[arg(long, value_name = "WINDOW", help_heading = "Windows")]
    a: Option<String>,
    /// The window that is asked about: 2025-03-23T20, 2025-03-23T20..2025-03-23T22, 2025-03-23T20:15+90m, 24h
    #[arg(long, value_name = "WINDOW", help_heading = "Windows")]
    b: String,
    /// Group by these: columns, `fate`, paths such as .properties.attempt, comma-separated [default: status,reason]
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        help_heading = "Grouping"
    )]
    by: Vec<String>,

    #[command(flatten)]
    count: CountArgs,

    /// Show at most so many groups [default: 40 in a table, all in other formats]
    #[arg(short = 'n', long = "limit", value_name = "N", help_heading = "Output", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

const HELP: &str = "\
Examples:
  faillog diff --b 2h --type error
  faillog diff --a 2025-03-23T18..2025-03-23T20 --b 2025-03-23T20..2025-03-23T22 --type attempt
  faillog diff --a 2025-03-22 --b 2025-03-23 --by destination,code -o csv
  faillog diff --b 24h --by '.properties.routed.to[0].id' --strict

Columns: those grouped by, then count_a count_b rate_a rate_b change.
A rate is the records in an hour of what is stored of the window, on the average of the collections asked about; it is
empty where nothing of the window is stored, and so is `change`.
  new     only in b
  grown   at least twice the rate of a, and more than chance: the rates differ by over two standard deviations
          (the square root of count_a / hours_a² + count_b / hours_b²)
  gone    only in a
  shrunk  at most half the rate of a, and more than chance
  same    anything else
They come in this order, the largest difference of rates first.";

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let format = context.format_or_default();
    let keys = counting::keys(&args.by, DEFAULT_BY)?;
    if !args.count.filters.time.is_empty() {
        return Err(Error::usage(
            "--a and --b say when, so --hour, --since, --until and --last do not go with them",
        ));
    }
    let (a, b) = windows(args, context)?;
    let filter = args.count.filters.to_filter(context)?;
    let scope = args.count.filters.scope(context)?;
    let source = Source::open(context, &args.count)?;
    let ask = Ask {
        context,
        source: &source,
        keys: &keys,
        filter: &filter,
        scope: &scope,
    };
    let (a, b) = (ask.about(a)?, ask.about(b)?);
    let pairs = pairs(&a, &b);
    let limit = match (args.limit, format) {
        (Some(limit), _) => usize::try_from(limit).unwrap_or(usize::MAX),
        (None, Format::Table) => TABLE_GROUPS,
        (None, _) => usize::MAX,
    };
    let shown = &pairs[..limit.min(pairs.len())];
    write(context, args, &keys, shown, format)?;

    let records = a.tally.records + b.tally.records;
    context.messages.note(&how_many(&pairs, shown));
    let is_a_complete = a.tell(context, "a", "new");
    let is_b_complete = b.tell(context, "b", "gone");
    if a.window.start < b.window.end && b.window.start < a.window.end {
        context
            .messages
            .warn("the windows overlap: what is in both is counted in both");
    }
    let groups = a.tally.groups.iter().chain(&b.tally.groups);
    counting::tell(context, groups, &Orphans::default(), None);
    args.count.end(
        is_a_complete && is_b_complete && source.is_complete(None),
        records,
    )
}

fn windows(args: &Args, context: &Context<'_>) -> Result<(Window, Window), Error> {
    let read = |flag: &str, text: &str| {
        window::parse(text, context.now).map_err(|error| {
            Error::usage(format!("{flag} {error}"))
                .hint("`faillog help diff` shows how windows are written.")
        })
    };
    let b = read("--b", &args.b)?;
    let a = match &args.a {
        Some(text) => read("--a", text)?,
        None => Window {
            start: b.start.plus(b.start.since(b.end)),
            end: b.start,
        },
    };
    Ok((a, b))
}

/// What is asked of each window.
struct Ask<'q, 'w> {
    context: &'q Context<'w>,
    source: &'q Source,
    keys: &'q [Key],
    filter: &'q Filter,
    scope: &'q Scope,
}

/// What a window has.
struct About {
    window: Window,
    tally: Tally,
    completeness: Option<Completeness>,
    stored_micros: i64,
    is_covered: bool,
}

impl Ask<'_, '_> {
    fn about(&self, window: Window) -> Result<About, Error> {
        let filter = Filter {
            window,
            ..self.filter.clone()
        };
        let mut tally = self.source.tally(&Count {
            filter: &filter,
            by: self.keys,
            buckets: None,
            buckets_are_optional: false,
            messages: false,
            zone: self.context.zone,
            now: self.context.now,
        })?;
        tally
            .groups
            .sort_unstable_by(|x, y| compare_keys(&x.key, &y.key));
        let scope = Scope {
            window: Some(window),
            ..self.scope.clone()
        };
        let completeness = self.source.completeness(&scope, self.context)?;
        let coverage = Coverage::of(completeness.as_ref());
        Ok(About {
            window,
            tally,
            stored_micros: coverage.stored_micros(window),
            is_covered: coverage.cover(window).is_complete(),
            completeness,
        })
    }
}

impl About {
    /// Says what the window is and what of it is missing; returns whether nothing is.
    fn tell(&self, context: &mut Context<'_>, name: &str, doubtful: &str) -> bool {
        let Window { start, end } = self.window;
        let (start_text, end_text) = (start.to_zone(context.zone), end.to_zone(context.zone));
        let length = format_span(end.since(start));
        let records = count(self.tally.records, "record");
        let about = format!("{name}: {start_text} to {end_text}, {records}");
        if self.completeness.is_none() {
            context.messages.note(&format!("{about} in {length}"));
        } else if self.is_covered {
            context
                .messages
                .note(&format!("{about} in {length}, all of it stored"));
        } else if self.stored_micros == 0 {
            context.messages.warn(&format!(
                "{about}: nothing of its {length} is stored, so that there is no rate and no change"
            ));
        } else {
            let stored = format_span(self.stored_micros);
            context.messages.warn(&format!(
                "{about}, and not complete ({stored} of {length} stored): `{doubtful}` may be what is missing"
            ));
        }
        let Some(completeness) = &self.completeness else {
            return self.tally.orphans.count() == 0;
        };
        completeness.tell_orphans(&self.tally.orphans, context);
        completeness.tell(context);
        self.is_covered && completeness.is_complete() && self.tally.orphans.count() == 0
    }

    fn side(&self, group: Option<&Group>) -> Side {
        Side {
            count: group.map_or(0, |group| group.count),
            stored_micros: self.stored_micros,
        }
    }
}

/// A group in both windows.
struct Pair<'t> {
    key: &'t [Value<'static>],
    a: Side,
    b: Side,
    /// The counts are lower bounds.
    is_folded: [bool; 2],
}

/// Puts the groups of both windows side by side, in the order in which they are shown.
fn pairs<'t>(a: &'t About, b: &'t About) -> Vec<Pair<'t>> {
    let (mut of_a, mut of_b) = (
        a.tally.groups.iter().peekable(),
        b.tally.groups.iter().peekable(),
    );
    let mut pairs = Vec::new();
    loop {
        let order = match (of_a.peek(), of_b.peek()) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(x), Some(y)) => compare_keys(&x.key, &y.key),
        };
        let in_a = order.is_le().then(|| of_a.next()).flatten();
        let in_b = order.is_ge().then(|| of_b.next()).flatten();
        let Some(either) = in_a.or(in_b) else { break };
        let is_folded = |group: Option<&Group>| group.is_some_and(|group| group.is_folded);
        pairs.push(Pair {
            key: &either.key,
            a: a.side(in_a),
            b: b.side(in_b),
            is_folded: [is_folded(in_a), is_folded(in_b)],
        });
    }
    // Stable, so that equal differences stay in the order of their keys.
    pairs.sort_by(|x, y| compare((x.a, x.b), (y.a, y.b)));
    pairs
}

fn write(
    context: &mut Context<'_>,
    args: &Args,
    keys: &[Key],
    pairs: &[Pair<'_>],
    format: Format,
) -> Result<(), Error> {
    let is_table = format == Format::Table;
    // A table's texts stand to the right like the numbers they are.
    let rate_kind = is_table.then_some(Kind::Int);
    let mut headings = counting::headings(keys);
    headings.extend([
        Heading::new("count_a", Some(Kind::Int)),
        Heading::new("count_b", Some(Kind::Int)),
        Heading::new("rate_a", rate_kind),
        Heading::new("rate_b", rate_kind),
        Heading::new("change", Some(Kind::Text)),
    ]);
    let settings = context.settings.clone();
    let naming = Naming::of(&settings, keys, format);
    let options = args.count.render_options(context);
    let mut output = Output::new(format, headings, options, context.out)?;
    for pair in pairs {
        let mut cells = naming.cells(pair.key);
        for (side, is_folded) in [pair.a, pair.b].into_iter().zip(pair.is_folded) {
            cells.push(if is_table {
                Value::Text(shown_count(side.count, is_folded).into())
            } else {
                whole(side.count)
            });
        }
        for side in [pair.a, pair.b] {
            cells.push(side.rate().map_or(Value::Null, |rate| {
                if is_table {
                    Value::Text(format!("{rate:.1}").into())
                } else {
                    Value::Number(format!("{rate:.4}").into())
                }
            }));
        }
        let change = change(pair.a, pair.b).map(Change::name);
        cells.push(change.map_or(Value::Null, |name| Value::Text(name.into())));
        output.row(&cells)?;
    }
    output.finish()?;
    Ok(())
}

fn how_many(pairs: &[Pair<'_>], shown: &[Pair<'_>]) -> String {
    if pairs.is_empty() {
        return "no record matches".to_owned();
    }
    let all = [
        Change::New,
        Change::Grown,
        Change::Gone,
        Change::Shrunk,
        Change::Same,
    ];
    let parts = all.into_iter().filter_map(|wanted| {
        let is_so = |pair: &&Pair<'_>| change(pair.a, pair.b) == Some(wanted);
        let found = pairs.iter().filter(is_so).count() as u64;
        (found > 0).then(|| format!("{} {}", number(found), wanted.name()))
    });
    let parts: Vec<String> = parts.collect();
    let mut said = count(pairs.len() as u64, "group");
    if !parts.is_empty() {
        said.push_str(&format!(": {}", parts.join(", ")));
    }
    if shown.len() < pairs.len() {
        said.push_str(&format!(
            "; {} shown, `-n {}` shows all",
            shown.len(),
            pairs.len()
        ));
    }
    said
}

//! `faillog show`: records, filtered, joined, paged, in any format.
//!
//! Rule: data to stdout, and everything that qualifies it to stderr: how many of how many, what is missing, how to go on.

mod columns;
mod footer;
mod messages;

use std::path::PathBuf;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use crate::model::{Column, Field, Value, parse_span};
use crate::providers::spec;
use crate::query::{Chunk, Cursor, Engine, Question, Sort};
use crate::render::{Encoder, Fit, Format, Options, Output};
use crate::store::Store;

use super::completeness::Completeness;
use super::filters::{self, FilterArgs};
use super::{Context, Error, Kind, Settings, folds, input};

/// Rows of a table where the user does not say how many.
const TABLE_ROWS: u64 = 50;

/// Rows that one thread renders at a time.
const RENDER_ROWS: usize = 4 * 1024;

/// Show records: newest first, attempts with the status of their exchange
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{HELP}\n\n{}", filters::HELP))]
pub(crate) struct Args {
    #[command(flatten)]
    filters: FilterArgs,

    /// Ask this file instead of the store; - is standard input (can be repeated)
    ///
    /// NDJSON, concatenated JSON, a JSON array or CSV with a header, plain or compressed with gzip or zstd; of any providers.
    /// Equal records count once. What is not recognised is taken for logs of the --provider, if one is given.
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Filters: where")]
    input: Vec<PathBuf>,

    /// Show these: columns, `fate`, `pattern`, `pattern_id`, paths such as .properties.attempt, or `native` (the provider's own), comma-separated
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        help_heading = "Output"
    )]
    columns: Vec<String>,
    /// Show at most so many records [default: 50 in a table, all in other formats]
    #[arg(short = 'n', long = "limit", value_name = "N", help_heading = "Output", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Show the Nth page of -n records
    #[arg(long, value_name = "N", help_heading = "Output", conflicts_with = "after", value_parser = clap::value_parser!(u64).range(1..))]
    page: Option<u64>,
    /// Go on after the page that named this cursor
    #[arg(long, value_name = "CURSOR", help_heading = "Output")]
    after: Option<String>,
    /// Sort by a column, or with a leading - in reverse
    #[arg(
        long,
        value_name = "COLUMN",
        help_heading = "Output",
        default_value = "-time",
        allow_hyphen_values = true
    )]
    sort: String,
    /// Fold equal failures within a span into one row with a count: 5m
    ///
    /// Equal are failures of one provider, collection, type, destination and reason. The span begins with the first of
    /// them, its end is part of it, and it does not move on; the row is the last. All matching records are looked at first.
    #[arg(long, value_name = "SPAN", help_heading = "Output", value_parser = parse_span)]
    dedup: Option<i64>,
    /// Show one row a message: first and last seen, attempts, last status and reason, fate
    ///
    /// The filters choose the messages; the row tells of all their stored records. A message to several destinations has a
    /// row for each. `attempts` is the number of stored attempts, or the highest attempt number if that is more.
    #[arg(long, help_heading = "Output", conflicts_with_all = ["dedup", "after", "sort"])]
    by_message: bool,
    /// Leave text that a spreadsheet would run as a formula as it is
    #[arg(long, help_heading = "Output")]
    no_formula_guard: bool,
    /// Exit with 3 if no record matches
    #[arg(long, help_heading = "Exit code")]
    fail_empty: bool,
    /// Exit with 7 if anything is missing: an hour, a page, an exchange, a rejected line
    #[arg(long, help_heading = "Exit code")]
    strict: bool,
}

const HELP: &str = "\
Examples:
  faillog show --type error                        the newest 50 errors
  faillog show --type attempt --status 429 -n 10   attempts that were rate limited
  faillog show --last 24h --status 5xx -o csv > failures.csv
  faillog show --fate discarded --columns time,message_id,reason
  faillog show --where '.properties.routed.to[0].id = abc' -o raw
  faillog show --outcome failure --final --by-message    messages that never arrived
  faillog show --type error --dedup 5m --columns time,count,pattern_id,reason
  faillog show --grep 'timed? ?out' --sort destination
  faillog show --input export.ndjson.gz --type attempt --status 429

An attempt shows the status, reason, url and method of its exchange; an error those of its own attempt.
A terminal gets a table, anything else CSV; -o takes table, csv, tsv, json, ndjson, md, parquet, raw.
What is missing is said on stderr; with --strict also by exit code 7.";

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let format = context.format_or_default();
    let folds = args.dedup.is_some();
    let mut shown = if args.by_message {
        columns::Shown::default()
    } else {
        columns::choose(&args.columns, format, folds, &args.filters.provider)?
    };
    let limit = args
        .limit
        .or((format == Format::Table).then_some(TABLE_ROWS));
    let mut question = question(context, args, shown.fields, limit)?;
    let providers = &args.filters.provider;
    let sought = match args.by_message || folds {
        true => None,
        false => input::sought(&question),
    };
    let (input, store) = input::or_store_with(context, &args.input, providers, sought)?;
    let engine = Engine::local(&store);
    if columns::has_native(&args.columns) && args.filters.provider.is_empty() && !args.by_message {
        // Whose fields they are, only the stored records tell.
        let asked_of = columns::providers_of(&store, &question.filter)?;
        shown = columns::choose(&args.columns, format, folds, &asked_of)?;
        question.fields = shown.fields;
    }

    let fit = if args.columns.is_empty() {
        Fit::Choose
    } else {
        Fit::All
    };
    let options = Options {
        formula_guard: !args.no_formula_guard,
        ..context.render_options(fit)
    };
    if args.by_message {
        let (found, summary) =
            messages::write(context, &args.columns, options, &engine, &question, format)?;
        return finish(
            context,
            args,
            (&store, &engine),
            input.as_ref(),
            |context, completeness| {
                footer::tell_messages(context, args.page, &found, &summary, completeness);
                Told {
                    shown: found.shown,
                    is_whole: !found.has_more && found.orphans.count() == 0,
                }
            },
        );
    }

    let mut output = Output::new(format, shown.headings, options, context.out)?;
    let encoder = output.encoder();
    // People read a table, and call a collection by its alias.
    let names = (format == Format::Table).then(|| context.settings.clone());
    // A person who looks at a page may wonder what its codes mean; a pipe does not.
    let is_read = context.terminal.stdout_is_terminal && context.terminal.stderr_is_terminal;
    let mut codes = (is_read && format == Format::Table).then(footer::Codes::default);
    let mut buffers = Vec::new();
    let mut write = |output: &mut Output<'_>, chunk: &Chunk| {
        if let Some(codes) = &mut codes {
            codes.add(chunk);
        }
        match &encoder {
            Some(encoder) => write_parallel(output, encoder, &mut buffers, chunk, &question.fields),
            None => write_rows(output, chunk, &question.fields, names.as_ref()),
        }
    };
    let folded = match args.dedup {
        Some(span) => {
            let sink = |chunk: &Chunk| write(&mut output, chunk);
            Some(engine.ask_folded::<Error>(&question, span, folds_itself, sink)?)
        }
        None => None,
    };
    let (mut answer, folded) = match folded {
        Some(folded) => (folded.answer, Some((folded.records, folded.is_lower_bound))),
        None => {
            let sink = |chunk: &Chunk| write(&mut output, chunk);
            (engine.ask::<Error>(&question, sink)?, None)
        }
    };
    if let Some(input) = &input {
        input.complete(&mut answer);
    }
    let summary = output.finish()?;
    let may_fold = folded.is_none_or(|(_, is_lower_bound)| is_lower_bound);
    let folding = if answer.shown > 0 && may_fold {
        folds::folding(&engine, &question.filter, context.now)?
    } else {
        Vec::new()
    };
    let counting = footer::Counting {
        folded: folded.map(|(records, _)| records),
        folding,
    };
    finish(
        context,
        args,
        (&store, &engine),
        input.as_ref(),
        |context, completeness| {
            footer::tell(
                context,
                args.page,
                &question,
                &answer,
                &counting,
                &summary,
                completeness,
            );
            if let Some(codes) = codes {
                codes.tell(context);
            }
            Told {
                shown: answer.shown,
                is_whole: !answer.has_more && answer.orphans.count() == 0,
            }
        },
    )
}

/// What the rows came to.
struct Told {
    shown: u64,
    /// Neither a page nor an exchange is missing.
    is_whole: bool,
}

/// Says what qualifies the rows, and ends as the user asked for.
fn finish(
    context: &mut Context<'_>,
    args: &Args,
    (store, engine): (&Store, &Engine),
    input: Option<&input::Input>,
    tell: impl FnOnce(&mut Context<'_>, Option<&Completeness>) -> Told,
) -> Result<(), Error> {
    let (told, is_complete) = match input {
        Some(input) => (tell(context, None), input.rejects == 0),
        None => {
            let scope = args.filters.scope(context)?;
            let completeness = Completeness::of(store, &scope, context)?;
            let completeness = completeness.without(engine.left_out(), store);
            let told = tell(context, Some(&completeness));
            (told, completeness.is_complete())
        }
    };
    if args.strict && !(told.is_whole && is_complete) {
        return Err(Error::new(
            Kind::Incomplete,
            "the answer is incomplete, and --strict was given",
        ));
    }
    if args.fail_empty && told.shown == 0 {
        return Err(Error::new(
            Kind::NoRows,
            "no record matches, and --fail-empty was given",
        ));
    }
    Ok(())
}

/// Whether the vendor of a row's record folds equal failures itself.
fn folds_itself(chunk: &Chunk, row: usize) -> bool {
    spec(chunk.provider(row)).folds_type(chunk.record_type(row))
}

fn question(
    context: &Context<'_>,
    args: &Args,
    fields: Vec<Field>,
    limit: Option<u64>,
) -> Result<Question, Error> {
    let filter = args.filters.to_filter(context)?;
    let after = match &args.after {
        Some(text) => {
            let fail = |error| {
                Error::usage(error)
                    .hint("Run the command without --after to begin at the first page.")
            };
            let cursor: Cursor = text.parse().map_err(fail)?;
            cursor.check(&filter).map_err(fail)?;
            Some(cursor)
        }
        None => None,
    };
    let sort = sort(&args.sort, args.dedup.is_some())?;
    if after.is_some() && sort != Sort::NEWEST_FIRST {
        return Err(
            Error::usage("--after goes with the order newest first only")
                .hint("Use --page with other orders."),
        );
    }
    let skip = match (args.page, limit) {
        (Some(page), Some(limit)) => (page - 1).saturating_mul(limit),
        (Some(_), None) => {
            return Err(Error::usage("--page needs to know how long a page is")
                .hint("Add -n 100, for example."));
        }
        (None, _) => 0,
    };
    Ok(Question {
        filter,
        fields,
        sort,
        limit,
        skip,
        after,
        now: context.now,
    })
}

fn sort(text: &str, folds: bool) -> Result<Sort, Error> {
    let (name, descending) = match text.strip_prefix('-') {
        Some(name) => (name, true),
        None => (text, false),
    };
    let field = if name == "count" {
        columns::count(folds).map_err(|error| Error::usage(format!("--sort: {error}")))?
    } else {
        Field::parse(name).map_err(|error| Error::usage(format!("--sort: {error}")))?
    };
    Ok(Sort { field, descending })
}

fn write_rows(
    output: &mut Output<'_>,
    chunk: &Chunk,
    fields: &[Field],
    names: Option<&Settings>,
) -> Result<(), Error> {
    let rows = chunk.bind(fields);
    let collection = Field::Column(Column::Collection);
    let collection = fields.iter().position(|field| *field == collection);
    let count = fields.iter().position(|field| *field == Field::Count);
    for row in 0..chunk.len() {
        let mut cells = rows.row(row);
        if let (Some(names), Some(at)) = (names, collection)
            && let Value::Text(id) = &cells[at]
        {
            cells[at] = Value::Text(names.name_of(id).to_owned().into());
        }
        // In the formats that programs read a count stays a number.
        if let (Some(_), Some(at)) = (names, count)
            && folds_itself(chunk, row)
            && let Value::Int(count) = cells[at]
        {
            cells[at] = Value::Text(format!("≥{count}").into());
        }
        output.row(&cells)?;
    }
    Ok(())
}

/// Renders parts of a chunk on all cores, and writes them in order.
fn write_parallel(
    output: &mut Output<'_>,
    encoder: &Encoder,
    buffers: &mut Vec<Vec<u8>>,
    chunk: &Chunk,
    fields: &[Field],
) -> Result<(), Error> {
    let rows = chunk.bind(fields);
    let parts = chunk.len().div_ceil(RENDER_ROWS);
    buffers.resize_with(parts.max(buffers.len()), Vec::new);
    let buffers = &mut buffers[..parts];
    buffers
        .par_iter_mut()
        .enumerate()
        .for_each(|(part, bytes)| {
            bytes.clear();
            let first = part * RENDER_ROWS;
            for row in first..chunk.len().min(first + RENDER_ROWS) {
                let start = encoder.begin(bytes);
                rows.each(row, |index, cell| encoder.cell(index, cell, bytes));
                encoder.end(start, bytes);
            }
        });
    for bytes in buffers {
        output.chunk(bytes)?;
    }
    Ok(())
}

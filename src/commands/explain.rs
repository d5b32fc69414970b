//! `faillog explain`: what a code means, whether the delivery is tried again, what to do.
//!
//! Rule: offline and without the store; a code that nobody documents is not explained, only the nearest ones are named.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::model::{Kind, Provider, Value};
use crate::providers::codes::{Explanation, explain, explanations, nearest_codes};
use crate::providers::spec;
use crate::render::{Fit, Format, Report, Tone};

use super::rows::Rows;
use super::{Context, Error};

/// What stands for the provider of a code that means the same everywhere.
const ANY_PROVIDER: &str = "any";

/// Nearest codes that are named.
const MOST_NEAREST: usize = 5;

/// Where values stand below each other.
const VALUES: usize = 13;

/// Codes longer than this push their meaning to the right, in a list.
const WIDEST_CODE: usize = 28;

/// Explain a code of a log: cause, whether it is retried, remedy
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Args {
    /// An HTTP status, a class such as 5xx, or a code as the logs have it, in any case
    #[arg(value_name = "CODE", required_unless_present = "list")]
    code: Option<String>,
    /// Only what this provider means by it
    #[arg(long, value_name = "PROVIDER", value_parser = providers())]
    provider: Option<Provider>,
    /// List every code that is known
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

const HELP: &str = "\
Knows HTTP statuses, errors of the network and of certificates, and the documented codes of every provider. A code that
means several things is explained for each. Works offline.

Columns: code provider kind meaning retried remedy source
  provider is `any` where a code means the same everywhere; source names the document, and says where a meaning is read from a name or inferred.

Examples:
  faillog explain 429
  faillog explain destination_timeout
  faillog explain internal --provider segment
  faillog explain 5xx
  faillog explain --list --provider akeneo -o csv";

const COLUMNS: [(&str, Kind); 7] = [
    ("code", Kind::Text),
    ("provider", Kind::Text),
    ("kind", Kind::Text),
    ("meaning", Kind::Text),
    ("retried", Kind::Text),
    ("remedy", Kind::Text),
    ("source", Kind::Text),
];

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let found = match &args.code {
        Some(code) => look_up(code.trim(), args.provider)?,
        None => explanations()
            .filter(|known| args.provider.is_none() || known.provider == args.provider)
            .collect(),
    };
    if context.format_or_default() != Format::Table {
        return write_rows(context, &found);
    }
    let mut report = Report::new(context.render_options(Fit::All));
    match &args.code {
        Some(code) => tell(&mut report, code.trim(), &found),
        None => list(&mut report, &found),
    }
    report.finish(context.out)?;
    Ok(())
}

fn look_up(code: &str, provider: Option<Provider>) -> Result<Vec<Explanation>, Error> {
    let found = explain(code, provider);
    if !found.is_empty() {
        return Ok(found);
    }
    let of = provider.map_or(String::new(), |provider| {
        format!(" of {}", spec(provider).title)
    });
    let error = Error::failure(format!("no code{of} is known as `{code}`"));
    let nearest: Vec<String> = nearest_codes(code, provider, MOST_NEAREST)
        .into_iter()
        .map(|code| format!("`{code}`"))
        .collect();
    Err(if !nearest.is_empty() {
        error.hint(format!("the nearest that are: {}", nearest.join(", ")))
    } else {
        error.hint("`faillog explain --list` has every code that is known")
    })
}

fn write_rows(context: &mut Context<'_>, found: &[Explanation]) -> Result<(), Error> {
    let mut rows = Rows::begin(context, &COLUMNS)?;
    for known in found {
        let cells = [
            known.code,
            provider_of(known),
            known.kind,
            known.meaning,
            known.retried,
            known.remedy,
            known.source,
        ];
        rows.row(&cells.map(|text| Value::Text(text.into())))?;
    }
    rows.finish()
}

fn provider_of(known: &Explanation) -> &'static str {
    known.provider.map_or(ANY_PROVIDER, Provider::name)
}

/// Explains a code in full, place by place; the statuses of a class follow in a list.
fn tell(report: &mut Report, code: &str, found: &[Explanation]) {
    let is_same = |known: &Explanation| known.code.eq_ignore_ascii_case(code);
    // A class says what holds for the status; the statuses of a class that was asked for are only listed.
    let is_in_full = |known: &&Explanation| is_same(known) || known.code.ends_with("xx");
    let (in_full, others): (Vec<&Explanation>, Vec<&Explanation>) =
        found.iter().partition(is_in_full);
    if !found.iter().any(is_same)
        && let Some(class) = in_full.first()
    {
        let said = format!(
            "{code} is not written of by itself; what holds for {}:",
            class.code
        );
        report.line(0, &[(Tone::Plain, &said)]);
    }
    for (at, known) in in_full.into_iter().enumerate() {
        if at > 0 {
            report.blank();
        }
        one(report, known);
    }
    if !others.is_empty() {
        report.blank();
        list(report, &others.into_iter().copied().collect::<Vec<_>>());
    }
}

fn one(report: &mut Report, known: &Explanation) {
    let place = match known.provider {
        Some(provider) => format!("  {}, {}", spec(provider).title, known.kind),
        None => format!("  {}", known.kind),
    };
    report.line(0, &[(Tone::Title, known.code), (Tone::Quiet, &place)]);
    for (label, text, tone) in [
        ("meaning", known.meaning, Tone::Plain),
        ("retried", known.retried, Tone::Plain),
        ("remedy", known.remedy, Tone::Plain),
        ("source", known.source, Tone::Quiet),
    ] {
        report.field(2, VALUES, label, &[(tone, text)]);
    }
}

/// Lists codes and their meaning under their place.
fn list(report: &mut Report, found: &[Explanation]) {
    let mut place = None;
    for known in found {
        let here = (known.provider, known.kind, known.source);
        if place != Some(here) {
            if place.is_some() {
                report.blank();
            }
            let title = known.provider.map_or("", |provider| spec(provider).title);
            let comma = if title.is_empty() { "" } else { ", " };
            let heading = format!("{title}{comma}{}", known.kind);
            report.line(0, &[(Tone::Title, &heading)]);
            place = Some(here);
        }
        let of_place = found
            .iter()
            .filter(|other| (other.provider, other.kind, other.source) == here);
        let widest = of_place.map(|other| other.code.len()).max().unwrap_or(0);
        let column = 2 + widest.min(WIDEST_CODE) + 2;
        report.field(2, column, known.code, &[(Tone::Plain, known.meaning)]);
    }
}

fn providers() -> impl TypedValueParser<Value = Provider> {
    PossibleValuesParser::new(Provider::ALL.iter().map(|word| word.name()))
        .try_map(|name| name.parse::<Provider>())
}

//! The groups of both windows side by side.
//!
//! Rule: a group that is in one window only has a count of zero in the other.

use crate::model::{Kind, Value, count, number};
use crate::query::compare_keys;
use crate::query::{Group, Key};
use crate::render::{Format, Heading, Options, Output};

use super::super::counting::{self, Naming, shown_count};
use super::super::rows::whole;
use super::super::{Context, Error};
use super::about::About;
use super::change::{Change, Side, change, compare};

/// A group in both windows.
pub(super) struct Pair<'t> {
    pub(super) key: &'t [Value<'static>],
    pub(super) a: Side,
    pub(super) b: Side,
    /// The counts are lower bounds.
    pub(super) is_folded: [bool; 2],
}

/// Puts the groups of both windows side by side, in the order in which they are shown.
pub(super) fn pairs<'t>(a: &'t About, b: &'t About) -> Vec<Pair<'t>> {
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

pub(super) fn write(
    context: &mut Context<'_>,
    options: Options,
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

pub(super) fn how_many(pairs: &[Pair<'_>], shown: &[Pair<'_>]) -> String {
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

//! Which columns are shown, and how wide.
//!
//! Rule: what was asked for is shown whole, wrapped if need be; what was not asked for is chosen by how much it tells,
//! and whatever is left out for want of room is named.

use super::column::Column;
use super::lines::Overflow;
use crate::model::Kind;

/// Blank columns between two columns.
pub(super) const GAP: usize = 2;

/// Below this many columns ids are shortened in the middle.
const NARROW: usize = 100;
/// What is left of an id then: six characters, `…`, six characters.
const SHORT_ID: usize = 13;
/// Other text wider than this gives way to more columns.
const SHORT_TEXT: usize = 24;
/// The least room for the reason: a quarter of the terminal, within these.
const REASON: std::ops::RangeInclusive<usize> = 20..=60;
/// The narrowest a column is wrapped to when even this is too wide together.
const LEAST: usize = 8;

/// Columns by how much they tell about a failure; the reason is not among them, since it is always there.
const TELLING: &[&str] = &[
    "time",
    "last_seen",
    "type",
    "count",
    "fate",
    "status",
    "attempts",
    "discarded",
    "attempt",
    "outcome",
    "code",
    "operation",
    "first_seen",
    "collection",
    "provider",
    "destination",
    "source",
    "resource",
    "actor",
    "message_id",
];
/// Columns shown only when all that tell more are.
const DETAILS: &[&str] = &[
    "exchange_id",
    "channel",
    "subscriber",
    "method",
    "url",
    "duration_ms",
    "delay_ms",
    "ip",
    "id",
    "logged_at",
];
/// Columns that say little when every row says the same.
const SAME_IS_DULL: &[&str] = &[
    "discarded",
    "attempt",
    "outcome",
    "operation",
    "destination",
    "source",
    "resource",
    "actor",
    "channel",
    "subscriber",
    "method",
];
const IDS: &[&str] = &[
    "collection",
    "destination",
    "source",
    "subscriber",
    "actor",
    "id",
    "message_id",
    "exchange_id",
];

/// What the table shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// From left to right.
    pub(super) shown: Vec<Shown>,
    /// Columns that have something to say and found no room, in the order of the headings.
    pub(super) hidden: Vec<String>,
}

/// A column that is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// Its place among the headings.
    pub(super) index: usize,
    pub(super) width: usize,
    pub(super) overflow: Overflow,
}

/// How much a column tells; smaller is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Must(usize),
    Telling(usize),
    Dull(usize),
    Detail(usize),
}

/// What the rows are, where that changes what tells most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Records,
    /// Rows are messages: their ids are what goes on from here.
    Messages,
    /// Most rows name a channel: what happened in it is the heart of the matter.
    Channels,
}

impl About {
    fn of(columns: &[Column]) -> About {
        let has = |name: &str| columns.iter().any(|column| column.name == name);
        let mut channels = columns.iter().filter(|column| column.name == "channel");
        if has("last_seen") {
            About::Messages
        } else if channels.any(Column::is_mostly_filled) {
            About::Channels
        } else {
            About::Records
        }
    }
}

/// Returns how much a column tells.
fn rank(column: &Column, about: About) -> Rank {
    let name = column.name.as_str();
    let place = |names: &[&str]| names.iter().position(|known| *known == name);
    match place(DETAILS) {
        Some(_) if name == "channel" && about == About::Channels => Rank::Telling(3),
        // Beside the time when it was last seen.
        Some(_) if column.is_first_seen => Rank::Telling(0),
        Some(place) => Rank::Detail(place),
        None if name == "time" => Rank::Must(0),
        None if name == "reason" => Rank::Must(1),
        None if name == "message_id" && about == About::Messages => Rank::Telling(0),
        None if name == "operation" && about == About::Channels => Rank::Telling(2),
        None => {
            let place = place(TELLING).unwrap_or(TELLING.len());
            if column.is_constant && SAME_IS_DULL.contains(&name) {
                Rank::Dull(place)
            } else {
                Rank::Telling(place)
            }
        }
    }
}

impl Plan {
    /// Picks the columns that tell most and fit; the reason comes last and takes the room that is left.
    pub(super) fn choose(columns: &[Column], width: Option<usize>) -> Plan {
        let is_candidate = |column: &Column| {
            let is_place = matches!(column.name.as_str(), "provider" | "collection");
            !column.is_empty
                && column.kind != Some(Kind::Bytes)
                && !(is_place && columns_agree(column))
        };
        let mut order: Vec<usize> = (0..columns.len())
            .filter(|&index| is_candidate(&columns[index]))
            .collect();
        let about = About::of(columns);
        order.sort_by_key(|&index| rank(&columns[index], about));

        let mut widths: Vec<Option<usize>> = vec![None; columns.len()];
        let mut used = 0;
        let mut is_full = false;
        for &index in &order {
            let column = &columns[index];
            let least = width.map_or(column.natural, |width| least(column, width));
            let needed = least + if used > 0 { GAP } else { 0 };
            let rank = rank(column, about);
            let fits = width.is_none_or(|width| used + needed <= width);
            if matches!(rank, Rank::Must(_)) || (fits && !(is_full && rank >= Rank::Detail(0))) {
                widths[index] = Some(least);
                used += needed;
            } else {
                is_full = true;
            }
        }
        if let Some(width) = width {
            give_back(columns, &mut widths, used.saturating_sub(width));
            let mut spare = width.saturating_sub(used);
            let by_reason = |index: &usize| columns[*index].name != "reason";
            order.sort_by_key(by_reason);
            for &index in &order {
                if let Some(given) = &mut widths[index] {
                    let more = (columns[index].natural.saturating_sub(*given)).min(spare);
                    *given += more;
                    spare -= more;
                }
            }
        }
        order.sort_by_key(|&index| (columns[index].name == "reason", index));
        let shown = order.iter().filter_map(|&index| {
            Some(Shown {
                index,
                width: widths[index]?,
                overflow: overflow(&columns[index]),
            })
        });
        let shown = shown.collect();
        order.sort_unstable();
        let hidden = order.iter().filter(|&&index| widths[index].is_none());
        Plan {
            shown,
            hidden: hidden.map(|&index| columns[index].name.clone()).collect(),
        }
    }

    /// Shows every column, the widest text wrapped as far as it takes to fit; times and numbers stay whole.
    pub(super) fn all(columns: &[Column], width: Option<usize>) -> Plan {
        let widths = match width {
            None => columns.iter().map(|column| column.natural).collect(),
            Some(width) => wrapped(
                columns,
                width.saturating_sub(GAP * (columns.len().max(1) - 1)),
            ),
        };
        let shown = widths.into_iter().enumerate().map(|(index, width)| Shown {
            index,
            width,
            overflow: Overflow::Wrap,
        });
        Plan {
            shown: shown.collect(),
            hidden: Vec::new(),
        }
    }
}

/// Returns whether all rows say the same, be they one or many.
fn columns_agree(column: &Column) -> bool {
    column.is_constant || column.cells.len() == 1
}

fn is_id(column: &Column) -> bool {
    IDS.contains(&column.name.as_str())
}

fn overflow(column: &Column) -> Overflow {
    if is_id(column) {
        Overflow::CutMiddle
    } else {
        Overflow::CutEnd
    }
}

/// Returns the least width at which a column is worth showing on a terminal.
fn least(column: &Column, width: usize) -> usize {
    let limit = if column.is_rigid {
        return column.natural;
    } else if column.name == "reason" {
        (width / 4).clamp(*REASON.start(), *REASON.end())
    } else if is_id(column) {
        if width >= NARROW {
            return column.natural;
        }
        SHORT_ID
    } else {
        SHORT_TEXT
    };
    column.natural.min(limit)
}

/// Takes the columns that are too many from the reason, which is always shown.
fn give_back(columns: &[Column], widths: &mut [Option<usize>], too_many: usize) {
    for (column, width) in columns.iter().zip(widths) {
        if let Some(width) = width
            && column.name == "reason"
        {
            *width = width.saturating_sub(too_many).max(LEAST.min(*width));
        }
    }
}

/// Returns widths that add up to `room` at most, if that can be: first prose is narrowed, then ids too.
fn wrapped(columns: &[Column], room: usize) -> Vec<usize> {
    let prose = |column: &Column| !column.is_rigid && !is_id(column);
    let text = |column: &Column| !column.is_rigid;
    capped(columns, room, SHORT_TEXT, prose)
        .or_else(|| capped(columns, room, LEAST, text))
        .unwrap_or_else(|| at_most(columns, LEAST, text))
}

/// Narrows the columns that `may` be to the largest common limit that fits, if it is `least` or more.
fn capped(
    columns: &[Column],
    room: usize,
    least: usize,
    may: fn(&Column) -> bool,
) -> Option<Vec<usize>> {
    let widest = columns.iter().map(|column| column.natural).max()?;
    let fits = |limit: usize| at_most(columns, limit, may).iter().sum::<usize>() <= room;
    if fits(widest) {
        return Some(at_most(columns, widest, may));
    }
    // The limits that fit are a range that begins at the least one: search for its end.
    let (mut low, mut high) = (least, widest);
    if low >= high || !fits(low) {
        return None;
    }
    while low + 1 < high {
        let middle = low.midpoint(high);
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(at_most(columns, low, may))
}

fn at_most(columns: &[Column], limit: usize, may: fn(&Column) -> bool) -> Vec<usize> {
    let width = |column: &Column| {
        if may(column) {
            column.natural.min(limit)
        } else {
            column.natural
        }
    };
    columns.iter().map(width).collect()
}

//! Which attempt an error is of, and which exchange an attempt had: a pure function of what records say themselves.
//!
//! - What lies near goes before what lies elsewhere: hours whose times meet within a minute are near one another.
//! - An attempt has the exchange it names; of several with that id the one whose outcome agrees with its own, and of
//!   these the nearest in time.
//! - An error is of the attempt with the number it states; else of the latest failed attempt of the same message and
//!   destination at or before it, or of the first within [`AFTER_MICROS`] after it. Of equal times the one logged later,
//!   then the higher number.
//! - An error without attempt has the exchange that it names itself.
//! - An attempt learns from its errors whether it was discarded, and their reason where there is no other.
//!
//! Rule: an error is never of an attempt that succeeded, and a number that is not stored is never taken for another.

use std::cmp::Ordering;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::model::{Column, RecordType, Value};

use super::super::keys::{IdKey, IdMap, Unhashed};
use super::rows::{LinkRows, Told};

/// An error may be stamped a little before the attempt that it is of: clocks of two machines differ.
const AFTER_MICROS: i64 = 1_000_000;

/// A row of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RowRef {
    pub(super) group: u32,
    pub(super) row: u32,
}

/// What one row is linked to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// Of an error: its own attempt.
    pub(super) attempt: Option<RowRef>,
    /// The exchange that the row itself names, or the one of an error's attempt.
    pub(super) exchange: Option<RowRef>,
    /// Of an attempt: the latest of its errors that has a reason of its own.
    pub(super) error: Option<RowRef>,
    /// Of an attempt: what its errors say of it.
    pub(super) discarded: Option<bool>,
    /// The row was linked before to what is gone, and nothing else with its id is there.
    pub(super) keeps: Keeps,
}

/// Links that stay although what they lead to is no longer stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Keeps {
    pub(super) attempt: bool,
    pub(super) exchange: bool,
    /// Of an attempt: what its errors said.
    pub(super) errors: bool,
}

/// Rows that are linked with one another.
pub(super) struct Pool<'p> {
    pub(super) groups: &'p [LinkRows],
    exchanges: Table,
    attempts: Table,
    errors: Table,
}

/// Returns whether any row of attempts may have been told something by its errors.
fn was_told(rows: &LinkRows) -> bool {
    let has = |column| rows.columns.get(column).is_some();
    rows.record_type == RecordType::Attempt && (has(Column::Discarded) || has(Column::Reason))
}

/// Links all rows of a pool; by group, by row. Groups of exchanges have none.
pub(super) fn link(groups: &[LinkRows]) -> Vec<Vec<Link>> {
    let pool = Pool {
        groups,
        exchanges: Table::of(groups, RecordType::Exchange, |rows| &rows.exchanges),
        attempts: Table::of(groups, RecordType::Attempt, |rows| &rows.messages),
        errors: match groups.iter().any(was_told) {
            true => Table::of(groups, RecordType::Error, |rows| &rows.messages),
            false => Table::of(&[], RecordType::Error, |rows| &rows.messages),
        },
    };
    let mut links: Vec<Vec<Link>> = groups
        .par_iter()
        .map(|rows| match rows.record_type {
            RecordType::Attempt | RecordType::Error => (0..rows.len())
                .map(|row| Link {
                    exchange: pool.exchange_of(rows, row),
                    keeps: pool.keeps(rows, row),
                    ..Link::default()
                })
                .collect(),
            _ => Vec::new(),
        })
        .collect();
    let attempts: Vec<Vec<Option<RowRef>>> = groups
        .par_iter()
        .zip(&links)
        .map(|(rows, _)| match rows.record_type {
            RecordType::Error => (0..rows.len())
                .map(|row| pool.attempt_of(rows, row, &links))
                .collect(),
            _ => Vec::new(),
        })
        .collect();
    pool.tell_attempts(&attempts, &mut links);
    for (group, attempts) in attempts.into_iter().enumerate() {
        for (row, attempt) in attempts.into_iter().enumerate() {
            let Some(attempt) = attempt else {
                continue;
            };
            let of_attempt = links[attempt.group as usize][attempt.row as usize].exchange;
            let link = &mut links[group][row];
            link.attempt = Some(attempt);
            link.exchange = of_attempt;
        }
    }
    links
}

impl Pool<'_> {
    fn rows(&self, at: RowRef) -> (&LinkRows, usize) {
        (&self.groups[at.group as usize], at.row as usize)
    }

    fn exchange_of(&self, rows: &LinkRows, row: usize) -> Option<RowRef> {
        let mut named = self.exchanges.get(rows.exchanges[row]);
        let first = named.next()?;
        let Some(second) = named.next() else {
            return Some(first);
        };
        let wanted = rows.own_outcome(row);
        let order = |at: &RowRef| {
            let (exchange, at) = self.rows(*at);
            let disagrees = wanted != Told::Nothing && wanted != exchange.own_outcome(at);
            let time = exchange.time(at);
            // Of equals that differ in what is taken from them, the same one whatever came first.
            let text = |column| exchange.columns.text(column, at).unwrap_or_default();
            let status = exchange.columns.int(Column::Status, at);
            let taken = [Column::Outcome, Column::Reason, Column::Method, Column::Url].map(text);
            let distance = time.abs_diff(rows.time(row));
            (
                !rows.is_near(exchange),
                disagrees,
                distance,
                time,
                status,
                taken,
            )
        };
        let named = [first, second].into_iter().chain(named);
        named.min_by(|a, b| order(a).cmp(&order(b)))
    }

    fn keeps(&self, rows: &LinkRows, row: usize) -> Keeps {
        // An hour that was never linked has taken nothing.
        let was_linked = rows.columns.get(Column::Joined).is_some();
        let message = rows.messages[row];
        let fits = |at: &RowRef| {
            let (other, at) = self.rows(*at);
            rows.fits(row, other, at)
        };
        let has_exchange = || self.exchanges.get(rows.exchanges[row]).next().is_some();
        Keeps {
            exchange: was_linked
                && rows.exchanges[row] != 0
                && rows.was_linked(row, "exchange")
                && !has_exchange(),
            attempt: was_linked
                && rows.was_linked(row, "attempt")
                && !self.attempts.get(message).any(|at| fits(&at)),
            errors: was_told(rows) && !self.errors.get(message).any(|at| fits(&at)),
        }
    }

    /// Returns the outcome of an attempt: its own, else that of its exchange.
    fn outcome(&self, at: RowRef, links: &[Vec<Link>]) -> Told {
        let (rows, row) = self.rows(at);
        let own = rows.own_outcome(row);
        if own != Told::Nothing {
            return own;
        }
        let link = &links[at.group as usize][at.row as usize];
        match link.exchange {
            Some(exchange) => {
                let (rows, row) = self.rows(exchange);
                rows.own_outcome(row)
            }
            None if link.keeps.exchange => Told::of(rows.columns.text(Column::Outcome, row)),
            None => Told::Nothing,
        }
    }

    fn attempt_of(&self, rows: &LinkRows, row: usize, links: &[Vec<Link>]) -> Option<RowRef> {
        let fitting = self.attempts.get(rows.messages[row]).filter(|at| {
            let (attempt, at) = self.rows(*at);
            rows.fits(row, attempt, at)
        });
        let all: Vec<RowRef> = fitting.collect();
        let is_near = |at: &RowRef| rows.is_near(self.rows(*at).0);
        let own_among = |attempts: &[RowRef]| match rows.number(row) {
            Some(stated) => self.stated(attempts, stated, links),
            None => self.unstated(attempts, rows.time(row), links).map(Some),
        };
        if !all.iter().all(is_near) {
            let near: Vec<RowRef> = all.iter().copied().filter(is_near).collect();
            if let Some(own) = own_among(&near) {
                return own;
            }
        }
        own_among(&all)?
    }

    /// Finds the attempt with a number; `Some(None)` if it succeeded.
    fn stated(
        &self,
        attempts: &[RowRef],
        stated: i64,
        links: &[Vec<Link>],
    ) -> Option<Option<RowRef>> {
        let numbered = attempts.iter().copied().filter(|at| {
            let (attempt, row) = self.rows(*at);
            attempt.number(row) == Some(stated)
        });
        let latest = numbered.max_by(|a, b| self.compare(*a, *b))?;
        Some((self.outcome(latest, links) != Told::Success).then_some(latest))
    }

    /// Finds the latest failed attempt until a time, or else the first soon after.
    fn unstated(&self, attempts: &[RowRef], time: i64, links: &[Vec<Link>]) -> Option<RowRef> {
        let failed = || {
            let failed = attempts.iter().copied();
            failed.filter(|at| self.outcome(*at, links) == Told::Failure)
        };
        let since = |at: &RowRef| {
            let (attempt, row) = self.rows(*at);
            attempt.time(row).saturating_sub(time)
        };
        let before = failed().filter(|at| since(at) <= 0);
        let latest = before.max_by(|a, b| self.compare(*a, *b));
        latest.or_else(|| {
            let after = failed().filter(|at| (1..=AFTER_MICROS).contains(&since(at)));
            let sooner =
                |a: &RowRef, b: &RowRef| since(a).cmp(&since(b)).then_with(|| self.compare(*b, *a));
            after.min_by(sooner)
        })
    }

    /// Orders attempts by time, when they were logged, and number.
    fn compare(&self, a: RowRef, b: RowRef) -> Ordering {
        let ((rows_a, a), (rows_b, b)) = (self.rows(a), self.rows(b));
        let order = rows_a.rank(a).cmp(&rows_b.rank(b));
        order.then_with(|| rows_a.record_key(a).cmp(&rows_b.record_key(b)))
    }

    /// Gives attempts what their errors say of them.
    fn tell_attempts(&self, attempts: &[Vec<Option<RowRef>>], links: &mut [Vec<Link>]) {
        for (group, attempts) in attempts.iter().enumerate() {
            let rows = &self.groups[group];
            for (row, attempt) in attempts.iter().enumerate() {
                let Some(attempt) = attempt else {
                    continue;
                };
                // OK because a pool has fewer groups, and a group fewer rows.
                let error = RowRef {
                    group: group as u32,
                    row: row as u32,
                };
                let known = links[attempt.group as usize][attempt.row as usize].error;
                let link = &mut links[attempt.group as usize][attempt.row as usize];
                if rows.own(row).has(Column::Discarded)
                    && let Value::Bool(discarded) = rows.columns.value(Column::Discarded, row)
                {
                    link.discarded = Some(link.discarded.unwrap_or(false) || discarded);
                }
                if rows.has_own(Column::Reason, row) {
                    let order = |at: RowRef| {
                        let (rows, row) = self.rows(at);
                        (rows.rank(row), rows.columns.text(Column::Reason, row))
                    };
                    if known.is_none_or(|known| order(known) < order(error)) {
                        link.error = Some(error);
                    }
                }
            }
        }
    }
}

/// Where rows with a key stand.
struct Table {
    heads: IdMap<u32>,
    entries: Vec<(RowRef, u32)>,
}

const END: u32 = u32::MAX;

impl Table {
    fn of<'g>(
        groups: &'g [LinkRows],
        record_type: RecordType,
        keys: impl Fn(&'g LinkRows) -> &'g Vec<IdKey>,
    ) -> Table {
        let ours = || {
            let groups = groups.iter().enumerate();
            groups.filter(|(_, rows)| rows.record_type == record_type)
        };
        let rows: usize = ours().map(|(_, rows)| rows.len()).sum();
        let mut table = Table {
            heads: IdMap::with_capacity_and_hasher(rows, Unhashed::default()),
            entries: Vec::with_capacity(rows),
        };
        for (group, rows) in ours() {
            for (row, key) in keys(rows).iter().enumerate().filter(|(_, key)| **key != 0) {
                // OK because a pool has fewer groups and rows than that.
                let at = RowRef {
                    group: group as u32,
                    row: row as u32,
                };
                let number = table.entries.len() as u32;
                let next = table.heads.insert(*key, number).unwrap_or(END);
                table.entries.push((at, next));
            }
        }
        table
    }

    fn get(&self, key: IdKey) -> impl Iterator<Item = RowRef> + '_ {
        let mut next = self.heads.get(&key).copied().unwrap_or(END);
        std::iter::from_fn(move || {
            let (at, then) = self.entries.get(next as usize)?;
            next = *then;
            Some(*at)
        })
    }
}

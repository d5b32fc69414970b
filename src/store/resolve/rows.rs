//! What linking must know of the rows of a row group: keys instead of ids, and the values that are taken over.
//!
//! Rule: only what a record says itself is looked at, whatever was joined to it before; so linking twice gives the same.

use crate::model::{Column, Hour, RecordType};

use super::super::columns::{Columns, Values};
use super::super::dedup::record_key;
use super::super::error::StoreError;
use super::super::keys::{IdKey, id_key};
use super::super::own::{LINKED, OwnMask};
use super::super::reader::{Group, Pick};
use super::super::source::SourceGroup;
use super::ends::Ends;

/// How far the times of records that belong together lie apart at most, usually.
const NEAR_MICROS: i64 = 60_000_000;

/// A row of the collection, by its hour and the number of its source group there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) hour: Hour,
    pub(super) group: usize,
    pub(super) row: u32,
}

/// The times of the oldest and newest linked row of an hour, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    oldest: i64,
    newest: i64,
}

/// An outcome as it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    Success,
    Failure,
    Pending,
}

impl Told {
    pub(super) fn of(outcome: Option<&str>) -> Told {
        match outcome {
            Some("success") => Told::Success,
            Some("failure") => Told::Failure,
            Some("pending") => Told::Pending,
            _ => Told::Nothing,
        }
    }
}

/// Rows of one row group.
pub(super) struct LinkRows {
    pub(super) record_type: RecordType,
    /// Where the row group stands; `row` is not used.
    pub(super) place: Place,
    /// Which rows of it these are, ascending; `None` for all.
    pub(super) picked: Option<Vec<u32>>,
    extent: Extent,
    source: SourceGroup,
    pub(super) columns: Columns,
    /// The keys of message ids; empty for exchanges.
    pub(super) messages: Vec<IdKey>,
    /// The keys of the exchanges' ids that the rows themselves name.
    pub(super) exchanges: Vec<IdKey>,
    times: Vec<i64>,
    /// When each was logged, and the number it states; the least where there is none. Empty for exchanges.
    logged: Vec<i64>,
    numbers: Vec<i64>,
    /// The outcome that each row states; of exchanges theirs.
    outcomes: Vec<Told>,
    /// Bits of [`OwnMask`]; empty for exchanges.
    own: Vec<u16>,
    destinations: Ends,
    subscribers: Ends,
}

impl Extent {
    /// Of an hour in which nothing is linked; near none.
    pub(super) const NEVER: Extent = Extent {
        oldest: i64::MAX,
        newest: i64::MIN,
    };

    #[cfg(test)]
    pub(super) fn between(oldest: i64, newest: i64) -> Extent {
        Extent { oldest, newest }
    }

    pub(super) fn of(group: &Group) -> Extent {
        Extent {
            oldest: group.oldest.micros(),
            newest: group.newest.micros(),
        }
    }

    pub(super) fn and(self, other: Extent) -> Extent {
        Extent {
            oldest: self.oldest.min(other.oldest),
            newest: self.newest.max(other.newest),
        }
    }

    pub(super) fn oldest(&self) -> i64 {
        self.oldest
    }

    /// Returns whether this begins early enough to be near another.
    pub(super) fn begins_before(&self, other: &Extent) -> bool {
        self.oldest <= other.newest.saturating_add(NEAR_MICROS)
    }

    pub(super) fn is_near(&self, other: &Extent) -> bool {
        self.begins_before(other) && other.begins_before(self)
    }
}

/// Returns the keys of the ids in a column of a row group; 0 for rows without, and those that are left out.
pub(super) fn keys_of(source: &SourceGroup, column: Column) -> Result<Vec<IdKey>, StoreError> {
    let rows = source.info().rows;
    let read = source.read(&[column], Pick::Range(0..rows))?;
    let mut keys = keys(&read, column, rows);
    for (key, keep) in keys.iter_mut().zip(source.keep.iter().flatten()) {
        if !keep {
            *key = 0;
        }
    }
    Ok(keys)
}

fn keys(columns: &Columns, column: Column, rows: usize) -> Vec<IdKey> {
    match columns.get(column) {
        Some(Values::Text(ids)) => ids.iter().map(|id| id.map_or(0, id_key)).collect(),
        _ => vec![0; rows],
    }
}

impl LinkRows {
    /// Reads the rows of a row group that are picked; `None` for all. A column of which no row has anything is not read.
    pub(super) fn read(
        source: &SourceGroup,
        place: Place,
        extent: Extent,
        picked: Option<Vec<u32>>,
    ) -> Result<LinkRows, StoreError> {
        let record_type = source.record_type();
        let pick = pick(picked.as_deref(), source.info().rows);
        let has = |column: &Column| source.may_have(*column);
        // Ids take more room than all else together, and only their keys are kept, but for those that errors take.
        let is_taken =
            |column: &Column| *column != Column::ExchangeId || record_type != RecordType::Exchange;
        // And what tells that it was taken.
        let taken = LINKED.into_iter().chain([Column::Joined]);
        let taken: Vec<Column> = taken.filter(has).filter(is_taken).collect();
        let one = |column: Column| match has(&column) {
            true => source.read(&[column], pick.clone()),
            false => Ok(Columns::default()),
        };
        let times = one(Column::Time)?;
        let rows = times.rows();
        let mut link_rows = LinkRows {
            record_type,
            columns: source.read(&taken, pick.clone())?,
            messages: Vec::new(),
            exchanges: keys(&one(Column::ExchangeId)?, Column::ExchangeId, rows),
            times: micros(&times, Column::Time, rows),
            logged: Vec::new(),
            numbers: Vec::new(),
            outcomes: Vec::new(),
            own: Vec::new(),
            destinations: Ends::default(),
            subscribers: Ends::default(),
            place,
            extent,
            source: source.clone(),
            picked: picked.clone(),
        };
        if record_type != RecordType::Exchange {
            link_rows.read_rest(&one)?;
        }
        let outcome = |row| {
            let outcome = link_rows.columns.text(Column::Outcome, row);
            Told::of(outcome.filter(|_| link_rows.own(row).has(Column::Outcome)))
        };
        link_rows.outcomes = (0..rows).map(outcome).collect();
        Ok(link_rows)
    }

    /// Reads what attempts and errors have beside.
    fn read_rest(
        &mut self,
        one: &dyn Fn(Column) -> Result<Columns, StoreError>,
    ) -> Result<(), StoreError> {
        let rows = self.len();
        let own = one(Column::Own)?;
        // OK because there are fewer than sixteen bits.
        let bits = |row| own.int(Column::Own, row).unwrap_or(0) as u16;
        self.own = (0..rows).map(bits).collect();
        self.messages = keys(&one(Column::MessageId)?, Column::MessageId, rows);
        for row in 0..rows {
            if !self.own(row).has(Column::ExchangeId) {
                self.exchanges[row] = 0;
            }
        }
        self.logged = micros(&one(Column::LoggedAt)?, Column::LoggedAt, rows);
        let number = |row| {
            let number = self.columns.int(Column::Attempt, row);
            let own = number.filter(|_| self.own(row).has(Column::Attempt));
            own.unwrap_or(i64::MIN)
        };
        self.numbers = (0..rows).map(number).collect();
        self.destinations = Ends::of(
            &one(Column::Destination)?,
            Column::Destination,
            &one(Column::MoreDestinations)?,
            Column::MoreDestinations,
        );
        self.subscribers = Ends::of(
            &one(Column::Subscriber)?,
            Column::Subscriber,
            &one(Column::MoreSubscribers)?,
            Column::MoreSubscribers,
        );
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    /// Returns whether a row was linked before, to what this word begins with.
    pub(super) fn was_linked(&self, row: usize, to: &str) -> bool {
        let joined = self.columns.text(Column::Joined, row);
        joined.is_some_and(|joined| joined.starts_with(to))
    }

    /// Returns where a row stands in its row group.
    pub(super) fn source_row(&self, row: usize) -> u32 {
        match &self.picked {
            Some(picked) => picked[row],
            // OK because a row group has at most 128 Ki rows.
            None => row as u32,
        }
    }

    /// Returns whether the hours of two groups of rows are near one another.
    pub(super) fn is_near(&self, other: &LinkRows) -> bool {
        self.place.hour == other.place.hour || self.extent.is_near(&other.extent)
    }

    /// Returns the key of a record, which decides where nothing else does.
    pub(super) fn record_key(&self, row: usize) -> u128 {
        let rows = [self.source_row(row)];
        let columns = [Column::Id, Column::Raw];
        let read = self.source.read(&columns, Pick::Rows(&rows));
        read.map_or(0, |read| record_key(read.text(Column::Id, 0), read.raw(0)))
    }

    /// Returns the ids of some rows in a column.
    pub(super) fn texts(&self, column: Column, rows: &[u32]) -> Result<Columns, StoreError> {
        let rows: Vec<u32> = rows
            .iter()
            .map(|row| self.source_row(*row as usize))
            .collect();
        self.source.read(&[column], Pick::Rows(&rows))
    }

    /// Returns a column of all rows of the row group.
    pub(super) fn whole(&self, column: Column) -> Result<Columns, StoreError> {
        let rows = self.source.info().rows;
        self.source.read(&[column], Pick::Range(0..rows))
    }

    pub(super) fn path(&self) -> &std::path::Path {
        self.source.path()
    }

    pub(super) fn time(&self, row: usize) -> i64 {
        self.times[row]
    }

    /// Returns what decides between attempts of equal time: when it was logged, and its number.
    pub(super) fn rank(&self, row: usize) -> (i64, i64, i64) {
        (self.times[row], self.logged[row], self.numbers[row])
    }

    /// Returns the number of the attempt that the row itself states.
    pub(super) fn number(&self, row: usize) -> Option<i64> {
        Some(self.numbers[row]).filter(|number| *number != i64::MIN)
    }

    /// Returns the outcome that the row itself states; of an exchange its own.
    pub(super) fn own_outcome(&self, row: usize) -> Told {
        self.outcomes[row]
    }

    /// Returns whether every row states its outcome, so that none takes it.
    pub(super) fn all_state_outcomes(&self) -> bool {
        self.outcomes
            .iter()
            .all(|outcome| *outcome != Told::Nothing)
    }

    /// Returns which values are the row's own; an exchange takes none from others.
    pub(super) fn own(&self, row: usize) -> OwnMask {
        OwnMask::from_bits(self.own.get(row).map_or(!0, |bits| i64::from(*bits)))
    }

    /// Returns whether a row has a value of its own in a column.
    pub(super) fn has_own(&self, column: Column, row: usize) -> bool {
        self.own(row).has(column) && self.has(column, row)
    }

    /// Returns whether a row has a value in a column, its own or not.
    pub(super) fn has(&self, column: Column, row: usize) -> bool {
        match self.columns.get(column) {
            Some(values) => values.array().is_valid(row),
            None => false,
        }
    }

    /// Returns whether two rows speak of one destination, and of one subscription where both name any.
    pub(super) fn fits(&self, row: usize, other: &LinkRows, other_row: usize) -> bool {
        self.destinations.meet(row, &other.destinations, other_row)
            && self.subscribers.meet(row, &other.subscribers, other_row)
    }
}

fn micros(columns: &Columns, column: Column, rows: usize) -> Vec<i64> {
    match columns.get(column) {
        Some(Values::Time(times)) => times.iter().map(|time| time.unwrap_or(i64::MIN)).collect(),
        _ => vec![i64::MIN; rows],
    }
}

/// Which rows of a group are read.
fn pick(rows: Option<&[u32]>, total: usize) -> Pick<'_> {
    rows.map_or(Pick::Range(0..total), Pick::Rows)
}

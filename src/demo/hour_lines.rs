//! The lines of one hour while it is made: those there from the start, those appended later, those of the next hour.
//!
//! Rule: each line goes to exactly one of the three, and is counted where it will be read.

use super::lines::Head;
use super::random::Random;
use crate::model::Timestamp;

const MILLI: i64 = 1000;
const MINUTE: i64 = 60_000 * MILLI;

/// How many lines there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) errors: u64,
    pub(crate) attempts: u64,
    pub(crate) exchanges: u64,
    /// Lines that cannot be decoded.
    pub(crate) broken: u64,
    /// Attempts, counted in `attempts` too, whose exchange is nowhere.
    pub(crate) orphans: u64,
    pub(crate) bytes: u64,
}

impl Tally {
    pub(crate) fn lines(&self) -> u64 {
        self.errors + self.attempts + self.exchanges + self.broken
    }

    pub(crate) fn add(&mut self, other: &Tally) {
        self.errors += other.errors;
        self.attempts += other.attempts;
        self.exchanges += other.exchanges;
        self.broken += other.broken;
        self.orphans += other.orphans;
        self.bytes += other.bytes;
    }
}

/// Lines being written, and the buffers they are put together in.
pub(super) struct HourLines {
    end: Timestamp,
    may_carry: bool,
    pub(super) tally: Tally,
    /// In the hour's log from the start.
    pub(super) main: Vec<u8>,
    /// Appended to the hour's log an hour or two later.
    pub(super) late: Vec<u8>,
    /// Of the next hour.
    pub(super) carried: Vec<u8>,
    pub(super) carried_tally: Tally,
    pub(super) message_id: Vec<u8>,
    pub(super) exchange_id: Vec<u8>,
    pub(super) request: Vec<u8>,
    pub(super) headers: Vec<u8>,
    pub(super) response: Vec<u8>,
}

/// What an exchange's line is made of.
pub(super) struct ExchangeParts<'a> {
    pub(super) id: &'a [u8],
    pub(super) request: &'a [u8],
    pub(super) headers: &'a [u8],
    pub(super) response: &'a [u8],
}

impl HourLines {
    /// Starts an hour that ends at `end`; only if `may_carry`, lines may fall into the next.
    pub(super) fn new(end: Timestamp, may_carry: bool) -> HourLines {
        HourLines {
            end,
            may_carry,
            tally: Tally::default(),
            main: Vec::new(),
            late: Vec::new(),
            carried: Vec::new(),
            carried_tally: Tally::default(),
            message_id: Vec::new(),
            exchange_id: Vec::new(),
            request: Vec::new(),
            headers: Vec::new(),
            response: Vec::new(),
        }
    }

    /// Ends the hour and starts the next, which begins with what was carried into it; returns what was appended late.
    pub(super) fn turn(&mut self, end: Timestamp) -> Vec<u8> {
        self.end = end;
        self.tally = std::mem::take(&mut self.carried_tally);
        self.main.clear();
        self.main.append(&mut self.carried);
        std::mem::take(&mut self.late)
    }

    pub(super) fn allow_carry(&mut self, may_carry: bool) {
        self.may_carry = may_carry;
    }

    /// Returns the time itself, or the last of the hour if nothing may fall into the next.
    pub(super) fn clamp(&self, time: Timestamp) -> Timestamp {
        if self.may_carry {
            time
        } else {
            time.min(self.end.plus(-MILLI))
        }
    }

    /// Draws when a line is logged: within seconds mostly, one or two hours later for a few.
    pub(super) fn log<'a>(&self, head: Head<'a>, random: &mut Random) -> Head<'a> {
        let delay = if random.chance(30) {
            random.between(60 * MINUTE, 120 * MINUTE)
        } else {
            random.between(200 * MILLI, 90_000 * MILLI)
        };
        Head {
            logged_at: head.occurred_at.plus(delay / MILLI * MILLI),
            ..head
        }
    }

    pub(super) fn error(&mut self, head: &Head<'_>, write: impl FnOnce(&[u8], &mut Vec<u8>)) {
        let (out, tally) = place(
            head,
            self.end,
            [&mut self.main, &mut self.late, &mut self.carried],
            [&mut self.tally, &mut self.carried_tally],
        );
        write(&self.message_id, out);
        tally.errors += 1;
    }

    pub(super) fn attempt(
        &mut self,
        head: &Head<'_>,
        write: impl FnOnce(&[u8], &[u8], &mut Vec<u8>),
    ) {
        let (out, tally) = place(
            head,
            self.end,
            [&mut self.main, &mut self.late, &mut self.carried],
            [&mut self.tally, &mut self.carried_tally],
        );
        write(&self.exchange_id, &self.message_id, out);
        tally.attempts += 1;
    }

    pub(super) fn exchange(
        &mut self,
        head: &Head<'_>,
        write: impl FnOnce(ExchangeParts<'_>, &mut Vec<u8>),
    ) {
        let (out, tally) = place(
            head,
            self.end,
            [&mut self.main, &mut self.late, &mut self.carried],
            [&mut self.tally, &mut self.carried_tally],
        );
        let parts = ExchangeParts {
            id: &self.exchange_id,
            request: &self.request,
            headers: &self.headers,
            response: &self.response,
        };
        write(parts, out);
        tally.exchanges += 1;
    }
}

/// Returns where a line belongs by its times, and what counts it. What is carried is never late as well.
fn place<'b>(
    head: &Head<'_>,
    end: Timestamp,
    [main, late, carried]: [&'b mut Vec<u8>; 3],
    [tally, carried_tally]: [&'b mut Tally; 2],
) -> (&'b mut Vec<u8>, &'b mut Tally) {
    if head.occurred_at >= end {
        (carried, carried_tally)
    } else if head.logged_at.since(head.occurred_at) >= 60 * MINUTE {
        (late, tally)
    } else {
        (main, tally)
    }
}

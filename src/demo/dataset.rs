//! A whole made-up data set: so many lines, spread over collections and hours, streamed hour by hour.
//!
//! Rule: the same [`Spec`] gives the same bytes. Memory is bounded by one write buffer, 40 bytes a batch that waits for
//! its next try, and the late lines of one hour (3 % of it), whatever the number of lines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};

use super::hour_lines::{HourLines, Tally};
use super::incident::Incidents;
use super::journey::Journey;
use super::lines::{Breakage, Head, write_broken};
use super::pacing::{LineClock, minute_weights, share_out};
use super::random::Random;
use super::world::{DESTINATIONS, Destination, SOURCES};
use crate::model::{Hour, Timestamp, Window};

/// Lines are handed on in pieces of about this many bytes.
const WRITE_BUFFER: usize = 256 * 1024;

/// About one line in so many of a collection is broken, the first of them early, so that small data sets have one too.
const BROKEN_EVERY: u64 = 9973;
const FIRST_BROKEN: u64 = 499;

/// What a data set is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) seed: u64,
    pub(crate) start: Hour,
    /// At least 1.
    pub(crate) hours: u32,
    /// Lines in all, broken ones included.
    pub(crate) records: u64,
    /// How many of the made-up collections, at least 1.
    pub(crate) collections: usize,
}

/// A data set, ready to be written; nothing of it is in memory.
#[derive(Debug)]
pub(crate) struct Dataset {
    spec: Spec,
    incidents: Incidents,
    /// Lines of each hour, by collection.
    budgets: Vec<Vec<u64>>,
}

impl Dataset {
    pub(crate) fn new(spec: Spec) -> Dataset {
        let hours = i32::try_from(spec.hours).unwrap_or(i32::MAX);
        let incidents = Incidents::new(Window {
            start: spec.start.start(),
            end: spec.start.plus(hours).start(),
        });
        let weights: Vec<Vec<u64>> = DESTINATIONS
            .iter()
            .take(spec.collections)
            .map(|destination| {
                (0..hours)
                    .map(|hour| {
                        let minutes =
                            minute_weights(&incidents, destination, spec.start.plus(hour));
                        destination.weight * minutes.iter().sum::<u64>()
                    })
                    .collect()
            })
            .collect();
        Dataset {
            budgets: share_out(spec.records, &weights),
            spec,
            incidents,
        }
    }

    /// Returns the generators of the collections, each independent of the others.
    pub(crate) fn collections(&self) -> impl Iterator<Item = CollectionLog<'_>> {
        let budgets = self.budgets.iter();
        DESTINATIONS
            .iter()
            .zip(budgets)
            .zip(0..)
            .map(|((destination, budgets), salt)| {
                let start = self.spec.start;
                CollectionLog {
                    destination,
                    incidents: &self.incidents,
                    budgets,
                    start,
                    next: 0,
                    lines_before: 0,
                    broken: 0,
                    waiting: BinaryHeap::new(),
                    random: Random::new(self.spec.seed, salt),
                    lines: HourLines::new(start.end(), false),
                }
            })
    }
}

/// One collection's log, made hour by hour.
pub(crate) struct CollectionLog<'d> {
    pub(crate) destination: &'static Destination,
    incidents: &'d Incidents,
    budgets: &'d [u64],
    start: Hour,
    /// Index of the hour to make next.
    next: usize,
    lines_before: u64,
    /// Broken lines so far.
    broken: u64,
    waiting: BinaryHeap<Reverse<Journey>>,
    random: Random,
    lines: HourLines,
}

/// One hour's log, after its first lines were written out.
pub(crate) struct HourLog {
    pub(crate) hour: Hour,
    /// Lines that the provider appends one or two hours later, counted in the tally.
    pub(crate) late: Vec<u8>,
    pub(crate) tally: Tally,
}

impl CollectionLog<'_> {
    /// Names the hour that comes next and its number of lines; `None` after the last.
    pub(crate) fn upcoming(&self) -> Option<(Hour, u64)> {
        let budget = *self.budgets.get(self.next)?;
        Some((self.hour(), budget))
    }

    /// Makes the next hour: writes its lines to `out`, and returns the late ones. `None` after the last hour.
    pub(crate) fn next_hour(&mut self, out: &mut impl Write) -> io::Result<Option<HourLog>> {
        let Some((hour, budget)) = self.upcoming() else {
            return Ok(None);
        };
        let late_of_before = self.lines.turn(hour.end());
        debug_assert!(late_of_before.is_empty());
        let next_budget = self.budgets.get(self.next + 1).copied().unwrap_or(0);
        let weights = minute_weights(self.incidents, self.destination, hour);
        let clock = LineClock::new(hour, budget, &weights);

        loop {
            let done = self.lines.tally.lines();
            let Some(room) = budget.checked_sub(done).filter(|room| *room > 0) else {
                break;
            };
            let time = clock.draw(done, &mut self.random);
            // What is carried must fit into the next hour.
            let is_carry_left = self.lines.carried_tally.lines() < next_budget;
            self.lines.allow_carry(is_carry_left);
            if self.lines_before + done >= FIRST_BROKEN + self.broken * BROKEN_EVERY {
                self.write_broken(time);
            } else {
                self.step(time, room);
            }
            if self.lines.main.len() >= WRITE_BUFFER {
                self.hand_on(out)?;
            }
        }
        self.hand_on(out)?;
        self.lines_before += budget;
        self.next += 1;
        let late = std::mem::take(&mut self.lines.late);
        self.lines.tally.bytes += late.len() as u64;
        Ok(Some(HourLog {
            hour,
            late,
            tally: self.lines.tally,
        }))
    }

    fn hour(&self) -> Hour {
        self.start
            .plus(i32::try_from(self.next).unwrap_or(i32::MAX))
    }

    /// Makes the next try of a batch that is due, or the first of a new one.
    fn step(&mut self, time: Timestamp, room: u64) {
        let due = self
            .waiting
            .peek_mut()
            .filter(|first| first.0.due <= time && first.0.most_lines() <= room)
            // Retries never crowd out everything new.
            .filter(|_| self.random.chance(800))
            .map(|first| std::collections::binary_heap::PeekMut::pop(first).0);
        let mut journey = due.unwrap_or_else(|| {
            Journey::draw(
                self.destination,
                self.incidents,
                time,
                room,
                &mut self.random,
            )
        });
        if journey.step(self.destination, self.incidents, time, &mut self.lines) {
            self.waiting.push(Reverse(journey));
        }
    }

    fn write_broken(&mut self, time: Timestamp) {
        let kinds = Breakage::ALL.len() as u64;
        // OK because the remainder is below the number of kinds.
        let breakage = Breakage::ALL[(self.broken % kinds) as usize];
        let head = Head {
            source: &SOURCES[0],
            destination: self.destination,
            occurred_at: time,
            logged_at: time,
            draft: None,
        };
        write_broken(breakage, &head, &mut self.random, &mut self.lines.main);
        self.lines.tally.broken += 1;
        self.broken += 1;
    }

    fn hand_on(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.lines.main)?;
        self.lines.tally.bytes += self.lines.main.len() as u64;
        self.lines.main.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! How many lines come when: a data set's lines shared out to hours, an hour's to its minutes.
//!
//! Rule: shares add up exactly, and times never run backwards by more than one line's due.

use super::incident::Incidents;
use super::random::Random;
use super::world::Destination;
use crate::model::{Hour, Timestamp};

const MINUTE: i64 = 60_000_000;
const MILLI: i64 = 1000;

/// Shares out `records` by weight, exactly, so that each share is within one of its due.
pub(super) fn share_out(records: u64, weights: &[Vec<u64>]) -> Vec<Vec<u64>> {
    let total: u64 = weights.iter().flatten().sum();
    let mut weight_before = 0;
    let upto = |weight: u64| {
        // OK because the quotient is at most `records`.
        (u128::from(records) * u128::from(weight) / u128::from(total.max(1))) as u64
    };
    weights
        .iter()
        .map(|hours| {
            hours
                .iter()
                .map(|weight| {
                    let before = upto(weight_before);
                    weight_before += weight;
                    upto(weight_before) - before
                })
                .collect()
        })
        .collect()
}

pub(super) fn minute_weights(
    incidents: &Incidents,
    destination: &Destination,
    hour: Hour,
) -> [u64; 60] {
    let mut weights = [0; 60];
    for (minute, weight) in (0..).zip(&mut weights) {
        let time = hour.start().plus(minute * MINUTE);
        *weight = incidents.weight(destination.vendor, time);
    }
    weights
}

/// Spreads an hour's lines over its minutes by weight.
pub(super) struct LineClock {
    hour: Hour,
    budget: u64,
    /// Sum of the weights up to and with each minute.
    cumulated: [u64; 60],
}

impl LineClock {
    pub(super) fn new(hour: Hour, budget: u64, weights: &[u64; 60]) -> LineClock {
        let mut cumulated = *weights;
        for minute in 1..60 {
            cumulated[minute] += cumulated[minute - 1];
        }
        LineClock {
            hour,
            budget,
            cumulated,
        }
    }

    /// Draws a time for the line that comes after `done` others: whole milliseconds, not before their times' due.
    pub(super) fn draw(&self, done: u64, random: &mut Random) -> Timestamp {
        let micros = random.between(self.offset(done), self.offset(done + 1));
        let last = 60 * MINUTE - MILLI;
        self.hour.start().plus((micros / MILLI * MILLI).min(last))
    }

    /// Returns the microseconds into the hour at which a share of its lines has come.
    fn offset(&self, done: u64) -> i64 {
        let total = u128::from(self.cumulated[59]);
        // In millionths of a weight, so that a minute's lines are spread evenly.
        let reached = u128::from(done) * total * 1_000_000 / u128::from(self.budget.max(1));
        let minute = self
            .cumulated
            .partition_point(|sum| u128::from(*sum) * 1_000_000 <= reached)
            .min(59);
        let before = if minute == 0 {
            0
        } else {
            self.cumulated[minute - 1]
        };
        let weight = u128::from(self.cumulated[minute] - before).max(1);
        let inside = (reached - u128::from(before) * 1_000_000) * 60 / weight;
        // OK because `inside` is at most one minute.
        minute as i64 * MINUTE + inside as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_and_near_their_due() {
        let weights = vec![vec![1, 2, 3], vec![10, 0, 1]];
        let shares = share_out(1000, &weights);
        assert_eq!(shares.iter().flatten().sum::<u64>(), 1000);
        assert_eq!(shares[1][1], 0);
        assert!(shares[1][0].abs_diff(10 * 1000 / 17) <= 1);
        assert_eq!(share_out(5, &[vec![0]]), [[0]]);
    }

    #[test]
    fn lines_come_in_order_and_crowd_where_the_weight_is() {
        let hour = Hour::parse("2025-03-23T20", Timestamp::MIN).unwrap();
        let mut weights = [1; 60];
        weights[30] = 61;
        let clock = LineClock::new(hour, 1200, &weights);
        let mut random = Random::new(1, 1);
        let times: Vec<Timestamp> = (0..1200).map(|n| clock.draw(n, &mut random)).collect();
        assert!(times.is_sorted());
        assert!(times.iter().all(|time| time.hour() == hour));
        let start = hour.start().plus(30 * MINUTE);
        let crowded = times
            .iter()
            .filter(|time| (0..MINUTE).contains(&time.since(start)))
            .count();
        assert!((600..=622).contains(&crowded), "{crowded}");
    }
}

//! The life of a batch of messages that travels together: each try is one exchange, one attempt a message, and, where
//! it failed, one error a message, until it succeeds, is discarded, or four hours are over.
//!
//! Rule: what waits for its next try is this small struct alone; texts are made when they are written.

use super::hour_lines::HourLines;
use super::incident::{Answer, Cause, Incidents};
use super::lines::{Draft, Exchange, Head, write_attempt, write_error, write_exchange};
use super::message::{
    Content, REQUEST_BODY_LIMIT, close_body, open_body, truncate_body, write_content,
    write_message_id,
};
use super::random::Random;
use super::response;
use super::world::{Destination, SOURCES, Source};
use crate::model::Timestamp;

const SECOND: i64 = 1_000_000;
const MILLI: i64 = 1000;

/// The provider tries for four hours, with a randomised exponential backoff.
const RETRY_WINDOW: i64 = 4 * 3600 * SECOND;
const LONGEST_PAUSE: i64 = 3600 * SECOND;

/// Salts that keep the sequences of one journey apart; attempts are far fewer.
const MESSAGE_SALT: u64 = 1 << 32;

/// A batch of messages on its way. Ordered by the time of its next try.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Journey {
    pub(super) due: Timestamp,
    seed: u64,
    started: Timestamp,
    cause: Cause,
    /// Index into [`SOURCES`].
    source: u8,
    /// Messages in the batch, 1 to 50.
    size: u8,
    /// Tries made.
    attempts: u8,
}

impl Journey {
    /// Draws a batch that fails for the first time at `time`; its lines number at most `room`, which is at least 1.
    pub(super) fn draw(
        destination: &Destination,
        incidents: &Incidents,
        time: Timestamp,
        room: u64,
        random: &mut Random,
    ) -> Journey {
        let cause = incidents.cause(destination.vendor, time, random);
        let cause = if room < 3 {
            Cause::InsertFunction
        } else {
            cause
        };
        let size = match random.below(100) {
            _ if cause == Cause::InsertFunction => 1,
            0..74 => 1,
            74..94 => 2 + random.below(5),
            _ => 7 + random.below(44),
        };
        let size = size
            .min(destination.largest_batch)
            .min((room.saturating_sub(1) / 2).max(1));
        Journey {
            due: time,
            seed: random.next(),
            started: time.plus(-random.between(50, 4000) * MILLI),
            cause,
            source: random.below(SOURCES.len() as u64) as u8,
            // OK because it is at most 50.
            size: size as u8,
            attempts: 0,
        }
    }

    /// Returns the most lines that one try can write.
    pub(super) fn most_lines(&self) -> u64 {
        match self.cause {
            Cause::InsertFunction => 1,
            _ => 1 + 2 * u64::from(self.size),
        }
    }

    /// Makes the next try at `time`; returns whether there will be another, at `self.due`.
    pub(super) fn step(
        &mut self,
        destination: &Destination,
        incidents: &Incidents,
        time: Timestamp,
        lines: &mut HourLines,
    ) -> bool {
        self.attempts += 1;
        let mut random = Random::new(self.seed, self.attempts.into());
        let answer = incidents.answer(self.cause, self.attempts, time, &mut random);
        let pause = ((20 * SECOND) << self.attempts.min(20)).min(LONGEST_PAUSE);
        self.due = time.plus(random.between(pause / 2, pause * 3 / 2));
        let is_again = answer.is_transient() && self.due.since(self.started) < RETRY_WINDOW;
        let source = &SOURCES[usize::from(self.source)];
        let head = Head {
            source,
            destination,
            occurred_at: time,
            logged_at: time,
            draft: None,
        };

        if self.cause == Cause::InsertFunction {
            let draft = random.chance(500).then_some(Draft {
                reason: "failed insert function",
                feature: "destinationInsertFunction",
                attempt: self.attempts,
            });
            self.write_message_id(0, source, lines);
            let head = lines.log(Head { draft, ..head }, &mut random);
            lines.error(&head, |id, out| write_error(&head, true, id, out));
            return false;
        }

        let draft = random.chance(20).then_some(Draft {
            reason: answer.reason(),
            feature: "delivery",
            attempt: self.attempts,
        });
        let is_failure = answer != Answer::Ok;
        // A draft success has no reason, and so is no draft.
        let head = Head {
            draft: draft.filter(|_| is_failure),
            ..head
        };
        lines.exchange_id.clear();
        random.write_uuid(&mut lines.exchange_id);
        if random.below(2000) == 0 {
            lines.tally.orphans += u64::from(self.size);
        } else {
            self.write_exchange(answer, &head, &mut random, lines);
        }
        for index in 0..self.size {
            self.write_message_id(index, source, lines);
            let logged = lines.log(head, &mut random);
            lines.attempt(&logged, |exchange_id, id, out| {
                write_attempt(&logged, self.attempts, !is_failure, exchange_id, id, out);
            });
            if is_failure {
                let logged = lines.log(head, &mut random);
                lines.error(&logged, |id, out| write_error(&logged, !is_again, id, out));
            }
        }
        is_again
    }

    fn write_message_id(&self, index: u8, source: &Source, lines: &mut HourLines) -> Random {
        let mut random = Random::new(self.seed, MESSAGE_SALT + u64::from(index));
        lines.message_id.clear();
        write_message_id(source, &mut random, &mut lines.message_id);
        random
    }

    /// Writes the exchange; it is timed when the answer came, which can be in the next hour.
    fn write_exchange(
        &self,
        answer: Answer,
        head: &Head<'_>,
        random: &mut Random,
        lines: &mut HourLines,
    ) {
        let latency = match answer {
            Answer::Timeout => 30_000,
            _ => random.between(40, 2500),
        };
        let answered = lines.clamp(head.occurred_at.plus(latency * MILLI));

        lines.request.clear();
        open_body(head.destination, &mut lines.request);
        for index in 0..self.size {
            if lines.request.len() > REQUEST_BODY_LIMIT {
                break;
            }
            if index > 0 {
                lines.request.push(b',');
            }
            let mut message = self.write_message_id(index, head.source, lines);
            let content = Content::draw(self.cause == Cause::SchemaChange, &mut message);
            write_content(
                head.destination.vendor,
                &content,
                &lines.message_id,
                self.started,
                &mut lines.request,
            );
        }
        close_body(head.destination, &mut lines.request);
        truncate_body(&mut lines.request);

        lines.headers.clear();
        response::write_headers(answer, random, &mut lines.headers);
        lines.response.clear();
        // A journey's answers speak of the same person each time.
        let mut words = Random::new(self.seed, MESSAGE_SALT - 1);
        response::write_body(answer, head.destination, &mut words, &mut lines.response);

        let head = lines.log(
            Head {
                occurred_at: answered,
                logged_at: answered,
                ..*head
            },
            random,
        );
        lines.exchange(&head, |parts, out| {
            let exchange = Exchange {
                request_body: parts.request,
                status: answer.status(),
                headers: parts.headers,
                response_body: parts.response,
            };
            write_exchange(&head, &exchange, parts.id, out);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::world::DESTINATIONS;
    use crate::model::{Window, parse_instant};

    fn window() -> Window {
        let start = parse_instant("2025-03-23T20", Timestamp::MIN).unwrap();
        Window {
            start,
            end: start.plus(6 * 3600 * SECOND),
        }
    }

    #[test]
    fn every_journey_ends_within_the_retry_window() {
        let window = window();
        let incidents = Incidents::new(window);
        let destination = &DESTINATIONS[0];
        let mut random = Random::new(5, 5);
        let mut longest = 0;
        for _ in 0..300 {
            let mut journey =
                Journey::draw(destination, &incidents, window.start, 101, &mut random);
            let mut lines = HourLines::new(Timestamp::MAX, false);
            let mut time = window.start;
            while journey.step(destination, &incidents, time, &mut lines) {
                time = journey.due;
            }
            assert!(time.since(window.start) < RETRY_WINDOW);
            longest = longest.max(journey.attempts);
        }
        assert!((3..=14).contains(&longest), "{longest}");
    }

    #[test]
    fn a_try_never_writes_more_lines_than_it_may() {
        let window = window();
        let incidents = Incidents::new(window);
        let mut random = Random::new(9, 9);
        for destination in &DESTINATIONS {
            for room in (1..120).cycle().take(2000) {
                let mut journey =
                    Journey::draw(destination, &incidents, window.start, room, &mut random);
                assert!(journey.most_lines() <= room);
                let mut lines = HourLines::new(window.end, false);
                journey.step(destination, &incidents, window.start, &mut lines);
                assert!(lines.tally.lines() <= journey.most_lines());
            }
        }
    }
}

//! What goes wrong at which destination, and when it is over.
//!
//! Rule: everything follows from the data set's window and the time; nothing is remembered from one message to the next.

use super::random::Random;
use super::world::Vendor;
use crate::model::{Timestamp, Window};

const MINUTE: i64 = 60_000_000;

/// Why a message fails for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// The vendor is down; over when the outage is.
    Outage,
    /// The vendor takes no more for now.
    RateLimit,
    /// The credential was not renewed in time.
    ExpiredCredential,
    /// A field of one event became required.
    SchemaChange,
    /// The vendor does not know the person.
    UnknownRecipient,
    /// A value the vendor does not take.
    InvalidValue,
    /// The vendor stumbles now and then.
    Flaky,
    /// The workspace's own function threw before anything was sent.
    InsertFunction,
}

/// How a destination answers one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Ok,
    Invalid,
    MissingField,
    Unauthorised,
    NotFound,
    TooMany,
    Internal,
    BadGateway,
    Unavailable,
    Timeout,
}

impl Answer {
    pub(super) fn status(self) -> u16 {
        match self {
            Answer::Ok => 200,
            Answer::Invalid | Answer::MissingField => 400,
            Answer::Unauthorised => 401,
            Answer::NotFound => 404,
            Answer::TooMany => 429,
            Answer::Internal => 500,
            Answer::BadGateway => 502,
            Answer::Unavailable => 503,
            Answer::Timeout => 504,
        }
    }

    /// Returns whether another try is made later.
    pub(super) fn is_transient(self) -> bool {
        self.status() == 429 || self.status() >= 500
    }

    /// Returns the code that draft records carry as their reason.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Answer::Ok => "",
            Answer::Invalid | Answer::MissingField => "BAD_REQUEST",
            Answer::Unauthorised => "401",
            Answer::NotFound => "404",
            Answer::TooMany => "429",
            Answer::Internal => "INTERNAL",
            Answer::BadGateway => "502",
            Answer::Unavailable => "503",
            Answer::Timeout => "ETIMEDOUT",
        }
    }
}

/// The incidents of one data set.
#[derive(Clone, Debug)]
pub(super) struct Incidents {
    /// The messaging vendor is down.
    outage: Window,
    /// The webhook's credential has expired.
    expired: Window,
    /// From here on the ads vendor wants a new field.
    schema_change: Timestamp,
}

impl Incidents {
    /// Lays the incidents out over the data set's window, so that even a single hour has them all.
    pub(super) fn new(window: Window) -> Incidents {
        let total = window.end.since(window.start);
        let at = |per_cent: i64| window.start.plus(total / 100 * per_cent);
        let outage_span = 40 * MINUTE;
        let outage_start = window
            .start
            .plus(total.saturating_sub(outage_span) / 100 * 45);
        Incidents {
            outage: Window {
                start: outage_start,
                end: outage_start.plus(outage_span),
            },
            expired: Window {
                start: at(30),
                end: at(62),
            },
            schema_change: at(55),
        }
    }

    /// Returns how many failures there are at a time, relative to a quiet minute.
    pub(super) fn weight(&self, vendor: Vendor, time: Timestamp) -> u64 {
        match vendor {
            Vendor::Messaging if self.outage.contains(time) => 70,
            // After an outage what has piled up is sent again.
            Vendor::Messaging if self.outage.contains(time.plus(-30 * MINUTE)) => 25,
            Vendor::Ads if is_campaign(time) => 40,
            Vendor::Ads if time >= self.schema_change => 18,
            Vendor::Webhook if self.expired.contains(time) => 50,
            _ => 10,
        }
    }

    /// Draws why a message fails at a time.
    pub(super) fn cause(&self, vendor: Vendor, time: Timestamp, random: &mut Random) -> Cause {
        let drawn = random.below(100);
        match vendor {
            Vendor::Messaging if self.outage.contains(time) && drawn < 92 => Cause::Outage,
            Vendor::Ads if is_campaign(time) && drawn < 80 => Cause::RateLimit,
            Vendor::Ads if time >= self.schema_change && drawn < 70 => Cause::SchemaChange,
            Vendor::Webhook if self.expired.contains(time) && drawn < 90 => {
                Cause::ExpiredCredential
            }
            _ => match random.below(100) {
                0..21 => Cause::UnknownRecipient,
                21..39 => Cause::InvalidValue,
                39..48 => Cause::RateLimit,
                48..71 => Cause::Flaky,
                _ => Cause::InsertFunction,
            },
        }
    }

    /// Draws how the destination answers a try; `attempt` counts from 1, and the first always fails.
    pub(super) fn answer(
        &self,
        cause: Cause,
        attempt: u8,
        time: Timestamp,
        random: &mut Random,
    ) -> Answer {
        let succeeds = attempt > 1
            && match cause {
                Cause::Outage => !self.outage.contains(time) && random.chance(930),
                Cause::RateLimit => random.chance(550),
                Cause::Flaky => random.chance(650),
                _ => false,
            };
        if succeeds {
            return Answer::Ok;
        }
        match cause {
            Cause::Outage if random.chance(300) => Answer::Timeout,
            Cause::Outage => Answer::Unavailable,
            Cause::RateLimit => Answer::TooMany,
            Cause::ExpiredCredential => Answer::Unauthorised,
            Cause::SchemaChange => Answer::MissingField,
            Cause::UnknownRecipient => Answer::NotFound,
            Cause::InvalidValue | Cause::InsertFunction => Answer::Invalid,
            Cause::Flaky => *random.pick(&[
                Answer::Internal,
                Answer::Internal,
                Answer::BadGateway,
                Answer::Timeout,
            ]),
        }
    }
}

/// The first minutes of each hour, when scheduled campaigns send everything at once.
fn is_campaign(time: Timestamp) -> bool {
    time.since(time.hour().start()) < 8 * MINUTE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_instant;

    fn window(hours: i64) -> Window {
        let start = parse_instant("2025-03-23T20", Timestamp::MIN).unwrap();
        Window {
            start,
            end: start.plus(hours * 60 * MINUTE),
        }
    }

    #[test]
    fn an_outage_of_forty_minutes_ends_inside_even_one_hour() {
        for hours in [1, 6, 24] {
            let window = window(hours);
            let outage = Incidents::new(window).outage;
            assert_eq!(outage.end.since(outage.start), 40 * MINUTE);
            assert!(window.contains(outage.start) && outage.end < window.end);
        }
    }

    #[test]
    fn retries_fail_during_the_outage_and_mostly_succeed_after_it() {
        let incidents = Incidents::new(window(6));
        let mut random = Random::new(1, 1);
        let mut successes = |time| {
            (0..1000)
                .filter(|_| incidents.answer(Cause::Outage, 2, time, &mut random) == Answer::Ok)
                .count()
        };
        assert_eq!(successes(incidents.outage.start), 0);
        assert!(successes(incidents.outage.end) > 850);
    }

    #[test]
    fn only_transient_answers_are_tried_again() {
        assert!(Answer::TooMany.is_transient());
        assert!(Answer::Timeout.is_transient());
        assert!(!Answer::Unauthorised.is_transient());
        assert!(!Answer::Ok.is_transient());
    }
}

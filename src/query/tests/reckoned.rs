//! What made-up records mean: plain loops over plain structs.
//!
//! An attempt takes what it lacks from the exchange it names, and whether it was discarded from its errors, their reason
//! too where there is no other. An error takes number and exchange of its own attempt: the one with the number that it
//! states, unless that succeeded; else the latest failed attempt of its message and destination until then; else the
//! first within a second after. What lies in its hour, or in one whose times meet that hour's within a minute, goes
//! before what lies elsewhere.
//!
//! Rule: nothing of the code under test is used to reckon what it should answer.

use super::made::{Made, SECOND};
use crate::model::{Fate, RecordType, Timestamp};

/// A record with what it takes from those that it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Shown<'m> {
    pub(super) made: &'m Made,
    pub(super) attempt: Option<i64>,
    pub(super) exchange: Option<u8>,
    pub(super) status: Option<i64>,
    pub(super) reason: Option<&'static str>,
    pub(super) success: Option<bool>,
    pub(super) discarded: Option<bool>,
    pub(super) joined: Option<&'static str>,
    pub(super) fate: Option<Fate>,
    pub(super) last_status: Option<i64>,
}

/// Reckons what each record shows.
pub(super) fn shown(all: &[Made], now: Timestamp) -> Vec<Shown<'_>> {
    let mut shown: Vec<Shown<'_>> = all.iter().map(|made| join(all, made)).collect();
    for at in 0..shown.len() {
        if !shown[at].made.is_of_message() {
            continue;
        }
        let of: Vec<Shown<'_>> = shown
            .iter()
            .filter(|other| {
                is_one_message(other.made, shown[at].made) && fits(other.made, shown[at].made)
            })
            .cloned()
            .collect();
        shown[at].fate = Some(fate(&of, now));
        shown[at].last_status = last_attempt(&of).and_then(|last| last.status);
    }
    shown
}

fn is_one_message(one: &Made, other: &Made) -> bool {
    let same = one.collection == other.collection && one.message == other.message;
    same && one.is_of_message() && other.is_of_message()
}

/// Whether what one says of a message holds for the other: not where both name a destination, and not the same.
fn fits(one: &Made, other: &Made) -> bool {
    one.destination.is_none() || other.destination.is_none() || one.destination == other.destination
}

fn join<'m>(all: &'m [Made], made: &'m Made) -> Shown<'m> {
    let mut shown = Shown {
        made,
        attempt: made.attempt,
        exchange: made.exchange,
        status: made.status,
        reason: made.reason,
        success: made.own_outcome(),
        discarded: made.discarded,
        joined: None,
        fate: None,
        last_status: None,
    };
    match made.record_type {
        RecordType::Attempt => {
            let exchange = exchange_of(all, made);
            let mut errors: Vec<&Made> = all
                .iter()
                .filter(|m| is_own_attempt(all, m, made))
                .collect();
            errors.sort_by_key(|error| (error.micros(), error.attempt, error.reason));
            let says = |discarded| {
                errors
                    .iter()
                    .any(|error| error.discarded == Some(discarded))
            };
            shown.status = exchange.and_then(|exchange| exchange.status);
            shown.reason = exchange.and_then(|exchange| exchange.reason);
            shown.reason = shown
                .reason
                .or(errors.iter().rev().find_map(|error| error.reason));
            shown.success = outcome_of(all, made);
            shown.discarded = if says(true) {
                Some(true)
            } else {
                says(false).then_some(false)
            };
            shown.joined = made.exchange.map(|_| {
                if exchange.is_some() {
                    "exchange"
                } else {
                    "missing"
                }
            });
        }
        RecordType::Error => {
            if let Some(attempt) = own_attempt(all, made) {
                let exchange = exchange_of(all, attempt);
                shown.attempt = made.attempt.or(attempt.attempt);
                shown.exchange = attempt.exchange;
                shown.status = exchange.and_then(|exchange| exchange.status);
                shown.reason = made
                    .reason
                    .or(exchange.and_then(|exchange| exchange.reason));
                shown.joined = Some(match (attempt.exchange, exchange) {
                    (None, _) => "attempt",
                    (Some(_), None) => "attempt+missing",
                    (Some(_), Some(_)) => "attempt+exchange",
                });
            }
        }
        _ => {}
    }
    shown
}

fn exchange_of<'m>(all: &'m [Made], attempt: &Made) -> Option<&'m Made> {
    all.iter().find(|m| {
        m.is(RecordType::Exchange)
            && m.collection == attempt.collection
            && m.exchange == attempt.exchange
    })
}

fn outcome_of(all: &[Made], attempt: &Made) -> Option<bool> {
    attempt
        .success
        .or_else(|| exchange_of(all, attempt)?.own_outcome())
}

fn is_own_attempt(all: &[Made], error: &Made, attempt: &Made) -> bool {
    error.is(RecordType::Error)
        && own_attempt(all, error).is_some_and(|own| own.serial == attempt.serial)
}

/// The attempt that an error is of: one near it, else any.
fn own_attempt<'m>(all: &'m [Made], error: &Made) -> Option<&'m Made> {
    let of: Vec<&Made> = all
        .iter()
        .filter(|m| m.is(RecordType::Attempt) && is_one_message(m, error) && fits(m, error))
        .collect();
    let near = of
        .iter()
        .copied()
        .filter(|m| are_near(all, m, error))
        .collect();
    own_among(all, error, near)
        .or_else(|| own_among(all, error, of))
        .flatten()
}

/// `None` where these attempts do not tell; `Some(None)` where the one that is stated succeeded.
fn own_among<'m>(
    all: &[Made],
    error: &Made,
    mut attempts: Vec<&'m Made>,
) -> Option<Option<&'m Made>> {
    attempts.sort_by_key(|m| (m.micros(), m.attempt));
    if error.attempt.is_some() {
        let stated = attempts.into_iter().rfind(|m| m.attempt == error.attempt)?;
        return Some(Some(stated).filter(|m| outcome_of(all, m) != Some(true)));
    }
    attempts.retain(|m| outcome_of(all, m) == Some(false));
    let before = attempts.iter().rfind(|m| m.micros() <= error.micros());
    let is_soon = |m: &&&Made| m.micros() > error.micros() && m.micros() <= error.micros() + SECOND;
    // Of several at one time after it the one with the highest number.
    let first = attempts.iter().find(is_soon);
    let soon = first.and_then(|first| attempts.iter().rfind(|m| m.micros() == first.micros()));
    before.or(soon).map(|found| Some(*found))
}

/// Whether two records lie in one hour, or in two whose times meet within a minute.
fn are_near(all: &[Made], one: &Made, other: &Made) -> bool {
    let times = |of: &Made| {
        let times = all
            .iter()
            .filter(|m| (m.collection, m.bucket) == (of.collection, of.bucket));
        let times: Vec<i64> = times.map(Made::micros).collect();
        (
            *times.iter().min().unwrap(),
            *times.iter().max().unwrap() + 60 * SECOND,
        )
    };
    let (one_times, other_times) = (times(one), times(other));
    one.bucket == other.bucket || (one_times.0 <= other_times.1 && other_times.0 <= one_times.1)
}

/// The last of some records' attempts: numbers order them, and clocks those of one number.
pub(super) fn last_attempt<'s, 'm>(of: &'s [Shown<'m>]) -> Option<&'s Shown<'m>> {
    let attempts = of.iter().filter(|shown| shown.made.is(RecordType::Attempt));
    attempts.max_by_key(|shown| (shown.made.attempt, shown.made.micros()))
}

/// How the records of a message at a destination end.
fn fate(of: &[Shown<'_>], now: Timestamp) -> Fate {
    // An error of an attempt counts like a failed attempt of its number; the clock orders only what has no number.
    let rank = |shown: &Shown<'_>| (shown.attempt, shown.made.micros());
    let last = of
        .iter()
        .filter(|shown| shown.attempt.is_some())
        .map(rank)
        .max();
    let ends = || {
        of.iter()
            .filter(|shown| shown.attempt.is_none() || Some(rank(shown)) == last)
    };
    let latest = |success| {
        ends()
            .filter(|s| s.success == Some(success))
            .map(|s| s.made.time())
            .max()
    };
    let (success, failure) = (latest(true), latest(false));
    if success.is_some() && success >= failure {
        Fate::Delivered
    } else if of.iter().any(|shown| shown.discarded == Some(true)) {
        Fate::Discarded
    } else if failure.is_some_and(|failure| now.since(failure) < 4 * 3600 * SECOND) {
        Fate::Retrying
    } else {
        Fate::Unknown
    }
}

impl Shown<'_> {
    /// Why it failed, in its own words.
    pub(super) fn cause(&self) -> Option<String> {
        let status = self.status.filter(|status| *status >= 400);
        self.reason
            .map(str::to_owned)
            .or(status.map(|status| format!("status {status}")))
    }

    /// A field as text; `-` where there is none.
    pub(super) fn cell(&self, name: &str) -> String {
        let made = self.made;
        let text = match name {
            "provider" => Some("segment".to_owned()),
            "collection" => Some(made.collection.to_owned()),
            "type" => Some(made.record_type.name().to_owned()),
            "time" => Some(made.time().to_rfc3339()),
            "hour" => Some(made.time().hour().to_string()),
            // Half past six is midnight where the tests count days.
            "day" => Some(made.time().plus(19_800 * SECOND).to_rfc3339()[..10].to_owned()),
            "message_id" => made.is_of_message().then(|| format!("m{}", made.message)),
            "exchange_id" => self.exchange.map(|exchange| format!("x{exchange}")),
            "destination" => made.destination.map(|to| format!("d{to}")),
            "attempt" => self.attempt.map(|attempt| attempt.to_string()),
            "status" => self.status.map(|status| status.to_string()),
            "reason" => self.reason.map(str::to_owned),
            "pattern" => self.cause(),
            "outcome" => self
                .success
                .map(|success| if success { "success" } else { "failure" }.to_owned()),
            "discarded" => self.discarded.map(|discarded| discarded.to_string()),
            "joined" => self.joined.map(str::to_owned),
            "fate" => self.fate.map(|fate| fate.name().to_owned()),
            "last_status" => self.last_status.map(|status| status.to_string()),
            ".serial" => Some(made.serial.to_string()),
            ".message" => Some(format!("m{}", made.message)),
            "code" | ".nothing" => None,
            other => panic!("{other} is not reckoned"),
        };
        text.unwrap_or_else(|| "-".to_owned())
    }
}

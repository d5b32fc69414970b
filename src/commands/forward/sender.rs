//! Batches out, one after the other: patience, the search for an event that is not taken, and remembering.
//!
//! Rule: an event counts as sent only after an answer said so; whatever else comes of a batch, it is sent again next time.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::fetch::{Interrupted, beside, jitter, pause};
use crate::model::{Hour, Timestamp, count, format_span};
use crate::providers::http::HttpError;
use crate::providers::retry::Backoff;
use crate::providers::segment_tracking::{Batch, Tracking, TrackingError};

use super::super::{Error, Kind, Messages};
use super::event::Event;
use super::sent::Sent;

/// Events refused in a row after which nothing more is sent: it is not the events then.
const MOST_REFUSED: u32 = 5;

/// What came of sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Events that were taken.
    pub(super) events: u64,
    /// Requests that were answered well.
    pub(super) requests: u64,
    /// Events that the server would not have.
    pub(super) refused: u64,
}

/// One way to a source.
pub(super) struct Sender {
    tracking: Tracking,
    sent: Sent,
    now: Timestamp,
    interrupted: Arc<AtomicBool>,
    batch: Batch,
    /// For each event of the batch.
    keys: Vec<(Hour, u128)>,
    tally: Tally,
    refused_in_a_row: u32,
    /// Nothing was sent to this source before this run.
    is_first: bool,
}

impl Sender {
    pub(super) fn new(
        tracking: Tracking,
        sent: Sent,
        now: Timestamp,
        interrupted: Arc<AtomicBool>,
    ) -> Sender {
        Sender {
            is_first: sent.is_new(),
            tracking,
            sent,
            now,
            interrupted,
            batch: Batch::new(),
            keys: Vec::new(),
            tally: Tally::default(),
            refused_in_a_row: 0,
        }
    }

    pub(super) fn host(&self) -> String {
        self.tracking.host()
    }

    pub(super) fn sent(&mut self) -> &mut Sent {
        &mut self.sent
    }

    pub(super) fn is_first(&self) -> bool {
        self.is_first
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// Takes an event; sends the batch before it if that is full.
    pub(super) fn push(&mut self, event: &Event, messages: &mut Messages<'_>) -> Result<(), Error> {
        if !self.batch.push(&event.text) {
            self.flush(messages)?;
            // OK because an event fits into an empty batch.
            let _ = self.batch.push(&event.text);
        }
        self.keys.push((event.hour, event.key));
        Ok(())
    }

    /// Sends what was taken. If the server does not accept a batch, its halves are sent, and so on down to the events that
    /// it does not accept; those are left out with a warning.
    pub(super) fn flush(&mut self, messages: &mut Messages<'_>) -> Result<(), Error> {
        let batch = std::mem::replace(&mut self.batch, Batch::new());
        let keys = std::mem::take(&mut self.keys);
        let mut parts = Vec::new();
        if !batch.is_empty() {
            parts.push((0, batch.len()));
        }
        while let Some((from, to)) = parts.pop() {
            match self.send(&batch.part(from, to), messages)? {
                Ok(()) => {
                    self.tally.events += (to - from) as u64;
                    self.tally.requests += 1;
                    self.refused_in_a_row = 0;
                    self.sent.remember(&keys[from..to])?;
                }
                Err(error) if to - from == 1 => self.refuse(&error, keys[from], messages)?,
                Err(_) => {
                    let middle = from + (to - from) / 2;
                    // The older half goes first.
                    parts.extend([(middle, to), (from, middle)]);
                }
            }
        }
        Ok(())
    }

    fn refuse(
        &mut self,
        error: &TrackingError,
        (hour, key): (Hour, u128),
        messages: &mut Messages<'_>,
    ) -> Result<(), Error> {
        self.tally.refused += 1;
        self.refused_in_a_row += 1;
        messages.warn(&format!(
            "an event of {hour} is not sent: {error}; its messageId ends in {key:032x}"
        ));
        if self.refused_in_a_row < MOST_REFUSED {
            return Ok(());
        }
        let stopped = format!("{MOST_REFUSED} events in a row were refused: {error}");
        Err(Error::new(Kind::Remote, stopped)
            .hint("`faillog forward --dry-run` shows the events that would be sent"))
    }

    /// Sends a batch until it is taken or refused. The events' ids make it safe to send them again.
    fn send(
        &self,
        batch: &Batch,
        messages: &mut Messages<'_>,
    ) -> Result<Result<(), TrackingError>, Error> {
        let mut failed = 0;
        loop {
            let (tracking, part, now) = (self.tracking.clone(), batch.clone(), self.now);
            let made = beside(&self.interrupted, move || tracking.send(&part, now));
            let error = match made.map_err(interrupted)? {
                Ok(()) => return Ok(Ok(())),
                Err(error @ TrackingError::Refused { .. }) => return Ok(Err(error)),
                Err(error) => error,
            };
            failed += 1;
            let (kind, asked) = error.retry();
            let Some(wait) = Backoff::DOWNLOAD.wait(failed, kind, asked, jitter()) else {
                return Err(ended(&error));
            };
            messages.note(&format!("{error}; trying again in {}", span(wait)));
            pause(wait, &self.interrupted).map_err(interrupted)?;
        }
    }
}

fn interrupted(_: Interrupted) -> Error {
    Error::new(Kind::Interrupted, "interrupted")
}

/// Says why sending ended, and what to do.
fn ended(error: &TrackingError) -> Error {
    let again = "What was sent is remembered: run the same command again to send the rest.";
    match error {
        TrackingError::Address { .. } | TrackingError::Http(HttpError::PlainToken { .. }) => {
            address(error)
        }
        TrackingError::Unauthorised { .. } => Error::new(Kind::Unauthorised, error)
            .hint("Check the write key, and the address if it is not Segment's own."),
        TrackingError::RateLimited { wait, .. } => {
            let error = Error::new(Kind::BudgetSpent, error);
            match wait {
                Some(wait) => error.hint(format!("It will take more in {}.", span(*wait))),
                None => error,
            }
            .hint(again)
        }
        TrackingError::Unexpected { .. } => Error::new(Kind::Remote, error)
            .hint("Check the address of the Tracking API: `/v1/batch` is added to it."),
        TrackingError::Refused { .. } | TrackingError::Server { .. } | TrackingError::Http(_) => {
            Error::new(Kind::Remote, error).hint(again)
        }
    }
}

/// Says that an address cannot be used.
pub(super) fn address(error: &TrackingError) -> Error {
    Error::usage(error).hint("Give the address as https://HOST, with a path if there is one.")
}

fn span(wait: Duration) -> String {
    format_span(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX))
}

impl Tally {
    /// Says how many were sent.
    pub(super) fn tell(&self, host: &str) -> String {
        let events = count(self.events, "event");
        match self.requests {
            0 => format!("{events} sent to `{host}`"),
            requests => format!(
                "{events} sent to `{host}` in {}",
                count(requests, "request")
            ),
        }
    }
}

#[cfg(test)]
mod tests;

//! Made-up records, kept in a store.
//!
//! Rule: no two of them are so alike that nothing says which was the last.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::model::{Hour, Outcome, Provider, Record, RecordType, Timestamp};
use crate::store::{Batch, Mode, Store};

pub(super) const SECOND: i64 = 1_000_000;

/// A record as the reckoning sees it: what it says itself.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) collection: &'static str,
    /// Hours after the first, under which it is stored.
    pub(super) bucket: i32,
    pub(super) seconds: i64,
    pub(super) record_type: RecordType,
    pub(super) message: u8,
    pub(super) destination: Option<u8>,
    pub(super) exchange: Option<u8>,
    /// The number of an attempt; of an error the one it states.
    pub(super) attempt: Option<i64>,
    pub(super) status: Option<i64>,
    pub(super) reason: Option<&'static str>,
    /// Of an attempt; where it says none, its exchange may.
    pub(super) success: Option<bool>,
    pub(super) discarded: Option<bool>,
    pub(super) serial: usize,
}

pub(super) fn base() -> Hour {
    Hour::from_parts("2025-03-23", "10").unwrap()
}

/// An attempt of message 1 in the first hour, that failed and says nothing else.
pub(super) fn an_attempt() -> Made {
    Made {
        collection: "abc",
        bucket: 0,
        seconds: 0,
        record_type: RecordType::Attempt,
        message: 1,
        destination: None,
        exchange: None,
        attempt: None,
        status: None,
        reason: None,
        success: Some(false),
        discarded: None,
        serial: 0,
    }
}

impl Made {
    pub(super) fn time(&self) -> Timestamp {
        base().plus(self.bucket).start().plus(self.seconds * SECOND)
    }

    pub(super) fn micros(&self) -> i64 {
        self.time().micros()
    }

    pub(super) fn is(&self, record_type: RecordType) -> bool {
        self.record_type == record_type
    }

    pub(super) fn is_of_message(&self) -> bool {
        !self.is(RecordType::Exchange)
    }

    fn raw(&self) -> String {
        format!(
            "{{\"serial\":{},\"message\":\"m{}\"}}",
            self.serial, self.message
        )
    }

    pub(super) fn own_outcome(&self) -> Option<bool> {
        match self.record_type {
            RecordType::Exchange => Some(self.status.is_some_and(|status| status < 300)),
            RecordType::Error => Some(false),
            _ => self.success,
        }
    }
}

pub(super) fn made() -> impl Strategy<Value = Vec<Made>> {
    let reason =
        || prop::option::weighted(0.5, prop::sample::select(vec!["slow down", "no such user"]));
    let one = (
        (prop::sample::select(vec!["abc", "other"]), 0..3i32),
        (0..62i64, prop::sample::select(vec![0i64, 0, 0, 1, 2])),
        0..3u8,
        (
            0..12u8,
            prop::option::weighted(0.8, 0..8u8),
            prop::option::weighted(0.7, 0..2u8),
        ),
        (
            prop::option::weighted(0.8, 1..5i64),
            prop::option::weighted(0.3, 1..5i64),
        ),
        (prop::sample::select(vec![200i64, 400, 429, 503]), reason()),
        (
            prop::option::weighted(0.7, any::<bool>()),
            prop::option::weighted(0.6, any::<bool>()),
        ),
    );
    let one = one.prop_map(
        |(
            (collection, bucket),
            (minute, second),
            kind,
            (message, exchange, destination),
            (number, stated),
            (status, reason),
            (success, discarded),
        )| {
            let record_type =
                [RecordType::Error, RecordType::Attempt, RecordType::Exchange][kind as usize];
            let (error, attempt, answer) = (kind == 0, kind == 1, kind == 2);
            Made {
                collection,
                bucket,
                // Mostly whole minutes, so that many records share a time.
                seconds: minute * 60 + second,
                record_type,
                message,
                destination,
                exchange: if answer {
                    Some(exchange.unwrap_or(0))
                } else {
                    exchange.filter(|_| attempt)
                },
                attempt: if attempt {
                    number
                } else {
                    stated.filter(|_| error)
                },
                status: answer.then_some(status),
                reason: reason.filter(|_| !attempt),
                success: success.filter(|_| attempt),
                discarded: discarded.filter(|_| error),
                serial: 0,
            }
        },
    );
    prop::collection::vec(one, 0..60).prop_map(|mut all| {
        // An exchange is logged once; and which attempt or error of a message was the last shows in what is compared.
        let mut known = BTreeSet::new();
        all.retain(|m: &Made| {
            let of = match m.record_type {
                RecordType::Exchange => (m.exchange, 0, None),
                _ => (
                    Some(m.message),
                    m.micros(),
                    m.attempt.filter(|_| m.is(RecordType::Attempt)),
                ),
            };
            known.insert((m.collection, m.record_type, of))
        });
        for (serial, record) in all.iter_mut().enumerate() {
            record.serial = serial;
        }
        all
    })
}

pub(super) fn keep(all: &[Made]) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_temporary(folder.path());
    let mut collections: BTreeMap<&str, BTreeMap<i32, Vec<&Made>>> = BTreeMap::new();
    for record in all {
        let hours = collections.entry(record.collection).or_default();
        hours.entry(record.bucket).or_default().push(record);
    }
    for (collection, hours) in collections {
        let lock = store.lock(Provider::Segment, collection).unwrap();
        let staged = hours.into_iter().map(|(bucket, records)| {
            let hour = base().plus(bucket);
            let mut writer = lock.begin(hour, Mode::Replace).unwrap();
            writer.append(batch(&records)).unwrap();
            writer.finish(Some(hour.end()), Vec::new()).unwrap()
        });
        lock.commit(staged.collect()).unwrap();
    }
    (folder, store)
}

fn batch(records: &[&Made]) -> Batch {
    let mut batch = Batch::new();
    for made in records {
        let raw = made.raw();
        let mut record = Record::new(made.time(), made.record_type, raw.as_bytes());
        record.status = made.status;
        record.reason = made.reason.map(Into::into);
        record.attempt = made.attempt;
        record.discarded = made.discarded;
        record.destination = made.destination.map(|to| format!("d{to}").into());
        record.exchange_id = made.exchange.map(|exchange| format!("x{exchange}").into());
        record.message_id = made
            .is_of_message()
            .then(|| format!("m{}", made.message).into());
        record.outcome = made.own_outcome().map(|success| match success {
            true => Outcome::Success,
            false => Outcome::Failure,
        });
        batch.push(&record);
    }
    batch
}

//! Made-up records, kept in a store, and what they mean: plain loops over plain structs.
//!
//! Rule: nothing of the code under test is used to reckon what it should answer.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::model::{Fate, Hour, Outcome, Provider, Record, RecordType, Timestamp};
use crate::store::{Batch, Mode, Store};

/// A record as the reckoning sees it.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) collection: &'static str,
    /// Hours after the first, under which it is stored.
    pub(super) bucket: i32,
    pub(super) seconds: i64,
    pub(super) record_type: RecordType,
    pub(super) message: u8,
    pub(super) destination: Option<u8>,
    pub(super) exchange: u8,
    pub(super) attempt: i64,
    pub(super) status: Option<i64>,
    pub(super) success: bool,
    pub(super) discarded: bool,
    pub(super) serial: usize,
}

pub(super) fn base() -> Hour {
    Hour::from_parts("2025-03-23", "10").unwrap()
}

impl Made {
    pub(super) fn time(&self) -> Timestamp {
        base()
            .plus(self.bucket)
            .start()
            .plus(self.seconds * 1_000_000)
    }

    fn raw(&self) -> String {
        format!(
            "{{\"serial\":{},\"message\":\"m{}\"}}",
            self.serial, self.message
        )
    }
}

pub(super) fn made() -> impl Strategy<Value = Vec<Made>> {
    let one = (
        prop::sample::select(vec!["abc", "other"]),
        0..3i32,
        0..3700i64,
        0..3u8,
        (0..12u8, 0..8u8, prop::option::weighted(0.7, 0..2u8)),
        (1..5i64, prop::sample::select(vec![200i64, 400, 429, 503])),
        any::<(bool, bool)>(),
    );
    let make = |(
        collection,
        bucket,
        seconds,
        kind,
        (message, exchange, destination),
        (attempt, status),
        (success, discarded),
    )| Made {
        collection,
        bucket,
        // Whole minutes, so that many records share a time.
        seconds: seconds / 60 * 60,
        record_type: [RecordType::Error, RecordType::Attempt, RecordType::Exchange][kind as usize],
        message,
        destination,
        exchange,
        attempt,
        status: (kind == 2).then_some(status),
        success: success && kind == 1,
        discarded: discarded && kind == 0,
        serial: 0,
    };
    prop::collection::vec(one.prop_map(make), 0..60).prop_map(|mut all| {
        let mut exchanges = std::collections::HashSet::new();
        // An exchange is logged once.
        all.retain(|m| {
            m.record_type != RecordType::Exchange || exchanges.insert((m.collection, m.exchange))
        });
        for (serial, record) in all.iter_mut().enumerate() {
            record.serial = serial;
        }
        all
    })
}

pub(super) fn keep(all: &[Made]) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let mut hours: BTreeMap<(&str, i32), Vec<&Made>> = BTreeMap::new();
    for record in all {
        hours
            .entry((record.collection, record.bucket))
            .or_default()
            .push(record);
    }
    for ((collection, bucket), records) in hours {
        let lock = store.lock(Provider::Segment, collection).unwrap();
        let mut writer = lock.begin(base().plus(bucket), Mode::Replace).unwrap();
        let mut batch = Batch::new();
        for made in records {
            let raw = made.raw();
            let mut record = Record::new(made.time(), made.record_type, raw.as_bytes());
            record.status = made.status;
            record.destination = made.destination.map(|to| format!("d{to}").into());
            match made.record_type {
                RecordType::Exchange => {
                    record.exchange_id = Some(format!("x{}", made.exchange).into())
                }
                RecordType::Attempt => {
                    record.exchange_id = Some(format!("x{}", made.exchange).into());
                    record.message_id = Some(format!("m{}", made.message).into());
                    record.attempt = Some(made.attempt);
                    record.outcome = Some(if made.success {
                        Outcome::Success
                    } else {
                        Outcome::Failure
                    });
                }
                _ => {
                    record.message_id = Some(format!("m{}", made.message).into());
                    record.discarded = Some(made.discarded);
                    record.outcome = Some(Outcome::Failure);
                }
            }
            batch.push(&record);
        }
        writer.append(batch).unwrap();
        writer
            .finish(Some(base().plus(bucket).end()), Vec::new())
            .unwrap();
    }
    (folder, store)
}

/// Whether what one says of a message holds for the other: not where both name a destination, and not the same.
fn fits(one: &Made, other: &Made) -> bool {
    one.destination.is_none() || other.destination.is_none() || one.destination == other.destination
}

/// The status a row shows: its own, its exchange's, or that of its message's last attempt. Where several attempts are
/// equally last, any of theirs.
pub(super) fn statuses(all: &[Made], record: &Made) -> Vec<Option<i64>> {
    let of_exchange = |exchange: u8| {
        let mut found = all.iter().filter(|m| m.collection == record.collection);
        found
            .find(|m| m.record_type == RecordType::Exchange && m.exchange == exchange)
            .and_then(|m| m.status)
    };
    match record.record_type {
        RecordType::Exchange => vec![record.status],
        RecordType::Attempt => vec![of_exchange(record.exchange)],
        _ => {
            let attempts = || {
                all.iter().filter(|m| {
                    m.record_type == RecordType::Attempt
                        && m.collection == record.collection
                        && m.message == record.message
                        && fits(m, record)
                })
            };
            let last = attempts().map(|m| (m.time(), m.attempt)).max();
            let mut all: Vec<_> = attempts()
                .filter(|m| Some((m.time(), m.attempt)) == last)
                .map(|m| of_exchange(m.exchange))
                .collect();
            if all.is_empty() {
                all.push(None);
            }
            all
        }
    }
}

pub(super) fn fate(all: &[Made], record: &Made, now: Timestamp) -> Option<Fate> {
    if record.record_type == RecordType::Exchange {
        return None;
    }
    let same = |m: &&Made| {
        m.collection == record.collection
            && m.message == record.message
            && fits(m, record)
            && m.record_type != RecordType::Exchange
    };
    let success = all
        .iter()
        .filter(same)
        .filter(|m| m.success)
        .map(Made::time)
        .max();
    let failure = all
        .iter()
        .filter(same)
        .filter(|m| !m.success)
        .map(Made::time)
        .max();
    let discarded = all.iter().filter(same).any(|m| m.discarded);
    Some(if success.is_some() && success >= failure {
        Fate::Delivered
    } else if discarded {
        Fate::Discarded
    } else if failure.is_some_and(|f| now.since(f) < 4 * 3_600_000_000) {
        Fate::Retrying
    } else {
        Fate::Unknown
    })
}

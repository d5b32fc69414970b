//! What the rest of the program must know of each provider, as data.
//!
//! Rule: nothing in here names a provider.

use std::borrow::Cow;

use crate::model::{Record, RecordType, Timestamp};

use super::decode_error::DecodeError;
use super::envelope::{self, Place};

/// Decodes one JSON value and hands over each record in it; all of them, or none and an error.
pub(crate) type Decode = fn(&[u8], &mut dyn FnMut(&Record<'_>)) -> Result<(), DecodeError>;

/// Reads of a JSON value that is one record what it is found by; `None` of exactly those that [`Decode`] refuses.
pub(crate) type Outlined = for<'a> fn(&'a [u8]) -> Option<Outline<'a>>;

/// What a record is found by, as its decoded form has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outline<'a> {
    pub(crate) time: Timestamp,
    pub(crate) record_type: RecordType,
    pub(crate) id: Option<Cow<'a, str>>,
    pub(crate) message_id: Option<Cow<'a, str>>,
    pub(crate) exchange_id: Option<Cow<'a, str>>,
}

/// One provider.
pub(crate) struct Spec {
    /// Its name for people.
    pub(crate) title: &'static str,
    /// Takes one record; an envelope is none.
    pub(crate) decode: Decode,
    /// The same for what a record is found by, where that is much quicker and each value is one record with a time.
    pub(crate) outline: Option<Outlined>,
    /// Whether a JSON value looks like one of its records.
    pub(crate) is_log: fn(&[u8]) -> bool,
    /// Whether the header of a CSV file is that of its export.
    pub(crate) is_header: fn(&[&str]) -> bool,
    /// Where its envelopes hold records.
    pub(crate) envelopes: &'static [Place],
    /// The names of its own fields, and their paths in a raw record.
    pub(crate) native: &'static [(&'static str, &'static str)],
    pub(crate) keeping: Keeping,
    /// Whether the vendor folds equal failures into one entry, so that every count of them is a lower bound ("≥").
    pub(crate) folds: bool,
    /// Whether records change under the same id, so that a newer version takes the place of an older one.
    pub(crate) supersedes: bool,
}

/// How long logs take to appear, change, and are kept; each span counts from an hour's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keeping {
    /// Before so many hours nothing of an hour can be expected.
    pub(crate) due_hours: u32,
    /// From so many hours on an hour no longer changes.
    pub(crate) settle_hours: u32,
    /// After so many days the vendor deletes an hour; `None`: nobody says.
    pub(crate) retention_days: Option<u32>,
    /// Whether there is anything to fetch from; else logs are imported only.
    pub(crate) is_fetched: bool,
}

impl Spec {
    /// Whether a count of records of a type is a lower bound: it is errors that vendors fold.
    pub(crate) fn folds_type(&self, record_type: RecordType) -> bool {
        self.folds && record_type == RecordType::Error
    }

    /// Takes a value apart into the records in it; `None` if it is no envelope of this provider.
    pub(crate) fn elements<'a>(&self, raw: &'a [u8]) -> Option<Vec<&'a [u8]>> {
        envelope::elements(raw, self.envelopes)
    }

    /// Whether a JSON value looks like a record of this provider, or an envelope of them; the end of an envelope may
    /// be missing, since only the beginning of a file is looked at.
    pub(crate) fn recognises(&self, raw: &[u8]) -> bool {
        if (self.is_log)(raw) {
            return true;
        }
        match self.elements(raw) {
            Some(items) => items.iter().any(|item| (self.is_log)(item)),
            None => envelope::first_of_cut(raw, self.envelopes).is_some_and(self.is_log),
        }
    }
}

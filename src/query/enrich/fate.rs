//! What finally became of each row's message.
//!
//! For a few rows their messages are looked up; for many all messages of the collection are judged once.
//!
//! Rule: judged from every stored record of the message, whatever was asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::model::{Column, Provider, RecordType, Timestamp};
use crate::store::{HourKey, IdKey, IdMap, StoreError, Wanted, id_key};

use super::super::chunk::{Judged, Part};
use super::super::deliveries::{End, FateRule, Gathering, Life, Which, part_of};
use super::super::hours::Hours;

/// More rows than this are judged from all messages at once.
const FEW_ROWS: u64 = 20_000;

type Collection = (Provider, String, FateRule);

/// Judges rows.
pub(in super::super) struct Fates<'h> {
    hours: &'h Hours,
    now: Timestamp,
    are_few: bool,
    /// All messages of a collection, where many rows are judged.
    books: Mutex<HashMap<Collection, Arc<Book>>>,
}

/// How the messages of a collection ended, by message and destination, in the parts that gathering makes.
struct Book(Vec<IdMap<End>>);

impl<'h> Fates<'h> {
    pub(in super::super) fn new(hours: &'h Hours, now: Timestamp, limit: Option<u64>) -> Fates<'h> {
        Fates {
            hours,
            now,
            are_few: limit.is_some_and(|limit| limit <= FEW_ROWS),
            books: Mutex::default(),
        }
    }

    /// Judges the rows that have a fate; the columns [`JUDGED`](super::super::projection::JUDGED) must have been read.
    pub(in super::super) fn judge(&self, parts: &mut [Part]) -> Result<(), StoreError> {
        let mut by_collection: BTreeMap<Collection, Vec<usize>> = BTreeMap::new();
        for (number, part) in parts.iter().enumerate() {
            if let Some(rule) = FateRule::of(part.key.provider, part.record_type) {
                let name = (part.key.provider, part.key.collection.clone(), rule);
                by_collection.entry(name).or_default().push(number);
            }
        }
        for (name, numbers) in by_collection {
            let book = self.book(&name, parts, &numbers)?;
            let judged: Vec<Vec<Judged>> = numbers
                .par_iter()
                .map(|number| judge_part(&book, &parts[*number], name.2, self.now))
                .collect();
            for (number, judged) in numbers.into_iter().zip(judged) {
                parts[number].judged = judged;
            }
        }
        Ok(())
    }

    /// Judges all messages of collections before threads judge their rows: who waits for a book cannot help to make it.
    pub(in super::super) fn prepare<'k>(
        &self,
        rows: impl Iterator<Item = (&'k HourKey, RecordType)>,
    ) -> Result<(), StoreError> {
        let rules = rows.filter_map(|(key, record_type)| {
            let rule = FateRule::of(key.provider, record_type)?;
            Some((key.provider, key.collection.as_str(), rule))
        });
        for (provider, collection, rule) in rules.collect::<BTreeSet<_>>() {
            self.of_all(&(provider, collection.to_owned(), rule))?;
        }
        Ok(())
    }

    fn book(
        &self,
        name: &Collection,
        parts: &[Part],
        numbers: &[usize],
    ) -> Result<Arc<Book>, StoreError> {
        let rows: usize = numbers
            .iter()
            .map(|number| parts[*number].columns.rows())
            .sum();
        if !self.are_few || rows as u64 > FEW_ROWS {
            return self.of_all(name);
        }
        let mut wanted = Wanted::default();
        for number in numbers {
            let part = &parts[*number];
            for row in 0..part.columns.rows() {
                if let Some(id) = subject(part, name.2, row) {
                    wanted.add(id);
                }
            }
        }
        self.gather(name, Which::These(&wanted))
    }

    /// Returns how all messages of a collection ended.
    fn of_all(&self, name: &Collection) -> Result<Arc<Book>, StoreError> {
        // The lock is not held while threads gather: one that waits for others may be given rows to judge, and would then
        // wait for itself.
        let books = || self.books.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(book) = books().get(name) {
            return Ok(Arc::clone(book));
        }
        let book = self.gather(name, Which::All)?;
        books().insert(name.clone(), Arc::clone(&book));
        Ok(book)
    }

    fn gather(
        &self,
        (provider, collection, rule): &Collection,
        which: Which<'_>,
    ) -> Result<Arc<Book>, StoreError> {
        let files = self.hours.of_collection(*provider, collection)?;
        Ok(Arc::new(Book::of(&Gathering {
            known: self.hours.keys(),
            files: &files,
            rule: *rule,
            which,
        })?))
    }
}

/// Returns what a record's fate hangs on; of tasks only failures have one.
fn subject(part: &Part, rule: FateRule, row: usize) -> Option<&str> {
    let columns = &part.columns;
    if rule == FateRule::Task
        && (columns.text(Column::Outcome, row) != Some("failure")
            || rule.part_key(columns.text(rule.part(), row)).is_none())
    {
        return None;
    }
    columns.text(rule.subject(), row)
}

fn judge_part(book: &Book, part: &Part, rule: FateRule, now: Timestamp) -> Vec<Judged> {
    // The same text stands in nearly every row.
    let mut last: (Option<&str>, Option<u64>) = (None, rule.part_key(None));
    let are_known = !part.messages.is_empty() && rule.subject() == Column::MessageId;
    let mut judged = |row: usize| {
        let message = match are_known {
            true => Some(part.messages[row]).filter(|key| *key != 0)?,
            false => id_key(subject(part, rule, row)?),
        };
        let text = part.columns.text(rule.part(), row);
        if text != last.0 {
            last = (text, rule.part_key(text));
        }
        let end = book.end(message, last.1?)?;
        Some(Judged {
            fate: Some(rule.fate(end, part.time(row)?, part.key.provider, now)),
            last_status: end.last_status(),
        })
    };
    (0..part.columns.rows())
        .map(|row| judged(row).unwrap_or_default())
        .collect()
}

/// Returns a number for a message at a destination.
fn mix(message: IdKey, part: u64) -> IdKey {
    const ODD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    message ^ u128::from(part).wrapping_mul(ODD)
}

impl Book {
    fn of(gathering: &Gathering<'_>) -> Result<Book, StoreError> {
        let made = gathering.lives(|ends: &mut IdMap<End>, lives| {
            let mut names_all = true;
            for life in lives {
                names_all &= life.part != 0;
                if life.part != 0 {
                    ends.insert(mix(life.message, life.part), whole(lives, life.part).end());
                }
            }
            // Where each record of a delivery names its destination, none asks for all of them.
            if let (Some(life), false) = (
                lives.first(),
                names_all && gathering.rule == FateRule::Delivery,
            ) {
                ends.insert(mix(life.message, 0), whole(lives, 0).end());
            }
        })?;
        Ok(Book(made))
    }

    fn end(&self, message: IdKey, part: u64) -> Option<&End> {
        self.0.get(part_of(message))?.get(&mix(message, part))
    }
}

/// Returns all that is known of a part; of 0 all that is known of the message.
fn whole(lives: &[Life], part: u64) -> Life {
    let mut fitting = lives
        .iter()
        .filter(|life| part == 0 || life.part == 0 || life.part == part);
    // OK because there is a life with the part, and with 0 any will do.
    let mut whole = *fitting.next().unwrap_or(&lives[0]);
    fitting.for_each(|life| whole.merge(life));
    whole.part = part;
    whole
}

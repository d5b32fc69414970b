//! The lines of a ledger and what follows from them; pure.
//!
//! Rule: where the server told what remains, its word is the truth; our own count stands in where it told nothing or its
//! word has grown old. In doubt less is left, never more.

use crate::model::Timestamp;

const HOUR_MICROS: i64 = 3_600_000_000;

/// The span the vendor counts over: "120 requests per day per workspaceId" (Segment's API specification).
const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// How long a spent day is believed where the server did not say: "some of the request tokens replenish every hour"
/// (Segment docs, granular-observability.md).
const REFILL_MICROS: i64 = HOUR_MICROS;

/// What is kept back is at most one request in this many of what the server allows.
const KEEP_BACK_ONE_IN: u64 = 20;

/// What is spent and left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Requests in 24 hours: as the server tells them, else as the settings say.
    pub(crate) limit: u64,
    pub(crate) spent: u64,
    pub(crate) left: u64,
    /// When more come; `None` if nothing is known to be spent.
    pub(crate) next_at: Option<Timestamp>,
    /// When the server last told what remained, and how many.
    pub(crate) server: Option<(Timestamp, u64)>,
    /// Whose count `left` is.
    pub(crate) source: Basis,
    /// Lines of the ledger that were not understood and are left out; worth a warning.
    pub(crate) broken_lines: u64,
}

/// Whose word the budget rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// Our own count of the last 24 hours.
    Ledger,
    /// What the server told last.
    Server,
}

impl Basis {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Basis::Ledger => "ledger",
            Basis::Server => "server",
        }
    }
}

/// One line of the file. Lines are only ever added; their order is the order of the requests.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum Line {
    /// A request is about to be made.
    Reserved {
        id: u64,
        #[serde(with = "instant")]
        at: Timestamp,
    },
    /// Its answer told what the server's count says.
    Told {
        id: u64,
        #[serde(with = "instant")]
        at: Timestamp,
        consumed: Option<u64>,
        remaining: Option<u64>,
        #[serde(with = "optional_instant")]
        reset: Option<Timestamp>,
    },
    /// It never reached the server.
    Released { id: u64 },
    /// A request was turned away because the day is spent.
    Spent {
        #[serde(with = "instant")]
        at: Timestamp,
        #[serde(with = "optional_instant")]
        until: Option<Timestamp>,
    },
}

/// What the lines of the last 24 hours add up to.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// In the order they were reserved.
    requests: Vec<Request>,
    spent: Option<Spent>,
    broken_lines: u64,
    /// Whether lines were read that no longer matter.
    has_old_lines: bool,
}

#[derive(Debug)]
struct Request {
    id: u64,
    at: Timestamp,
    told: Option<Told>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    at: Timestamp,
    consumed: Option<u64>,
    remaining: Option<u64>,
    reset: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Spent {
    at: Timestamp,
    until: Option<Timestamp>,
}

impl Spent {
    fn lifted_at(&self) -> Timestamp {
        self.until.unwrap_or(self.at.plus(REFILL_MICROS))
    }
}

/// What the server said last, still in force, and what was reserved since.
struct Word {
    told: Told,
    left: u64,
    since: u64,
    ends_at: Timestamp,
}

impl Book {
    /// Adds the lines up; what is older than a day is dropped, what is no line is counted and dropped.
    pub(super) fn read(text: &[u8], now: Timestamp) -> Book {
        let mut book = Book::default();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let is_whole = line.ends_with(b"\n");
            match serde_json::from_slice(line) {
                Ok(line) => book.apply(line, now),
                Err(_) if line.trim_ascii().is_empty() => {}
                // A last line without an end is being written now, or a crash cut it before its request was made.
                Err(_) if !is_whole => {}
                Err(_) => book.broken_lines += 1,
            }
        }
        book
    }

    /// Takes one more line into account.
    pub(super) fn apply(&mut self, line: Line, now: Timestamp) {
        // A clock that ran ahead once must not count for longer than one that ran behind.
        let is_recent = |at: Timestamp| now.since(at).abs() < DAY_MICROS;
        match line {
            Line::Reserved { id, at } if is_recent(at) => {
                self.requests.push(Request { id, at, told: None })
            }
            Line::Told {
                id,
                at,
                consumed,
                remaining,
                reset,
            } if is_recent(at) => {
                let told = Told {
                    at,
                    consumed,
                    remaining,
                    reset,
                };
                if remaining.is_some_and(|remaining| remaining > 0)
                    && self.spent.is_some_and(|spent| spent.at <= at)
                {
                    self.spent = None;
                }
                match self.requests.iter_mut().find(|request| request.id == id) {
                    Some(request) => request.told = Some(told),
                    None => self.has_old_lines = true,
                }
            }
            Line::Released { id } => {
                self.requests.retain(|request| request.id != id);
            }
            Line::Spent { at, until } if is_recent(at) => self.spent = Some(Spent { at, until }),
            Line::Reserved { .. } | Line::Told { .. } | Line::Spent { .. } => {
                self.has_old_lines = true;
            }
        }
    }

    pub(super) fn has_old_lines(&self) -> bool {
        self.has_old_lines
    }

    /// Returns a number no request in the ledger has, nor any that was dropped from it.
    pub(super) fn next_id(&self, now: Timestamp) -> u64 {
        let last = self.requests.iter().map(|request| request.id).max();
        let now = u64::try_from(now.micros()).unwrap_or(0);
        last.map_or(now, |last| now.max(last.saturating_add(1)))
    }

    pub(super) fn budget(&self, limit: u64, now: Timestamp) -> Budget {
        let last_told = self.last_told().map(|(_, told, _)| told);
        let word = self.word(now);
        let own = self.counted(now).len() as u64;
        let (limit, spent, left, source) = match &word {
            Some(word) => {
                let (limit, spent) = match word.told.consumed {
                    Some(consumed) => (
                        consumed.saturating_add(word.told.remaining.unwrap_or(0)),
                        consumed.saturating_add(word.since),
                    ),
                    None => (limit, own),
                };
                (limit, spent, word.left, Basis::Server)
            }
            None => (limit, own, limit.saturating_sub(own), Basis::Ledger),
        };
        let is_barred = self.barred_until(now).is_some();
        Budget {
            limit,
            spent,
            left: if is_barred { 0 } else { left },
            next_at: self.more_at(now),
            server: last_told.and_then(|told| Some((told.at, told.remaining?))),
            source: if is_barred { Basis::Server } else { source },
            broken_lines: self.broken_lines,
        }
    }

    /// Returns how many requests are kept back where `asked` is the setting: a small limit is not eaten by it.
    pub(super) fn keep_back(&self, asked: u64) -> u64 {
        let allowed = self
            .last_told()
            .and_then(|(_, told, _)| told.consumed?.checked_add(told.remaining?));
        match allowed {
            Some(allowed) => asked.min(allowed / KEEP_BACK_ONE_IN),
            None => asked,
        }
    }

    /// Returns when more than `kept_back` requests will be left, where that is not so now; `None` if never.
    pub(super) fn next_at(&self, limit: u64, kept_back: u64, now: Timestamp) -> Option<Timestamp> {
        if let Some(until) = self.barred_until(now) {
            return Some(until);
        }
        if let Some(word) = self.word(now) {
            return Some(word.ends_at);
        }
        let counted = self.counted(now);
        let most = limit.checked_sub(kept_back)?.checked_sub(1)?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        // So many of the oldest must leave the count that `most` stay.
        let last_to_leave = counted.len().checked_sub(most)?.checked_sub(1)?;
        counted.get(last_to_leave).map(|at| at.plus(DAY_MICROS))
    }

    /// Returns the file's content without what no longer matters.
    pub(super) fn to_lines(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for request in &self.requests {
            Line::Reserved {
                id: request.id,
                at: request.at,
            }
            .write(&mut out);
        }
        for request in &self.requests {
            if let Some(told) = request.told {
                Line::Told {
                    id: request.id,
                    at: told.at,
                    consumed: told.consumed,
                    remaining: told.remaining,
                    reset: told.reset,
                }
                .write(&mut out);
            }
        }
        // Last, because a told line after it would lift it.
        if let Some(Spent { at, until }) = self.spent {
            Line::Spent { at, until }.write(&mut out);
        }
        out
    }

    /// When more requests come, at the earliest.
    fn more_at(&self, now: Timestamp) -> Option<Timestamp> {
        let own = || self.counted(now).first().map(|at| at.plus(DAY_MICROS));
        self.barred_until(now)
            .or_else(|| self.word(now).map(|word| word.ends_at))
            .or_else(own)
    }

    fn barred_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.spent
            .map(|spent| spent.lifted_at())
            .filter(|until| now < *until)
    }

    /// What the server told in answer to the latest request that got such an answer, and how many requests were reserved
    /// after that one: the server may not have seen them when it counted.
    fn last_told(&self) -> Option<(usize, Told, u64)> {
        let index = self
            .requests
            .iter()
            .rposition(|request| request.told.is_some_and(|told| told.remaining.is_some()))?;
        let told = self.requests[index].told?;
        let since = self.requests.len() - index - 1;
        Some((index, told, since as u64))
    }

    /// What the server told last, if that still holds: until the reset it told, and for a day at most.
    fn word(&self, now: Timestamp) -> Option<Word> {
        let (_, told, since) = self.last_told()?;
        if self.spent.is_some_and(|spent| spent.at >= told.at) {
            // A request was turned away since: that is the later word.
            return None;
        }
        let day_ends = told.at.plus(DAY_MICROS);
        let ends_at = told.reset.map_or(day_ends, |reset| reset.min(day_ends));
        (now < ends_at).then(|| Word {
            told,
            left: told.remaining.unwrap_or(0).saturating_sub(since),
            since,
            ends_at,
        })
    }

    /// The times of the requests that our own count holds, oldest first. Where the server said that nothing is left and
    /// when more come, and that time has passed, only what was spent since counts: else our count would keep us waiting
    /// longer than the server does. If it gave fewer than we hope for, its next answer says so.
    fn counted(&self, now: Timestamp) -> Vec<Timestamp> {
        let lifted = self.spent.map(|spent| spent.lifted_at());
        let refilled = self.last_told().and_then(|(index, told, _)| {
            let reset = told.reset?;
            let before = self.requests[index + 1..]
                .iter()
                .filter(|request| request.at < reset)
                .count() as u64;
            (told.remaining? <= before).then_some(reset)
        });
        let from = [lifted, refilled]
            .into_iter()
            .flatten()
            .filter(|at| *at <= now)
            .max()
            .unwrap_or(Timestamp::MIN);
        let mut times: Vec<Timestamp> = self.requests.iter().map(|request| request.at).collect();
        times.retain(|at| *at >= from);
        times.sort_unstable();
        times
    }
}

impl Line {
    /// Appends the line with its end.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        // OK because a flat struct of numbers and texts always serialises, and a Vec takes any bytes.
        let _: serde_json::Result<()> = serde_json::to_writer(&mut *out, self);
        out.push(b'\n');
    }
}

/// Instants as RFC 3339 text, so that a person can read the file.
mod instant {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::model::Timestamp;

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        Timestamp::parse(&text).ok_or_else(|| D::Error::custom("no RFC 3339 time"))
    }
}

mod optional_instant {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::model::Timestamp;

    pub(super) fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => to.collect_str(at),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| Timestamp::parse(&text).ok_or_else(|| D::Error::custom("no RFC 3339 time")))
            .transpose()
    }
}

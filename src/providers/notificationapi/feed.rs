//! Logs by query: it is started, asked after until it has ended, and its logs are one page.
//!
//! An answer that is full says nothing of the rows it left out: its time is asked for again in two halves.
//!
//! Rule: a query is started anew only if the last one failed or has given its logs; what is asked twice is stored once.

use std::time::Duration;

use crate::model::{Timestamp, Window, count};

use super::super::feed::{FeedError, Page, Step, Wanted};
use super::super::http::{Answered, Http};
use super::access::{Access, Api, Host};
use super::answer::{self, Said};
use super::coverage::{Kept, MOST_ROWS, Seen, has_row_inside, may_be_gone};
use super::request;

const ACCEPT: &str = "application/json";

/// Bytes of an answer that are read: the most logs there can be, at 6 kB each. One value of more is nowhere taken.
const MAX_ANSWER: usize = 64 << 20;

/// Bytes of the answer that names a number of days.
const MAX_RETENTION_ANSWER: usize = 1 << 16;

/// The shortest time that is asked for in halves, in microseconds, and the most queries of one feed; a server that
/// pays no heed to the time asked for would be asked without end.
const SHORTEST_SPLIT: i64 = 2 * 60 * 1_000_000;
const MOST_QUERIES: u32 = 100;

/// Queries in a row that come to nothing before no other is started: each start looks like progress to whoever counts
/// failures in a row.
const MOST_FAILED: u32 = 3;

/// Waits between two questions after a query: they double from the first to the last.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How long a query is waited for in all; CloudWatch ends one after an hour, most take seconds.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// The logs of one window.
pub(crate) struct Feed {
    http: Http,
    api: Api,
    wanted: Wanted,
    /// The times still to be asked for, the next one last.
    rest: Vec<Window>,
    queries: u32,
    /// Queries in a row that came to nothing.
    failed: u32,
    seen: Seen,
    at: At,
}

/// How far it is.
#[derive(Clone, Debug)]
enum At {
    Start,
    Running {
        query: String,
        asked: Timestamp,
        wait: Duration,
        waited: Duration,
    },
    Ended,
}

impl Feed {
    /// Prepares a query; nothing is sent.
    pub(crate) fn new(http: Http, access: Access, wanted: Wanted) -> Result<Feed, FeedError> {
        Ok(Feed {
            http,
            api: Api::new(access)?,
            rest: vec![wanted.window],
            wanted,
            queries: 0,
            failed: 0,
            seen: Seen::default(),
            at: At::Start,
        })
    }

    pub(crate) fn step(&mut self, now: Timestamp) -> Result<Step, FeedError> {
        match self.at.clone() {
            At::Start => self.start(now),
            At::Running {
                query,
                asked,
                wait,
                waited,
            } => self.ask_after(now, query, asked, wait, waited),
            At::Ended => Ok(self.end(now)),
        }
    }

    fn start(&mut self, now: Timestamp) -> Result<Step, FeedError> {
        let url = self.api.url(&["logs", "query"])?;
        let Some(window) = self.rest.last() else {
            return Ok(self.end(now));
        };
        let body = request::body(self.api.host, *window, &self.wanted.params);
        let answer = self
            .http
            .post(&url, &self.api.auth(), ACCEPT, Some(body))?
            .whole(MAX_ANSWER)?;
        match self.read(&answer, now)? {
            Said::Started(query) => {
                self.at = At::Running {
                    query,
                    asked: now,
                    wait: FIRST_WAIT,
                    waited: FIRST_WAIT,
                };
                Ok(Step::Wait(FIRST_WAIT))
            }
            Said::Logs { records, odd } => Ok(self.ended(answer, now, records, odd)),
            Said::Failed(message) => Err(self.failed(message)),
            Said::Pending => Err(answer::unreadable(
                &self.api,
                &answer,
                "it names no query to come back for",
            )),
        }
    }

    fn ask_after(
        &mut self,
        now: Timestamp,
        query: String,
        asked: Timestamp,
        wait: Duration,
        waited: Duration,
    ) -> Result<Step, FeedError> {
        let url = self.api.url(&["logs", "query", &query])?;
        let answer = self
            .http
            .get(&url, &self.api.auth(), ACCEPT)?
            .whole(MAX_ANSWER)?;
        let is_blank = answer.body.trim_ascii().is_empty();
        let said = match answer.status {
            202 | 204 if is_blank => Said::Pending,
            _ => self.read(&answer, now)?,
        };
        match said {
            // A query that is asked after may repeat its id.
            Said::Pending | Said::Started(_) if waited >= PATIENCE => {
                let minutes = PATIENCE.as_secs() / 60;
                let message = format!("it was still running after {}", count(minutes, "minute"));
                Err(self.failed(message))
            }
            Said::Pending | Said::Started(_) => {
                let wait = wait.saturating_mul(2).min(LONGEST_WAIT);
                self.at = At::Running {
                    query,
                    asked,
                    wait,
                    waited: waited + wait,
                };
                Ok(Step::Wait(wait))
            }
            Said::Logs { records, odd } => Ok(self.ended(answer, asked, records, odd)),
            Said::Failed(message) => Err(self.failed(message)),
        }
    }

    fn read(&self, answer: &Answered, now: Timestamp) -> Result<Said, FeedError> {
        if answer.body.len() >= MAX_ANSWER {
            let reason = "it is larger than 64 MiB; ask for a shorter time";
            return Err(FeedError::Unreadable {
                host: self.api.name(),
                reason: reason.to_owned(),
            });
        }
        answer::read(&self.api, answer, now)
    }

    /// A query that failed is of no more use: the next step starts another.
    fn failed(&mut self, message: String) -> FeedError {
        self.at = At::Start;
        self.failed += 1;
        FeedError::Query {
            host: self.api.name(),
            message,
            again: self.failed < MOST_FAILED,
        }
    }

    fn ended(
        &mut self,
        answer: Answered,
        asked: Timestamp,
        records: u64,
        odd: Option<String>,
    ) -> Step {
        let body = answer.body;
        let has_inside = has_row_inside(&body, self.wanted.window);
        self.queries += 1;
        self.failed = 0;
        self.seen.asked = self.seen.asked.or(Some(asked));
        self.seen.records += records;
        self.seen.has_inside |= has_inside;
        self.seen.odd = self.seen.odd.take().or(odd);
        let window = self.rest.pop();
        if records == MOST_ROWS {
            match window
                .filter(|_| has_inside)
                .and_then(|window| self.halves(window))
            {
                Some((first, second)) => self.rest.extend([second, first]),
                None => self.seen.is_cut = true,
            }
        }
        let is_last = self.rest.is_empty();
        self.at = if is_last { At::Ended } else { At::Start };
        match records {
            0 if is_last => self.end(asked),
            0 => Step::Wait(Duration::ZERO),
            _ => Step::Page(Page { body, records }),
        }
    }

    /// Cuts a time in two, if that is of use.
    fn halves(&self, window: Window) -> Option<(Window, Window)> {
        let span = window.end.since(window.start);
        let is_own = self
            .wanted
            .params
            .iter()
            .any(|(key, _)| request::sets_time(key));
        if is_own || span < SHORTEST_SPLIT || self.queries >= MOST_QUERIES {
            return None;
        }
        let millis = (window.start.micros() + span / 2).div_euclid(1000);
        let middle = Timestamp::from_micros(millis * 1000);
        let first = Window {
            end: middle,
            ..window
        };
        let second = Window {
            start: middle,
            ..window
        };
        Some((first, second))
    }

    fn end(&self, now: Timestamp) -> Step {
        let window = self.wanted.window;
        let kept = may_be_gone(window, now).then(|| Kept::of(self.retention_days(), now));
        let is_narrowed = !self.wanted.params.is_empty();
        Step::End(self.seen.coverage(window, is_narrowed, kept))
    }

    /// Asks how long logs are kept; without an answer the logs are worth as much.
    fn retention_days(&self) -> Option<i64> {
        if self.api.host == Host::Legacy {
            return None;
        }
        let url = self.api.url(&["logs", "retention"]).ok()?;
        let response = self.http.get(&url, &self.api.auth(), ACCEPT).ok()?;
        answer::retention_days(&response.whole(MAX_RETENTION_ANSWER).ok()?)
    }
}

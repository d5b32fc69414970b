//! Logs by query: it is started, asked after until it has ended, and its logs are one page.
//!
//! Rule: no time is called whole that the answer may not hold: the last 15 minutes, an answer that is full, a query
//! narrowed by filters, rows of other times, and what the account no longer keeps.

use std::time::Duration;

use crate::model::{Record, RecordType, Timestamp, Window, count, number};

use super::super::feed::{Coverage, FeedError, Page, Step, Wanted};
use super::super::http::{Answered, Http};
use super::access::{Access, Api, Host};
use super::answer::{self, Said};
use super::{SPEC, decode, request};

const ACCEPT: &str = "application/json";

/// Bytes of an answer that are read: the most logs there can be, at 6 kB each. One value of more is nowhere taken.
const MAX_ANSWER: usize = 64 << 20;

/// Bytes of the answer that names a number of days.
const MAX_RETENTION_ANSWER: usize = 1 << 16;

/// The most rows a query of AWS CloudWatch gives; it says nothing of those left out.
const MOST_ROWS: u64 = 10_000;

/// "There could be up to 15 minutes of delay" (docs, Logs), in microseconds.
const DELAY: i64 = 15 * 60 * 1_000_000;

const DAY: i64 = 86_400 * 1_000_000;

/// The retention that was once published, in days; accounts may have more.
const KNOWN_RETENTION_DAYS: i64 = 7;

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
    Ended(Seen),
}

/// What is known of the logs once they are there.
#[derive(Clone, Debug)]
struct Seen {
    /// When the query was started.
    asked: Timestamp,
    records: u64,
    /// Rows of the time asked for.
    inside: u64,
    odd: Option<String>,
}

impl Feed {
    /// Prepares a query; nothing is sent.
    pub(crate) fn new(http: Http, access: Access, wanted: Wanted) -> Result<Feed, FeedError> {
        Ok(Feed {
            http,
            api: Api::new(access)?,
            wanted,
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
            At::Ended(seen) => {
                let kept_since = self.kept_since(now);
                Ok(Step::End(self.coverage(&seen, kept_since)))
            }
        }
    }

    fn start(&mut self, now: Timestamp) -> Result<Step, FeedError> {
        let url = self.api.url(&["logs", "query"])?;
        let body = request::body(self.api.host, self.wanted.window, &self.wanted.params);
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
            Said::Failed(message) => Err(self.failed(&answer, message)),
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
                let message = format!(
                    "the query was still running after {}",
                    count(minutes, "minute")
                );
                Err(self.failed(&answer, message))
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
            Said::Failed(message) => Err(self.failed(&answer, message)),
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
    fn failed(&mut self, answer: &Answered, message: String) -> FeedError {
        self.at = At::Start;
        FeedError::Server {
            host: self.api.name(),
            status: answer.status,
            message,
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
        let seen = Seen {
            asked,
            records,
            inside: rows_inside(&body, self.wanted.window),
            odd,
        };
        if records == 0 {
            return Step::End(self.coverage(&seen, self.kept_since(asked)));
        }
        self.at = At::Ended(seen);
        Step::Page(Page { body, records })
    }

    /// Returns since when there are logs if the window begins earlier, and the reason; what cannot be learnt counts as
    /// the least known.
    fn kept_since(&self, now: Timestamp) -> Option<(Timestamp, String)> {
        let since = |days: i64| now.plus(-days.saturating_mul(DAY));
        let days = |days: i64| count(days.unsigned_abs(), "day");
        let known = since(KNOWN_RETENTION_DAYS);
        if self.wanted.window.start >= known {
            return None;
        }
        match self.retention_days() {
            Some(kept) if since(kept) <= self.wanted.window.start => None,
            Some(kept) => Some((
                since(kept),
                format!(
                    "the account keeps logs for {}; older ones may be gone",
                    days(kept)
                ),
            )),
            None => Some((
                known,
                format!(
                    "how long the account keeps logs is not known; ones older than {} may be gone",
                    days(KNOWN_RETENTION_DAYS)
                ),
            )),
        }
    }

    fn retention_days(&self) -> Option<i64> {
        if self.api.host == Host::Legacy {
            return None;
        }
        let url = self.api.url(&["logs", "retention"]).ok()?;
        let response = self.http.get(&url, &self.api.auth(), ACCEPT).ok()?;
        answer::retention_days(&response.whole(MAX_RETENTION_ANSWER).ok()?)
    }

    fn coverage(&self, seen: &Seen, kept_since: Option<(Timestamp, String)>) -> Coverage {
        let none = |gap: String| Coverage {
            window: None,
            gap: Some(gap),
        };
        if !self.wanted.params.is_empty() {
            return none(
                "only rows that the given parameters let through were asked for".to_owned(),
            );
        }
        if let Some(odd) = &seen.odd {
            return none(format!(
                "the query ended as `{odd}`, which may mean before its end"
            ));
        }
        if seen.records >= MOST_ROWS {
            return none(format!(
                "the answer has {} rows, and a query gives no more than {}; ask for a shorter time",
                number(seen.records),
                number(MOST_ROWS)
            ));
        }
        if seen.records > 0 && seen.inside == 0 {
            return none(format!(
                "the answer has {}, none of the time asked for",
                count(seen.records, "row")
            ));
        }
        let mut window = self.wanted.window;
        let mut gaps = Vec::new();
        if let Some((since, why)) = kept_since {
            window.start = window.start.max(since);
            gaps.push(why);
        }
        let told = seen.asked.plus(-DELAY);
        if window.end > told {
            window.end = told;
            gaps.push(
                "logs take up to 15 minutes to appear, so that the last ones may be missing"
                    .to_owned(),
            );
        }
        Coverage {
            window: (window.start < window.end).then_some(window),
            gap: (!gaps.is_empty()).then(|| gaps.join("; ")),
        }
    }
}

/// Counts the rows whose notification was received in the window; one that cannot be read counts as inside.
fn rows_inside(body: &[u8], window: Window) -> u64 {
    let rows = SPEC.elements(body).unwrap_or_default();
    let is_inside = |row: &&&[u8]| {
        let mut inside = true;
        let told = decode::decode(row, &mut |record: &Record<'_>| {
            if record.record_type == RecordType::Notification {
                inside = window.contains(record.time);
            }
        });
        told.is_err() || inside
    };
    rows.iter().filter(is_inside).count() as u64
}

//! The logs, page by page where the answers name a next one, and the truth about the rest.
//!
//! Newest first, so that a page that reaches back beyond the window is the last that is needed. Whether the server keeps
//! to the order is looked at, and only then relied on.
//!
//! Rule: what was not certainly seen whole is never said to be: an answer that may have been cut leaves a gap.

use std::collections::HashSet;

use url::Url;

use crate::model::{Timestamp, Window, count};
use crate::providers::http::{Answered, Auth, Http};
use crate::providers::{Token, host_of};

use super::super::feed::{Coverage, FeedError, Page, Step, Wanted};
use super::RETENTION_DAYS;
use super::answer::{Logs, Way};
use super::login::{Access, address, failed};

const BASE: &str = "https://event.prd.sdk.akeneo.cloud";
const LOGS: &str = "api/v1/logs";
const ACCEPT: &str = "application/json";

/// As many logs as the vendor's own client asks for; more may not be allowed.
const LIMIT: u64 = 50;

/// Sizes of pages that servers like to cut at, whatever they are asked for: the most of this one is not published.
const SMALLER: [u64; 5] = [10, 20, 25, 30, 40];

/// 64 MiB: fifty logs are some hundred kilobytes.
const MAX_ANSWER: usize = 64 << 20;

/// Pages without a log in a row that are believed.
const MAX_EMPTY: u32 = 20;

const DAY: i64 = 24 * 3600 * 1_000_000;

/// The pages of one question.
pub(crate) struct Feed {
    http: Http,
    access: Access,
    wanted: Wanted,
    token: Option<Token>,
    course: Course,
}

/// How far the pages have come; changed by an answer that was read, and by nothing else.
struct Course {
    next: Next,
    /// When the first page was asked for: what came later is in none.
    asked_at: Option<Timestamp>,
    /// The oldest log so far.
    oldest: Option<Timestamp>,
    /// Every log so far was as old as the one before it, or older.
    is_in_order: bool,
    /// An answer named a next page, so that one that does not is the last.
    names_pages: bool,
    /// Pages without a log since the last one with any.
    empty: u32,
    /// What was asked for, and the keys of the logs that came: neither is gone over twice.
    links: HashSet<Url>,
    logs: HashSet<u64>,
}

enum Next {
    Ask(Url),
    End(Coverage),
}

impl Feed {
    /// Prepares the question; nothing is sent.
    pub(crate) fn new(http: Http, access: Access, wanted: Wanted) -> Result<Feed, FeedError> {
        access.check()?;
        let fail = |reason: &str| FeedError::Address {
            reason: reason.to_owned(),
        };
        let mut url = address(access.api_url.as_deref().unwrap_or(BASE)).map_err(fail)?;
        let path = format!("{}/{LOGS}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        let given = |name: &str| wanted.params.iter().any(|(key, _)| key == name);
        {
            let mut query = url.query_pairs_mut();
            if !given("order") {
                query.append_pair("order", "desc");
            }
            if !given("limit") {
                query.append_pair("limit", &LIMIT.to_string());
            }
            query.extend_pairs(&wanted.params);
        }
        Ok(Feed {
            http,
            access,
            wanted,
            token: None,
            course: Course {
                next: Next::Ask(url),
                asked_at: None,
                oldest: None,
                is_in_order: true,
                names_pages: false,
                empty: 0,
                links: HashSet::new(),
                logs: HashSet::new(),
            },
        })
    }

    /// Asks for the next page that has a log.
    pub(crate) fn step(&mut self, now: Timestamp) -> Result<Step, FeedError> {
        loop {
            let url = match &self.course.next {
                Next::End(coverage) => return Ok(Step::End(coverage.clone())),
                Next::Ask(url) => url.clone(),
            };
            let answer = self.ask(&url, now)?;
            let logs = Logs::read(&answer, &url).map_err(|reason| {
                let said = self.access.message(&answer, self.token.as_ref());
                let said = if said.is_empty() {
                    said
                } else {
                    format!(": {said}")
                };
                FeedError::Unreadable {
                    host: host_of(&url),
                    reason: format!("{reason}{said}"),
                }
            })?;
            self.course.asked_at.get_or_insert(now);
            self.course.follow(&logs, url, &self.wanted);
            if logs.records > 0 {
                return Ok(Step::Page(Page {
                    body: answer.body,
                    records: logs.records,
                }));
            }
        }
    }

    /// Asks once, or once more with a new token if the old one has run out.
    fn ask(&mut self, url: &Url, now: Timestamp) -> Result<Answered, FeedError> {
        let mut is_new = false;
        loop {
            let token = match &self.token {
                Some(token) => token.clone(),
                None => {
                    is_new = true;
                    self.access.token(&self.http, now)?
                }
            };
            self.token = Some(token.clone());
            let open = [
                ("X-PIM-URL", self.access.pim()),
                ("X-PIM-CLIENT-ID", self.access.client_id.as_str()),
            ];
            let auth = Auth::Header {
                name: "X-PIM-TOKEN",
                token: &token,
                open: &open,
            };
            let answer = self.http.get(url, &auth, ACCEPT)?.whole(MAX_ANSWER)?;
            match answer.status {
                200..=299 if answer.body.len() >= MAX_ANSWER => {
                    return Err(FeedError::Unreadable {
                        host: host_of(url),
                        reason: "it is longer than 64 MiB".to_owned(),
                    });
                }
                200..=299 => return Ok(answer),
                401 if self.access.can_renew() && !is_new => self.token = None,
                status => {
                    if status == 401 {
                        self.token = None;
                    }
                    return Err(self.refused(url, &answer, &token, now));
                }
            }
        }
    }

    fn refused(&self, url: &Url, answer: &Answered, token: &Token, now: Timestamp) -> FeedError {
        let host = host_of(url);
        let message = self.access.message(answer, Some(token));
        match answer.status {
            401 | 403 => FeedError::Unauthorised {
                host,
                message,
                hint: "token, client id and PIM address must be of the same connection, and a token is good for one hour"
                    .to_owned(),
            },
            _ => failed(host, answer, message, now),
        }
    }
}

impl Course {
    /// Takes in a page, and decides what is next.
    fn follow(&mut self, logs: &Logs, asked: Url, wanted: &Wanted) {
        for time in &logs.times {
            self.is_in_order &= self.oldest.is_none_or(|oldest| *time <= oldest);
            self.oldest = Some(self.oldest.map_or(*time, |oldest| oldest.min(*time)));
        }
        self.links.insert(asked);
        self.empty = if logs.records == 0 { self.empty + 1 } else { 0 };
        let mut brings_new = logs.records == 0;
        for key in &logs.keys {
            brings_new |= self.logs.insert(*key);
        }
        self.names_pages |= matches!(logs.way, Way::Next(_));
        let start = wanted.window.start;
        // Without the order to rely on, a page is beyond the window only if all of it is.
        let reaches_back = if self.is_in_order && is_descending(wanted) {
            self.oldest.is_some_and(|oldest| oldest < start)
        } else {
            is_descending(wanted)
                && !logs.times.is_empty()
                && logs.times.iter().all(|time| *time < start)
        };
        self.next = match &logs.way {
            _ if reaches_back => self.end(wanted, None),
            Way::Next(url) if self.links.contains(url) => self.end(
                wanted,
                Some("the answer names a page as next that was read before".to_owned()),
            ),
            Way::Next(_) if !brings_new => self.end(
                wanted,
                Some("the next page held nothing but logs that were read before".to_owned()),
            ),
            Way::Next(_) if self.empty > MAX_EMPTY => self.end(
                wanted,
                Some(format!("more than {MAX_EMPTY} pages in a row were empty")),
            ),
            Way::Next(url) => Next::Ask(url.clone()),
            Way::Last => self.end(wanted, None),
            Way::Barred(why) => self.end(wanted, Some(why.clone())),
            Way::Unsaid if self.names_pages => self.end(wanted, None),
            Way::Unsaid if SMALLER.contains(&logs.records) && logs.records < full(wanted) => self
                .end(
                    wanted,
                    Some(format!(
                        "{} came where up to {} were asked for, which looks like a smaller page of the server's, and the \
                         answer names no next one",
                        count(logs.records, "record"),
                        full(wanted)
                    )),
                ),
            Way::Unsaid if logs.records < full(wanted) => self.end(wanted, None),
            Way::Unsaid => self.end(
                wanted,
                Some(format!(
                    "the answer was full ({}) and names no next page",
                    count(logs.records, "record")
                )),
            ),
        };
    }

    /// Says what was seen whole. `cut`: why the pages ended before the logs did.
    fn end(&self, wanted: &Wanted, cut: Option<String>) -> Next {
        let end = self
            .asked_at
            .map_or(wanted.window.end, |asked| asked.min(wanted.window.end));
        // Logs of the very time of the oldest may be on the page that was not read.
        let start = match (&cut, self.oldest) {
            (None, _) => Some(wanted.window.start),
            (Some(_), Some(oldest)) if self.is_in_order && is_descending(wanted) => {
                Some(oldest.plus(1).max(wanted.window.start))
            }
            (Some(_), _) => None,
        };
        let narrowed: Vec<String> = wanted
            .params
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "order" | "limit"))
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let kept_from = self
            .asked_at
            .map(|asked| asked.plus(-i64::from(RETENTION_DAYS) * DAY))
            .filter(|kept_from| wanted.window.start < *kept_from);
        let window = start
            .map(|start| Window {
                start: kept_from.map_or(start, |kept_from| start.max(kept_from)),
                end,
            })
            .filter(|window| window.start < window.end && narrowed.is_empty());
        let cut = cut.map(|why| match self.oldest {
            Some(oldest) => format!(
                "{why}: records before {oldest} may be missing; narrow with --param subscription_id=… or log_type=…"
            ),
            None => format!("{why}: records may be missing"),
        });
        let narrowed = (!narrowed.is_empty())
            .then(|| format!("only what matches {} was asked for", narrowed.join(", ")));
        let old = kept_from
            .map(|_| format!("Akeneo keeps {RETENTION_DAYS} days; what is older may be deleted"));
        let gaps: Vec<String> = [cut, narrowed, old].into_iter().flatten().collect();
        let gap = (!gaps.is_empty()).then(|| gaps.join("; "));
        Next::End(Coverage { window, gap })
    }
}

/// Whether the newest logs are asked for first.
fn is_descending(wanted: &Wanted) -> bool {
    let mut orders = wanted.params.iter().filter(|(key, _)| key == "order");
    orders.all(|(_, order)| order.eq_ignore_ascii_case("desc"))
}

/// From so many logs on an answer may have been cut. A limit above the one known to be allowed may be lowered silently.
fn full(wanted: &Wanted) -> u64 {
    let given = wanted.params.iter().rfind(|(key, _)| key == "limit");
    let limit = given.and_then(|(_, limit)| limit.trim().parse().ok());
    limit.unwrap_or(LIMIT).clamp(1, LIMIT)
}

#[cfg(test)]
mod tests;

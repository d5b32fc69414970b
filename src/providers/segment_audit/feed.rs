//! Pages of `GET /audit-events`.
//!
//! Rule: times count as seen whole only once the last page was reached, since the order of events is not published, and
//! only if nothing but time narrowed the question.

use std::collections::HashSet;

use url::Url;

use crate::model::{Timestamp, Window};
use crate::providers::feed::{Coverage, FeedError, Page, Step, Wanted};
use crate::providers::http::{Answered, Auth, Http};
use crate::providers::segment::{Asked, Region, base};
use crate::providers::{Token, host_of};

use super::RETENTION_DAYS;
use super::answer::{Read, failed, read};

/// The endpoint's stable version; plain JSON reaches it too.
const ACCEPT: &str = "application/vnd.segment.v1+json, application/json";

/// Bytes of an answer that are read; 1000 events, the most of a page, have about half a megabyte.
const MAX_ANSWER: usize = 32 << 20;

const COUNT: &str = "pagination[count]";
const CURSOR: &str = "pagination[cursor]";

/// Events of a page; what the documents call the default, and so certain to be allowed.
const PAGE_EVENTS: &str = "200";

/// So much is asked for on both sides of the window: whether its ends are themselves included is not published.
const MARGIN: i64 = 1_000_000;

/// Pages in a row without a new event that are followed; a server that goes on so would never end.
const MOST_BARREN: u32 = 3;

const DAY: i64 = 24 * 3600 * 1_000_000;

/// Whose audit trail, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// In place of the region's own host.
    pub(crate) api_url: Option<String>,
    pub(crate) region: Region,
    pub(crate) token: Token,
}

/// An audit trail, page by page.
pub(crate) struct Feed {
    http: Http,
    token: Token,
    url: Url,
    wanted: Wanted,
    /// Set by the first step, so that later ones ask for the same.
    asked: Option<Span>,
    next: Next,
    /// Cursors that were followed.
    cursors: HashSet<String>,
    /// What tells the events apart that came, as 16 bytes each.
    seen: HashSet<u128>,
    barren: u32,
}

/// The times that are asked for.
#[derive(Clone, Copy)]
struct Span {
    /// The window wanted, its end not in the future.
    window: Window,
    /// A little more than that, but nothing of the future either.
    sent: Window,
}

impl Span {
    fn of(wanted: Window, now: Timestamp) -> Span {
        Span {
            window: Window {
                start: wanted.start,
                end: wanted.end.min(now),
            },
            sent: Window {
                start: wanted.start.plus(-MARGIN),
                end: wanted.end.plus(MARGIN).min(now),
            },
        }
    }
}

enum Next {
    Start,
    Cursor(String),
    /// Nothing more is asked; says why the last page was not reached, if it was not.
    End(Option<String>),
}

impl Feed {
    /// Prepares to ask; nothing is sent.
    pub(crate) fn new(http: Http, access: Access, wanted: Wanted) -> Result<Feed, FeedError> {
        let base = base(access.api_url.as_deref().unwrap_or(access.region.base()));
        let mut url = base.map_err(|error| failed(error, 0))?;
        url.set_path(&format!("{}audit-events", url.path()));
        Ok(Feed {
            http,
            token: access.token,
            url,
            wanted,
            asked: None,
            next: Next::Start,
            cursors: HashSet::new(),
            seen: HashSet::new(),
            barren: 0,
        })
    }

    pub(crate) fn step(&mut self, now: Timestamp) -> Result<Step, FeedError> {
        let wanted = self.wanted.window;
        let Span { window, sent } = *self.asked.get_or_insert_with(|| Span::of(wanted, now));
        let cursor = match &self.next {
            Next::Start if window.end <= window.start => return Ok(Step::End(nothing_yet())),
            Next::Start => None,
            Next::Cursor(cursor) => Some(cursor.as_str()),
            Next::End(gap) => return Ok(Step::End(self.coverage(window, gap.clone(), now))),
        };
        let url = self.page_url(sent, cursor);
        let answer = self
            .http
            .get(&url, &Auth::Bearer(&self.token), ACCEPT)?
            .whole(MAX_ANSWER)?;
        let read = read(&self.asked_of(now), &answer)?;
        // Of a 204 there is nothing to hand over.
        if answer.body.is_empty() {
            self.next = Next::End(None);
            return Ok(Step::End(self.coverage(window, None, now)));
        }
        Ok(self.turn(answer, read))
    }

    fn page_url(&self, times: Window, cursor: Option<&str>) -> Url {
        let mut url = self.url.clone();
        let is_given = |name: &str| self.wanted.params.iter().any(|(given, _)| given == name);
        let mut query = url.query_pairs_mut();
        let mut ours = |name: &str, value: &str| {
            if !is_given(name) {
                query.append_pair(name, value);
            }
        };
        ours("startTime", &times.start.to_rfc3339());
        ours("endTime", &times.end.to_rfc3339());
        ours(COUNT, PAGE_EVENTS);
        for (name, value) in &self.wanted.params {
            // A cursor of the user's own says where to begin; after that the server says how to go on.
            if cursor.is_none() || name != CURSOR {
                query.append_pair(name, value);
            }
        }
        if let Some(cursor) = cursor {
            query.append_pair(CURSOR, cursor);
        }
        drop(query);
        url
    }

    fn asked_of(&self, now: Timestamp) -> Asked {
        Asked {
            host: host_of(&self.url),
            token: self.token.clone(),
            now,
        }
    }

    /// Takes note of a page that came, and of where the next one is.
    fn turn(&mut self, answer: Answered, read: Read) -> Step {
        let events = read.keys.len() as u64;
        let before = self.seen.len();
        self.seen.extend(read.keys);
        self.barren = if self.seen.len() == before {
            self.barren + 1
        } else {
            0
        };
        self.next = match read.next {
            None => Next::End(None),
            Some(cursor) if self.cursors.contains(&cursor) => Next::End(Some(
                "the server names a next page that was read already".to_owned(),
            )),
            Some(_) if self.barren >= MOST_BARREN => Next::End(Some(format!(
                "{MOST_BARREN} pages in a row had no new event, and the server names yet another"
            ))),
            Some(cursor) => {
                self.cursors.insert(cursor.clone());
                Next::Cursor(cursor)
            }
        };
        Step::Page(Page {
            body: answer.body,
            records: events,
        })
    }

    /// Says which times were seen whole.
    fn coverage(&self, window: Window, gap: Option<String>, now: Timestamp) -> Coverage {
        let none = |gap| Coverage {
            window: None,
            gap: Some(gap),
        };
        if let Some(gap) = gap {
            return none(gap);
        }
        let narrowing = |(name, _): &&(String, String)| name != COUNT;
        if let Some((name, _)) = self.wanted.params.iter().find(narrowing) {
            return none(format!(
                "`{name}` was given, so that other events of these times were not asked for"
            ));
        }
        let kept_from = now.plus(-i64::from(RETENTION_DAYS) * DAY);
        if window.start >= kept_from {
            return Coverage {
                window: Some(window),
                gap: None,
            };
        }
        Coverage {
            window: (kept_from < window.end).then_some(Window {
                start: kept_from,
                end: window.end,
            }),
            gap: Some(format!(
                "Segment keeps {RETENTION_DAYS} days; what is older may be deleted"
            )),
        }
    }
}

fn nothing_yet() -> Coverage {
    Coverage {
        window: None,
        gap: Some("these times are still to come".to_owned()),
    }
}

#[cfg(test)]
mod tests;

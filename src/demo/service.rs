//! What the loopback server answers: the documented endpoints, their limits and their errors.
//!
//! Rule: behaviour follows the provider's published API (specification 73.2.0 and its documentation), so that a client
//! which passes here is right about the documents; where they leave a choice, both ways are answered somewhere.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant, SystemTime};

use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, plain, set_header};
use super::bucket::{Bucket, PREFIX};
use crate::model::{Hour, Timestamp};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 24 * 3600 * SECOND;

/// "120 requests per day per workspaceId".
const DOWNLOADS_PER_DAY: usize = 120;
/// The limit of all other endpoints is not documented; nobody reaches this one.
const ECHOES_PER_MINUTE: usize = 200;

/// The longest that `/echo` is willing to wait.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// One request, as far as tests and the demo may know it: a URL's query is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) has_authorization: bool,
}

/// The state behind the server.
pub(super) struct Service {
    /// Where clients reach the server, without a slash at the end.
    base: String,
    token: String,
    clock: Clock,
    pub(super) bucket: Bucket,
    pub(super) logs: BTreeMap<(String, Hour), Log>,
    downloads: RateWindow,
    echoes: RateWindow,
    pub(super) seen: Vec<Seen>,
}

/// One hour's log in the bucket.
pub(super) struct Log {
    /// Keys of its objects.
    pub(super) keys: Vec<String>,
    /// What one of the objects becomes after the first request.
    pub(super) growth: Option<(String, Vec<u8>)>,
    pub(super) requests: u32,
}

/// The server's time: what it was told at the start, and what has passed since.
struct Clock {
    start: Timestamp,
    started: Instant,
}

impl Clock {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.start.plus(passed)
    }
}

impl Service {
    pub(super) fn new(base: String, token: String, now: Timestamp, bucket: Bucket) -> Service {
        Service {
            base,
            token,
            clock: Clock {
                start: now,
                started: Instant::now(),
            },
            bucket,
            logs: BTreeMap::new(),
            downloads: RateWindow::new(DOWNLOADS_PER_DAY, DAY),
            echoes: RateWindow::new(ECHOES_PER_MINUTE, 60 * SECOND),
            seen: Vec::new(),
        }
    }

    /// Lets time pass.
    #[cfg(test)]
    pub(super) fn advance(&mut self, micros: i64) {
        self.clock.start = self.clock.start.plus(micros);
    }

    /// Answers a request, and says how long to wait before.
    pub(super) fn respond(&mut self, parts: &Parts, body: &[u8]) -> (Answer, Duration) {
        let path = parts.uri.path();
        self.seen.push(Seen {
            method: parts.method.to_string(),
            path: path.to_owned(),
            has_authorization: parts.headers.contains_key(AUTHORIZATION),
        });
        if path.starts_with(PREFIX) {
            let answer = self.bucket.respond(parts, self.clock.now());
            return (answer, Duration::ZERO);
        }
        if !self.is_authorised(parts) {
            let answer = envelope(
                StatusCode::UNAUTHORIZED,
                &json!({ "type": "unauthorized", "message": "Unauthorized" }),
            );
            return (answer, Duration::ZERO);
        }
        match (&parts.method, path) {
            (&Method::POST, "/customer-insights/download") => {
                (self.download(parts, body), Duration::ZERO)
            }
            (&Method::GET, "/echo") => self.echo(parts),
            _ => (not_found(), Duration::ZERO),
        }
    }

    fn is_authorised(&self, parts: &Parts) -> bool {
        parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .is_some_and(|(scheme, token)| {
                scheme.eq_ignore_ascii_case("bearer") && token == self.token
            })
    }

    /// `POST /customer-insights/download`: presigned URLs for the objects of one hour.
    fn download(&mut self, parts: &Parts, body: &[u8]) -> Answer {
        let now = self.clock.now();
        if let Some(answer) = self.downloads.spend(now) {
            return answer;
        }
        let mut answer = self.download_urls(parts, body, now);
        self.downloads.set_headers(&mut answer, now);
        answer
    }

    fn download_urls(&mut self, parts: &Parts, body: &[u8], now: Timestamp) -> Answer {
        let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        // The documentation has the two values in the query, the SDKs in the body.
        let given = |name: &str| {
            query_value(parts, name).or_else(|| body[name].as_str().map(str::to_owned))
        };
        let Some(collection) = given("collectionId").filter(|id| !id.is_empty()) else {
            return invalid("collectionId", "\"collectionId\" is required");
        };
        let Some(hour) = given("hour").filter(|hour| !hour.is_empty()) else {
            return invalid("hour", "\"hour\" is required");
        };
        let Some(hour) = Timestamp::parse(&hour).map(Timestamp::hour) else {
            return invalid("hour", "\"hour\" must be in ISO 8601 date format");
        };

        let mut known = self.logs.keys().filter(|(id, _)| *id == collection);
        let Some((_, last)) = known.next_back() else {
            return not_found();
        };
        if hour > *last {
            return not_found();
        }
        let urls = match self.logs.get_mut(&(collection, hour)) {
            None => Vec::new(),
            Some(log) => {
                log.requests += 1;
                if log.requests == 2
                    && let Some((key, bytes)) = log.growth.take()
                {
                    self.bucket.put(key, bytes);
                }
                log.keys
                    .iter()
                    .map(|key| format!("{}{}", self.base, self.bucket.presign(key, now)))
                    .collect()
            }
        };
        json_answer(
            StatusCode::OK,
            &json!({ "data": { "download": { "urls": urls } } }),
        )
    }

    /// `GET /echo`: says what it is told to say, with the status it is told to have.
    fn echo(&mut self, parts: &Parts) -> (Answer, Duration) {
        let now = self.clock.now();
        if let Some(answer) = self.echoes.spend(now) {
            return (answer, Duration::ZERO);
        }
        let Some(message) = query_value(parts, "message") else {
            let answer = invalid("message", "\"message\" is required");
            return (answer, Duration::ZERO);
        };
        let status = query_value(parts, "statusCode")
            .and_then(|status| status.parse().ok())
            .and_then(|status: u16| StatusCode::from_u16(status).ok());
        let mut answer = if query_value(parts, "triggerError").as_deref() == Some("true") {
            envelope(
                status.unwrap_or(StatusCode::BAD_REQUEST),
                &json!({ "type": "echo", "message": message }),
            )
        } else {
            json_answer(
                status.unwrap_or(StatusCode::OK),
                &json!({ "data": { "message": message } }),
            )
        };
        self.echoes.set_headers(&mut answer, now);
        let delay = query_value(parts, "delay")
            .and_then(|millis| millis.parse().ok())
            .map_or(Duration::ZERO, Duration::from_millis);
        (answer, delay.min(LONGEST_DELAY))
    }
}

/// A limit on requests within a span of time that moves with the clock.
struct RateWindow {
    limit: usize,
    span: i64,
    /// When the requests within the span came, oldest first.
    spent: VecDeque<Timestamp>,
}

impl RateWindow {
    fn new(limit: usize, span: i64) -> RateWindow {
        RateWindow {
            limit,
            span,
            spent: VecDeque::new(),
        }
    }

    /// Counts a request; returns the answer that refuses it if the limit is reached.
    fn spend(&mut self, now: Timestamp) -> Option<Answer> {
        while self
            .spent
            .front()
            .is_some_and(|first| now.since(*first) >= self.span)
        {
            self.spent.pop_front();
        }
        if self.spent.len() < self.limit {
            self.spent.push_back(now);
            return None;
        }
        let wait = self.reset(now).since(now);
        let mut answer = envelope(
            StatusCode::TOO_MANY_REQUESTS,
            &json!({
                "type": "RequestError",
                "message": "Too many requests",
                "data": {
                    "remainingPoints": 0,
                    "msBeforeNext": wait.div_euclid(1000),
                    "consumedPoints": self.spent.len() + 1,
                },
            }),
        );
        self.set_headers(&mut answer, now);
        Some(answer)
    }

    /// Returns when the oldest request no longer counts.
    fn reset(&self, now: Timestamp) -> Timestamp {
        self.spent.front().unwrap_or(&now).plus(self.span)
    }

    fn set_headers(&self, answer: &mut Answer, now: Timestamp) {
        let consumed = self.spent.len();
        let seconds = self.reset(now).micros().div_euclid(SECOND).unsigned_abs();
        let reset = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        set_header(answer, "x-ratelimit-consumed", &consumed.to_string());
        let remaining = self.limit.saturating_sub(consumed);
        set_header(answer, "x-ratelimit-remaining", &remaining.to_string());
        set_header(answer, "x-ratelimit-reset", &httpdate::fmt_http_date(reset));
    }
}

fn query_value(parts: &Parts, name: &str) -> Option<String> {
    url::form_urlencoded::parse(parts.uri.query()?.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn not_found() -> Answer {
    envelope(
        StatusCode::NOT_FOUND,
        &json!({ "type": "NotFound", "message": "Resource not found" }),
    )
}

fn invalid(field: &str, message: &str) -> Answer {
    envelope(
        StatusCode::UNPROCESSABLE_ENTITY,
        &json!({ "type": "input-validation", "message": message, "field": field }),
    )
}

/// Returns an error in the documented envelope.
fn envelope(status: StatusCode, error: &Value) -> Answer {
    json_answer(status, &json!({ "errors": [error] }))
}

fn json_answer(status: StatusCode, body: &Value) -> Answer {
    plain(status, "application/json", body.to_string())
}

//! Reading the API's answers: the links to an hour's objects, or why there are none.
//!
//! Rule: an answer that is not understood is an error, never an empty hour: an hour stored as empty is not asked for again.

use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::model::Timestamp;
use crate::providers::http::Answered;
use crate::providers::{PresignedUrl, Token, redact_line};

use super::error::ApiError;
use super::quota::{Quota, retry_after, server_time, until};
use super::region::Region;

/// Characters of a server's message that are shown.
const MESSAGE_CHARS: usize = 300;

/// Characters of an answer that is not understood that are shown.
const SEEN_CHARS: usize = 80;

/// What the API gave for one hour.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Links to the hour's objects, each once, in the server's order; none if there are no logs.
    pub(crate) objects: Vec<PresignedUrl>,
    pub(crate) quota: Quota,
    /// Whether "no logs" was said with a 404, which a wrong Collection ID may get as well.
    pub(crate) not_found: bool,
}

/// What is known beside the answer itself.
pub(in crate::providers) struct Asked {
    pub(in crate::providers) host: String,
    /// Masked wherever the server repeats it.
    pub(in crate::providers) token: Token,
    pub(in crate::providers) now: Timestamp,
}

impl Asked {
    /// Reads the answer to a request for an hour.
    pub(super) fn download(&self, answer: &Answered) -> Result<Answer, ApiError> {
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let none = |not_found| Answer {
            objects: Vec::new(),
            quota: Quota::read(answer, server_time(answer, self.now)),
            not_found,
        };
        // A 404 of a proxy or of a wrong address is a page of its own: only one of the API means "no logs".
        let from_api = is_blank(&answer.body) || body.as_ref().is_some_and(has_complaint);
        match answer.status {
            204 | 205 => Ok(none(false)),
            404 if from_api && self.wrong_region(body.as_ref()).is_none() => Ok(none(true)),
            200..=299 => {
                let body = body.ok_or_else(|| self.unreadable(answer, "it is no JSON"))?;
                if has_complaint(&body) {
                    return Err(self.failed(answer));
                }
                let links = links(&body)
                    .ok_or_else(|| self.unreadable(answer, "it has no place for download links"))?;
                let mut objects: Vec<PresignedUrl> = Vec::with_capacity(links.len());
                for link in links {
                    objects.push(PresignedUrl::parse(link).map_err(|_| {
                        self.unreadable(answer, "a download link in it is no http or https URL")
                    })?);
                }
                Ok(Answer {
                    objects,
                    ..none(false)
                })
            }
            _ => Err(self.failed(answer)),
        }
    }

    /// Reads the answer to an echo.
    pub(super) fn echo(&self, answer: &Answered) -> Result<Quota, ApiError> {
        if !(200..=299).contains(&answer.status) {
            return Err(self.failed(answer));
        }
        match serde_json::from_slice::<Value>(&answer.body) {
            Ok(body) if has_complaint(&body) => Err(self.failed(answer)),
            Ok(Value::Object(_)) => Ok(Quota::read(answer, server_time(answer, self.now))),
            _ => Err(self.unreadable(answer, "it is no JSON object")),
        }
    }

    /// Tells why an answer is none.
    pub(in crate::providers) fn failed(&self, answer: &Answered) -> ApiError {
        let host = self.host.clone();
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        if let Some(needed) = self.wrong_region(body.as_ref()) {
            return ApiError::WrongRegion { host, needed };
        }
        let message = self.message(body.as_ref(), &answer.body);
        let status = answer.status;
        match status {
            401 => ApiError::Unauthorised { host, message },
            403 => ApiError::Forbidden { host, message },
            422 => ApiError::Invalid {
                host,
                field: body.as_ref().and_then(field).map(|field| self.clean(field)),
                message,
            },
            429 => {
                let now = server_time(answer, self.now);
                let quota = Quota::read(answer, now);
                let wait = answer
                    .header("retry-after")
                    .and_then(|text| retry_after(text, now))
                    .or_else(|| body.as_ref().and_then(wait_in_body))
                    .or_else(|| Some(until(quota.reset?, now)));
                ApiError::RateLimited { host, wait, quota }
            }
            300..=399 => ApiError::Redirect {
                to: answer
                    .header("location")
                    .and_then(|location| Url::parse(location).ok())
                    .and_then(|url| Some(url.host_str()?.to_owned())),
                host,
            },
            500..=599 => ApiError::Server {
                host,
                status,
                message,
            },
            _ => ApiError::Unexpected {
                host,
                status,
                message,
            },
        }
    }

    pub(in crate::providers) fn unreadable(
        &self,
        answer: &Answered,
        reason: &'static str,
    ) -> ApiError {
        let text = String::from_utf8_lossy(&answer.body);
        ApiError::Unreadable {
            host: self.host.clone(),
            reason,
            seen: redact_line(&self.token.masked_in(&text), SEEN_CHARS),
        }
    }

    fn message(&self, body: Option<&Value>, raw: &[u8]) -> String {
        match body {
            Some(body) => {
                let said: Vec<&str> = messages(body).collect();
                self.clean(&said.join("; "))
            }
            None => {
                let text = String::from_utf8_lossy(raw);
                // A page for a browser tells nobody anything on one line.
                if text.trim_start().starts_with('<') {
                    String::new()
                } else {
                    self.clean(&text)
                }
            }
        }
    }

    fn clean(&self, text: &str) -> String {
        redact_line(&self.token.masked_in(text), MESSAGE_CHARS)
    }

    fn wrong_region(&self, body: Option<&Value>) -> Option<Region> {
        messages(body?).find_map(region_in)
    }
}

/// Finds "must be sent to Segment's EU-hosted API", the one sign of a wrong region.
fn region_in(message: &str) -> Option<Region> {
    let message = message.to_ascii_lowercase().replace('’', "'");
    let (_, after) = message.split_once("must be sent to segment's ")?;
    match after.get(..13)? {
        "us-hosted api" => Some(Region::Us),
        "eu-hosted api" => Some(Region::Eu),
        _ => None,
    }
}

fn is_blank(body: &[u8]) -> bool {
    body.iter().all(u8::is_ascii_whitespace)
}

/// Lists the complaints of an answer: `errors[]`, or the `error` of some gateways before the API.
fn complaints(body: &Value) -> impl Iterator<Item = &Value> {
    let listed = body["errors"].as_array().into_iter().flatten();
    listed.chain(body.get("error").filter(|error| !error.is_null()))
}

pub(in crate::providers) fn has_complaint(body: &Value) -> bool {
    complaints(body).next().is_some()
}

fn messages(body: &Value) -> impl Iterator<Item = &str> {
    let plain = body.get("message").and_then(Value::as_str);
    complaints(body)
        .filter_map(|error| error["message"].as_str().or_else(|| error.as_str()))
        .chain(plain)
}

fn field(body: &Value) -> Option<&str> {
    complaints(body).find_map(|error| error["field"].as_str())
}

fn wait_in_body(body: &Value) -> Option<Duration> {
    complaints(body).find_map(|error| {
        let ms = error["data"]["msBeforeNext"].as_f64()?;
        Duration::try_from_secs_f64(ms / 1000.0).ok()
    })
}

/// Finds the links, each once. `None`: there is no place where links would stand.
fn links(body: &Value) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    let documented = body.get("data").and_then(|data| data.get("download"));
    let has_place = match documented {
        Some(Value::Null) => true,
        Some(download) => {
            let listed = download
                .get("urls")
                .is_some_and(|urls| listed(urls, &mut found));
            listed || listed_directly(download, &mut found)
        }
        None => false,
    };
    if !has_place && !search(body, false, &mut found) {
        return None;
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|link| seen.insert(*link));
    Some(found)
}

/// Reads the documented list. Whatever is in it is a link, so that one that is broken is not passed over.
fn listed<'b>(urls: &'b Value, found: &mut Vec<&'b str>) -> bool {
    match urls {
        Value::Null => true,
        Value::String(url) => {
            found.push(url);
            true
        }
        Value::Array(urls) if urls.iter().all(Value::is_string) => {
            found.extend(urls.iter().filter_map(Value::as_str));
            true
        }
        _ => false,
    }
}

/// Reads links that stand in the place of the object around them.
fn listed_directly<'b>(download: &'b Value, found: &mut Vec<&'b str>) -> bool {
    !download.is_object() && listed(download, found)
}

/// Gathers web links below keys with `url` in their name; tells whether there was such a key with links or with nothing.
fn search<'b>(value: &'b Value, below_url: bool, found: &mut Vec<&'b str>) -> bool {
    match value {
        Value::Null => below_url,
        Value::String(text) if below_url && is_web(text) => {
            found.push(text);
            true
        }
        Value::Array(items) if items.is_empty() => below_url,
        Value::Array(items) => {
            let mut any = false;
            for item in items {
                any |= search(item, below_url, found);
            }
            any
        }
        Value::Object(fields) => {
            let mut any = false;
            for (name, field) in fields.iter().filter(|(name, _)| *name != "errors") {
                let below_url = below_url || name.to_ascii_lowercase().contains("url");
                any |= search(field, below_url, found);
            }
            any
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_web(text: &str) -> bool {
    let scheme = |prefix: &str| {
        text.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    scheme("http://") || scheme("https://")
}

#[cfg(test)]
mod tests;

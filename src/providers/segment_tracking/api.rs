//! Sending a batch.
//!
//! Rule: one call is one request; whether to send again is the caller's decision. A 200 means received, not accepted.

use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::model::Timestamp;
use crate::providers::http::{Answered, Auth, Http};
use crate::providers::segment::{self, ApiError, Region};
use crate::providers::{Token, host_of, redact_line};

use super::batch::Batch;
use super::error::TrackingError;

/// Bytes of an answer that are read; a success has twenty.
const MAX_ANSWER: usize = 64 << 10;

/// Characters of a server's message that are shown.
const MESSAGE_CHARS: usize = 300;

/// One source, as far as sending to it goes.
#[derive(Clone, Debug)]
pub(crate) struct Tracking {
    http: Http,
    /// Without query and fragment; the path ends in `/`.
    base: Url,
    write_key: Token,
}

impl Tracking {
    /// Prepares to send to the region's host, or to `url` in its place; nothing is sent.
    pub(crate) fn new(
        http: Http,
        url: Option<&str>,
        region: Region,
        write_key: Token,
    ) -> Result<Tracking, TrackingError> {
        let own = match region {
            Region::Us => "https://api.segment.io",
            Region::Eu => "https://events.eu1.segmentapis.com",
        };
        let base = segment::base(url.unwrap_or(own)).map_err(|error| TrackingError::Address {
            reason: match error {
                ApiError::Address { reason } => reason.to_owned(),
                other => other.to_string(),
            },
        })?;
        Ok(Tracking {
            http,
            base,
            write_key,
        })
    }

    /// Returns the host that is sent to.
    pub(crate) fn host(&self) -> String {
        host_of(&self.base)
    }

    /// Returns a name of the source at this address, fit for a file, that does not give the write key away.
    ///
    /// The address is part of it: what was sent to the wrong region, or to a test server, did not reach the source.
    pub(crate) fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(b"faillog forward\0");
        digest.update(self.write_key.fingerprint());
        digest.update(b"\0");
        digest.update(self.base.as_str());
        let digest: String = digest.finalize()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let host: String = self
            .host()
            .chars()
            .take(64)
            .map(|c| if is_plain(c) { c } else { '_' })
            .collect();
        format!("{host}-{digest}")
    }

    /// Sends a batch.
    pub(crate) fn send(&self, batch: &Batch, now: Timestamp) -> Result<(), TrackingError> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}v1/batch", self.base.path()));
        let auth = Auth::Basic {
            user: &self.write_key,
            password: None,
        };
        let answer = self
            .http
            .post(&url, &auth, "application/json", Some(batch.body()))?
            .whole(MAX_ANSWER)?;
        self.read(&answer, now)
    }

    fn read(&self, answer: &Answered, now: Timestamp) -> Result<(), TrackingError> {
        let host = self.host();
        let status = answer.status;
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let denied = body.as_ref().is_some_and(|body| body["success"] == false);
        if (200..=299).contains(&status) && !denied {
            return Ok(());
        }
        let message = self.message(body.as_ref(), &answer.body);
        Err(match status {
            401 | 403 => TrackingError::Unauthorised {
                host,
                status,
                message,
            },
            200..=299 | 400 | 413 => TrackingError::Refused {
                host,
                status,
                message,
            },
            429 => {
                let now = segment::server_time(answer, now);
                let wait = answer
                    .header("retry-after")
                    .and_then(|text| segment::retry_after(text, now))
                    .or_else(|| {
                        let reset = answer.header("x-ratelimit-reset")?;
                        Some(segment::until(segment::reset_time(reset, now)?, now))
                    });
                TrackingError::RateLimited { host, wait }
            }
            408 | 500..=599 => TrackingError::Server {
                host,
                status,
                message,
            },
            _ => TrackingError::Unexpected {
                host,
                status,
                message,
            },
        })
    }

    fn message(&self, body: Option<&Value>, raw: &[u8]) -> String {
        let text = String::from_utf8_lossy(raw);
        let said = match body {
            Some(body) => [&body["message"], &body["error"], &body["error"]["message"]]
                .into_iter()
                .find_map(Value::as_str)
                .unwrap_or_default(),
            // A page for a browser tells nobody anything on one line.
            None if text.trim_start().starts_with('<') => "",
            None => &text,
        };
        let encoded = base64(format!("{}:", self.write_key.expose_for_header()).as_bytes());
        // Without its padding, with which a server may repeat it or not.
        let said = said.replace(encoded.trim_end_matches('='), "…");
        redact_line(&self.write_key.masked_in(&said), MESSAGE_CHARS)
    }
}

/// Writes bytes as HTTP Basic does, to know the write key again where a server repeats the header.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..=three.len() {
            // OK because six bits are below 64.
            out.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
        for _ in three.len()..3 {
            out.push('=');
        }
    }
    out
}

#[cfg(test)]
mod tests;

//! One object's bytes as transferred, over as many connections as it takes.
//!
//! Rule: what is read is one version of the object without gap or overlap, or the read fails. A resumed part is taken only
//! if the ETag, or for want of one the total size, is still the same.

mod answer;
mod error;
mod transfer;

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::model::Timestamp;
use crate::providers::http::{Http, HttpError, Response, Rest};
use crate::providers::retry::{Backoff, Kind};
use crate::providers::{Failure, PresignedUrl};

use super::pause::{Interrupted, beside, jitter, pause};
use answer::{agree, content_length, content_range, facts_of, reason, unsatisfied_total};
use transfer::Facts;

pub(crate) use error::{DownloadError, download_error};
pub(crate) use transfer::Transfer;

/// Bytes of an error page that are read, to learn the reason.
const MAX_ERROR: usize = 8 << 10;

/// Bytes that one read takes at most, 64 KiB.
const MAX_PIECE: usize = 64 << 10;

/// One object being read. Nothing is requested before the first read.
pub(crate) struct Download {
    http: Http,
    link: PresignedUrl,
    transfer: Arc<Transfer>,
    interrupted: Arc<AtomicBool>,
    backoff: Backoff,
    /// The clock: `now` when the download was made, and what went by since.
    now: Timestamp,
    made: Instant,
    /// Of the version being read; set by its first answer.
    facts: Facts,
    /// Bytes handed out; always the number of the byte read next.
    position: u64,
    body: Option<Response>,
    /// The bytes of one read, kept so as not to be allocated for each.
    piece: Vec<u8>,
    /// Tries that failed since the last new byte.
    failed: u32,
    /// How it ended; told again by each further read.
    end: Option<Result<(), DownloadError>>,
}

/// Why a try ended without new bytes.
enum Setback {
    /// Another try may do; if there is none, this is the error.
    Again {
        error: DownloadError,
        kind: Kind,
        asked: Option<Duration>,
    },
    Final(DownloadError),
}

/// What a request led to.
enum Opened {
    Body(Response),
    /// Nothing is left to read.
    End,
}

impl Download {
    /// Prepares to read an object; `transfer` follows it, `interrupted` ends it.
    pub(crate) fn new(
        http: Http,
        link: PresignedUrl,
        transfer: Arc<Transfer>,
        interrupted: Arc<AtomicBool>,
        now: Timestamp,
    ) -> Download {
        Download {
            http,
            link,
            transfer,
            interrupted,
            backoff: Backoff::DOWNLOAD,
            now,
            made: Instant::now(),
            facts: Facts::default(),
            position: 0,
            body: None,
            piece: Vec::new(),
            failed: 0,
            end: None,
        }
    }

    /// Tries again at another pace: tests need not wait.
    #[cfg(test)]
    #[must_use]
    pub(crate) fn with_backoff(mut self, backoff: Backoff) -> Download {
        self.backoff = backoff;
        self
    }

    fn next_bytes(&mut self, buffer: &mut [u8]) -> Result<usize, DownloadError> {
        loop {
            self.check_interrupted()?;
            let step = self.step(buffer);
            match step {
                Ok(n) => {
                    if n > 0 {
                        self.failed = 0;
                        self.position += n as u64;
                        self.transfer.set_received(self.position);
                    }
                    return Ok(n);
                }
                Err(Setback::Final(error)) => return Err(error),
                Err(Setback::Again { error, kind, asked }) => {
                    self.body = None;
                    self.failed += 1;
                    let wait = self.backoff.wait(self.failed, kind, asked, jitter());
                    let Some(wait) = wait else { return Err(error) };
                    pause(wait, &self.interrupted).map_err(|_| DownloadError::Interrupted)?;
                    // A link is not used again past its end; the first use is left to the server's clock.
                    if self.is_past_expiry() {
                        return Err(DownloadError::Expired { host: self.host() });
                    }
                }
            }
        }
    }

    fn step(&mut self, buffer: &mut [u8]) -> Result<usize, Setback> {
        if self.body.is_none() {
            match self.open()? {
                Opened::Body(body) => self.body = Some(body),
                Opened::End => return Ok(0),
            }
        }
        let Some(mut body) = self.body.take() else {
            return Ok(0);
        };
        let mut piece = std::mem::take(&mut self.piece);
        piece.resize(buffer.len().min(MAX_PIECE), 0);
        let (body, piece, read) = beside(&self.interrupted, move || {
            let read = body.read(&mut piece);
            (body, piece, read)
        })?;
        let n = read.map_err(|error| self.http_setback(error))?;
        buffer[..n].copy_from_slice(&piece[..n]);
        (self.body, self.piece) = (Some(body), piece);
        if n == 0 && self.facts.total.is_some_and(|total| self.position < total) {
            return Err(self.broken(Failure::Broken("the answer ended early".to_owned())));
        }
        Ok(n)
    }

    fn open(&mut self) -> Result<Opened, Setback> {
        let (http, link, from) = (self.http.clone(), self.link.clone(), self.position);
        // A weak ETag does not promise the same bytes, and servers ignore it here (RFC 9110, 13.1.5).
        let etag = self.facts.etag.clone();
        let etag = etag.filter(|etag| !etag.starts_with("W/"));
        let response = beside(&self.interrupted, move || {
            let etag = etag.as_deref();
            http.presigned(&link, (from > 0).then_some(Rest { from, etag }))
        })?
        .map_err(|error| self.http_setback(error))?;
        match response.status() {
            200 if self.position == 0 => {
                self.facts = facts_of(&response, content_length(&response));
                self.transfer.set(self.facts.clone());
                Ok(Opened::Body(response))
            }
            200 => {
                self.check_same(&response, content_length(&response))?;
                self.skip(response)
            }
            206 if self.position > 0 => {
                let range = response.header("content-range").and_then(content_range);
                let Some((_, total)) = range.filter(|(first, _)| *first == self.position) else {
                    return Err(Setback::Final(DownloadError::WrongPart {
                        host: self.host(),
                    }));
                };
                self.check_same(&response, total)?;
                Ok(Opened::Body(response))
            }
            // The connection broke at the very end of an object whose size was not told.
            416 if unsatisfied_total(&response) == Some(self.position)
                && self.facts.total.is_none_or(|total| total == self.position) =>
            {
                Ok(Opened::End)
            }
            416 if self.position > 0 => Err(self.changed()),
            _ => Err(self.refused(response)),
        }
    }

    /// Makes sure that a later answer is of the version that was begun.
    fn check_same(&self, response: &Response, total: Option<u64>) -> Result<(), Setback> {
        let same = match (&self.facts.etag, response.header("etag")) {
            (Some(begun), Some(now)) => begun == now && agree(self.facts.total, total),
            // Without an ETag the size has to speak for the rest.
            _ => self.facts.total.is_some() && self.facts.total == total,
        };
        if same { Ok(()) } else { Err(self.changed()) }
    }

    /// Reads what was had already, after an answer with the whole object.
    fn skip(&self, mut response: Response) -> Result<Opened, Setback> {
        let mut scratch = vec![0; 64 << 10];
        let mut left = self.position;
        while left > 0 {
            self.check_interrupted().map_err(Setback::Final)?;
            let wanted =
                usize::try_from(left).map_or(scratch.len(), |left| left.min(scratch.len()));
            match response.read(&mut scratch[..wanted]) {
                Ok(0) => {
                    let failure = Failure::Broken("the answer ended early".to_owned());
                    return Err(self.broken(failure));
                }
                Ok(n) => left -= n as u64,
                Err(error) => return Err(self.http_setback(error)),
            }
        }
        Ok(Opened::Body(response))
    }

    /// Sorts an answer that is no part of the object.
    fn refused(&self, response: Response) -> Setback {
        let host = self.host();
        let status = response.status();
        let asked = response
            .header("retry-after")
            .and_then(|text| text.trim().parse().ok())
            .map(Duration::from_secs);
        // The reason is a courtesy: a body that breaks is as good as none.
        let body = response.whole(MAX_ERROR).map(|answer| answer.body);
        let body = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
        let reason = reason(&self.link.masked_in(&body));
        let expired = body.contains("Request has expired")
            || body.contains("<Code>ExpiredToken</Code>")
            || body.contains("<Code>RequestExpired</Code>");
        match status {
            // Storage answers 400 where the key that signed the link has expired.
            400 | 403 if expired => Setback::Final(DownloadError::Expired { host }),
            403 if self.is_past_expiry() => Setback::Final(DownloadError::Expired { host }),
            404 | 410 => Setback::Final(DownloadError::Gone { host }),
            408 | 429 | 500..=599 => Setback::Again {
                error: DownloadError::Server {
                    host,
                    status,
                    reason,
                    received: self.position,
                },
                kind: match status {
                    429 | 503 => Kind::Throttled,
                    _ => Kind::Transient,
                },
                asked,
            },
            // Storage calls it a bad request if we were too slow to ask.
            400 if body.contains("<Code>RequestTimeout</Code>") => self.broken(Failure::Timeout),
            400 | 401 | 403 => Setback::Final(DownloadError::Refused {
                host,
                status,
                reason,
            }),
            _ => Setback::Final(DownloadError::Unexpected { host, status }),
        }
    }

    fn http_setback(&self, error: HttpError) -> Setback {
        match error {
            // Certificates do not mend within seconds.
            HttpError::NoAnswer {
                host,
                failure: failure @ Failure::Tls(_),
            } => Setback::Final(DownloadError::Broken {
                host,
                failure,
                received: self.position,
            }),
            HttpError::NoAnswer { host, failure } => Setback::Again {
                error: DownloadError::Broken {
                    host,
                    failure,
                    received: self.position,
                },
                kind: Kind::Transient,
                asked: None,
            },
            other => Setback::Final(DownloadError::Http(other)),
        }
    }

    fn broken(&self, failure: Failure) -> Setback {
        self.http_setback(HttpError::NoAnswer {
            host: self.host(),
            failure,
        })
    }

    fn changed(&self) -> Setback {
        Setback::Final(DownloadError::Changed { host: self.host() })
    }

    fn check_interrupted(&self) -> Result<(), DownloadError> {
        if self.interrupted.load(Ordering::Relaxed) {
            Err(DownloadError::Interrupted)
        } else {
            Ok(())
        }
    }

    fn is_past_expiry(&self) -> bool {
        let elapsed = i64::try_from(self.made.elapsed().as_micros()).unwrap_or(i64::MAX);
        let now = self.now.plus(elapsed);
        self.link.expires_at().is_some_and(|end| end <= now)
    }

    fn host(&self) -> String {
        self.link.host().to_owned()
    }
}

impl From<Interrupted> for Setback {
    fn from(_: Interrupted) -> Self {
        Setback::Final(DownloadError::Interrupted)
    }
}

impl Read for Download {
    /// Reads the next bytes; errors carry a [`DownloadError`], which [`download_error`] gives back.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let ended = match &self.end {
            Some(end) => end.clone(),
            None => match self.next_bytes(buffer) {
                Ok(0) => Ok(()),
                Ok(n) => return Ok(n),
                Err(error) => Err(error),
            },
        };
        self.body = None;
        self.end = Some(ended.clone());
        ended.map(|()| 0).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests;

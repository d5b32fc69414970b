//! The HTTP client, for two kinds of calls that never mix: with a secret of the user's, and presigned.
//!
//! Rule: a presigned request carries no `Authorization`, and no URL leaves this file in an error: a signature in a log is
//! a leak, and storage hosts refuse a request that is authorised twice.

use std::io::Read;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, IF_RANGE,
    LOCATION, RANGE,
};
use url::{Host, Url};

use super::failure::{Failure, failure_of, innermost};
use super::secret::{PresignedUrl, Token, host_of};

/// Redirects of a download that are followed, as most clients do.
const MAX_REDIRECTS: usize = 5;

/// How long to wait for the other side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// For looking up the name, connecting and TLS together.
    pub(crate) connect: Duration,
    /// For the head of an answer, and anew for each further piece of it.
    pub(crate) read: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(30),
        }
    }
}

/// Why a call could not be made or had no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("cannot set up HTTP: {0}")]
    Setup(String),
    #[error(
        "refused to send the token to `{host}` over plain http; only a loopback address may have it so"
    )]
    PlainToken { host: String },
    #[error(
        "refused to download from `{host}` over plain http; only a loopback address may be asked so"
    )]
    PlainDownload { host: String },
    #[error("no answer from `{host}`: {failure}")]
    NoAnswer { host: String, failure: Failure },
    #[error("`{host}` redirects to a place that cannot be followed")]
    BadRedirect { host: String },
    #[error("`{host}` redirects from https to plain http, which is not followed")]
    Downgrade { host: String },
    #[error("more than {MAX_REDIRECTS} redirects, the last by `{host}`")]
    TooManyRedirects { host: String },
}

/// The part of an object that is still wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rest<'a> {
    /// The first byte wanted.
    pub(crate) from: u64,
    /// The part is sent only if the object still has this ETag, else the whole object is.
    pub(crate) etag: Option<&'a str>,
}

/// How a call shows what it is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Auth<'a> {
    Bearer(&'a Token),
    /// A user name and a password; both are secrets, and either may be all there is.
    Basic {
        user: &'a Token,
        password: Option<&'a Token>,
    },
    /// A header of the vendor's own, and further ones that are no secrets.
    Header {
        name: &'static str,
        token: &'a Token,
        open: &'a [(&'static str, &'a str)],
    },
}

/// A client for both kinds of calls; clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    timeouts: Timeouts,
    remote: OnceLock<Client>,
    /// Goes past proxies: a token for a loopback server must not reach one in plain text.
    loopback: OnceLock<Client>,
}

impl Http {
    /// Prepares a client; nothing is set up before the first call.
    pub(crate) fn new(timeouts: Timeouts) -> Http {
        Http {
            shared: Arc::new(Shared {
                timeouts,
                remote: OnceLock::new(),
                loopback: OnceLock::new(),
            }),
        }
    }

    /// Gets a URL with a secret.
    pub(crate) fn get(
        &self,
        url: &Url,
        auth: &Auth<'_>,
        accept: &'static str,
    ) -> Result<Response, HttpError> {
        let request = self.authorised(url, auth, accept, |client| client.get(url.clone()))?;
        send(url, request)
    }

    /// Posts to a URL with a secret, once: whatever happens, the request is not repeated.
    pub(crate) fn post(
        &self,
        url: &Url,
        auth: &Auth<'_>,
        accept: &'static str,
        json: Option<String>,
    ) -> Result<Response, HttpError> {
        let request = self.authorised(url, auth, accept, |client| client.post(url.clone()))?;
        let request = match json {
            Some(json) => request.header(CONTENT_TYPE, "application/json").body(json),
            // So that the length is said: proxies answer 411 to a POST without one.
            None => request.body(""),
        };
        send(url, request)
    }

    fn authorised(
        &self,
        url: &Url,
        auth: &Auth<'_>,
        accept: &'static str,
        start: impl FnOnce(&Client) -> RequestBuilder,
    ) -> Result<RequestBuilder, HttpError> {
        if url.scheme() != "https" && !is_loopback(url) {
            return Err(HttpError::PlainToken { host: host_of(url) });
        }
        let request = start(self.client(url)?).header(ACCEPT, accept);
        Ok(match auth {
            Auth::Bearer(token) => {
                let bearer = format!("Bearer {}", token.expose_for_header());
                request.header(AUTHORIZATION, secret_value(&bearer)?)
            }
            Auth::Basic { user, password } => request.basic_auth(
                user.expose_for_header(),
                password.map(Token::expose_for_header),
            ),
            Auth::Header { name, token, open } => {
                let secret = secret_value(token.expose_for_header())?;
                open.iter()
                    .fold(request.header(*name, secret), |request, (name, value)| {
                        request.header(*name, *value)
                    })
            }
        })
    }

    /// Gets an object, or the rest of it. Redirects are followed, never to a weaker scheme.
    pub(crate) fn presigned(
        &self,
        link: &PresignedUrl,
        rest: Option<Rest<'_>>,
    ) -> Result<Response, HttpError> {
        let mut url =
            Url::parse(link.expose_for_request()).map_err(|_| HttpError::BadRedirect {
                host: link.host().to_owned(),
            })?;
        for _ in 0..=MAX_REDIRECTS {
            let host = host_of(&url);
            if url.scheme() != "https" && !is_loopback(&url) {
                return Err(HttpError::PlainDownload { host });
            }
            let mut request = self
                .client(&url)?
                .get(url.clone())
                // Bytes as they are stored: ranges of something compressed on the way would not fit together.
                .header(ACCEPT_ENCODING, "identity");
            if let Some(rest) = rest {
                request = request.header(RANGE, format!("bytes={}-", rest.from));
                if let Some(etag) = rest.etag {
                    request = request.header(IF_RANGE, etag);
                }
            }
            let response = send(&url, request)?;
            if !matches!(response.status(), 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            url = redirected(&url, response.header(LOCATION.as_str()))?;
        }
        Err(HttpError::TooManyRedirects {
            host: host_of(&url),
        })
    }

    fn client(&self, url: &Url) -> Result<&Client, HttpError> {
        let (cell, direct) = if is_loopback(url) {
            (&self.shared.loopback, true)
        } else {
            (&self.shared.remote, false)
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = build(self.shared.timeouts, direct)?;
        Ok(cell.get_or_init(|| client))
    }
}

fn build(timeouts: Timeouts, direct: bool) -> Result<Client, HttpError> {
    // Fails if one is installed already, which then is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .user_agent(concat!("faillog/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.read)
        // A connection that a server may be closing just now would lose a POST that cannot be repeated.
        .pool_idle_timeout(Duration::from_secs(5));
    let builder = if direct { builder.no_proxy() } else { builder };
    builder
        .build()
        .map_err(|error| HttpError::Setup(innermost(&error.without_url())))
}

fn send(url: &Url, request: RequestBuilder) -> Result<Response, HttpError> {
    match request.send() {
        Ok(inner) => Ok(Response {
            host: host_of(url),
            inner,
        }),
        Err(error) => Err(HttpError::NoAnswer {
            host: host_of(url),
            failure: failure_of(&error.without_url()),
        }),
    }
}

/// Makes a header's value that no log of the client shows.
fn secret_value(text: &str) -> Result<HeaderValue, HttpError> {
    // OK because a token holds visible ASCII only; the error cannot occur and names no secret.
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| HttpError::Setup("the token cannot be sent".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn redirected(from: &Url, location: Option<&str>) -> Result<Url, HttpError> {
    let host = || host_of(from);
    let to = location
        .and_then(|location| from.join(location).ok())
        .filter(|to| PresignedUrl::from_url(to).is_ok())
        .ok_or_else(|| HttpError::BadRedirect { host: host() })?;
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(HttpError::Downgrade { host: host() });
    }
    Ok(to)
}

/// Tells whether a URL leads to this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An answer whose body is still to be read. It has no Debug: the client's own would show the URL.
pub(crate) struct Response {
    host: String,
    inner: reqwest::blocking::Response,
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    /// Returns a header if it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// Reads the next bytes of the body; 0 is its end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, HttpError> {
        loop {
            match self.inner.read(buffer) {
                Ok(n) => return Ok(n),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(HttpError::NoAnswer {
                        host: self.host.clone(),
                        failure: failure_of(&error),
                    });
                }
            }
        }
    }

    /// Reads the whole body, or as much of it as `most` bytes.
    pub(crate) fn whole(mut self, most: usize) -> Result<Answered, HttpError> {
        let mut body = Vec::new();
        let mut piece = [0; 8192];
        while body.len() < most {
            let wanted = piece.len().min(most - body.len());
            match self.read(&mut piece[..wanted])? {
                0 => break,
                n => body.extend_from_slice(&piece[..n]),
            }
        }
        Ok(Answered {
            status: self.status(),
            headers: std::mem::take(self.inner.headers_mut()),
            body,
        })
    }
}

/// An answer read whole. It has no Debug: the body may hold presigned URLs.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    /// Returns a header if it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

#[cfg(test)]
mod tests;

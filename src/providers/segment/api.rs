//! Calling the Public API.
//!
//! Rule: one call is one request. A POST may have been counted even if no answer came, so that asking again is the
//! caller's decision, with the ledger in hand.

use serde_json::json;
use url::Url;

use crate::model::{Hour, Timestamp};
use crate::providers::http::{Answered, Auth, Http, Response};
use crate::providers::{Token, host_of};

use super::answer::{Answer, Asked};
use super::error::ApiError;
use super::quota::Quota;
use super::region::Region;

/// The versioned type first: the endpoint is an alpha one, which a plain request reaches too.
const ACCEPT: &str = "application/vnd.segment.v1alpha+json, application/json";

/// Bytes of an answer that are read; a link has about 1.5 kB.
const MAX_ANSWER: usize = 8 << 20;

/// Where the collection and the hour stand in the request: the docs say query, the SDKs say body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum RequestStyle {
    Both,
    Query,
    Body,
}

/// One workspace's API.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    http: Http,
    /// Without query and fragment; the path ends in `/`.
    base: Url,
    token: Token,
    style: RequestStyle,
}

impl Api {
    /// Prepares calls to the region's host, or to `base_url` in its place; nothing is sent.
    pub(crate) fn new(
        http: Http,
        base_url: Option<&str>,
        region: Region,
        token: Token,
        style: RequestStyle,
    ) -> Result<Api, ApiError> {
        Ok(Api {
            http,
            base: base(base_url.unwrap_or(region.base()))?,
            token,
            style,
        })
    }

    /// Returns the host that is asked.
    pub(crate) fn host(&self) -> String {
        host_of(&self.base)
    }

    /// Asks for the links to an hour's objects. Costs one request of the workspace's day, whatever comes of it.
    pub(crate) fn request_download(
        &self,
        collection: &str,
        hour: Hour,
        now: Timestamp,
    ) -> Result<Answer, ApiError> {
        let hour = hour.start().to_rfc3339();
        let mut url = self.endpoint("customer-insights/download");
        if self.style != RequestStyle::Body {
            url.query_pairs_mut()
                .append_pair("collectionId", collection)
                .append_pair("hour", &hour);
        }
        let body = (self.style != RequestStyle::Query)
            .then(|| json!({ "collectionId": collection, "hour": hour }).to_string());
        let response = self
            .http
            .post(&url, &Auth::Bearer(&self.token), ACCEPT, body)?;
        self.read(response, now, Asked::download)
    }

    /// Asks for nothing, to learn whether the host and the token are good. Costs no log request.
    pub(crate) fn echo(&self, now: Timestamp) -> Result<Quota, ApiError> {
        let mut url = self.endpoint("echo");
        url.query_pairs_mut().append_pair("message", "faillog");
        let response = self.http.get(&url, &Auth::Bearer(&self.token), ACCEPT)?;
        self.read(response, now, Asked::echo)
    }

    fn read<T>(
        &self,
        response: Response,
        now: Timestamp,
        read: fn(&Asked, &Answered) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let answer = response.whole(MAX_ANSWER)?;
        let asked = Asked {
            host: self.host(),
            token: self.token.clone(),
            now,
        };
        read(&asked, &answer)
    }

    fn endpoint(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }
}

/// Reads the address of an API; its path ends in `/`.
pub(in crate::providers) fn base(text: &str) -> Result<Url, ApiError> {
    let refuse = |reason| ApiError::Address { reason };
    let mut url = Url::parse(text.trim()).map_err(|_| refuse("it is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("it begins with neither https:// nor http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it has a user name in it"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it has a query or a fragment"));
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

#[cfg(test)]
mod tests;

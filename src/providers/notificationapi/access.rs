//! Which of the two APIs is asked, where it is, and how it is shown that one may.
//!
//! Rule: the client id of the first API is in its addresses and no secret; the client secret goes into the header
//! alone.

use url::Url;

use super::super::feed::FeedError;
use super::super::http::Auth;
use super::super::secret::{Token, host_of};

/// The two APIs: the one of Pingram, and that of NotificationAPI before it was renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Current,
    Legacy,
}

/// Where the account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    Us,
    Eu,
    Ca,
}

/// What it takes to ask.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// In place of the host's own address.
    pub(crate) api_url: Option<String>,
    pub(crate) host: Host,
    pub(crate) region: Region,
    /// For [`Host::Legacy`].
    pub(crate) client_id: Option<String>,
    /// The server key; for [`Host::Legacy`] the client secret.
    pub(crate) token: Token,
}

fn address(host: Host, region: Region) -> &'static str {
    match (host, region) {
        (Host::Current, Region::Us) => "https://api.pingram.io",
        (Host::Current, Region::Eu) => "https://api.eu.pingram.io",
        (Host::Current, Region::Ca) => "https://api.ca.pingram.io",
        (Host::Legacy, Region::Us) => "https://api.notificationapi.com",
        (Host::Legacy, Region::Eu) => "https://api.eu.notificationapi.com",
        (Host::Legacy, Region::Ca) => "https://api.ca.notificationapi.com",
    }
}

/// An access that has been found to be complete.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) host: Host,
    /// Without query and fragment.
    base: Url,
    /// The client id, for Basic authorisation.
    user: Option<Token>,
    token: Token,
}

impl Api {
    pub(super) fn new(access: Access) -> Result<Api, FeedError> {
        let own = address(access.host, access.region);
        let mut base = base(access.api_url.as_deref().unwrap_or(own))?;
        let user = match (access.host, access.client_id.as_deref().map(str::trim)) {
            (Host::Current, _) => None,
            (Host::Legacy, None | Some("")) => {
                return Err(refuse("a client id belongs into it, and none is given"));
            }
            (Host::Legacy, Some(id)) => {
                push(&mut base, id)?;
                Some(Token::new(id).map_err(|_| {
                    refuse("the client id has a space or a character outside ASCII in it")
                })?)
            }
        };
        Ok(Api {
            host: access.host,
            base,
            user,
            token: access.token,
        })
    }

    pub(super) fn auth(&self) -> Auth<'_> {
        match &self.user {
            None => Auth::Bearer(&self.token),
            Some(user) => Auth::Basic {
                user,
                password: Some(&self.token),
            },
        }
    }

    /// Returns the address of something below the base, given part by part.
    pub(super) fn url(&self, parts: &[&str]) -> Result<Url, FeedError> {
        let mut url = self.base.clone();
        for part in parts {
            push(&mut url, part)?;
        }
        Ok(url)
    }

    /// Returns the host and its port, the parts of an address that may be shown.
    pub(super) fn name(&self) -> String {
        host_of(&self.base)
    }

    /// Returns a text with the secret masked wherever it stands, also as Basic authorisation writes it.
    pub(super) fn masked_in(&self, text: &str) -> String {
        match &self.user {
            None => self.token.masked_in(text),
            Some(user) => self.token.masked_with_user(user, text),
        }
    }
}

fn base(text: &str) -> Result<Url, FeedError> {
    let url = Url::parse(text.trim()).map_err(|_| refuse("it is no URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("it begins with neither https:// nor http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it has a user name in it"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it has a query or a fragment"));
    }
    Ok(url)
}

fn push(url: &mut Url, part: &str) -> Result<(), FeedError> {
    // A part of dots alone would lead elsewhere.
    if matches!(part, "." | "..") {
        return Err(refuse("`.` and `..` are no names"));
    }
    let mut parts = url
        .path_segments_mut()
        .map_err(|()| refuse("it has no path"))?;
    parts.pop_if_empty().push(part);
    Ok(())
}

fn refuse(reason: &str) -> FeedError {
    FeedError::Address {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(host: Host, api_url: Option<&str>, client_id: Option<&str>) -> Access {
        Access {
            api_url: api_url.map(str::to_owned),
            host,
            region: Region::Eu,
            client_id: client_id.map(str::to_owned),
            token: Token::new("pingram_sk_secret").unwrap(),
        }
    }

    #[test]
    fn each_host_has_its_address() {
        let url = |access| {
            let api = Api::new(access).unwrap();
            api.url(&["logs", "query"]).unwrap().to_string()
        };
        assert_eq!(
            url(access(Host::Current, None, None)),
            "https://api.eu.pingram.io/logs/query"
        );
        assert_eq!(
            url(access(Host::Legacy, None, Some("a/b"))),
            "https://api.eu.notificationapi.com/a%2Fb/logs/query"
        );
        for base in ["http://h:1/x", "http://h:1/x/"] {
            assert_eq!(
                url(access(Host::Current, Some(base), None)),
                "http://h:1/x/logs/query"
            );
        }
    }

    #[test]
    fn the_secret_is_masked_in_every_form() {
        let api = Api::new(access(Host::Legacy, None, Some("client"))).unwrap();
        // client:pingram_sk_secret
        let echo = "no `Basic Y2xpZW50OnBpbmdyYW1fc2tfc2VjcmV0` for pingram_sk_secret";
        assert_eq!(api.masked_in(echo), "no `Basic …` for …");
    }

    #[test]
    fn what_is_missing_or_odd_is_said() {
        let error = |access| Api::new(access).unwrap_err().to_string();
        assert_eq!(
            error(access(Host::Legacy, None, None)),
            "the API address cannot be used: a client id belongs into it, and none is given"
        );
        assert!(error(access(Host::Legacy, None, Some("a b"))).contains("space"));
        for url in ["api", "ftp://h", "https://u:p@h", "https://h?a", "data:x"] {
            assert!(!error(access(Host::Current, Some(url), None)).contains("secret"));
        }
        let api = Api::new(access(Host::Current, None, None)).unwrap();
        assert!(api.url(&[".."]).is_err());
        assert!(!format!("{api:?}").contains("pingram_sk"));
    }
}

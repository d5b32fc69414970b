//! Showing the platform who asks: three headers, and a token that the PIM gives for an hour.
//!
//! Rule: a secret goes to the PIM or to the platform, in a header or in the body of a login, and into no error; what a
//! server says of itself is masked before it is told.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::model::Timestamp;
use crate::providers::http::{Answered, Auth, Http};
use crate::providers::segment::retry_after;
use crate::providers::{Token, host_of, redact_line};

use super::super::feed::FeedError;

/// An answer with a token is some hundred bytes.
const MAX_LOGIN: usize = 64 << 10;

/// Characters of a server's message that are shown.
const MESSAGE_CHARS: usize = 300;

/// Whose logs are asked for, and with which right.
pub(crate) struct Access {
    /// In place of the vendor's own address.
    pub(crate) api_url: Option<String>,
    /// The address of the PIM that the connection is of.
    pub(crate) pim_url: String,
    /// Of the connection that the token is for.
    pub(crate) client_id: String,
    pub(crate) login: Login,
}

/// Where the token comes from.
pub(crate) enum Login {
    Token(Token),
    /// The PIM is asked for one.
    Password {
        client_secret: Token,
        username: String,
        password: Token,
    },
}

impl Access {
    /// Returns the PIM's address as it is sent: without a slash at its end.
    pub(super) fn pim(&self) -> &str {
        self.pim_url.trim().trim_end_matches('/')
    }

    /// Checks what will be sent, before anything is.
    pub(super) fn check(&self) -> Result<(), FeedError> {
        let pim = self.pim();
        address(pim).map_err(|reason| FeedError::Address {
            reason: format!("`pim_url`: {reason}"),
        })?;
        let is_sendable = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_sendable(pim) {
            return Err(FeedError::Address {
                reason: "`pim_url`: it cannot stand in a header".to_owned(),
            });
        }
        if self.client_id.is_empty() || !is_sendable(&self.client_id) {
            return Err(FeedError::Address {
                reason: "`client_id` is empty, or cannot stand in a header".to_owned(),
            });
        }
        Ok(())
    }

    /// Returns the token, asking the PIM for a new one if that is how it is got.
    pub(super) fn token(&self, http: &Http, now: Timestamp) -> Result<Token, FeedError> {
        let (client_secret, username, password) = match &self.login {
            Login::Token(token) => return Ok(token.clone()),
            Login::Password {
                client_secret,
                username,
                password,
            } => (client_secret, username, password),
        };
        let address = format!("{}/api/oauth/v1/token", self.pim());
        let url = Url::parse(&address).map_err(|_| FeedError::Address {
            reason: "`pim_url`: it is no URL".to_owned(),
        })?;
        let user = Token::new(&self.client_id).map_err(|_| FeedError::Address {
            reason: "`client_id` cannot be sent".to_owned(),
        })?;
        let body = json!({
            "grant_type": "password",
            "username": username,
            "password": password.expose_for_login(),
        });
        let auth = Auth::Basic {
            user: &user,
            password: Some(client_secret),
        };
        let response = http.post(&url, &auth, "application/json", Some(body.to_string()))?;
        let answer = response.whole(MAX_LOGIN)?;
        let said = self.message(&answer, None);
        let host = host_of(&url);
        match answer.status {
            200..=299 => token_in(&answer.body).ok_or_else(|| FeedError::Unreadable {
                host,
                reason: "it holds no access token".to_owned(),
            }),
            // The PIM answers 422 to a wrong password and to a wrong client.
            400 | 401 | 403 | 422 => Err(FeedError::Unauthorised {
                host,
                message: said,
                hint:
                    "check client id, client secret, user name and password of the PIM's connection"
                        .to_owned(),
            }),
            _ => Err(failed(host, &answer, said, now)),
        }
    }

    /// Whether a refused token can be replaced.
    pub(super) fn can_renew(&self) -> bool {
        matches!(self.login, Login::Password { .. })
    }

    /// Says what an answer that is no success says, without any secret that was sent.
    pub(super) fn message(&self, answer: &Answered, sent: Option<&Token>) -> String {
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let found = body.as_ref().and_then(|body| {
            let places = [
                "/errors/0/message",
                "/message",
                "/error_description",
                "/error",
            ];
            places
                .iter()
                .find_map(|place| body.pointer(place)?.as_str())
        });
        let mut text = found.unwrap_or_default().to_owned();
        let secrets: Vec<&Token> = match &self.login {
            Login::Token(token) => vec![token],
            Login::Password {
                client_secret,
                password,
                ..
            } => vec![client_secret, password],
        };
        for secret in secrets.into_iter().chain(sent) {
            text = secret.masked_in(&text);
        }
        redact_line(&text, MESSAGE_CHARS)
    }
}

fn token_in(body: &[u8]) -> Option<Token> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Token::new(body.get("access_token")?.as_str()?).ok()
}

/// Sorts what is neither a success nor a refusal of the credentials.
pub(super) fn failed(
    host: String,
    answer: &Answered,
    message: String,
    now: Timestamp,
) -> FeedError {
    let status = answer.status;
    match status {
        429 => FeedError::RateLimited {
            host,
            wait: wait(answer, now),
            message,
        },
        500.. => FeedError::Server {
            host,
            status,
            message,
        },
        300..=399 => FeedError::Refused {
            host,
            status,
            message: "it redirects, which is not followed with a token".to_owned(),
        },
        _ => FeedError::Refused {
            host,
            status,
            message,
        },
    }
}

fn wait(answer: &Answered, now: Timestamp) -> Option<Duration> {
    retry_after(answer.header("retry-after")?, now)
}

/// Reads an address that secrets are sent to.
pub(super) fn address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text.trim()).map_err(|_| "it is no URL")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("it begins with neither https:// nor http://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a user name in it");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has a query or a fragment");
    }
    Ok(url)
}

//! The two secrets: the API token, and presigned URLs, each of which is a key to one object for two hours.
//!
//! Rule: neither is ever shown. Debug and Display are masked, nothing derefs to the text; it leaves only through methods
//! named for where it goes, and `http` alone calls those, but for a login, whose body holds the password.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use crate::model::Timestamp;

/// What stands in the place of a secret.
pub(super) const MASK: &str = "…";

/// Parts of a link's query from this length on are masked; the shortest secret in one is a key id of 16 characters.
const SHORTEST_SECRET: usize = 16;

/// A bearer token of a provider's API.
#[derive(Clone)]
pub(crate) struct Token(SecretString);

/// Why a text is no token. The text itself is never part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the token is empty")]
    Empty,
    #[error(
        "the token has a space, a control character or a character outside ASCII in it, which cannot be sent"
    )]
    Unsendable,
}

impl Token {
    /// Reads a token; space around it is no part of it.
    pub(crate) fn new(text: &str) -> Result<Token, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        // `ascii_graphic` is what RFC 9110 allows in a header, without the space that would end a bearer token.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Unsendable);
        }
        Ok(Token(SecretString::from(text)))
    }

    /// Reads a secret that goes into a body or is encoded, so that any character may stand in it; only the end of its line
    /// is no part of it.
    pub(crate) fn of_any_text(text: &str) -> Result<Token, TokenError> {
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(TokenError::Empty),
            text => Ok(Token(SecretString::from(text))),
        }
    }

    /// Gives the text away, to be sent in an `Authorization` header.
    pub(crate) fn expose_for_header(&self) -> &str {
        self.0.expose_secret()
    }

    /// Gives the text away, to be sent in the body of a login.
    pub(crate) fn expose_for_login(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns 16 hex digits that tell tokens apart without giving them away, to name the ledger by.
    pub(crate) fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        // A salt of our own: the digits match no other list of hashed tokens.
        digest.update(b"faillog ledger\0");
        digest.update(self.0.expose_secret().as_bytes());
        digest.finalize()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Returns a text with this token masked wherever it stands.
    pub(crate) fn masked_in(&self, text: &str) -> String {
        text.replace(self.0.expose_secret(), MASK)
    }

    /// Returns a text with this token masked wherever it stands, also as the password in a header of Basic authorisation.
    pub(crate) fn masked_with_user(&self, user: &Token, text: &str) -> String {
        let (user, password) = (user.0.expose_secret(), self.0.expose_secret());
        let header = base64(format!("{user}:{password}").as_bytes());
        // Whoever repeats it may leave out the padding.
        self.masked_in(text)
            .replace(header.trim_end_matches('='), MASK)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({MASK})")
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// A link that lets anyone who has it read one object until it expires.
#[derive(Clone)]
pub(crate) struct PresignedUrl {
    text: SecretString,
    /// With the port if one is written.
    host: String,
    expires_at: Option<Timestamp>,
}

/// Why a text is no link to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PresignedUrlError {
    #[error("the download link is no http or https URL")]
    NoUrl,
    #[error("the download link has a user name in it")]
    UserName,
}

impl PresignedUrl {
    /// Reads a link. One with a user name is refused: it would be sent as an `Authorization` header, and storage hosts
    /// answer those with an error.
    pub(crate) fn parse(text: &str) -> Result<PresignedUrl, PresignedUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| PresignedUrlError::NoUrl)?;
        PresignedUrl::from_url(&url)
    }

    pub(super) fn from_url(url: &Url) -> Result<PresignedUrl, PresignedUrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(PresignedUrlError::NoUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PresignedUrlError::UserName);
        }
        Ok(PresignedUrl {
            host: host_of(url),
            expires_at: expiry(url),
            text: SecretString::from(url.as_str()),
        })
    }

    /// Gives the URL away, to be requested.
    pub(crate) fn expose_for_request(&self) -> &str {
        self.text.expose_secret()
    }

    /// Returns a text with the link's key and signature masked wherever they stand, also by themselves.
    pub(crate) fn masked_in(&self, text: &str) -> String {
        let Ok(url) = Url::parse(self.text.expose_secret()) else {
            return text.to_owned();
        };
        let mut masked = text.to_owned();
        for (_, value) in url.query_pairs() {
            // A key is the first of several parts of its value.
            for part in value
                .split('/')
                .filter(|part| part.len() >= SHORTEST_SECRET)
            {
                masked = masked.replace(part, MASK);
            }
        }
        masked
    }

    /// Returns the host, the one part that may be shown.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Returns when the link stops working, if it says so. It may stop earlier, with the key it was signed with.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresignedUrl({}/{MASK})", self.host)
    }
}

impl fmt::Display for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{MASK}", self.host)
    }
}

/// Writes bytes in the digits of RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            // OK because six bits number one of 64 digits.
            let number = (bits >> (18 - 6 * digit) & 63) as usize;
            out.push(if digit <= group.len() {
                DIGITS[number] as char
            } else {
                '='
            });
        }
    }
    out
}

/// Returns a URL's host, and its port if one is written.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Signature version 4 says when it was signed and for how many seconds; version 2 names the end in epoch seconds.
fn expiry(url: &Url) -> Option<Timestamp> {
    let parameter = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    };
    let seconds = |text: String| {
        let seconds: i64 = text.parse().ok()?;
        seconds.checked_mul(1_000_000)
    };
    if let (Some(date), Some(lifetime)) = (parameter("X-Amz-Date"), parameter("X-Amz-Expires")) {
        return Some(basic_date(&date)?.plus(seconds(lifetime)?));
    }
    Some(Timestamp::from_micros(seconds(parameter("Expires")?)?))
}

/// Reads ISO 8601 basic format, `20250508T010203Z`.
fn basic_date(text: &str) -> Option<Timestamp> {
    let part = |range| text.get(range);
    if text.len() != 16 || part(15..16)? != "Z" {
        return None;
    }
    Timestamp::parse(&format!(
        "{}-{}-{}{}:{}:{}Z",
        part(0..4)?,
        part(4..6)?,
        part(6..8)?,
        part(8..11)?,
        part(11..13)?,
        part(13..15)?
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIGNED: &str = "https://logs.s3.us-west-2.amazonaws.com/a/b.gz?X-Amz-Algorithm=AWS4-HMAC-SHA256\
        &X-Amz-Date=20250508T010203Z&X-Amz-Expires=7200&X-Amz-Signature=5ec5e7";

    #[test]
    fn a_token_is_trimmed_and_can_stand_in_a_header() {
        let token = Token::new(" sgp_abc\r\n").unwrap();
        assert_eq!(token.expose_for_header(), "sgp_abc");
        assert_eq!(Token::new(" \n").unwrap_err(), TokenError::Empty);
        for text in ["a b", "a\nb", "pässword", "a\0"] {
            assert_eq!(
                Token::new(text).unwrap_err(),
                TokenError::Unsendable,
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_secret_that_is_encoded_may_hold_anything() {
        let secret = Token::of_any_text(" päss word\r\n").unwrap();
        assert_eq!(secret.expose_for_header(), " päss word");
        assert_eq!(Token::of_any_text("\n").unwrap_err(), TokenError::Empty);
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::new("sgp_secret").unwrap();
        assert_eq!(format!("{token:?} {token}"), "Token(…) …");
        assert_eq!(token.masked_in("not sgp_secret!"), "not …!");
    }

    #[test]
    fn a_token_is_masked_in_a_header_of_basic_authorisation() {
        // The vectors of RFC 4648.
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
        let (user, token) = (Token::new("client").unwrap(), Token::new("secret").unwrap());
        // client:secret
        let masked = token.masked_with_user(&user, "no `Basic Y2xpZW50OnNlY3JldA==` for secret");
        assert_eq!(masked, "no `Basic …==` for …");
    }

    #[test]
    fn fingerprints_tell_tokens_apart() {
        let fingerprint = |text| Token::new(text).unwrap().fingerprint();
        assert_eq!(fingerprint("one"), fingerprint(" one "));
        assert_ne!(fingerprint("one"), fingerprint("two"));
        assert_eq!(fingerprint("one").len(), 16);
        assert!(fingerprint("one").bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn a_link_shows_its_host_alone() {
        let link = PresignedUrl::parse(SIGNED).unwrap();
        assert_eq!(link.host(), "logs.s3.us-west-2.amazonaws.com");
        assert_eq!(
            format!("{link:?} {link}"),
            "PresignedUrl(logs.s3.us-west-2.amazonaws.com/…) logs.s3.us-west-2.amazonaws.com/…"
        );
        assert_eq!(link.expose_for_request(), SIGNED);
    }

    #[test]
    fn what_a_link_is_signed_with_is_masked_in_any_text() {
        let link = "https://h/o?X-Amz-Credential=AKIA0123456789ABCDEF%2F20250508%2Fus-west-2&X-Amz-Signature=0123456789abcdef";
        let link = PresignedUrl::parse(link).unwrap();
        assert_eq!(
            link.masked_in("0123456789abcdef of AKIA0123456789ABCDEF in us-west-2"),
            "… of … in us-west-2"
        );
    }

    #[test]
    fn a_link_says_when_it_expires() {
        let expires = |text| PresignedUrl::parse(text).unwrap().expires_at();
        assert_eq!(expires(SIGNED), Timestamp::parse("2025-05-08T03:02:03Z"));
        assert_eq!(
            expires("https://h/o?Signature=s&Expires=1746666123"),
            Timestamp::parse("2025-05-08T01:02:03Z")
        );
        for text in [
            "https://h/o",
            "https://h/o?X-Amz-Date=20250508T010203Z",
            "https://h/o?X-Amz-Date=2025&X-Amz-Expires=7200",
            "https://h/o?Expires=99999999999999999999",
        ] {
            assert_eq!(expires(text), None, "{text}");
        }
    }

    #[test]
    fn only_plain_web_links_are_taken() {
        for text in ["ftp://h/o", "/o", "", "https://", "s3://bucket/key"] {
            assert_eq!(
                PresignedUrl::parse(text).unwrap_err(),
                PresignedUrlError::NoUrl,
                "{text}"
            );
        }
        assert_eq!(
            PresignedUrl::parse("https://user:pw@h/o").unwrap_err(),
            PresignedUrlError::UserName
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(query in "\\PC{0,60}") {
            let _ = Token::new(&query);
            let _ = basic_date(&query);
            let _ = PresignedUrl::parse(&format!("https://h/o?X-Amz-Expires=7200&X-Amz-Date={query}"));
        }
    }
}

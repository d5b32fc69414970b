//! The token of a provider's API.
//!
//! Rule: a token shows itself to a request's header and to nothing else; Debug and Display are masked.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// A token that can stand in a header.
#[derive(Clone)]
pub(crate) struct Token(SecretString);

/// Why a text is no token.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum TokenError {
    #[error("the token is empty")]
    Empty,
    #[error("the token holds a character that cannot stand in a header")]
    Unprintable,
}

impl Token {
    /// Checks a text; blanks around it are dropped.
    pub(crate) fn new(text: &str) -> Result<Token, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Unprintable);
        }
        Ok(Token(SecretString::from(text)))
    }

    /// Returns the token itself, for the header of a request.
    pub(crate) fn expose_for_header(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns a short name that tells tokens apart and does not lead back to them.
    pub(crate) fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.expose_for_header());
        digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// From this length on, four characters give nothing away.
        const LONG: usize = 20;
        let text = self.expose_for_header();
        let shown = if text.len() >= LONG { &text[..4] } else { "" };
        write!(f, "{shown}…")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_masked_and_only_a_long_one_shows_its_beginning() {
        let token = Token::new(" sgp_0123456789abcdef0123\n").unwrap();
        assert_eq!(token.expose_for_header(), "sgp_0123456789abcdef0123");
        assert_eq!(token.to_string(), "sgp_…");
        assert_eq!(format!("{token:?}"), "Token(sgp_…)");
        assert_eq!(Token::new("short").unwrap().to_string(), "…");
        assert_eq!(token.fingerprint().len(), 16);
        assert_eq!(Token::new(" ").unwrap_err(), TokenError::Empty);
        assert_eq!(Token::new("a\u{7f}b").unwrap_err(), TokenError::Unprintable);
    }
}

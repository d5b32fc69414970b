//! Whether the provider accepts a token.
//!
//! Rule: the check costs nothing of the request budget.

use crate::commands::{Context, Error};
use crate::providers::Token;
use crate::providers::http::{Http, Timeouts};
use crate::providers::segment::Api;

/// Asks the provider.
///
/// Fails as not authorised where it refuses the token, and as remote where it cannot be reached.
pub(super) fn check(context: &Context<'_>, token: &Token) -> Result<(), Error> {
    api(context, token)?.echo(context.now)?;
    Ok(())
}

/// Returns the host that is asked.
pub(super) fn host(context: &Context<'_>, token: &Token) -> Result<String, Error> {
    Ok(api(context, token)?.host())
}

fn api(context: &Context<'_>, token: &Token) -> Result<Api, Error> {
    let settings = &context.settings;
    let api = Api::new(
        Http::new(Timeouts::default()),
        settings.api_url.as_deref(),
        settings.region,
        token.clone(),
        settings.request_style,
    );
    Ok(api?)
}

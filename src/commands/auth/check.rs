//! Whether the provider accepts what shows an account to be ours.
//!
//! Rule: the check costs nothing of the request budget, and at most one small call elsewhere.

use crate::commands::account::{self, SignIn};
use crate::commands::{Context, Error, Settings};
use crate::fetch::PageStop;
use crate::model::{Provider, Window};
use crate::providers::Token;
use crate::providers::feed::Wanted;
use crate::providers::http::{Http, Timeouts};
use crate::providers::segment::Api;

const HOUR_MICROS: i64 = 3_600_000_000;

/// What the provider says of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    /// It was not asked.
    Unchecked,
}

/// Asks the provider, where there is a cheap call for it.
///
/// Fails as not authorised where it refuses the credentials, and as remote where it cannot be reached.
pub(super) fn check(context: &Context<'_>, sign_in: SignIn) -> Result<Verdict, Error> {
    let settings = &context.settings;
    match (settings.provider, sign_in) {
        // The audit trail is behind the same token and host.
        (Provider::Segment | Provider::SegmentAudit, SignIn::Token(token, _)) => {
            api(settings, &token)?.echo(context.now)?;
            Ok(Verdict::Accepted)
        }
        (Provider::Akeneo, sign_in) => {
            let wanted = Wanted {
                window: Window {
                    start: context.now.plus(-HOUR_MICROS),
                    end: context.now,
                },
                params: vec![("limit".to_owned(), "1".to_owned())],
            };
            let mut feed = account::feed_as(settings, sign_in, wanted, context.now)?;
            feed.step(context.now)
                .map_err(|error| PageStop::of(error, context.now))?;
            Ok(Verdict::Accepted)
        }
        _ => Ok(Verdict::Unchecked),
    }
}

/// Returns the host that is asked, where it is not the provider's only one.
pub(super) fn host(settings: &Settings, token: &Token) -> Result<Option<String>, Error> {
    match settings.provider {
        Provider::Segment | Provider::SegmentAudit => Ok(Some(api(settings, token)?.host())),
        _ => {
            let url = settings.api_url.as_deref().unwrap_or_default();
            let url = url::Url::parse(url).ok();
            Ok(url.and_then(|url| {
                let host = url.host_str()?;
                Some(match url.port() {
                    Some(port) => format!("{host}:{port}"),
                    None => host.to_owned(),
                })
            }))
        }
    }
}

fn api(settings: &Settings, token: &Token) -> Result<Api, Error> {
    let api = Api::new(
        Http::new(Timeouts::default()),
        settings.api_url.as_deref(),
        settings.segment_region()?,
        token.clone(),
        settings.request_style,
    );
    Ok(api?)
}

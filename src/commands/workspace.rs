//! Whose requests are counted together: the workspace of the config, else whatever the token belongs to.
//!
//! Rule: a ledger's name tells a token apart and gives nothing of it away.

use crate::fetch::Ledger;
use crate::providers::Token;

use super::{Context, Error, Kind, token};

/// The workspace's name, and its ledger.
pub(super) struct Workspace {
    pub(super) name: String,
    pub(super) ledger: Ledger,
}

/// Finds the workspace; `None` where neither the config names one nor a token is set up.
pub(super) fn resolve(context: &mut Context<'_>) -> Result<Option<Workspace>, Error> {
    if let Some(name) = context.settings.workspace.clone() {
        return Ok(Some(named(context, name)));
    }
    match token::resolve(&context.settings, context.input) {
        Ok((token, _)) => Ok(Some(of_token(context, &token))),
        Err(error) if error.kind == Kind::Unauthorised => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the workspace of the config, else that of the token.
pub(super) fn of_token(context: &Context<'_>, token: &Token) -> Workspace {
    let name = context.settings.workspace.clone();
    named(
        context,
        name.unwrap_or_else(|| format!("token-{}", token.fingerprint())),
    )
}

fn named(context: &Context<'_>, name: String) -> Workspace {
    let limit = u64::from(context.settings.requests_per_day);
    let ledger = Ledger::open(&context.settings.state, &name, limit);
    Workspace { name, ledger }
}

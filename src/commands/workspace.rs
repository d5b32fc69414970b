//! Whose requests are counted together: the workspace of the config, else whatever the token belongs to.
//!
//! Rule: a ledger's name tells a token apart and gives nothing of it away.

use crate::fetch::Ledger;

use super::{Context, Error};

/// The workspace's name, and its ledger.
pub(super) struct Workspace {
    pub(super) name: String,
    pub(super) ledger: Ledger,
}

/// Finds the workspace; `None` where neither the config names one nor a token is set up.
pub(super) fn resolve(context: &Context<'_>) -> Result<Option<Workspace>, Error> {
    let name = match &context.settings.workspace {
        Some(name) => Some(name.clone()),
        None => token_fingerprint(context)?,
    };
    Ok(name.map(|name| {
        let limit = u64::from(context.settings.requests_per_day);
        let ledger = Ledger::open(&context.settings.state, &name, limit);
        Workspace { name, ledger }
    }))
}

// Seam: `commands::token::resolve` finds the token in all its places; this knows only the environment's.
fn token_fingerprint(context: &Context<'_>) -> Result<Option<String>, Error> {
    use secrecy::ExposeSecret;
    use sha2::{Digest, Sha256};
    let Some(token) = &context.settings.token_env else {
        return Ok(None);
    };
    let digest = Sha256::digest(token.expose_secret());
    let short: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    Ok(Some(format!("token-{short}")))
}

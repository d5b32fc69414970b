//! `faillog demo`.

use super::{Context, Error};

/// Try everything on made-up data, no account needed
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_context: &mut Context<'_>, _args: &Args) -> Result<(), Error> {
    Ok(())
}

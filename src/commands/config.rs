//! `faillog config`.

use super::{Context, Error};

/// Show where the configuration is and what it says
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_context: &mut Context<'_>, _args: &Args) -> Result<(), Error> {
    Ok(())
}

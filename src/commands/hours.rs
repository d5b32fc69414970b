//! `faillog hours`.

use super::{Context, Error};

/// List the hours that are stored, growing, missing or about to expire
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_context: &mut Context<'_>, _args: &Args) -> Result<(), Error> {
    Ok(())
}

//! `faillog fetch`.

use super::{Context, Error};

/// Download the logs of hours that are due
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_context: &mut Context<'_>, _args: &Args) -> Result<(), Error> {
    Ok(())
}

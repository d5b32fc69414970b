//! `faillog import`.

use super::{Context, Error};

/// Read exported log files into the store
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_context: &mut Context<'_>, _args: &Args) -> Result<(), Error> {
    Ok(())
}

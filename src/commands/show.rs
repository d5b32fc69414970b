//! `faillog show`.

use super::{Context, Error};

/// Show records
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_context: &mut Context<'_>, _args: &Args) -> Result<(), Error> {
    Ok(())
}

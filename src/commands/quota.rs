//! `faillog quota`.

use super::{Context, Error};

/// Show the requests spent and left, and when more come
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_context: &mut Context<'_>, _args: &Args) -> Result<(), Error> {
    Ok(())
}

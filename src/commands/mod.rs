//! The verbs: one file each, with its arguments, their help, and a `run` that reads like a summary.
//!
//! Beside them stands what several verbs share: what a run is given (`context`, `settings`, `token`, `workspace`), what
//! it is asked (`filters`, `input`), and how it answers (`rows`, `counting`, `completeness`, `folds`, `error`, `quote`).
//!
//! Rule: this file lists and dispatches; it computes nothing.

mod account;
mod auth;
mod completeness;
mod completions;
mod config;
mod context;
mod counting;
mod credentials;
mod demo;
mod diff;
mod error;
mod explain;
mod fetch;
mod filters;
mod folds;
mod forward;
mod hours;
mod import;
mod input;
mod quota;
mod quote;
mod rows;
#[cfg(test)]
mod sandbox;
mod settings;
mod show;
mod store;
mod timeline;
mod token;
mod top;
mod trace;
mod workspace;

pub(crate) use context::{Context, Messages, Terminal};
pub(crate) use error::{Error, Kind};
use quote::quote;

use crate::model::Provider;
pub(crate) use settings::{
    Account, Login, Origin, Region, RequestStyle, SecretFrom, Setting, Settings, usual_retention,
    without_password,
};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    Fetch(fetch::Args),
    Import(import::Args),
    Show(Box<show::Args>),
    Trace(trace::Args),
    Top(Box<top::Args>),
    Timeline(Box<timeline::Args>),
    Diff(Box<diff::Args>),
    Explain(explain::Args),
    Forward(Box<forward::Args>),
    Hours(hours::Args),
    Quota(quota::Args),
    Auth(auth::Args),
    Config(config::Args),
    Store(store::Args),
    Demo(demo::Args),
    Completions(completions::Args),
}

impl Verb {
    /// Returns whether the verb's output is read as it comes, and so never paged.
    pub(crate) fn is_dialogue(&self) -> bool {
        matches!(self, Verb::Demo(_) | Verb::Auth(_) | Verb::Forward(_))
    }

    /// Returns the provider whose account the verb was told to use.
    pub(crate) fn provider(&self) -> Option<Provider> {
        match self {
            Verb::Fetch(args) => args.provider,
            Verb::Auth(args) => args.provider(),
            _ => None,
        }
    }

    /// Carries the verb out.
    pub(crate) fn run(&self, context: &mut Context<'_>) -> Result<(), Error> {
        match self {
            Verb::Fetch(args) => fetch::run(context, args),
            Verb::Import(args) => import::run(context, args),
            Verb::Show(args) => show::run(context, args),
            Verb::Trace(args) => trace::run(context, args),
            Verb::Top(args) => top::run(context, args),
            Verb::Timeline(args) => timeline::run(context, args),
            Verb::Diff(args) => diff::run(context, args),
            Verb::Explain(args) => explain::run(context, args),
            Verb::Forward(args) => forward::run(context, args),
            Verb::Hours(args) => hours::run(context, args),
            Verb::Quota(args) => quota::run(context, args),
            Verb::Auth(args) => auth::run(context, args),
            Verb::Config(args) => config::run(context, args),
            Verb::Store(args) => store::run(context, args),
            Verb::Demo(args) => demo::run(context, args),
            Verb::Completions(args) => completions::run(context, args),
        }
    }
}

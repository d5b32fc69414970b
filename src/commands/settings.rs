//! The settings of a run, already resolved: flag over environment over config over default.
//!
//! Rule: plain data; where each value came from is known to `cli` and shown by `config show`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

pub(crate) use crate::providers::segment::{Region, RequestStyle};

/// What a run is allowed and told to do.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The profile whose token and settings are used.
    pub(crate) profile: String,
    /// The folder of the store; hours lie below `v1/` in it.
    pub(crate) data: PathBuf,
    /// The folder of the ledger.
    pub(crate) state: PathBuf,
    pub(crate) config_file: PathBuf,
    pub(crate) credentials_file: PathBuf,
    pub(crate) region: Region,
    /// Where the provider's API is called instead of its own host.
    pub(crate) api_url: Option<String>,
    pub(crate) request_style: RequestStyle,
    /// Names the workspace whose requests are counted together; `None`: one workspace per token.
    pub(crate) workspace: Option<String>,
    /// The user's names for collections, and the ids they stand for.
    pub(crate) aliases: BTreeMap<String, String>,
    /// From this long after an hour's start its logs no longer change.
    pub(crate) settle_hours: u32,
    /// How long the vendor keeps logs.
    pub(crate) retention_days: u32,
    /// Requests the vendor allows in 24 hours.
    pub(crate) requests_per_day: u32,
    /// Requests kept back from ranges, for hours named one by one.
    pub(crate) reserve: u32,
    /// `--token-file`.
    pub(crate) token_file: Option<PathBuf>,
    /// `FAILLOG_TOKEN`, if set and not empty.
    pub(crate) token_env: Option<secrecy::SecretString>,
    /// A command of the config that prints the token.
    pub(crate) token_command: Option<String>,
    /// Where Segment's Tracking API is called instead of its own host.
    pub(crate) tracking_url: Option<String>,
    /// `FAILLOG_WRITE_KEY`, if set and not empty.
    pub(crate) write_key_env: Option<secrecy::SecretString>,
    /// A command of the config that prints the write key.
    pub(crate) write_key_command: Option<String>,
    /// The program that shows long output, with its arguments; `None`: no pager.
    pub(crate) pager: Option<String>,
}

impl Settings {
    /// Returns the user's own name for a collection, or its id.
    pub(crate) fn name_of<'n>(&'n self, collection: &'n str) -> &'n str {
        let mut aliases = self.aliases.iter();
        aliases
            .find(|(_, id)| *id == collection)
            .map_or(collection, |(alias, _)| alias)
    }

    /// Returns the collection id an alias stands for, or the name itself.
    pub(crate) fn resolve_alias(&self, name: &str) -> String {
        self.aliases
            .get(name)
            .cloned()
            .unwrap_or_else(|| name.to_owned())
    }
}

/// Where the value of a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The flag's name, with its dashes.
    Flag(&'static str),
    /// The environment variable's name.
    Environment(&'static str),
    /// The config file.
    Config(PathBuf),
    Default,
}

/// One setting as `config show` tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The config's key, or a name of the same kind for what the config cannot set.
    pub(crate) key: &'static str,
    /// `None`: not set. Never a secret.
    pub(crate) value: Option<String>,
    pub(crate) origin: Origin,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) => write!(f, "flag {name}"),
            Origin::Environment(name) => write!(f, "env {name}"),
            Origin::Config(file) => write!(f, "config {}", file.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// Returns a URL as it may be shown: that of a proxy may hold a password.
pub(crate) fn without_password(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(mut url) if url.password().is_some() => match url.set_password(Some("***")) {
            Ok(()) => url.into(),
            Err(()) => "set".to_owned(),
        },
        _ => text.to_owned(),
    }
}

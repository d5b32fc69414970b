//! The settings of a run, already resolved: flag over environment over config over default.
//!
//! Rule: plain data; where each value came from is known to `cli` and shown by `config show`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use crate::fetch::{Policy, of_imports};
use crate::model::Provider;
pub(crate) use crate::providers::segment::RequestStyle;
use crate::providers::{notificationapi, segment, spec};

use super::Error;

/// What a run is allowed and told to do.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The profile whose token and settings are used.
    pub(crate) profile: String,
    /// The provider at which the profile is an account.
    pub(crate) provider: Provider,
    /// Under which name the logs of the profile are kept; Segment's have their own ids.
    pub(crate) collection: String,
    /// Every account that is not Segment's, in the order of the profiles' names.
    pub(crate) accounts: Vec<Account>,
    /// The folder of the store; hours lie below `v2/` in it.
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
    /// Akeneo: the address of the PIM.
    pub(crate) pim_url: Option<String>,
    /// Akeneo: of the connection or app that the token is of. NotificationAPI: of the account, at the legacy host.
    pub(crate) client_id: Option<String>,
    /// Akeneo: what gets a token where there is none; both or none are there.
    pub(crate) login: Login,
    /// NotificationAPI: whether the host from before its new name is called.
    pub(crate) legacy: bool,
    /// The user's names for collections, and the ids they stand for.
    pub(crate) aliases: BTreeMap<String, String>,
    /// From this long after an hour's start its logs no longer change; Segment's alone.
    pub(crate) settle_hours: u32,
    /// How long the vendor keeps logs; Segment's alone.
    pub(crate) retention_days: u32,
    /// Requests the vendor allows in 24 hours.
    pub(crate) requests_per_day: u32,
    /// Requests kept back from ranges, for hours named one by one.
    pub(crate) reserve: u32,
    /// `--token-file`.
    pub(crate) token_file: Option<PathBuf>,
    /// `FAILLOG_TOKEN`, if set and not empty.
    pub(crate) token_env: Option<SecretString>,
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

/// An account of the config at a provider other than Segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) profile: String,
    pub(crate) provider: Provider,
    pub(crate) collection: String,
    /// How long the vendor keeps the logs of this account, if other than usual.
    pub(crate) retention_days: Option<u32>,
}

/// The parts of a password grant, as far as the config has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Login {
    pub(crate) username: Option<String>,
    pub(crate) client_secret: Option<SecretFrom>,
    pub(crate) password: Option<SecretFrom>,
}

/// A secret by reference: the config never holds one.
#[derive(Clone, Debug)]
pub(crate) enum SecretFrom {
    /// The variable's name, and what it holds if it is set.
    Variable(String, Option<SecretString>),
    /// A command that prints it.
    Command(String),
}

/// Where a provider keeps an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Region {
    Us,
    Eu,
    /// NotificationAPI alone
    Ca,
}

impl Region {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Region::Us => "us",
            Region::Eu => "eu",
            Region::Ca => "ca",
        }
    }
}

impl Settings {
    /// Returns the region as Segment has it.
    pub(crate) fn segment_region(&self) -> Result<segment::Region, Error> {
        match self.region {
            Region::Us => Ok(segment::Region::Us),
            Region::Eu => Ok(segment::Region::Eu),
            Region::Ca => Err(Error::usage(format!(
                "{} has no region `ca`",
                spec(self.provider).title
            ))
            .hint("The regions of Segment are `us` and `eu`.")),
        }
    }

    /// Returns the region as NotificationAPI has it.
    pub(crate) fn notification_region(&self) -> notificationapi::Region {
        match self.region {
            Region::Us => notificationapi::Region::Us,
            Region::Eu => notificationapi::Region::Eu,
            Region::Ca => notificationapi::Region::Ca,
        }
    }

    /// Returns how long a collection's hours grow and are kept.
    pub(crate) fn policy(&self, provider: Provider, collection: &str) -> Policy {
        let keeping = spec(provider).keeping;
        if provider == Provider::Segment {
            return Policy {
                settle_hours: self.settle_hours,
                retention_days: Some(self.retention_days),
                ..keeping
            };
        }
        let own = self
            .account(provider, collection)
            .and_then(|account| account.retention_days);
        Policy {
            retention_days: own.or(keeping.retention_days),
            ..keeping
        }
    }

    /// Returns the policy of a collection of which nothing was ever fetched: unless the config names it, nobody knows
    /// what it lacks. Segment's are known to have every hour, whoever downloaded them.
    pub(crate) fn policy_unfetched(&self, provider: Provider, collection: &str) -> Policy {
        let policy = self.policy(provider, collection);
        let is_known = match provider {
            Provider::Segment => true,
            _ => self.account(provider, collection).is_some(),
        };
        if is_known { policy } else { of_imports(policy) }
    }

    /// Returns the account whose logs a collection holds.
    pub(crate) fn account(&self, provider: Provider, collection: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.provider == provider && account.collection == collection)
    }

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

/// Returns for how many days a provider is known to keep logs.
pub(crate) fn usual_retention(provider: Provider) -> Option<u32> {
    spec(provider).keeping.retention_days
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

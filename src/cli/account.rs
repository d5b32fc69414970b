//! Which profile a run uses, and what of it only some providers have.
//!
//! Rule: what is set up for one vendor, a token above all, never reaches another one.

use secrecy::SecretString;

use crate::commands::{Account, Error, Login, Origin, SecretFrom, Setting, without_password};
use crate::model::Provider;

use super::config_file::ConfigFile;
use super::config_profile::{Profile, Reference};
use super::environment::{Environment, Variable};
use super::sources::{Found, Sources};

/// The profile used where nothing names one.
const DEFAULT: &str = "default";

/// The profile of a run.
pub(super) struct Chosen {
    pub(super) name: Found<String>,
    pub(super) provider: Found<Provider>,
    pub(super) profile: Profile,
}

/// Chooses the profile: the one named, else one of the provider that is wanted.
pub(super) fn choose(
    named: Found<Option<String>>,
    wanted: Option<Provider>,
    config: &ConfigFile,
) -> Result<Chosen, Error> {
    let name = named.value.as_deref().unwrap_or(DEFAULT);
    let known = config.profiles.get(name);
    let take = |name: &str, origin: &Origin| {
        let profile = config.profiles.get(name).cloned().unwrap_or_default();
        let provider = match (wanted, profile.provider) {
            (Some(wanted), _) => (wanted, Origin::Flag("--provider")),
            (None, Some(provider)) => (provider, Origin::Config(config.path.clone())),
            (None, None) => (Provider::Segment, Origin::Default),
        };
        Chosen {
            name: Found {
                value: name.to_owned(),
                origin: origin.clone(),
            },
            provider: Found {
                value: provider.0,
                origin: provider.1,
            },
            profile,
        }
    };
    let Some(wanted) = wanted else {
        return Ok(take(name, &named.origin));
    };
    let is_typed = matches!(named.origin, Origin::Flag(_));
    match known {
        Some(profile) if profile.provider() == wanted => return Ok(take(name, &named.origin)),
        Some(profile) if is_typed && !serves(profile.provider(), wanted) => {
            return Err(Error::usage(format!(
                "profile `{name}` is an account of {}, not of {wanted}",
                profile.provider()
            ))
            .hint(advice(wanted, config)));
        }
        Some(_) if is_typed => return Ok(take(name, &named.origin)),
        // Named without being in the config: it is whatever it is wanted for.
        None if named.value.is_some() => return Ok(take(name, &named.origin)),
        _ => {}
    }
    let of_provider: Vec<&String> = config
        .profiles
        .iter()
        .filter(|(_, profile)| profile.provider() == wanted)
        .map(|(name, _)| name)
        .collect();
    match of_provider.as_slice() {
        [one] => Ok(take(one, &Origin::Config(config.path.clone()))),
        [] if serves(known.map_or(Provider::Segment, Profile::provider), wanted) => {
            Ok(take(name, &named.origin))
        }
        // Not the default profile's own name: a token stored under it is another vendor's.
        [] => Ok(take(wanted.name(), &Origin::Default)),
        _ => Err(Error::usage(format!(
            "several profiles are accounts of {wanted}, and none was named"
        ))
        .hint(advice(wanted, config))),
    }
}

/// Whether an account can be asked for a provider's logs. The audit trail belongs to Segment's workspace: same token, same
/// host.
fn serves(account: Provider, wanted: Provider) -> bool {
    account == wanted || (account, wanted) == (Provider::Segment, Provider::SegmentAudit)
}

fn advice(wanted: Provider, config: &ConfigFile) -> String {
    let names: Vec<String> = config
        .profiles
        .iter()
        .filter(|(_, profile)| serves(profile.provider(), wanted))
        .map(|(name, _)| format!("`--profile {name}`"))
        .collect();
    match names.is_empty() {
        true => format!("Add a profile with `provider = \"{wanted}\"` to the config."),
        false => format!("Add {}.", names.join(" or ")),
    }
}

/// Lists the accounts that are not Segment's; that of the run is among them even if the config does not have it.
pub(super) fn accounts(config: &ConfigFile, chosen: &Chosen) -> Vec<Account> {
    let account = |name: &str, provider, profile: &Profile| Account {
        profile: name.to_owned(),
        provider,
        collection: profile.collection.clone().unwrap_or(name.to_owned()),
        retention_days: profile.retention_days,
    };
    let mut accounts: Vec<Account> = config
        .profiles
        .iter()
        .map(|(name, profile)| account(name, profile.provider(), profile))
        .collect();
    let own = account(&chosen.name.value, chosen.provider.value, &chosen.profile);
    if !accounts.contains(&own) {
        accounts.push(own);
    }
    accounts.retain(|account| account.provider != Provider::Segment);
    accounts
}

/// What of a profile only some providers have.
pub(super) struct Special {
    pub(super) pim_url: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) login: Login,
    pub(super) legacy: bool,
}

/// Resolves it; what the provider has no use for is left out of `config show`.
pub(super) fn special(
    from: Sources<'_>,
    chosen: &Chosen,
    shown: &mut Vec<Setting>,
) -> Result<Special, Error> {
    let profile = chosen.profile.clone();
    let provider = chosen.provider.value;
    let is_akeneo = provider == Provider::Akeneo;
    let is_notification = provider == Provider::NotificationApi;
    let pim_url = from.variable(Variable::PimUrl, profile.pim_url)?;
    let client_id = from.variable(Variable::ClientId, profile.client_id)?;
    let username = from.config(profile.username).optional();
    let client_secret = from.config(profile.client_secret).optional();
    let password = from.config(profile.password).optional();
    let legacy = from.config(profile.legacy).or(false);
    if is_akeneo {
        shown.push(pim_url.shown("pim_url", |url| url.as_deref().map(without_password)));
    }
    if is_akeneo || is_notification {
        shown.push(client_id.shown("client_id", Clone::clone));
    }
    if is_akeneo {
        shown.push(username.shown("username", Clone::clone));
        // A command may hold a secret; a variable's name tells what to set.
        let reference = |secret: &Option<Reference>| {
            secret.as_ref().map(|secret| match secret {
                Reference::Variable(name) => format!("of {name}"),
                Reference::Command(_) => "of a command".to_owned(),
            })
        };
        shown.push(client_secret.shown("client_secret", reference));
        shown.push(password.shown("password", reference));
    }
    if is_notification {
        shown.push(legacy.shown("legacy", |legacy| Some(legacy.to_string())));
    }
    Ok(Special {
        pim_url: pim_url.value,
        client_id: client_id.value,
        login: Login {
            username: username.value,
            client_secret: secret(client_secret.value, from.environment)?,
            password: secret(password.value, from.environment)?,
        },
        legacy: legacy.value,
    })
}

fn secret(
    reference: Option<Reference>,
    environment: &Environment,
) -> Result<Option<SecretFrom>, Error> {
    Ok(match reference {
        None => None,
        Some(Reference::Command(command)) => Some(SecretFrom::Command(command)),
        Some(Reference::Variable(name)) => {
            let value = environment.named(&name)?.map(SecretString::from);
            Some(SecretFrom::Variable(name, value))
        }
    })
}

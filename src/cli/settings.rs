//! Resolves every setting: flag over environment over config over default, each with its origin.
//!
//! Rule: pure; what was typed, the variables and the file come in as values. A new setting gets its row here, and so
//! shows up in `config show`.

use secrecy::SecretString;

use crate::commands::{
    Error, Origin, Region, RequestStyle, Setting, Settings, usual_retention, without_password,
};
use crate::model::{Provider, Zone};
use crate::render::Format;

use super::account::{self, Special};
use super::args::{Global, NamedZone};
use super::config_file::ConfigFile;
use super::config_item::parse_choice;
use super::environment::{Environment, Variable};
use super::pager;
use super::places::Places;
use super::sources::{Found, Sources};

/// Segment allows this many requests in 24 hours for each workspace.
const REQUESTS_PER_DAY: u32 = 120;
/// Requests kept back for an incident.
const RESERVE: u32 = 6;
/// Retries last 4 hours, and logs come 1 to 2 hours late.
const SETTLE_HOURS: u32 = 7;
/// Segment deletes logs after this many days.
const RETENTION_DAYS: u32 = 28;

/// All that was settled before a verb runs.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) settings: Settings,
    pub(super) format: Option<Format>,
    pub(super) zone: Zone,
    /// The same for people, in the order of `config show`.
    pub(super) shown: Vec<Setting>,
}

/// Resolves the settings of one run.
///
/// `wanted` is the provider that the verb was told to ask, if any.
pub(super) fn resolve(
    global: &Global,
    wanted: Option<Provider>,
    environment: &Environment,
    config: &ConfigFile,
    places: &Places,
) -> Result<Resolved, Error> {
    let from = Sources {
        environment,
        file: &config.path,
    };
    let mut shown = Vec::new();

    let named = from
        .pick(
            ("--profile", global.profile.clone()),
            (Variable::Profile, |text| Ok(text.to_owned())),
            config.profile.clone(),
        )?
        .optional();
    let chosen = account::choose(named, wanted, config)?;
    let accounts = account::accounts(config, &chosen);
    let provider = chosen.provider.value;
    shown.push(chosen.name.shown("profile", |name| Some(name.clone())));
    shown.push(
        chosen
            .provider
            .shown("provider", |provider| Some(provider.name().to_owned())),
    );

    let format = from
        .pick(
            ("--output", global.output),
            (Variable::Output, |text| {
                text.parse::<Format>().map_err(|error| error.to_string())
            }),
            config.output,
        )?
        .optional();
    shown.push(format.shown("output", |format| {
        format.map(|format| format.name().to_owned())
    }));

    let zone = from
        .pick(
            (
                "--tz",
                global
                    .zone
                    .clone()
                    .map(|NamedZone(zone, name)| (zone, name)),
            ),
            (Variable::Zone, |text| {
                let zone = text.parse::<Zone>().map_err(|error| error.to_string())?;
                Ok((zone, text.to_owned()))
            }),
            config.zone.clone(),
        )?
        .or((Zone::Utc, "UTC".to_owned()));
    shown.push(zone.shown("tz", |(_, name)| Some(name.clone())));

    let pager = resolve_pager(from, config)?;
    shown.push(pager.shown("pager", |pager| {
        Some(pager.as_deref().unwrap_or("none").to_owned())
    }));

    let account = chosen.profile.clone();
    let region = from
        .pick(
            ("--region", global.region),
            (Variable::Region, |text| parse_choice("region", text)),
            account.region,
        )?
        .or(Region::Us);
    shown.push(region.shown("region", |region| choice_name(*region)));
    let api_url = from
        .pick(
            ("--api-url", global.api_url.clone()),
            (Variable::ApiUrl, |text| Ok(text.to_owned())),
            account.api_url,
        )?
        .optional();
    shown.push(api_url.shown("api_url", |url| url.as_deref().map(without_password)));
    let request_style = from.config(account.request_style).or(RequestStyle::Both);
    shown.push(request_style.shown("request_style", |style| choice_name(*style)));
    let workspace = from.config(account.workspace).optional();
    shown.push(workspace.shown("workspace", Clone::clone));
    let collection = from
        .config(account.collection)
        .or(chosen.name.value.clone());
    if provider != Provider::Segment {
        shown.push(collection.shown("collection", |name| Some(name.clone())));
    }
    let Special {
        pim_url,
        client_id,
        login,
        legacy,
    } = account::special(from, &chosen, &mut shown)?;
    let tracking_url = from
        .pick(
            ("--tracking-url", None),
            (Variable::TrackingUrl, |text| Ok(text.to_owned())),
            account.tracking_url,
        )?
        .optional();
    shown.push(tracking_url.shown("tracking_url", |url| url.as_deref().map(without_password)));

    let number = |key, given: Option<u32>, default: u32| {
        let number = from.config(given).or(default);
        (number.value, number.shown(key, |n| Some(n.to_string())))
    };
    let (requests_per_day, row) = number(
        "requests_per_day",
        config.requests_per_day,
        REQUESTS_PER_DAY,
    );
    shown.push(row);
    let (reserve, row) = number("reserve", config.reserve, RESERVE);
    shown.push(row);
    if reserve >= requests_per_day {
        return Err(Error::usage(format!(
            "a `reserve` of {reserve} leaves nothing of `requests_per_day`, which is {requests_per_day}"
        ))
        .hint(format!("lower `reserve` in `{}`", config.path.display())));
    }
    let (settle_hours, row) = number("settle_hours", config.settle_hours, SETTLE_HOURS);
    shown.push(row);
    let own_retention = match provider {
        Provider::Segment => account.retention_days,
        _ => None,
    };
    let (retention_days, row) = number(
        "retention_days",
        own_retention.or(config.retention_days),
        RETENTION_DAYS,
    );
    shown.push(row);
    if provider != Provider::Segment {
        shown.retain(|row| row.key != "retention_days");
        let own = from.config(account.retention_days);
        shown.push(own.shown("retention_days", |own| {
            own.or(usual_retention(provider))
                .map(|days| days.to_string())
        }));
    }

    let token_file = Found {
        value: global.token_file.clone(),
        origin: global
            .token_file
            .as_ref()
            .map_or(Origin::Default, |_| Origin::Flag("--token-file")),
    };
    shown.push(token_file.shown("token_file", |file| file.as_deref().map(path_text)));
    let token_env = secret_of(environment, Variable::Token)?;
    // Only that there is one: the value is a secret, and so may be what stands in a command.
    shown.push(token_env.shown("token", |token| token.as_ref().map(|_| "set".to_owned())));
    let token_command = from.config(account.token_command).optional();
    shown.push(token_command.shown("token_command", |command| {
        command.as_ref().map(|_| "set".to_owned())
    }));

    let write_key_env = secret_of(environment, Variable::WriteKey)?;
    shown.push(write_key_env.shown("write_key", |key| key.as_ref().map(|_| "set".to_owned())));
    let write_key_command = from.config(account.write_key_command).optional();
    shown.push(write_key_command.shown("write_key_command", |command| {
        command.as_ref().map(|_| "set".to_owned())
    }));

    for (key, path, origin) in [
        ("config_file", &places.config_file, &places.config_origin),
        ("credentials_file", &places.credentials_file, &places.origin),
        ("data", &places.data, &places.origin),
        ("state", &places.state, &places.origin),
    ] {
        shown.push(Setting {
            key,
            value: Some(path_text(path)),
            origin: origin.clone(),
        });
    }

    Ok(Resolved {
        settings: Settings {
            profile: chosen.name.value,
            provider,
            collection: collection.value,
            accounts,
            data: places.data.clone(),
            state: places.state.clone(),
            config_file: places.config_file.clone(),
            credentials_file: places.credentials_file.clone(),
            region: region.value,
            api_url: api_url.value,
            request_style: request_style.value,
            workspace: workspace.value,
            pim_url,
            client_id,
            login,
            legacy,
            aliases: config.collections.clone(),
            settle_hours,
            retention_days,
            requests_per_day,
            reserve,
            token_file: token_file.value,
            token_env: token_env.value,
            token_command: token_command.value,
            tracking_url: tracking_url.value,
            write_key_env: write_key_env.value,
            write_key_command: write_key_command.value,
            pager: pager.value,
        },
        format: format.value,
        zone: zone.value.0,
        shown,
    })
}

/// Reads a variable whose value is never shown.
fn secret_of(
    environment: &Environment,
    variable: Variable,
) -> Result<Found<Option<SecretString>>, Error> {
    let value = environment.text(variable)?;
    Ok(Found {
        origin: value.map_or(Origin::Default, |_| Origin::Environment(variable.name())),
        value: value.map(SecretString::from),
    })
}

/// `FAILLOG_PAGER`, then the config, then `PAGER`, then the default: what is said to faillog goes before what is said
/// to every program. An empty one, or `cat`, means none.
fn resolve_pager(from: Sources<'_>, config: &ConfigFile) -> Result<Found<Option<String>>, Error> {
    let variable = |variable: Variable| {
        let value = from.environment.raw(variable)?;
        let value = value.to_string_lossy().into_owned();
        Some((value, Origin::Environment(variable.name())))
    };
    let (value, origin) = variable(Variable::Pager)
        .or_else(|| {
            let pager = config.pager.clone()?;
            Some((pager, Origin::Config(config.path.clone())))
        })
        .or_else(|| variable(Variable::CommonPager))
        .unwrap_or_else(|| (pager::DEFAULT.to_owned(), Origin::Default));
    let none = matches!(value.trim(), "" | "cat");
    Ok(Found {
        value: (!none).then_some(value),
        origin,
    })
}

fn choice_name<T: clap::ValueEnum>(value: T) -> Option<String> {
    let value = value.to_possible_value()?;
    Some(value.get_name().to_owned())
}

fn path_text(path: &std::path::Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;

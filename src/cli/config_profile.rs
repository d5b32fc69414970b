//! One profile of the config file: an account at one provider, in flat keys.
//!
//! Rule: a secret is named by the variable or the command that gives it, never written down.

use crate::commands::{Error, Region, RequestStyle};
use crate::model::Provider;

use super::config_item::Item;

/// One account at a provider.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Profile {
    pub(super) provider: Option<Provider>,
    pub(super) region: Option<Region>,
    pub(super) api_url: Option<String>,
    pub(super) token_command: Option<String>,
    pub(super) collection: Option<String>,
    pub(super) retention_days: Option<u32>,
    pub(super) request_style: Option<RequestStyle>,
    pub(super) workspace: Option<String>,
    pub(super) tracking_url: Option<String>,
    pub(super) write_key_command: Option<String>,
    pub(super) pim_url: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<Reference>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Reference>,
    pub(super) legacy: Option<bool>,
}

/// Where a secret is to be had.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reference {
    /// The name of an environment variable.
    Variable(String),
    /// A command that prints it.
    Command(String),
}

pub(super) const PROFILE_KEYS: [&str; 18] = [
    "provider",
    "region",
    "api_url",
    "token_command",
    "collection",
    "retention_days",
    "request_style",
    "workspace",
    "tracking_url",
    "write_key_command",
    "pim_url",
    "client_id",
    "client_secret_env",
    "client_secret_command",
    "username",
    "password_env",
    "password_command",
    "legacy",
];

impl Profile {
    pub(super) fn read(profile: &Item<'_>) -> Result<Profile, Error> {
        let mut read = Profile::default();
        for item in profile.table()? {
            match item.name() {
                "provider" => {
                    read.provider = Some(item.word(|word| {
                        word.parse::<Provider>().map_err(|error| error.to_string())
                    })?);
                }
                "region" => read.region = Some(item.choice("region")?),
                "api_url" => read.api_url = Some(item.text()?),
                "token_command" => read.token_command = Some(item.text()?),
                "collection" => read.collection = Some(item.text()?),
                "retention_days" => read.retention_days = Some(item.number(1)?),
                "request_style" => read.request_style = Some(item.choice("request style")?),
                "workspace" => read.workspace = Some(item.text()?),
                "tracking_url" => read.tracking_url = Some(item.text()?),
                "write_key_command" => read.write_key_command = Some(item.text()?),
                "pim_url" => read.pim_url = Some(item.text()?),
                "client_id" => read.client_id = Some(item.text()?),
                "client_secret_env" | "client_secret_command" => {
                    refer(&item, &mut read.client_secret)?;
                }
                "username" => read.username = Some(item.text()?),
                "password_env" | "password_command" => refer(&item, &mut read.password)?,
                "legacy" => read.legacy = Some(item.flag()?),
                _ => return Err(item.unknown(&PROFILE_KEYS)),
            }
        }
        Ok(read)
    }

    /// Returns the provider; without a word it is Segment, the first there was.
    pub(super) fn provider(&self) -> Provider {
        self.provider.unwrap_or(Provider::Segment)
    }
}

/// Reads `…_env` or `…_command`; both at once would leave open which one counts.
fn refer(item: &Item<'_>, secret: &mut Option<Reference>) -> Result<(), Error> {
    let reference = match item.name().ends_with("_env") {
        true => Reference::Variable(item.text()?),
        false => Reference::Command(item.text()?),
    };
    match secret.replace(reference) {
        None => Ok(()),
        Some(_) => {
            let name = item.name();
            let secret = name.rsplit_once('_').map_or(name, |(secret, _)| secret);
            Err(item.error(&format!(
                "`{secret}_env` and `{secret}_command` exclude each other"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::config_file::ConfigFile;
    use super::*;

    fn parse(text: &str) -> Result<Profile, Error> {
        let text = format!("[profiles.pim]\n{text}");
        let config = ConfigFile::parse(Path::new("config.toml"), &text)?;
        Ok(config.profiles["pim"].clone())
    }

    #[test]
    fn every_key_of_a_profile_is_read() {
        let profile = parse(
            "provider = 'akeneo'
            collection = 'shop'
            retention_days = 20
            pim_url = 'https://pim.example'
            client_id = '1_abc'
            client_secret_env = 'PIM_SECRET'
            username = 'logs'
            password_command = 'op read op://pim/password'
            legacy = true",
        );
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            profile.unwrap(),
            Profile {
                provider: Some(Provider::Akeneo),
                collection: text("shop"),
                retention_days: Some(20),
                pim_url: text("https://pim.example"),
                client_id: text("1_abc"),
                client_secret: Some(Reference::Variable("PIM_SECRET".into())),
                username: text("logs"),
                password: Some(Reference::Command("op read op://pim/password".into())),
                legacy: Some(true),
                ..Profile::default()
            }
        );
        assert_eq!(parse("").unwrap().provider(), Provider::Segment);
    }

    #[test]
    fn secrets_are_refused_with_the_way_to_name_them() {
        for (text, key, hint) in [
            ("password = 'hunter2'", "password", "`password_env`"),
            (
                "client_secret = 'hunter2'",
                "client_secret",
                "`client_secret_command`",
            ),
            ("token = 'hunter2'", "token", "`faillog auth login`"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(
                error.message,
                format!("config file `config.toml`, line 2: unknown key `{key}`")
            );
            assert!(error.hints[0].contains(hint), "{:?}", error.hints);
            assert!(!format!("{error:?}").contains("hunter2"));
        }
        let error = parse("password_env = 'A'\npassword_command = 'b'").unwrap_err();
        assert_eq!(
            error.message,
            "config file `config.toml`, line 2: `password_env` and `password_command` exclude each other"
        );
        let error = parse("provider = 'akeno'").unwrap_err();
        assert!(
            error
                .message
                .ends_with("unknown provider `akeno`; did you mean `akeneo`?"),
            "{error}"
        );
        let error = parse("legacy = 'yes'").unwrap_err();
        assert!(
            error
                .message
                .ends_with("`legacy` must be true or false, not string"),
            "{error}"
        );
    }
}

//! How the API of the profile's account is reached, for the providers whose logs come page by page.
//!
//! Rule: what is missing is named by its key in the config and by its variable, with an example.

use crate::fetch::PageStop;
use crate::model::{Provider, Timestamp};
use crate::providers::feed::Wanted;
use crate::providers::http::{Http, Timeouts};
use crate::providers::{Feed, Token, akeneo, notificationapi, segment_audit, spec};

use super::settings::SecretFrom;
use super::token::{self, TokenSource};
use super::{Account, Context, Error, Kind, Settings, quote};

/// Prepares to ask the account's provider for logs; nothing is asked yet.
///
/// # Errors
/// If something is not set up, or the provider has nothing to fetch from.
pub(super) fn feed(context: &mut Context<'_>, wanted: Wanted) -> Result<Feed, Error> {
    if let Provider::Segment | Provider::Workato = context.settings.provider {
        return Err(nothing_to_fetch(context.settings.provider));
    }
    let sign_in = sign_in(context)?;
    feed_as(&context.settings, sign_in, wanted, context.now)
}

/// The same, signed in as told.
pub(super) fn feed_as(
    settings: &Settings,
    sign_in: SignIn,
    wanted: Wanted,
    now: Timestamp,
) -> Result<Feed, Error> {
    let http = Http::new(Timeouts::default());
    let api_url = settings.api_url.clone();
    let made = match settings.provider {
        Provider::SegmentAudit => {
            let access = segment_audit::Access {
                api_url,
                region: settings.segment_region()?,
                token: sign_in.token(settings)?,
            };
            segment_audit::Feed::new(http, access, wanted).map(Feed::SegmentAudit)
        }
        Provider::Akeneo => {
            let access = akeneo::Access {
                api_url,
                pim_url: needed(
                    settings,
                    &settings.pim_url,
                    ("pim_url", "FAILLOG_PIM_URL"),
                    "https://my-shop.cloud.akeneo.com",
                )?,
                client_id: needed(
                    settings,
                    &settings.client_id,
                    ("client_id", "FAILLOG_CLIENT_ID"),
                    "1_2h6k8m0p4q",
                )?,
                login: match sign_in {
                    SignIn::Token(token, _) => akeneo::Login::Token(token),
                    SignIn::Password {
                        client_secret,
                        username,
                        password,
                    } => akeneo::Login::Password {
                        client_secret,
                        username,
                        password,
                    },
                },
            };
            akeneo::Feed::new(http, access, wanted).map(Feed::Akeneo)
        }
        Provider::NotificationApi => {
            let client_id = match settings.legacy {
                false => settings.client_id.clone(),
                true => Some(needed(
                    settings,
                    &settings.client_id,
                    ("client_id", "FAILLOG_CLIENT_ID"),
                    "24nojpnrsdc53fkslha0roov05",
                )?),
            };
            let access = notificationapi::Access {
                api_url,
                host: match settings.legacy {
                    true => notificationapi::Host::Legacy,
                    false => notificationapi::Host::Current,
                },
                region: settings.notification_region(),
                client_id,
                token: sign_in.token(settings)?,
            };
            notificationapi::Feed::new(http, access, wanted).map(Feed::NotificationApi)
        }
        provider @ (Provider::Segment | Provider::Workato) => {
            return Err(nothing_to_fetch(provider));
        }
    };
    made.map_err(|error| PageStop::of(error, now).into())
}

/// Returns the beginning of a command that fetches collections: `faillog fetch --provider akeneo --collection pim`.
pub(super) fn fetch_words(
    context: &Context<'_>,
    provider: Provider,
    collections: &[&str],
) -> Vec<String> {
    let settings = &context.settings;
    let mut words = vec![context.program.clone(), "fetch".to_owned()];
    if provider != Provider::Segment || settings.provider != Provider::Segment {
        words.extend(["--provider".to_owned(), provider.name().to_owned()]);
    }
    let of_provider = |account: &&Account| account.provider == provider;
    let is_one_of_several = settings.accounts.iter().filter(of_provider).count() > 1;
    for collection in collections {
        if is_one_of_several && let Some(account) = settings.account(provider, collection) {
            words.extend(["--profile".to_owned(), quote(&account.profile)]);
        }
        let name = settings.name_of(collection);
        words.extend(["--collection".to_owned(), quote(name)]);
    }
    words
}

/// Says that a provider's logs come as files alone.
pub(super) fn nothing_to_fetch(provider: Provider) -> Error {
    let title = spec(provider).title;
    Error::usage(format!(
        "there is nothing to fetch {title} logs from: they come as an exported file"
    ))
    .hint(format!(
        "Export them in {title}, then: faillog import --provider {provider} FILE"
    ))
}

fn needed(
    settings: &Settings,
    value: &Option<String>,
    (key, variable): (&str, &str),
    example: &str,
) -> Result<String, Error> {
    value.clone().ok_or_else(|| {
        let Settings {
            profile, provider, ..
        } = settings;
        Error::usage(format!(
            "profile `{profile}` has no `{key}`, which {} needs",
            spec(*provider).title
        ))
        .hint(format!(
            "Set {variable}, or in `{}`:\n[profiles.{profile}]\nprovider = \"{provider}\"\n{key} = \"{example}\"",
            settings.config_file.display()
        ))
    })
}

/// What shows an account to be ours.
pub(super) enum SignIn {
    Token(Token, TokenSource),
    /// What a token is got for.
    Password {
        client_secret: Token,
        username: String,
        password: Token,
    },
}

impl SignIn {
    fn token(self, settings: &Settings) -> Result<Token, Error> {
        match self {
            SignIn::Token(token, _) => Ok(token),
            SignIn::Password { .. } => Err(token::none(settings)),
        }
    }
}

/// Finds the token of the account, else the parts of its password grant.
pub(super) fn sign_in(context: &mut Context<'_>) -> Result<SignIn, Error> {
    let settings = &context.settings;
    if let Some((token, source)) = token::find(settings, context.input)? {
        return Ok(SignIn::Token(token, source));
    }
    let login = &settings.login;
    let none =
        login.username.is_none() && login.client_secret.is_none() && login.password.is_none();
    if none || settings.provider != Provider::Akeneo {
        let error = token::none(settings);
        return Err(match settings.provider {
            Provider::Akeneo => error.hint(
                "or let the PIM give one: `username`, `password_env` and `client_secret_env` in the profile",
            ),
            _ => error,
        });
    }
    let (Some(username), Some(client_secret), Some(password)) =
        (&login.username, &login.client_secret, &login.password)
    else {
        return Err(Error::usage(format!(
            "profile `{}` has only a part of what the PIM gives a token for",
            settings.profile
        ))
        .hint(
            "Set all of `username`, `password_env` or `password_command`, and `client_secret_env` or \
             `client_secret_command`.",
        ));
    };
    Ok(SignIn::Password {
        client_secret: secret("client_secret", client_secret)?,
        username: username.clone(),
        password: secret("password", password)?,
    })
}

fn secret(key: &str, from: &SecretFrom) -> Result<Token, Error> {
    use secrecy::ExposeSecret;

    match from {
        SecretFrom::Variable(name, None) => Err(Error::new(
            Kind::Unauthorised,
            format!("`{name}`, which `{key}_env` of the profile names, is not set"),
        )),
        SecretFrom::Variable(name, Some(text)) => {
            token::any_text(text.expose_secret(), &format!("`{name}`"))
        }
        SecretFrom::Command(command) => {
            let source = format!("{key}_command of the profile");
            token::any_text(&token::ask_command(command, &source)?, &source)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::sandbox::{settings, with_context};
    use super::*;
    use crate::model::Window;

    const NOW: &str = "2025-03-23T20:30:00Z";

    fn account(provider: Provider, change: impl FnOnce(&mut Settings)) -> Settings {
        let mut settings = Settings {
            profile: "pim".to_owned(),
            provider,
            token_env: Some("sgp_secret".to_owned().into()),
            ..settings(Path::new("nowhere"))
        };
        change(&mut settings);
        settings
    }

    fn made(settings: Settings) -> Result<Feed, Error> {
        let wanted = Wanted {
            window: Window::ALL,
            params: vec![],
        };
        with_context(settings, NOW, &[], |context| feed(context, wanted)).0
    }

    fn refused(settings: Settings) -> (u8, String) {
        match made(settings) {
            Ok(_) => panic!("the account is complete"),
            Err(error) => {
                assert!(!format!("{error:?}").contains("sgp_secret"));
                let said = format!("{error}\n{}", error.hints.join("\n"));
                (error.kind.exit_code(), said)
            }
        }
    }

    #[test]
    fn what_an_account_lacks_is_named() {
        let (code, said) = refused(account(Provider::Akeneo, |_| {}));
        assert_eq!(code, 2);
        assert!(
            said.starts_with("profile `pim` has no `pim_url`, which Akeneo Event Platform needs\nSet FAILLOG_PIM_URL, or"),
            "{said}"
        );
        assert!(
            said.ends_with("[profiles.pim]\nprovider = \"akeneo\"\npim_url = \"https://my-shop.cloud.akeneo.com\""),
            "{said}"
        );
        let pim = |settings: &mut Settings| settings.pim_url = Some("https://pim.example".into());
        let (code, said) = refused(account(Provider::Akeneo, pim));
        assert!(code == 2 && said.contains("FAILLOG_CLIENT_ID"), "{said}");
        let legacy = |settings: &mut Settings| settings.legacy = true;
        let (code, said) = refused(account(Provider::NotificationApi, legacy));
        assert!(code == 2 && said.contains("no `client_id`"), "{said}");
        let ca = |settings: &mut Settings| settings.region = super::super::Region::Ca;
        let (code, said) = refused(account(Provider::SegmentAudit, ca));
        assert!(code == 2 && said.contains("has no region `ca`"), "{said}");
        let (code, said) = refused(account(Provider::Workato, |_| {}));
        assert_eq!(code, 2);
        assert!(
            said.contains("faillog import --provider workato FILE"),
            "{said}"
        );
    }

    #[test]
    fn a_token_goes_before_a_password_and_a_password_must_be_whole() {
        let signed = |change: fn(&mut Settings)| {
            let settings = account(Provider::Akeneo, change);
            let signed = with_context(settings, NOW, &[], sign_in).0;
            match signed {
                Ok(SignIn::Token(..)) => "token".to_owned(),
                Ok(SignIn::Password {
                    client_secret,
                    username,
                    password,
                }) => {
                    let [secret, password] =
                        [&client_secret, &password].map(Token::expose_for_header);
                    format!("{secret} {username} {password}")
                }
                Err(error) => format!("{} {error}", error.kind.exit_code()),
            }
        };
        fn whole(settings: &mut Settings) {
            settings.login.username = Some("logs".into());
            settings.login.client_secret = Some(SecretFrom::Command("echo s3".into()));
            let password = Some("päss word".to_owned().into());
            settings.login.password = Some(SecretFrom::Variable("PIM_PASSWORD".into(), password));
        }
        assert_eq!(signed(whole), "token");
        let without_token = signed(|settings| {
            whole(settings);
            settings.token_env = None;
        });
        assert_eq!(without_token, "s3 logs päss word");
        let unset = signed(|settings| {
            whole(settings);
            settings.token_env = None;
            settings.login.password = Some(SecretFrom::Variable("PIM_PASSWORD".into(), None));
        });
        assert_eq!(
            unset,
            "4 `PIM_PASSWORD`, which `password_env` of the profile names, is not set"
        );
        let part = signed(|settings| {
            settings.token_env = None;
            settings.login.username = Some("logs".into());
        });
        assert!(
            part.starts_with("2 profile `pim` has only a part"),
            "{part}"
        );
        let nothing = signed(|settings| settings.token_env = None);
        assert_eq!(nothing, "4 there is no token for profile `pim`");
    }
}

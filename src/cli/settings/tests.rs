//! Precedence as a table, the pager's own order, and that no secret is shown.

use std::path::Path;

use super::*;

const CONFIG: &str = "config.toml";

fn places() -> Places {
    Places {
        config_file: CONFIG.into(),
        config_origin: Origin::Default,
        credentials_file: "credentials.toml".into(),
        data: "data".into(),
        state: "state".into(),
        origin: Origin::Environment("FAILLOG_HOME"),
    }
}

fn resolve_from(
    global: &Global,
    environment: &Environment,
    config: &str,
) -> Result<Resolved, Error> {
    let config = ConfigFile::parse(Path::new(CONFIG), config)?;
    resolve(global, None, environment, &config, &places())
}

/// Returns the value and the origin of a setting, as `config show` tells them.
fn told(resolved: &Resolved, key: &str) -> (String, String) {
    let setting = resolved.shown.iter().find(|row| row.key == key).unwrap();
    let value = setting.value.clone().unwrap_or_else(|| "-".into());
    (value, setting.origin.to_string())
}

#[test]
fn flag_over_environment_over_config_over_default() {
    let typed = Global {
        output: Some(Format::Csv),
        zone: Some(NamedZone(Zone::Local, "local".into())),
        profile: Some("p".into()),
        region: Some(Region::Eu),
        api_url: Some("http://flag".into()),
        ..Global::default()
    };
    let set = [
        (Variable::Output, "tsv"),
        (Variable::Zone, "+01:00"),
        (Variable::Profile, "p"),
        (Variable::Region, "eu"),
        (Variable::ApiUrl, "http://env"),
    ];
    let config = "
        output = 'md'
        tz = 'Europe/Berlin'
        profile = 'p'
        [profiles.p]
        region = 'eu'
        api_url = 'http://config'";
    // Key; then flag, environment, config, default: each with all the sources below it set as well.
    let cases = [
        (
            "output",
            "csv",
            "--output",
            "tsv",
            "FAILLOG_OUTPUT",
            "md",
            "-",
        ),
        (
            "tz",
            "local",
            "--tz",
            "+01:00",
            "FAILLOG_TZ",
            "Europe/Berlin",
            "UTC",
        ),
        (
            "profile",
            "p",
            "--profile",
            "p",
            "FAILLOG_PROFILE",
            "p",
            "default",
        ),
        (
            "region",
            "eu",
            "--region",
            "eu",
            "FAILLOG_REGION",
            "eu",
            "us",
        ),
        (
            "api_url",
            "http://flag",
            "--api-url",
            "http://env",
            "FAILLOG_API_URL",
            "http://config",
            "-",
        ),
    ];
    let (none, unset) = (Global::default(), Environment::default());
    let by_flag = resolve_from(&typed, &Environment::from(set), config).unwrap();
    let by_env = resolve_from(&none, &Environment::from(set), config).unwrap();
    let by_config = resolve_from(&none, &unset, config).unwrap();
    let by_default = resolve_from(&none, &unset, "").unwrap();
    for (key, flag, flag_name, env, env_name, config, default) in cases {
        let pair = |value: &str, origin: String| (value.to_owned(), origin);
        assert_eq!(
            told(&by_flag, key),
            pair(flag, format!("flag {flag_name}")),
            "{key}"
        );
        assert_eq!(
            told(&by_env, key),
            pair(env, format!("env {env_name}")),
            "{key}"
        );
        assert_eq!(
            told(&by_config, key),
            pair(config, format!("config {CONFIG}")),
            "{key}"
        );
        assert_eq!(
            told(&by_default, key),
            pair(default, "default".into()),
            "{key}"
        );
    }
    assert_eq!(by_flag.format, Some(Format::Csv));
    assert_eq!(by_flag.zone, Zone::Local);
    assert_eq!(by_env.settings.api_url.as_deref(), Some("http://env"));
    assert_eq!(by_config.settings.region, Region::Eu);
    assert_eq!(by_default.settings.region, Region::Us);
}

#[test]
fn the_pager_said_to_faillog_goes_before_that_of_every_program() {
    let pager = |set: &[(Variable, &str)], config: &str| {
        let environment = match set {
            [] => Environment::default(),
            [one] => Environment::from([*one]),
            [one, two, ..] => Environment::from([*one, *two]),
        };
        let resolved = resolve_from(&Global::default(), &environment, config).unwrap();
        (resolved.settings.pager.clone(), told(&resolved, "pager").1)
    };
    let own = (Variable::Pager, "most");
    let common = (Variable::CommonPager, "more");
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        pager(&[own, common], "pager='x'"),
        (some("most"), "env FAILLOG_PAGER".into())
    );
    assert_eq!(
        pager(&[common], "pager='x'"),
        (some("x"), format!("config {CONFIG}"))
    );
    assert_eq!(pager(&[common], ""), (some("more"), "env PAGER".into()));
    assert_eq!(pager(&[(Variable::Pager, "")], "pager='x'").0, None);
    assert_eq!(pager(&[(Variable::Pager, "cat")], "").0, None);
    let default = (!cfg!(windows)).then(|| "less -FRX".to_owned());
    assert_eq!(pager(&[], ""), (default, "default".into()));
}

#[test]
fn numbers_have_the_vendor_s_limits_as_defaults() {
    let resolved = resolve_from(
        &Global::default(),
        &Environment::default(),
        "settle_hours = 9",
    )
    .unwrap();
    let settings = &resolved.settings;
    assert_eq!(
        (
            settings.requests_per_day,
            settings.reserve,
            settings.settle_hours,
            settings.retention_days
        ),
        (120, 6, 9, 28)
    );
    let error = resolve_from(&Global::default(), &Environment::default(), "reserve = 120");
    assert_eq!(
        error.unwrap_err().message,
        "a `reserve` of 120 leaves nothing of `requests_per_day`, which is 120"
    );
}

#[test]
fn secrets_are_shown_only_as_set() {
    let environment = Environment::from([(Variable::Token, "sgp_secret")]);
    let config = "[profiles.default]\ntoken_command = 'echo sgp_secret'\napi_url = 'http://me:sgp_secret@proxy/'";
    let resolved = resolve_from(&Global::default(), &environment, config).unwrap();
    let set = |origin: &str| ("set".to_owned(), origin.to_owned());
    assert_eq!(told(&resolved, "token"), set("env FAILLOG_TOKEN"));
    assert_eq!(told(&resolved, "token_command"), set("config config.toml"));
    assert_eq!(told(&resolved, "api_url").0, "http://me:***@proxy/");
    assert!(!format!("{:?} {:?}", resolved.shown, resolved.settings.token_env).contains("sgp_"));
}

#[test]
fn a_variable_that_is_not_understood_is_named() {
    for (variable, value, message) in [
        (
            Variable::Region,
            "ue",
            "`FAILLOG_REGION`: unknown region `ue`; known: `us`, `eu`, `ca`",
        ),
        (
            Variable::Output,
            "cvs",
            "`FAILLOG_OUTPUT`: unknown format `cvs`; did you mean `csv`?",
        ),
    ] {
        let environment = Environment::from([(variable, value)]);
        let error = resolve_from(&Global::default(), &environment, "").unwrap_err();
        assert_eq!(error.message, message);
        assert_eq!(error.kind, crate::commands::Kind::Usage);
    }
}

/// The profile, the provider and the collection that are chosen, or what is said instead.
fn chosen(typed: Option<&str>, wanted: Option<Provider>, config: &str) -> String {
    let global = Global {
        profile: typed.map(str::to_owned),
        ..Global::default()
    };
    let file = ConfigFile::parse(Path::new(CONFIG), config).unwrap();
    match resolve(&global, wanted, &Environment::default(), &file, &places()) {
        Ok(Resolved { settings, .. }) => format!(
            "{} {} {}",
            settings.profile, settings.provider, settings.collection
        ),
        Err(error) => {
            assert_eq!(error.kind, crate::commands::Kind::Usage);
            format!("{}; {}", error.message, error.hints.join(" "))
        }
    }
}

#[test]
fn the_provider_wanted_picks_the_profile() {
    let (segment, audit) = (Some(Provider::Segment), Some(Provider::SegmentAudit));
    let akeneo = Some(Provider::Akeneo);
    let one = "
        profile = 'acme'
        [profiles.acme]
        [profiles.pim]
        provider = 'akeneo'
        collection = 'shop'";
    assert_eq!(chosen(None, None, one), "acme segment acme");
    assert_eq!(chosen(None, akeneo, one), "pim akeneo shop");
    assert_eq!(chosen(Some("pim"), None, one), "pim akeneo shop");
    assert_eq!(chosen(Some("pim"), akeneo, one), "pim akeneo shop");
    assert_eq!(
        chosen(Some("acme"), akeneo, one),
        "profile `acme` is an account of segment, not of akeneo; Add `--profile pim`."
    );
    // The audit trail is had with the token of the same workspace.
    assert_eq!(chosen(None, audit, one), "acme segment-audit acme");
    assert_eq!(chosen(Some("acme"), audit, one), "acme segment-audit acme");
    let two = format!("{one}\n[profiles.pim2]\nprovider = 'akeneo'");
    assert_eq!(
        chosen(None, akeneo, &two),
        "several profiles are accounts of akeneo, and none was named; Add `--profile pim` or `--profile pim2`."
    );
    assert_eq!(
        chosen(None, akeneo, &two.replace("'acme'", "'pim2'")),
        "pim2 akeneo pim2"
    );
    // A name that the config does not have is whatever it is wanted for.
    assert_eq!(chosen(Some("new"), akeneo, one), "new akeneo new");
    assert_eq!(chosen(Some("new"), None, one), "new segment new");

    assert_eq!(chosen(None, None, ""), "default segment default");
    assert_eq!(chosen(None, segment, ""), "default segment default");
    assert_eq!(chosen(None, audit, ""), "default segment-audit default");
    // Under `default` another vendor's token may be stored.
    assert_eq!(chosen(None, akeneo, ""), "akeneo akeneo akeneo");
    let other = "[profiles.default]\nprovider = 'akeneo'";
    assert_eq!(chosen(None, segment, other), "segment segment segment");
    assert_eq!(
        chosen(None, audit, other),
        "segment-audit segment-audit segment-audit"
    );
}

#[test]
fn accounts_know_how_long_their_logs_are_kept() {
    let config = "
        retention_days = 20
        [profiles.default]
        [profiles.pim]
        provider = 'akeneo'
        retention_days = 10
        [profiles.notify]
        provider = 'notificationapi'
        collection = 'mail'";
    let resolved = resolve_from(&Global::default(), &Environment::default(), config).unwrap();
    let days = |provider, name: &str| resolved.settings.policy(provider, name).retention_days;
    assert_eq!(days(Provider::Segment, "any"), Some(20));
    assert_eq!(days(Provider::Akeneo, "pim"), Some(10));
    assert_eq!(days(Provider::Akeneo, "other"), Some(30));
    assert_eq!(days(Provider::NotificationApi, "mail"), Some(7));
    assert_eq!(days(Provider::Workato, "w"), None);
    assert!(
        resolved
            .settings
            .policy_unfetched(Provider::Akeneo, "pim")
            .is_fetched
    );
    assert!(
        !resolved
            .settings
            .policy_unfetched(Provider::Akeneo, "other")
            .is_fetched
    );
}

#[test]
fn what_only_some_providers_have_is_shown_for_them_and_no_secret() {
    let config = "
        [profiles.default]
        provider = 'akeneo'
        pim_url = 'https://pim.example'
        client_id = '1_abc'
        client_secret_command = 'echo hunter2'
        username = 'logs'
        password_env = 'FAILLOG_TOKEN'";
    let environment = Environment::from([
        (Variable::PimUrl, "https://me:hunter2@pim.test"),
        (Variable::Token, "hunter2"),
    ]);
    let resolved = resolve_from(&Global::default(), &environment, config).unwrap();
    let from_config = |value: &str| (value.to_owned(), "config config.toml".to_owned());
    assert_eq!(told(&resolved, "provider"), from_config("akeneo"));
    assert_eq!(
        told(&resolved, "pim_url"),
        (
            "https://me:***@pim.test/".into(),
            "env FAILLOG_PIM_URL".into()
        )
    );
    assert_eq!(told(&resolved, "client_id"), from_config("1_abc"));
    assert_eq!(told(&resolved, "username"), from_config("logs"));
    assert_eq!(
        told(&resolved, "client_secret"),
        from_config("of a command")
    );
    assert_eq!(told(&resolved, "password"), from_config("of FAILLOG_TOKEN"));
    assert_eq!(
        told(&resolved, "retention_days"),
        ("30".into(), "default".into())
    );
    assert!(!format!("{:?}", resolved.shown).contains("hunter2"));
    let secrets = format!("{:?}", resolved.settings.login.password);
    assert!(!secrets.contains("hunter2"), "{secrets}");
    let plain = resolve_from(&Global::default(), &Environment::default(), "").unwrap();
    let keys: Vec<&str> = plain.shown.iter().map(|row| row.key).collect();
    assert!(
        !keys.contains(&"pim_url") && !keys.contains(&"legacy"),
        "{keys:?}"
    );
}

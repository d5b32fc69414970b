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

//! `faillog config`.

use crate::support::TestEnv;

#[test]
fn path_prints_the_file_that_counts() {
    let env = TestEnv::new();
    let path = format!("{}\n", env.home().join("config.toml").display());
    env.run(&["config", "path"])
        .success()
        .stdout_is(&path)
        .stderr_is("");
    let other = env.write("other.toml", "");
    let env = env.set("FAILLOG_CONFIG", other.to_str().expect("a Unicode path"));
    let path = format!("{}\n", other.display());
    env.run(&["config", "path"]).success().stdout_is(&path);
}

#[test]
fn a_named_config_that_is_missing_is_wrong_usage() {
    let env = TestEnv::new().set("FAILLOG_CONFIG", "none.toml");
    env.run(&["config", "show"])
        .code(2)
        .stderr_has("error: cannot read the config file `")
        .stderr_has("none.toml`");
}

#[test]
fn show_tells_every_setting_with_its_origin_and_no_secret() {
    let env = TestEnv::new()
        .set("FAILLOG_TOKEN", "sgp_0123456789abcdef0123")
        .set("FAILLOG_REGION", "eu");
    let config = env.write(
        "config.toml",
        "profile = 'acme'\n[profiles.acme]\nregion = 'us'\nworkspace = 'w'\n",
    );
    let outcome = env.run(&["config", "show", "--tz", "+02:00"]);
    outcome.success().stderr_is("").nowhere("sgp_");
    let row = |key: &str| -> Vec<String> {
        let line = outcome
            .stdout
            .lines()
            .find(|line| line.split(',').next() == Some(key));
        let line = line.unwrap_or_else(|| panic!("no row `{key}` in\n{}", outcome.stdout));
        line.split(',').map(str::to_owned).collect()
    };
    let config = format!("config {}", config.display());
    assert_eq!(row("key"), ["key", "value", "origin"]);
    assert_eq!(row("tz"), ["tz", "+02:00", "flag --tz"]);
    assert_eq!(row("region"), ["region", "eu", "env FAILLOG_REGION"]);
    assert_eq!(row("profile"), ["profile", "acme", &config]);
    assert_eq!(row("workspace"), ["workspace", "w", &config]);
    assert_eq!(row("reserve"), ["reserve", "6", "default"]);
    assert_eq!(row("token"), ["token", "set", "env FAILLOG_TOKEN"]);
    assert_eq!(row("data")[2..], ["env FAILLOG_HOME"]);
}

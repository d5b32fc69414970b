//! Which account is used, what it lacks, and where there is nothing to fetch from; nothing is asked of a server here.
//!
//! Rule: what is missing is named with the key, the variable and an example; no secret is shown.

use crate::support::TestEnv;

const SECRET: &str = "hunter2_0123456789";

#[test]
fn what_an_account_lacks_is_wrong_usage() {
    let env = TestEnv::new().set("FAILLOG_TOKEN", SECRET);
    env.run(&["fetch", "--provider", "akeneo", "--last", "1h"])
        .code(2)
        .stderr_has("profile `akeneo` has no `pim_url`, which Akeneo Event Platform needs")
        .stderr_has("FAILLOG_PIM_URL")
        .stderr_has("[profiles.akeneo]")
        .nowhere(SECRET);
    env.run(&["fetch", "--provider", "workato", "--last", "1h"])
        .code(2)
        .stderr_has("faillog import --provider workato FILE");
    env.run(&[
        "fetch",
        "--provider",
        "segment",
        "--collection",
        "c",
        "--hour",
        "now-3h",
        "--param",
        "a=b",
    ])
    .code(2)
    .stderr_has("--param `a=b`");
    env.run(&[
        "fetch",
        "--provider",
        "segment-audit",
        "--param",
        "nonsense",
    ])
    .code(2)
    .stderr_has("--param `nonsense` is no `key=value`");
    env.run(&[
        "fetch",
        "--provider",
        "segment-audit",
        "--collection",
        "a",
        "--collection",
        "b",
    ])
    .code(2)
    .stderr_has("one collection, and 2 were named");
    env.run(&[
        "fetch",
        "--provider",
        "segment-audit",
        "--region",
        "ca",
        "--last",
        "1h",
    ])
    .code(2)
    .stderr_has("has no region `ca`");
    let none = TestEnv::new();
    none.run(&["fetch", "--provider", "segment-audit", "--last", "1h"])
        .code(4)
        .stderr_has("there is no token for profile `default`")
        .stderr_has("faillog auth login --provider segment-audit");
}

#[test]
fn a_profile_of_another_provider_is_not_used() {
    let env = TestEnv::new().set("FAILLOG_TOKEN", SECRET);
    env.write(
        "config.toml",
        "[profiles.acme]\nregion = 'eu'\n[profiles.shop]\nprovider = 'akeneo'\n[profiles.shop2]\nprovider = 'akeneo'\n",
    );
    let fetch = |flags: &[&str]| env.run(&[&["fetch", "--last", "1h"], flags].concat());
    fetch(&["--provider", "akeneo"])
        .code(2)
        .stderr_has("Add `--profile shop` or `--profile shop2`.");
    fetch(&["--provider", "akeneo", "--profile", "acme"])
        .code(2)
        .stderr_has("profile `acme` is an account of segment, not of akeneo");
    fetch(&["--profile", "shop2"])
        .code(2)
        .stderr_has("profile `shop2` has no `pim_url`");
    // It would cost a request to learn that Segment has no such collection.
    fetch(&["--collection", "shop"])
        .code(2)
        .stderr_has("`shop` is where the logs of akeneo are kept, by profile `shop`")
        .stderr_has("Add `--profile shop`");
    env.run(&["config", "show", "--profile", "shop", "-o", "csv"])
        .success()
        .stdout_has("\nprovider,akeneo,config ")
        .stdout_has("\ncollection,shop,default")
        .stdout_has("\npim_url,,default")
        .nowhere(SECRET);
}

#[test]
fn a_secret_in_the_config_is_refused_with_the_way_to_name_it() {
    let env = TestEnv::new();
    env.write(
        "config.toml",
        format!("[profiles.shop]\nprovider = 'akeneo'\npassword = '{SECRET}'\n"),
    );
    env.run(&["config", "show"])
        .code(2)
        .stderr_has("line 3: unknown key `password`")
        .stderr_has("`password_env`")
        .nowhere(SECRET);
}

#[test]
fn a_token_of_another_provider_is_stored_apart() {
    let env = TestEnv::new();
    let login = |token: &str, flags: &[&str]| {
        let args = [&["auth", "login", "--no-check"], flags].concat();
        env.run_with_input(&args, format!("{token}\n")).success();
    };
    login("sgp_segment0123456789", &[]);
    login(SECRET, &["--provider", "akeneo"]);
    let stored = std::fs::read_to_string(env.home().join("credentials.toml"));
    let stored = stored.expect("the credentials file");
    let (_, akeneo) = stored.split_once("akeneo").expect("a profile of its own");
    assert!(
        akeneo.contains(SECRET) || stored.starts_with("[profiles.akeneo]"),
        "{stored}"
    );
    env.run(&[
        "auth",
        "status",
        "--no-check",
        "--provider",
        "akeneo",
        "-o",
        "csv",
    ])
    .success()
    .stdout_has("\nakeneo,akeneo,…,credentials file")
    .nowhere(SECRET);
    env.run(&["auth", "logout", "--provider", "akeneo"])
        .success();
    env.run(&["auth", "status", "--no-check", "-o", "csv"])
        .success()
        .stdout_has("\ndefault,segment,…,credentials file");
    env.run(&["auth", "status", "--provider", "workato"])
        .code(2)
        .stderr_has("faillog import --provider workato FILE");
}

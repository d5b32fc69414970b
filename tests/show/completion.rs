//! What a shell offers after a flag of `faillog show`: the values that config and store hold.
//!
//! Rule: asked as a shell asks, through the environment; completing writes nothing and never fails.

use super::filled;
use crate::support::TestEnv;

/// Returns what bash is offered for the last of the words.
fn offered(env: &TestEnv, words: &[&str]) -> Vec<String> {
    let mut command = env.command(&[&["--", "faillog"], words].concat());
    let index = words.len().to_string();
    let asked = command
        .env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", index)
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true")
        .env("_CLAP_IFS", "\n");
    let output = asked.output().expect("the program cannot be started");
    let outcome = env.outcome(&command, &output);
    outcome.success().stderr_is("");
    outcome.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn values_come_from_config_and_store() {
    let env = filled();
    let show = |flag: &str, typed: &str| offered(&env, &["show", flag, typed]);
    assert_eq!(show("--collection", ""), ["p", "eu-west", "prod"]);
    assert_eq!(show("--collection", "e"), ["eu-west"]);
    assert_eq!(
        show("--hour", "2025-03-2"),
        [
            "2025-03-25T01",
            "2025-03-24T00",
            "2025-03-23T23",
            "2025-03-23T22",
            "2025-03-23T21",
            "2025-03-23T20"
        ]
    );
    assert_eq!(show("--columns", "mess"), ["message_id"]);
    assert_eq!(show("--columns", "time,fa"), ["time,fate"]);
    assert_eq!(show("--status", "50"), ["500", "502", "503", "504"]);
    assert_eq!(show("--destination", "dst_b"), ["dst_bare", "dst_braze"]);
    assert_eq!(show("--subscription", "dst_w"), ["dst_webhook"]);
    assert_eq!(show("--code", "E"), ["ECONNRESET", "ETIMEDOUT"]);
    assert_eq!(show("--sort", "-logged"), ["-logged_at"]);
    assert_eq!(show("--fate", "d"), ["delivered", "discarded"]);
    assert_eq!(show("--where", "stat"), ["status"]);
    assert_eq!(
        offered(&env, &["store", "verify", "--collection", "eu"]),
        ["eu-west"]
    );
}

#[test]
fn accounts_elsewhere_offer_their_profiles_and_collections() {
    let env = TestEnv::new();
    env.write(
        "config.toml",
        "[profiles.acme]\n[profiles.shop]\nprovider = 'akeneo'\n[profiles.mail]\nprovider = 'notificationapi'\ncollection = 'post'\n",
    );
    let fetch = |flag: &str| offered(&env, &["fetch", flag, ""]);
    assert_eq!(fetch("--profile"), ["acme", "mail", "shop"]);
    assert_eq!(fetch("--collection"), ["post", "shop"]);
    let providers = [
        "segment",
        "segment-audit",
        "akeneo",
        "notificationapi",
        "workato",
    ];
    assert_eq!(fetch("--provider"), providers);
}

#[test]
fn nothing_is_offered_where_nothing_is_known() {
    let env = TestEnv::new();
    for flag in ["--collection", "--hour", "--status", "--destination"] {
        assert_eq!(offered(&env, &["show", flag, ""]), [""; 0], "{flag}");
    }
    assert!(!offered(&env, &["show", "--columns", ""]).is_empty());
    assert!(
        !env.home().join("data").exists(),
        "completing writes nothing"
    );
    env.write("config.toml", "this is no TOML");
    assert_eq!(offered(&env, &["show", "--collection", ""]), [""; 0]);
    assert_eq!(offered(&env, &["show", "--ty"]), ["--type"]);
}

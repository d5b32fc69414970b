//! `faillog auth`, without a provider to ask.

use crate::support::TestEnv;

const TOKEN: &str = "sgp_0123456789abcdef0123";

#[test]
fn a_token_is_stored_shown_masked_and_forgotten() {
    let env = TestEnv::new();
    let file = env.home().join("credentials.toml");
    env.run_with_input(&["auth", "login", "--no-check"], format!("{TOKEN}\n"))
        .success()
        .stdout_is("")
        .stderr_is(&format!(
            "stored the token of profile `default` in `{}`\n",
            file.display()
        ));
    let stored = std::fs::read_to_string(&file).expect("the credentials file");
    assert!(stored.contains(TOKEN), "{stored}");

    env.run(&["auth", "status", "--no-check"])
        .success()
        .stdout_has("…")
        .stdout_has("credentials file")
        .nowhere(TOKEN);
    env.run(&["auth", "status", "--no-check", "--profile", "other"])
        .code(4)
        .stderr_has("error: there is no token for profile `other`\nhint: ");

    env.run(&["auth", "logout"])
        .success()
        .stderr_has("removed the token of profile `default`");
    let stored = std::fs::read_to_string(&file).expect("the credentials file");
    assert!(!stored.contains(TOKEN), "{stored}");
    env.run(&["auth", "logout"])
        .success()
        .stderr_is("no token of profile `default` was stored\n");
}

#[test]
fn what_goes_before_the_credentials_file_is_told() {
    let env = TestEnv::new().set("FAILLOG_TOKEN", TOKEN);
    env.run(&["auth", "logout"])
        .success()
        .stderr_has("warning: the token of FAILLOG_TOKEN goes before the credentials file")
        .nowhere(TOKEN);
    env.run(&["auth", "status", "--no-check"])
        .success()
        .stdout_has("FAILLOG_TOKEN");
}

#[test]
fn an_empty_token_is_not_stored() {
    let env = TestEnv::new();
    env.run_with_input(&["auth", "login", "--no-check"], "\n")
        .code(4)
        .stderr_is("error: the token is empty (from standard input)\n");
    assert!(!env.home().join("credentials.toml").exists());
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_refused_with_the_remedy() {
    use std::os::unix::fs::PermissionsExt;

    let env = TestEnv::new();
    let file = env.write(
        "credentials.toml",
        format!("[profiles.default]\ntoken = '{TOKEN}'\n"),
    );
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("chmod");
    env.run(&["auth", "status", "--no-check"])
        .code(4)
        .stderr_has("others can get at the credentials file")
        .stderr_has(&format!("hint: run `chmod 600 '{}'`", file.display()))
        .nowhere(TOKEN);
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("chmod");
    env.run(&["auth", "status", "--no-check"]).success();
}

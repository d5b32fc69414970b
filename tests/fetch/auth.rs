//! `faillog auth` with a provider that can be asked.
//!
//! Rule: a check costs no request for logs, and the token is shown to nobody.

use serde_json::Value;

use super::{COLLECTION, Case, hours_ago, logs};
use crate::support::TestEnv;
use crate::support::server::{Object, Reply, TOKEN, dead_url};

#[track_caller]
fn state_is(case: &Case, code: i32, state: &str) {
    let told = case.run(&["auth", "status", "-o", "ndjson"]);
    told.code(code).nowhere(TOKEN);
    let row: Value = serde_json::from_str(told.stdout.trim()).unwrap_or_default();
    told.assert(row["state"] == state, &format!("the state `{state}`"));
}

#[test]
fn a_token_from_a_pipe_is_checked_stored_and_used() {
    let case = Case::without_token();
    let told = case.run_with_input(&["auth", "login"], &format!("{TOKEN}\r\nand more\n"));
    told.success()
        .stdout_is("")
        .stderr_has("works")
        .nowhere(TOKEN);
    let asked = case.server.requests();
    told.assert(
        asked.len() == 1 && asked[0].method == "GET" && asked[0].path == "/echo",
        "one harmless question",
    );
    state_is(&case, 0, "works");

    let hour = hours_ago(30);
    let lines = logs::journeys(hour, 3);
    case.server.hold(
        COLLECTION,
        &hour.sent(),
        vec![Object::new(logs::ndjson(&lines))],
    );
    case.run(&["fetch", "--collection", COLLECTION, "--hour", &hour.name()])
        .success();
    case.run(&["quota", "-o", "ndjson"])
        .success()
        .stdout_has("\"spent\":1");

    case.run(&["auth", "logout"]).success().nowhere(TOKEN);
    case.run(&[
        "fetch",
        "--collection",
        COLLECTION,
        "--hour",
        &hours_ago(31).name(),
    ])
    .code(4);
    assert_eq!(case.server.posts().len(), 1, "{}", case.server.story());
}

#[cfg(unix)]
#[test]
fn the_credentials_are_their_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt;

    let case = Case::without_token();
    case.run_with_input(&["auth", "login"], TOKEN).success();
    let file = case.env.home().join("credentials.toml");
    let mode = std::fs::metadata(&file)
        .expect("the file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    for open in [0o640, 0o604, 0o620] {
        std::fs::set_permissions(&file, PermissionsExt::from_mode(open)).expect("chmod");
        let hour = hours_ago(30).name();
        case.run(&["fetch", "--collection", COLLECTION, "--hour", &hour])
            .code(4)
            .stderr_has("chmod 600")
            .nowhere(TOKEN);
    }
    assert_eq!(case.server.posts().len(), 0, "{}", case.server.story());
    // A new login closes it again.
    case.run_with_input(&["auth", "login"], TOKEN).success();
    state_is(&case, 0, "works");
}

#[test]
fn status_tells_a_refused_token_from_an_unreachable_provider() {
    // The audit trail is behind the same token.
    Case::new()
        .run(&["auth", "status", "--provider", "segment-audit", "-o", "csv"])
        .success()
        .stdout_has("default,segment-audit,…,FAILLOG_TOKEN,us,")
        .stdout_has(",works")
        .nowhere(TOKEN);
    let case = Case::without_token();
    let wrong = "sgp_0123456789012345678901234567890123456789";
    let told = case.run_with_input(&["auth", "login"], wrong);
    told.code(4).stderr_has("nothing was stored").nowhere(wrong);
    let told = case.run_with_input(&["auth", "login", "--no-check"], wrong);
    told.success().nowhere(wrong);
    state_is(&case, 4, "refused");
    case.server.echo(Reply::error(503, "Internal", "try later"));
    state_is(&case, 6, "cannot be checked");
    case.server.echo(Reply::silence());
    state_is(&case, 6, "cannot be checked");
    let Case { env, server } = case;
    let env = env.set("FAILLOG_API_URL", &dead_url());
    let case = Case { env, server };
    state_is(&case, 6, "cannot be checked");
    case.run(&["auth", "status", "--no-check"]).success();
    assert_eq!(case.server.posts().len(), 0, "{}", case.server.story());
}

#[test]
fn a_wrong_region_is_told_at_login() {
    let case = Case::without_token();
    let message = "Requests for this workspace must be sent to Segment's EU-hosted API";
    case.server.echo(Reply::error(401, "x", message));
    case.run_with_input(&["auth", "login"], TOKEN)
        .code(4)
        .stderr_has("EU")
        .stderr_has("region = \"eu\"")
        .nowhere(TOKEN);
}

#[test]
fn a_token_is_stored_even_where_it_cannot_be_checked() {
    let case = Case::without_token();
    let offline = TestEnv::new().set("FAILLOG_API_URL", &dead_url());
    offline
        .run_with_input(&["auth", "login"], TOKEN)
        .success()
        .stderr_has("warning")
        .nowhere(TOKEN);
    case.run_with_input(&["auth", "login", "--no-check"], TOKEN)
        .success();
    assert_eq!(case.server.story(), "");
    state_is(&case, 0, "works");
}

#[test]
fn a_token_for_one_run_comes_from_a_file_or_a_pipe() {
    let case = Case::without_token();
    let hour = hours_ago(30).name();
    let file = case.env.write("token", format!("{TOKEN}\n"));
    let file = file.to_str().expect("UTF-8");
    let args = [
        "fetch",
        "--collection",
        COLLECTION,
        "--hour",
        &hour,
        "--token-file",
    ];
    case.run(&[&args[..], &[file]].concat())
        .success()
        .nowhere(TOKEN);
    let told = case.run_with_input(&[&args[..], &["-", "--refresh"]].concat(), TOKEN);
    told.success().nowhere(TOKEN);
    assert_eq!(case.server.posts().len(), 2, "{}", case.server.story());
    assert!(!case.env.home().join("credentials.toml").exists());
}

//! Exit codes, errors as text and as JSON, and outputs that cannot be written.

use std::process::Stdio;

use crate::support::TestEnv;

#[test]
fn help_and_version_go_to_stdout_and_end_well() {
    let env = TestEnv::new();
    let version = format!("faillog {}\n", env!("CARGO_PKG_VERSION"));
    env.run(&["--version"])
        .success()
        .stdout_is(&version)
        .stderr_is("");
    let short = env.run(&["-h"]);
    short.success().stdout_has("Usage: faillog").stderr_is("");
    let long = env.run(&["help"]);
    long.success()
        .stdout_has("Exit codes:")
        .stdout_has("FAILLOG_HOME");
    assert!(short.stdout.len() < long.stdout.len());
    env.run(&["help", "completions"])
        .success()
        .stdout_has("Examples:");
}

#[test]
fn help_and_version_read_no_config() {
    let env = TestEnv::new();
    env.write("config.toml", "this is no TOML");
    env.run(&["--version"]).success();
    env.run(&["config", "--help"]).success();
    env.run(&["config", "show"]).code(2);
}

#[test]
fn wrong_usage_is_told_with_advice() {
    let env = TestEnv::new();
    let outcome = env.run(&["config", "shwo"]);
    outcome.code(2).stdout_is("").stderr_is(
        "error: unrecognized subcommand 'shwo'\n\
         hint: a similar subcommand exists: 'show'\n\
         hint: usage: faillog config [OPTIONS] <COMMAND>\n\
         hint: for more, try '--help'\n",
    );
    let nothing = env.run::<&str>(&[]);
    nothing.code(2).stdout_is("").stderr_has("Usage: faillog");
}

#[test]
fn under_json_every_error_is_one_object_on_stderr() {
    let env = TestEnv::new();
    let error = |outcome: &crate::support::Outcome| -> serde_json::Value {
        outcome.stdout_is("");
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
        serde_json::from_str(&outcome.stderr).expect("stderr is JSON")
    };
    let usage = env.run(&["-o", "json", "config", "--nonsense"]);
    let object = error(usage.code(2));
    assert_eq!(object["error"]["kind"], "usage");
    assert_eq!(object["error"]["exit_code"], 2);
    assert_eq!(
        object["error"]["message"],
        "unexpected argument '--nonsense' found"
    );
    assert!(object["error"]["hints"].is_array());

    let object = error(env.run(&["-o", "json"]).code(2));
    assert_eq!(object["error"]["message"], "no verb is given");

    let object = error(
        env.run(&["auth", "status", "--no-check", "-o", "json"])
            .code(4),
    );
    assert_eq!(object["error"]["kind"], "unauthorised");
    assert_eq!(
        object["error"]["message"],
        "there is no token for profile `default`"
    );

    let env = TestEnv::new().set("FAILLOG_OUTPUT", "json");
    env.write("config.toml", "tz = 'Mars'");
    let object = error(env.run(&["config", "show"]).code(2));
    let message = object["error"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("config.toml`, line 1: `Mars` is no time zone"),
        "{message}"
    );

    let env = TestEnv::new();
    env.write("config.toml", "output = 'json'");
    error(env.run(&["auth", "status", "--no-check"]).code(4));
}

#[test]
fn colour_is_for_those_who_ask_or_have_a_terminal() {
    const RED: &str = "\u{1b}[1m\u{1b}[31merror:";
    let wrong = ["auth", "status", "--no-check"];
    let plain = TestEnv::new().run(&wrong);
    plain.code(4).nowhere("\u{1b}");
    let forced = TestEnv::new().set("CLICOLOR_FORCE", "1");
    forced.run(&wrong).code(4).stderr_has(RED);
    forced.run(&["--help"]).success().stdout_has("\u{1b}[");
    forced
        .run(&["--color", "never", "auth", "status", "--no-check"])
        .nowhere("\u{1b}");
    forced
        .run(&["--color", "never", "--help"])
        .success()
        .nowhere("\u{1b}");
    let refused = TestEnv::new()
        .set("CLICOLOR_FORCE", "1")
        .set("NO_COLOR", "1");
    refused.run(&wrong).code(4).nowhere("\u{1b}");
    refused.run(&["--help"]).success().nowhere("\u{1b}");
    refused
        .run(&["--color=always", "auth", "status", "--no-check"])
        .stderr_has(RED);
}

#[test]
fn a_reader_that_left_is_no_failure() {
    let env = TestEnv::new();
    let runs: [&[&str]; 3] = [&["config", "show"], &["completions", "bash"], &["--help"]];
    for args in runs {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = env.command(args);
        command.stdout(writer).stderr(Stdio::piped());
        let output = command.output().expect("the program cannot be started");
        env.outcome(&command, &output).success().stderr_is("");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    let env = TestEnv::new();
    let runs: [&[&str]; 3] = [
        &["config", "show"],
        &["completions", "bash"],
        &["--version"],
    ];
    for args in runs {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let mut command = env.command(args);
        command
            .stdout(full.expect("/dev/full"))
            .stderr(Stdio::piped());
        let output = command.output().expect("the program cannot be started");
        env.outcome(&command, &output)
            .code(1)
            .stderr_is("error: cannot write the output: No space left on device (os error 28)\n");
    }
}

#[test]
fn the_shell_is_answered_with_flags_and_values() {
    let env = TestEnv::new();
    let complete = |words: &[&str]| {
        let args = [&["--", "faillog"], words].concat();
        let mut command = env.command(&args);
        command.env("COMPLETE", "fish");
        let output = command.output().expect("the program cannot be started");
        env.outcome(&command, &output)
    };
    complete(&["comp"]).success().stdout_has("completions");
    complete(&["config", "show", "--output", "nd"])
        .success()
        .stdout_is("ndjson\tone JSON object a line\n");
    complete(&["config", "show", "--tok"])
        .success()
        .stdout_has("--token-file");
    let mut command = env.command(&["--", "faillog", ""]);
    command.env("COMPLETE", "csh");
    let output = command.output().expect("the program cannot be started");
    env.outcome(&command, &output)
        .code(2)
        .stderr_has("unknown shell `csh`");
}

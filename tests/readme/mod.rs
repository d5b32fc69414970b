//! That README.md is true: its commands work, its picture is what the program draws, its tables are those of the source.
//!
//! Rule: a command in an `sh` block is run, or stands in [`NOT_RUN`]; there is no other way around the test.

mod document;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use regex::Regex;

use crate::support::{Outcome, TestEnv};

/// Commands that build or test the program itself.
const NOT_RUN: [&str; 4] = [
    "cargo run --release -- demo",
    "cargo test",
    "cargo install --path .",
    ".ci/run",
];

const TOKEN: &str = "sgp_0123456789abcdef0123\n";

/// Returns the text of a source file.
fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name);
    std::fs::read_to_string(path).expect("a source is text")
}

/// Returns the config example, and the collections in it: name and id.
fn config_example() -> (String, BTreeMap<String, String>) {
    let blocks = document::blocks(&document::read(), "toml");
    let text = blocks[0].lines.join("\n");
    let config: toml::Table = text.parse().expect("the config example is TOML");
    let collections = config["collections"].as_table().expect("a table");
    let id = |value: &toml::Value| value.as_str().expect("an id").to_owned();
    let collections = collections
        .iter()
        .map(|(name, value)| (name.clone(), id(value)))
        .collect();
    (text, collections)
}

/// Makes a sandbox whose store holds the made-up data of seed 1, beginning with the hour `start`.
fn sandbox(start: &str) -> TestEnv {
    let env = TestEnv::new();
    let (_, collections) = config_example();
    let mut config = "requests_per_day = 1000\n[collections]\n".to_owned();
    for (name, id) in &collections {
        config.push_str(&format!("{name} = '{id}'\n"));
    }
    env.write("config.toml", config);
    env.run(&["demo", "data", "logs", "--start", start])
        .success();
    for name in collections.keys() {
        let folder = env.home().join("logs").join(name);
        let files = std::fs::read_dir(folder).expect("a folder for each collection of the example");
        let files = files.map(|entry| entry.expect("an entry").path().display().to_string());
        let mut args = vec!["import".to_owned(), "--collection".to_owned(), name.clone()];
        args.extend(files);
        env.run(&args).success();
    }
    env
}

#[test]
fn every_command_does_what_the_readme_says() {
    let env = sandbox("now-8h");
    let logs = env.home().join("logs");
    let (_, collections) = config_example();
    let names = collections.into_iter().map(|(name, id)| (id, name));
    let url = server::serve(&logs, names.collect());
    let home = env.home().display().to_string();
    add_accounts(&env);
    let env = env
        .set("FAILLOG_API_URL", &url)
        .set("FAILLOG_TRACKING_URL", &url)
        .set("FAILLOG_WRITE_KEY", "a-write-key-of-tests")
        .set("NO_PROXY", "127.0.0.1")
        .set("HOME", &home);
    write_exports(&env);

    let mut run = 0;
    for command in document::commands(&document::read()) {
        if NOT_RUN.contains(&command.text.as_str()) {
            continue;
        }
        run += 1;
        let is_plain = command.text.starts_with("faillog ") && !run_first(&env, &command);
        if cfg!(unix) && !is_plain {
            run_in_shell(&env, &command);
        }
    }
    assert!(run > 30, "only {run} commands were found");
}

/// Adds accounts at the systems that need more than a token.
fn add_accounts(env: &TestEnv) {
    let path = env.home().join("config.toml");
    let mut config = std::fs::read_to_string(path).expect("the sandbox has a config");
    config.push_str(
        "[profiles.shop]\nprovider = 'akeneo'\npim_url = 'https://shop.example'\nclient_id = '1_2h'\n\
         token_command = 'echo shop-token'\n\
         [profiles.mail]\nprovider = 'notificationapi'\ntoken_command = 'echo mail-token'\n",
    );
    env.write("config.toml", config);
}

/// Writes the files that the examples of `import` read.
fn write_exports(env: &TestEnv) {
    let mut files = std::fs::read_dir(env.home().join("logs/ads")).expect("the made-up data");
    let file = files.next().expect("an hour").expect("an entry").path();
    let text = std::fs::read(file).expect("an hour's log");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&text).expect("memory takes all");
    let packed = gzip.finish().expect("memory takes all");
    env.write("exported.ndjson.gz", packed);
    env.write("more.ndjson", text);
    env.write(
        "workato.csv",
        "Date,Type,Code,Status,Gateway code,Status details,IP,Timing,Delay,API collection,Endpoint,Client,Job details\n\
         2025-06-02 14:03:11,Error,401,Unauthorized,4011,Unrecognized token,203.0.113.7,12,0,Customers API,/c,\
         Customer Success Team,\n",
    );
}

/// Runs a line's first command without a shell, so on every platform; returns whether a shell would do more.
fn run_first(env: &TestEnv, command: &document::Command) -> bool {
    let parsed = document::parse(&command.text);
    let mut words = parsed.words[1..].to_vec();
    // An example that finds nothing shows nothing.
    if words[0] == "show" && !words.iter().any(|word| word == "--fail-empty") {
        words.push("--fail-empty".to_owned());
    }
    let outcome = env.run_with_input(&words, TOKEN);
    outcome.code(command.code).nowhere(TOKEN.trim());
    if let Some(file) = &parsed.file {
        env.write(file.trim_start_matches("~/"), &outcome.stdout);
    }
    parsed.is_piped || parsed.file.is_some()
}

/// Runs a whole line as a reader would, with `faillog` on the path.
fn run_in_shell(env: &TestEnv, command: &document::Command) {
    let program = Path::new(env!("CARGO_BIN_EXE_faillog"));
    let folder = program.parent().expect("the program lies in a folder");
    let mut path = folder.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());

    let sandboxed = env.command::<&str>(&[]);
    let variables = sandboxed.get_envs();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &command.text])
        .current_dir(env.home())
        .env_clear()
        .envs(variables.filter_map(|(name, value)| Some((name, value?))))
        .env("PATH", path);
    let output = shell.output().expect("sh can be started");
    env.outcome(&shell, &output).code(command.code);
}

#[test]
fn the_picture_is_what_the_program_draws() {
    let env = sandbox("2025-03-23T20").set("FAILLOG_OUTPUT", "table");
    let text = document::read();
    let pictures = document::blocks(&text, "console");
    let mut drawn = text;
    for picture in pictures {
        let command = picture.lines[0].strip_prefix("$ ");
        let command = command.expect("a picture begins with its command");
        let words = document::parse(command).words;
        let outcome = env.run(&words[1..]);
        outcome.success();
        let old = format!("```console\n{}\n```\n", picture.lines.join("\n"));
        let new = format!("```console\n$ {command}\n{}```\n", trimmed(&outcome));
        drawn = drawn.replace(&old, &new);
    }
    if std::env::var_os("FAILLOG_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(document::path(), &drawn).expect("README.md can be written");
    }
    assert!(
        document::read() == drawn,
        "a picture in README.md is out of date; to write it anew: FAILLOG_BLESS=1 cargo test picture"
    );
}

/// Returns what was printed, without blanks at the ends of lines, which editors remove.
fn trimmed(outcome: &Outcome) -> String {
    let lines = outcome.stdout.lines();
    lines.map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_config_example_has_every_key_and_is_understood() {
    let (text, _) = config_example();
    let env = TestEnv::new();
    let file = env.write("config.toml", &text).display().to_string();
    let profile = Regex::new(r"(?m)^\[profiles\.(\w+)\]$").expect("a pattern");
    let mut from_config = BTreeSet::new();
    // Each provider has keys of its own.
    for profile in profile.captures_iter(&text) {
        let outcome = env.run(&["config", "show", "-o", "ndjson", "--profile", &profile[1]]);
        outcome.success().stderr_is("");
        for line in outcome.stdout.lines() {
            let row: serde_json::Value = serde_json::from_str(line).expect("a JSON object");
            if row["origin"] == format!("config {file}") {
                from_config.insert(row["key"].as_str().expect("a key").to_owned());
            }
        }
    }
    let keys = Regex::new(r#"(?s)const \w*KEYS: \[&str; \d+\] = \[(.*?)\]"#).expect("a pattern");
    let key = Regex::new(r#""(\w+)""#).expect("a pattern");
    let source = source("cli/config_file.rs") + &source("cli/config_profile.rs");
    let known: BTreeSet<String> = keys
        .captures_iter(&source)
        .flat_map(|list| key.captures_iter(list.get(1).map_or("", |list| list.as_str())))
        // Of the two ways to name a secret either will do.
        .map(|key| match &key[1] {
            "client_secret_env" | "client_secret_command" => "client_secret".to_owned(),
            "password_env" | "password_command" => "password".to_owned(),
            key => key.to_owned(),
        })
        // `-o` of these very runs goes before the config's, `--profile` too.
        .filter(|key| !["profiles", "collections", "output", "profile"].contains(&key.as_str()))
        .collect();
    assert!(known.len() > 10, "only {known:?} were found");
    assert_eq!(from_config, known);
    for key in ["output", "profile"] {
        let begins = |line: &str| line.starts_with(&format!("{key} = "));
        assert!(text.lines().any(begins), "{text}");
    }
}

#[test]
fn the_variables_are_those_of_the_source() {
    let variable = Regex::new(r#"(?m)^    \w+ = "(\w+)" "(.*)",$"#).expect("a pattern");
    let source = source("cli/environment.rs");
    let read: Vec<_> = variable
        .captures_iter(&source)
        .map(|found| vec![found[1].to_owned(), found[2].to_owned()])
        .collect();
    assert!(read.len() > 10, "only {read:?} were found");
    assert_eq!(document::table(&document::read(), "variable"), read);
}

#[test]
fn the_exit_codes_are_those_of_the_source_and_the_help() {
    let code = Regex::new(r"Kind::\w+ => (\d+),").expect("a pattern");
    let source = source("commands/error.rs");
    let codes: Vec<_> = code
        .captures_iter(&source)
        .map(|found| found[1].to_owned())
        .collect();
    assert!(codes.len() > 5, "only {codes:?} were found");
    let table = document::table(&document::read(), "exit code");
    let told: Vec<_> = table.iter().map(|row| row[0].clone()).collect();
    assert_eq!(told, codes);

    let help = TestEnv::new().run(&["help"]).stdout;
    let (_, told) = help.split_once("Exit codes:\n").expect("a list of codes");
    let told: Vec<_> = told
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(code, meaning)| vec![code.to_owned(), meaning.to_owned()])
        .collect();
    assert_eq!(table, told);
}

#[test]
fn the_columns_are_those_of_csv() {
    let outcome = TestEnv::new().run(&["show", "-o", "csv"]);
    let header = outcome.success().stdout.trim_end();
    let columns = document::table(&document::read(), "column");
    let columns: Vec<_> = columns.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(columns.join(","), header);
}

#[test]
fn verbs_and_formats_are_those_of_the_help() {
    let env = TestEnv::new();
    let readme = document::read();
    let help = env.run(&["help"]).stdout;
    let section = |from: &str, to: &str| -> Vec<String> {
        let (_, rest) = help.split_once(from).expect("the section begins");
        let (section, _) = rest.split_once(to).expect("the section ends");
        section.lines().map(|line| line.trim().to_owned()).collect()
    };
    let pair = |(name, text): (&str, &str)| vec![name.to_owned(), text.trim().to_owned()];
    let verbs: Vec<_> = section("Verbs:\n", "\n\n")
        .iter()
        .filter_map(|line| line.split_once(' ').map(pair))
        .filter(|row| row[0] != "help")
        .collect();
    assert_eq!(document::table(&readme, "verb"), verbs);
    let formats: Vec<_> = section("Format of the output", "--tz <ZONE>")
        .iter()
        .filter_map(|line| line.strip_prefix("- ")?.split_once(':').map(pair))
        .collect();
    assert_eq!(document::table(&readme, "format"), formats);
}

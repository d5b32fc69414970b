//! `faillog demo`: everything on made-up data, no account needed; and the data alone, as files.
//!
//! Rule: the show is made of the commands it prints, run as they are printed; nothing is staged.

mod data;
mod shell;
mod steps;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::demo::{DESTINATIONS, Dataset, Server, Spec};
use crate::model::count;

use super::{Context, Error, Kind};
use shell::{Shell, closing, command_line};
use steps::{Found, STEPS};

/// Try everything on made-up data, no account needed
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Seed of the made-up data
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Data(data::Args),
}

/// The show's data: its last hour began three hours ago, so that it is there but still growing.
const SHOW_RECORDS: u64 = 30_000;
const SHOW_HOURS: u32 = 6;
const SHOW_COLLECTIONS: usize = 3;
const SHOW_END: i32 = -2;

/// Opens the loopback server, nothing else.
const TOKEN: &str = "faillog-demo-token";

/// Marks the folder as ours to empty.
const MARKER: &str = "made-by-faillog-demo";

pub(crate) fn run(context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    match &args.action {
        None => show(context, args.seed),
        Some(Action::Data(args)) => data::run(context, args),
    }
}

/// Serves made-up logs and runs the program on them.
fn show(context: &mut Context<'_>, seed: u64) -> Result<(), Error> {
    let home = context.settings.state.join("demo");
    prepare(&home)?;
    let end = context.now.hour().plus(SHOW_END);
    let start = end.plus(-i32::try_from(SHOW_HOURS).unwrap_or(0));
    let dataset = Dataset::new(Spec {
        seed,
        start,
        hours: SHOW_HOURS,
        records: SHOW_RECORDS,
        collections: SHOW_COLLECTIONS,
    });
    let server = Server::start(&dataset, TOKEN, context.now)
        .map_err(|error| Error::failure(format!("cannot start the demo's server: {error}")))?;
    let appended = server.appended().map_or(end.plus(-1), |(_, hour)| hour);
    let mut found = Found {
        appended: appended.to_string(),
        ..Found::default()
    };
    for step in STEPS {
        let args = step.arguments(&found);
        let line = command_line("faillog", &args, Shell::HERE);
        writeln!(context.out, "# {}\n$ {line}", step.explain)?;
        // The child writes to the same stream.
        context.out.flush()?;
        let mut child = child(context, &home, &server.url());
        child.args(&args);
        let fail = |error| Error::failure(format!("cannot run `{line}`: {error}"));
        let status = if step.finds_message() {
            let output = child.stderr(Stdio::inherit()).output().map_err(fail)?;
            context.out.write_all(&output.stdout)?;
            found.message = last_line(&output.stdout);
            output.status
        } else {
            child.status().map_err(fail)?
        };
        if context.is_interrupted() {
            return Err(Error::new(Kind::Interrupted, "interrupted"));
        }
        check(status, &line)?;
        writeln!(context.out)?;
    }
    let seen = server.seen();
    let (downloads, calls): (Vec<_>, Vec<_>) = seen.iter().partition(|seen| seen.method == "GET");
    let leaked = downloads.iter().filter(|seen| seen.has_authorization);
    writeln!(
        context.out,
        "# The server was asked for {} and sent {}; the token went along with {} of the downloads.",
        count(calls.len() as u64, "hour"),
        count(downloads.len() as u64, "object"),
        leaked.count(),
    )?;
    let closing = closing(&context.program, &home, Shell::HERE);
    context.out.write_all(closing.as_bytes())?;
    Ok(())
}

fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.lines().last().unwrap_or_default().to_owned()
}

/// Makes the demo's home anew. Only a folder that an earlier demo made is emptied.
fn prepare(home: &Path) -> Result<(), Error> {
    let fail = |error: std::io::Error| {
        Error::failure(format!(
            "cannot prepare the demo's folder `{}`: {error}",
            home.display()
        ))
    };
    let is_in_use = match fs::read_dir(home) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(fail(error)),
    };
    if is_in_use {
        if !home.join(MARKER).exists() {
            return Err(Error::failure(format!(
                "the folder `{}` was not made by the demo, so it is not emptied",
                home.display()
            ))
            .hint("Move it away and run the demo again."));
        }
        fs::remove_dir_all(home).map_err(fail)?;
    }
    fs::create_dir_all(home).map_err(fail)?;
    fs::write(home.join(MARKER), "").map_err(fail)?;
    fs::write(home.join("config.toml"), config()).map_err(fail)
}

/// Returns a configuration that names the made-up collections.
fn config() -> String {
    let mut text = String::from("[collections]\n");
    for destination in &DESTINATIONS {
        // OK because writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{} = \"{}\"",
            destination.alias, destination.collection
        );
    }
    text
}

/// Returns the program itself, told where the demo's home and server are and nothing of the user's own settings.
fn child(context: &Context<'_>, home: &Path, url: &str) -> Command {
    let mut command = Command::new(&context.executable);
    for name in &context.own_variables {
        command.env_remove(name);
    }
    // The commands that the child suggests begin as the user called this one.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, &context.program);
    command
        .env("FAILLOG_HOME", home)
        .env("FAILLOG_API_URL", url)
        .env("FAILLOG_TOKEN", TOKEN)
        // Wherever the show goes to, it is for people.
        .env("FAILLOG_OUTPUT", "table")
        // The show goes on by itself.
        .env("FAILLOG_PAGER", "")
        // A proxy could not reach the loopback server.
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1")
        .stdin(Stdio::null());
    command
}

/// Turns a child's failure into the demo's own, with the same exit code.
fn check(status: ExitStatus, line: &str) -> Result<(), Error> {
    if status.success() {
        return Ok(());
    }
    let Some(code) = status.code() else {
        return Err(Error::failure(format!("`{line}` was ended by a signal")));
    };
    const KINDS: [Kind; 8] = [
        Kind::Failure,
        Kind::Usage,
        Kind::NoRows,
        Kind::Unauthorised,
        Kind::BudgetSpent,
        Kind::Remote,
        Kind::Incomplete,
        Kind::Interrupted,
    ];
    let kind = KINDS
        .into_iter()
        .find(|kind| i32::from(kind.exit_code()) == code)
        .unwrap_or(Kind::Failure);
    Err(Error::new(
        kind,
        format!("`{line}` failed with exit code {code}"),
    ))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::Parser;

    use super::*;
    use crate::commands::sandbox::{settings, with_context};

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn parse(args: &[&str]) -> Result<Args, clap::Error> {
        Cli::try_parse_from(["demo"].iter().chain(args)).map(|cli| cli.args)
    }

    /// Runs the verb; returns its result with what it wrote to standard output and standard error.
    fn run_in(folder: &Path, executable: &Path, args: &[&str]) -> (Result<(), Error>, [String; 2]) {
        let (result, out, err) =
            with_context(settings(folder), "2025-03-24T09:30:00Z", &[], |context| {
                context.executable = executable.to_owned();
                run(context, &parse(args).unwrap())
            });
        (result, [out, err])
    }

    #[test]
    fn data_are_written_as_one_file_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("logs");
        let args = [
            "data",
            dir.to_str().unwrap(),
            "--records",
            "3000",
            "--hours",
            "2",
        ];
        let (result, [out, err]) = run_in(folder.path(), Path::new(""), &args);
        result.unwrap();
        assert_eq!(out, "");
        assert!(
            err.contains("wrote 3,000 lines (") && err.contains("in 6 files"),
            "{err}"
        );
        let mut lines = 0;
        for destination in &DESTINATIONS[..3] {
            for hour in ["2025-03-23T20", "2025-03-23T21"] {
                let path = dir.join(destination.alias).join(format!("{hour}.ndjson"));
                let text = fs::read(path).unwrap();
                lines += text.iter().filter(|byte| **byte == b'\n').count();
            }
        }
        assert_eq!(lines, 3000);

        let (result, _) = run_in(folder.path(), Path::new(""), &args);
        let error = result.unwrap_err();
        assert!(error.message.ends_with("is not empty"), "{}", error.message);
    }

    #[test]
    fn arguments_out_of_range_are_refused() {
        assert!(parse(&["data", "x", "--hours", "0"]).is_err());
        assert!(parse(&["data", "x", "--collections", "5"]).is_err());
        assert!(parse(&["--seed", "7", "data", "x"]).is_err());
        assert!(parse(&["--seed", "7"]).is_ok());
    }

    #[test]
    fn a_folder_of_someone_else_is_not_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("demo");
        prepare(&home).unwrap();
        fs::write(home.join("old"), "").unwrap();
        prepare(&home).unwrap();
        assert!(!home.join("old").exists());
        fs::remove_file(home.join(MARKER)).unwrap();
        let error = prepare(&home).unwrap_err();
        assert!(
            error.message.contains("not made by the demo"),
            "{}",
            error.message
        );
        assert!(home.join("config.toml").exists());
    }

    #[test]
    fn the_configuration_names_every_collection() {
        let config: toml::Table = config().parse().unwrap();
        for destination in &DESTINATIONS {
            assert_eq!(
                config["collections"][destination.alias].as_str(),
                Some(destination.collection)
            );
        }
    }

    #[cfg(unix)]
    fn script(folder: &Path, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join("program.sh");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[cfg(unix)]
    #[test]
    fn the_show_runs_what_it_prints_with_the_demos_own_settings() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("calls");
        let text = format!(
            "#!/bin/sh\necho \"$*\" >> '{0}'\necho m-1\nenv | grep ^FAILLOG_ | grep -v ^FAILLOG_BLESS | cut -d= -f1 | sort | tr '\\n' ' ' >> '{0}'\n",
            log.display()
        );
        let executable = script(folder.path(), &text);
        let (result, [out, _]) = run_in(folder.path(), &executable, &[]);
        result.unwrap();
        let calls = fs::read_to_string(log).unwrap();
        let found = Found {
            appended: "2025-03-24T06".to_owned(),
            message: "m-1".to_owned(),
        };
        for step in STEPS {
            let args = step.arguments(&found);
            assert!(calls.contains(&args.join(" ")), "{calls}");
            let printed = command_line("faillog", &args, Shell::Posix);
            assert!(out.contains(&format!("$ {printed}\n")), "{out}");
        }
        assert_eq!(
            calls
                .matches("FAILLOG_API_URL FAILLOG_HOME FAILLOG_OUTPUT FAILLOG_PAGER FAILLOG_TOKEN ")
                .count(),
            STEPS.len()
        );
        assert!(!out.contains(TOKEN));
    }

    #[cfg(unix)]
    #[test]
    fn a_failing_command_ends_the_show_with_its_code() {
        let folder = tempfile::tempdir().unwrap();
        let executable = script(folder.path(), "#!/bin/sh\nexit 5\n");
        let (result, [out, _]) = run_in(folder.path(), &executable, &[]);
        let error = result.unwrap_err();
        assert_eq!(error.kind, Kind::BudgetSpent);
        assert_eq!(
            error.message,
            "`faillog fetch --collection messaging --last 12h --dry-run` failed with exit code 5"
        );
        assert!(!out.contains("no network needed"));
    }
}

//! One run of the program: arguments to settings, settings to a verb, its ending to an exit code.
//!
//! Rule: help and version need neither config nor network; both come before anything is read.

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use clap::{CommandFactory, FromArgMatches};

use crate::commands::{Context, Error, Messages};
use crate::model::Timestamp;
use crate::render::Format;

use super::args::{Cli, ColorChoice};
use super::config_file::ConfigFile;
use super::environment::{Environment, Variable};
use super::pager::{Pager, Screen};
use super::places::{Places, PlatformFolders};
use super::program::program_of;
use super::settings::{self, Resolved};
use super::terminal::{Streams, use_color};
use super::{complete, exit, interrupt};

/// Bytes gathered before they go to a pipe or a file.
const OUTPUT_BUFFER: usize = 64 * 1024;

/// Runs the program on the process's own arguments and streams.
pub(super) fn run() -> ExitCode {
    let environment = Environment::of_process();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if environment.is_set(Variable::Complete)
        && !arguments.is_empty()
        && let Some(code) = answer_shell(&environment, &arguments)
    {
        return code;
    }
    let streams = Streams::of_process();
    let cli = Cli::command()
        .try_get_matches_from(&arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match cli {
        Ok(cli) => cli,
        Err(error) => return told_by_clap(&error, &arguments, &environment, streams),
    };
    let color = use_color(cli.global.color, &environment, streams.stderr_is_terminal);
    let resolved = Places::find(&environment, PlatformFolders::of_user).and_then(|places| {
        let config = ConfigFile::load(&places.config_file, places.config_is_required())?;
        settings::resolve(
            &cli.global,
            cli.verb.provider(),
            &environment,
            &config,
            &places,
        )
    });
    // Under `-o json` a failure is one object on standard error: what is said before it is held back to stand in it.
    let mut held = Vec::new();
    let (ended, as_json) = match resolved {
        Ok(resolved) => {
            let as_json = resolved.format == Some(Format::Json);
            let hold = as_json.then_some(&mut held);
            (
                run_verb(&cli, resolved, &environment, streams, &arguments, hold),
                as_json,
            )
        }
        Err(error) => (Err(error), wants_json(&arguments, &environment)),
    };
    let mut err = io::stderr();
    match ended {
        Ok(()) => {
            // A closed stderr is nobody to tell.
            let _: io::Result<()> = err.write_all(&held);
            ExitCode::SUCCESS
        }
        Err(error) => {
            let said = String::from_utf8_lossy(&held);
            let said: Vec<String> = said.lines().map(str::to_owned).collect();
            exit::report(&error, &said, as_json, color, &mut err).into()
        }
    }
}

fn run_verb(
    cli: &Cli,
    resolved: Resolved,
    environment: &Environment,
    streams: Streams,
    arguments: &[OsString],
    hold: Option<&mut Vec<u8>>,
) -> Result<(), Error> {
    let (interrupted, paging) = (Arc::new(AtomicBool::new(false)), Arc::default());
    interrupt::install(&interrupted, &paging);
    let terminal = streams.terminal(cli.global.color, environment);
    let color = use_color(cli.global.color, environment, streams.stderr_is_terminal);
    let screen = pager(cli, &resolved, environment, streams, terminal.width).map(|pager| {
        Screen::new(
            pager,
            paging,
            Box::new(io::stdout()),
            Box::new(io::stderr()),
        )
    });

    let mut input = io::stdin();
    let (mut out, mut err): (Box<dyn Write + Send>, Box<dyn Write + Send>) = match &screen {
        Some(screen) => {
            let (out, err) = screen.streams();
            (Box::new(out), Box::new(err))
        }
        None => (
            Box::new(BufWriter::with_capacity(OUTPUT_BUFFER, io::stdout())),
            Box::new(io::stderr()),
        ),
    };
    let mut words = arguments.iter().map(|word| word.to_string_lossy());
    let program = program_of(&words.next().unwrap_or_default());
    let mut context = Context {
        now: now(),
        settings: resolved.settings,
        origins: resolved.shown,
        terminal,
        format: resolved.format,
        zone: resolved.zone,
        input: &mut input,
        out: &mut *out,
        messages: match hold {
            Some(held) => Messages::new(held, false, cli.global.quiet),
            None => Messages::new(&mut *err, color, cli.global.quiet),
        },
        interrupted,
        executable: std::env::current_exe().unwrap_or_else(|_| program.clone().into()),
        program,
        arguments: words.map(Into::into).collect(),
        own_variables: super::environment::own_names(),
    };
    let ended = cli.verb.run(&mut context);
    // What was written before a failure is shown too; the failure itself matters more than a failed flush.
    let flushed = match screen {
        Some(screen) => screen.finish(),
        None => out.flush(),
    };
    ended.and(flushed.map_err(Error::from))
}

/// Returns the pager of a run whose output may be paged: the demo is a dialogue, and shows as it comes.
fn pager(
    cli: &Cli,
    resolved: &Resolved,
    environment: &Environment,
    streams: Streams,
    width: Option<usize>,
) -> Option<Pager> {
    if cli.verb.is_dialogue() {
        return None;
    }
    Some(Pager {
        command: resolved.settings.pager.clone()?,
        rows: streams.screen_rows(environment)?,
        columns: width?,
        less_is_set: environment.raw(Variable::Less).is_some(),
    })
}

/// Shows help or the version that was asked for, or tells of wrong usage.
fn told_by_clap(
    error: &clap::Error,
    arguments: &[OsString],
    environment: &Environment,
    streams: Streams,
) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelpOnMissingArgumentOrSubcommand, MissingSubcommand};

    let choice = flag_value(arguments, "--color", None).and_then(|when| match when {
        "always" => Some(ColorChoice::Always),
        "never" => Some(ColorChoice::Never),
        _ => None,
    });
    let as_json = wants_json(arguments, environment);
    let err_color = use_color(choice, environment, streams.stderr_is_terminal);
    let render = |color| match color {
        true => error.render().ansi().to_string(),
        false => error.render().to_string(),
    };
    let told = if !error.use_stderr() {
        let color = use_color(choice, environment, streams.stdout_is_terminal);
        let mut out = io::stdout();
        let written = out.write_all(render(color).as_bytes());
        match written.and_then(|()| out.flush()) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => Error::from(error),
        }
    } else if error.kind() == DisplayHelpOnMissingArgumentOrSubcommand && !as_json {
        // A closed stderr is nobody to tell.
        let _: io::Result<()> = io::stderr().write_all(render(err_color).as_bytes());
        return crate::commands::Kind::Usage.exit_code().into();
    } else if let DisplayHelpOnMissingArgumentOrSubcommand | MissingSubcommand = error.kind() {
        Error::usage("no verb is given").hint("`faillog help` lists the verbs")
    } else {
        exit::usage_error(error)
    };
    exit::report(&told, &[], as_json, err_color, &mut io::stderr()).into()
}

/// Returns whether errors are asked for as JSON, before the arguments are understood.
fn wants_json(arguments: &[OsString], environment: &Environment) -> bool {
    flag_value(arguments, "--output", Some("-o"))
        .or_else(|| environment.text(Variable::Output).ok().flatten())
        == Some("json")
}

/// Finds the value of a flag in arguments that may be wrong otherwise; the last one counts.
fn flag_value<'a>(arguments: &'a [OsString], long: &str, short: Option<&str>) -> Option<&'a str> {
    let words = arguments.iter().skip(1).map(|word| word.to_str());
    let words: Vec<_> = words.take_while(|word| *word != Some("--")).collect();
    let mut values = words.iter().enumerate().filter_map(|(at, word)| {
        let word = (*word)?;
        if word == long || Some(word) == short {
            return words.get(at + 1).copied().flatten();
        }
        let glued = |flag| word.strip_prefix(flag);
        glued(long)
            .and_then(|rest: &str| rest.strip_prefix('='))
            .or_else(|| {
                let rest: &str = glued(short?)?;
                Some(rest.strip_prefix('=').unwrap_or(rest))
            })
    });
    values.next_back()
}

/// Answers a shell that asks for completions; `None` where the request is not one.
fn answer_shell(environment: &Environment, arguments: &[OsString]) -> Option<ExitCode> {
    let known = complete::Known::of_user(environment);
    let folder = std::env::current_dir().ok();
    let answered =
        clap_complete::CompleteEnv::with_factory(|| complete::attach(Cli::command(), &known))
            .try_complete(arguments, folder.as_deref());
    match answered {
        Ok(true) => Some(ExitCode::SUCCESS),
        Ok(false) => None,
        Err(error) => {
            let error = Error::usage(error.to_string().trim_start_matches("error: ").trim());
            Some(exit::report(&error, &[], false, false, &mut io::stderr()).into())
        }
    }
}

fn now() -> Timestamp {
    let now = SystemTime::now();
    let micros = |span: std::time::Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(match now.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => micros(since),
        Err(before) => -micros(before.duration()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_of_errors_is_found_in_wrong_arguments_too() {
        let cases: [(&[&str], bool); 10] = [
            (&["show", "-o", "json", "--nonsense"], true),
            (&["show", "-ojson"], true),
            (&["show", "-o=json"], true),
            (&["show", "--output=json"], true),
            (&["--output", "json", "show"], true),
            (&["show", "-o", "json", "-o", "csv"], false),
            (&["show", "--", "-o", "json"], false),
            (&["show", "--outputs=json"], false),
            (&["show", "-o"], false),
            (&["show"], false),
        ];
        for (words, expected) in cases {
            let arguments: Vec<OsString> = [&["faillog"], words]
                .concat()
                .iter()
                .map(Into::into)
                .collect();
            assert_eq!(
                wants_json(&arguments, &Environment::default()),
                expected,
                "{words:?}"
            );
        }
        let environment = Environment::from([(Variable::Output, "json")]);
        assert!(wants_json(&["faillog".into()], &environment));
        let arguments = ["faillog", "-o", "csv"].map(OsString::from);
        assert!(!wants_json(&arguments, &environment));
    }

    #[test]
    fn the_clock_reads_this_century() {
        assert!(now() > Timestamp::parse("2025-01-01T00:00:00Z").unwrap());
    }
}

//! Getting logs and tokens with the real program, against a server that behaves as documented.
//!
//! Rule: what is stored is compared with what was served as this crate's own JSON code reads it, and every request that
//! costs is accounted for.

mod accounts;
mod answers;
mod auth;
mod budget;
mod clash;
mod downloads;
mod hours;
mod interrupt;
mod logs;
mod objects;
mod pages;
mod password;
mod quota;
mod refusals;
mod rejects;
mod secrets;

use std::path::PathBuf;
use std::sync::LazyLock;

use chrono::{DateTime, Duration, DurationRound, Utc};

use crate::support::server::{Object, Request, Server, TOKEN};
use crate::support::{Outcome, TestEnv};

const COLLECTION: &str = "2wmpXTGB69A8BwGJ4hD5XvQ03aD";

/// A UTC hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At(DateTime<Utc>);

/// The hour in which the tests began: the same for all of a run, so that none sees the clock strike.
static NOW: LazyLock<DateTime<Utc>> = LazyLock::new(|| {
    let now = Utc::now().duration_trunc(Duration::hours(1));
    now.expect("an hour divides the day")
});

/// Returns the hour that began so many whole hours before that one. From 7 on its logs no longer change.
fn hours_ago(hours: i64) -> At {
    At(*NOW - Duration::hours(hours))
}

impl At {
    fn plus_hours(self, hours: i64) -> At {
        At(self.0 + Duration::hours(hours))
    }

    /// As it is typed and shown.
    fn name(self) -> String {
        self.0.format("%Y-%m-%dT%H").to_string()
    }

    /// As it is sent.
    fn sent(self) -> String {
        self.0.format("%Y-%m-%dT%H:00:00Z").to_string()
    }

    /// A time within it, written with milliseconds.
    fn time(self, millis: i64) -> String {
        let time = self.0 + Duration::milliseconds(millis);
        time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }
}

/// The program in its sandbox, set up to ask a server of its own.
struct Case {
    env: TestEnv,
    server: Server,
}

impl Case {
    fn new() -> Case {
        let Case { env, server } = Case::without_token();
        let env = env.set("FAILLOG_TOKEN", TOKEN);
        Case { env, server }
    }

    fn without_token() -> Case {
        let server = Server::start();
        let env = TestEnv::new().set("FAILLOG_API_URL", &server.url());
        Case { env, server }
    }

    /// Sets up a case whose server has one object of some messages' logs for an hour; returns its lines.
    fn with_hour(hour: At, messages: usize) -> (Case, Vec<String>) {
        let case = Case::new();
        let lines = logs::journeys(hour, messages);
        case.hold(hour, vec![Object::new(logs::gzip(&logs::ndjson(&lines)))]);
        (case, lines)
    }

    fn config(self, text: &str) -> Case {
        self.env.write("config.toml", text);
        self
    }

    fn hold(&self, hour: At, objects: Vec<Object>) {
        self.server.hold(COLLECTION, &hour.sent(), objects);
    }

    fn run(&self, args: &[&str]) -> Outcome {
        let outcome = self.env.run(args);
        outcome.and_told("server", &self.server.story())
    }

    fn run_with_input(&self, args: &[&str], input: &str) -> Outcome {
        let outcome = self.env.run_with_input(args, input);
        outcome.and_told("server", &self.server.story())
    }

    /// Fetches one hour of the collection, named.
    fn fetch(&self, hour: At) -> Outcome {
        self.fetch_with(hour, &[])
    }

    fn fetch_with(&self, hour: At, flags: &[&str]) -> Outcome {
        let name = hour.name();
        let args = ["fetch", "--collection", COLLECTION, "--hour", &name];
        self.run(&[&args, flags].concat())
    }

    /// Fetches the hours from one up to, and without, another.
    fn fetch_range(&self, from: At, to: At, flags: &[&str]) -> Outcome {
        let (from, to) = (from.sent(), to.sent());
        let args = [
            "fetch",
            "--collection",
            COLLECTION,
            "--since",
            &from,
            "--until",
            &to,
        ];
        self.run(&[&args, flags].concat())
    }

    /// Returns the stored records' bytes, in no order.
    fn raw(&self) -> Vec<String> {
        let shown = self.run(&["show", "-o", "raw"]);
        shown.success();
        sorted(shown.stdout.lines().map(str::to_owned).collect())
    }

    /// Asserts that the store holds what was served: the same bytes, and in every column what they say.
    #[track_caller]
    fn stores(&self, lines: &[String]) {
        let raw = self.run(&["show", "-o", "raw"]);
        let stored = sorted(raw.stdout.lines().map(str::to_owned).collect());
        raw.success().assert(
            stored == sorted(lines.to_vec()),
            "the bytes that were served",
        );
        let shown = self.run(&["show", "-o", "ndjson"]);
        shown.success();
        let expected = logs::reckoned(lines, COLLECTION);
        let got = logs::parsed(&shown.stdout);
        let differing = expected
            .iter()
            .zip(&got)
            .find(|(expected, got)| expected != got);
        shown.assert(
            expected == got,
            &format!(
                "{} records, not {}; the first that differ: {differing:#?}",
                expected.len(),
                got.len()
            ),
        );
    }

    /// Asserts what the server was asked, showing the run that asked it.
    #[track_caller]
    fn asked(&self, after: &Outcome, hours: &[At]) {
        let asked = self.server.hours_asked();
        let expected: Vec<String> = hours.iter().map(|hour| hour.sent()).collect();
        after.assert(
            asked == expected,
            &format!("requests for {expected:?}, not {asked:?}"),
        );
    }

    fn hour_folder(&self, hour: At) -> PathBuf {
        let date = hour.0.format("date=%Y-%m-%d").to_string();
        let of_day = hour.0.format("hour=%H").to_string();
        self.env
            .home()
            .join("data/v2/provider=segment")
            .join(format!("collection={COLLECTION}"))
            .join(date)
            .join(of_day)
    }

    #[track_caller]
    fn leaves_no_temporary_files(&self, after: &Outcome) {
        let left = self.temporary_files();
        after.assert(
            left.is_empty(),
            &format!("no temporary files, not {left:?}"),
        );
    }

    /// Returns the files in the store whose names say that they are not finished.
    fn temporary_files(&self) -> Vec<String> {
        let mut files = crate::support::files(&self.env.home().join("data"));
        files.retain(|file| file.contains(".tmp ("));
        files
    }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// Returns the command to paste that a run told, as arguments for the program.
#[track_caller]
fn command_told(outcome: &Outcome) -> Vec<String> {
    let found = outcome.stderr.lines().find_map(|line| {
        let (_, command) = line.split_once("faillog fetch ")?;
        Some(format!("fetch {command}"))
    });
    outcome.assert(found.is_some(), "a command to go on");
    let command = found.unwrap_or_default();
    command.split_whitespace().map(str::to_owned).collect()
}

fn header<'r>(request: &'r Request, name: &str) -> &'r str {
    request.header(name).unwrap_or_default()
}

//! Two processes at once, and folders that cannot be written.
//!
//! Rule: a settled hour is paid for once however many ask for it; nothing is paid for that cannot be kept.

use std::process::Child;
use std::time::{Duration, Instant};

use super::{COLLECTION, Case, hours_ago, logs};
use crate::support::server::Object;

/// Starts a fetch of an hour without waiting for its end.
pub(super) fn start(case: &Case, args: &[&str]) -> Child {
    let mut command = case.env.command(args);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command.spawn().expect("the program cannot be started")
}

/// Waits until something is so, for a few seconds at most.
#[track_caller]
pub(super) fn wait_until(case: &Case, is_so: impl Fn(&Case) -> bool) {
    let started = Instant::now();
    while !is_so(case) {
        let story = case.server.story();
        assert!(
            started.elapsed() < Duration::from_secs(8),
            "waited in vain\n{story}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_hour_being_fetched_is_not_asked_for_by_another() {
    let hour = hours_ago(30);
    let (case, lines) = (Case::new(), logs::journeys(hour, 60));
    let slow =
        Object::new(logs::gzip(&logs::ndjson(&lines))).slowly(200, Duration::from_millis(30));
    case.hold(hour, vec![slow]);
    let name = hour.name();
    let first = start(
        &case,
        &["fetch", "--collection", COLLECTION, "--hour", &name],
    );
    wait_until(&case, |case| !case.server.downloads().is_empty());
    let second = case.fetch(hour);
    let first = first.wait_with_output().expect("the first was lost");
    second.success();
    let told = String::from_utf8_lossy(&first.stderr).into_owned();
    let second = second.and_told("the other's stderr", &told);
    second.assert(first.status.success(), "the first to succeed");
    case.asked(&second, &[hour]);
    case.stores(&lines);
}

#[test]
fn processes_that_begin_together_share_the_work_and_the_count() {
    let (case, mut served) = (Case::new(), Vec::new());
    for hours in 31..35 {
        let lines = logs::journeys(hours_ago(hours), 3);
        case.hold(hours_ago(hours), vec![Object::new(logs::ndjson(&lines))]);
        served.extend(lines);
    }
    let (from, to) = (hours_ago(34).sent(), hours_ago(30).sent());
    let args = [
        "fetch",
        "--collection",
        COLLECTION,
        "--since",
        &from,
        "--until",
        &to,
    ];
    let started: Vec<Child> = (0..3).map(|_| start(&case, &args)).collect();
    for child in started {
        let output = child.wait_with_output().expect("the program was lost");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}\n{}", case.server.story());
    }
    let told = case.run(&["quota", "-o", "ndjson"]);
    told.success().stdout_has("\"spent\":4");
    told.assert(case.server.posts().len() == 4, "each hour paid for once");
    case.stores(&served);
}

#[test]
fn nothing_is_paid_for_where_it_cannot_be_kept() {
    for blocked in ["data", "state"] {
        let hour = hours_ago(30);
        let (case, _) = Case::with_hour(hour, 3);
        case.env.write(blocked, "a file in the place of a folder");
        let told = case.fetch(hour);
        told.code(1).stderr_has(blocked);
        case.asked(&told, &[]);
        let told = case.fetch_range(hours_ago(33), hour, &["-o", "json"]);
        told.code(1);
        case.asked(&told, &[]);
    }
}

#[test]
fn an_hour_that_cannot_be_written_ends_the_run() {
    let hour = hours_ago(30);
    let (case, _) = Case::with_hour(hour, 3);
    let folder = case.hour_folder(hour);
    let below_home = folder
        .strip_prefix(case.env.home())
        .expect("a path below home");
    case.env.write(
        below_home.to_str().expect("ASCII"),
        "a file in the place of a folder",
    );
    let told = case.fetch_range(hours_ago(33), hours_ago(29), &[]);
    told.code(1).stderr_has(&hour.name());
    told.assert(case.server.posts().len() <= 2, "the run to end there");
}

//! Ctrl-C while a download runs.
//!
//! Rule: what was finished stays, nothing half-done is left, and the command to go on works.

#![cfg(unix)]

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::clash::{start, wait_until};
use super::{COLLECTION, Case, command_told, hours_ago, logs};
use crate::support::server::{Object, Reply};

pub(super) fn press_ctrl_c(child: &Child) {
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(
        killed.is_ok_and(|status| status.success()),
        "no signal was sent"
    );
}

#[test]
fn a_slow_download_is_left_and_can_be_gone_on_with() {
    let case = Case::new();
    let (newest, slow, last) = (hours_ago(31), hours_ago(32), hours_ago(33));
    let mut served = Vec::new();
    for hour in [newest, slow, last] {
        let lines = logs::journeys(hour, 30);
        let object = Object::new(logs::gzip(&logs::ndjson(&lines)));
        let object = if hour == slow {
            object
                .clone()
                .first(object.whole().slowly(20, Duration::from_millis(100)))
        } else {
            object
        };
        case.hold(hour, vec![object]);
        served.push(lines);
    }
    let (from, to) = (last.sent(), newest.plus_hours(1).sent());
    let args = [
        "fetch",
        "--collection",
        COLLECTION,
        "--since",
        &from,
        "--until",
        &to,
    ];
    let child = start(&case, &args);
    wait_until(&case, |case| case.server.downloads().len() == 2);
    std::thread::sleep(Duration::from_millis(150));
    press_ctrl_c(&child);
    let pressed = Instant::now();
    let output = child.wait_with_output().expect("the program was lost");
    let told = case.env.outcome(&case.env.command(&args), &output);
    let told = told.and_told("server", &case.server.story());
    told.code(130).stderr_has("2 hours left");
    told.assert(pressed.elapsed() < Duration::from_secs(2), "a prompt end");
    case.stores(&served[0]);
    case.leaves_no_temporary_files(&told);
    let hours = case.run(&["hours", "-o", "ndjson"]);
    hours
        .success()
        .assert(hours.stdout.lines().count() == 1, "one stored hour");

    let go_on = command_told(&told);
    let go_on: Vec<&str> = go_on.iter().map(String::as_str).collect();
    let rest = case.run(&go_on);
    rest.success();
    case.asked(&rest, &[newest, slow, slow, last]);
    case.stores(&served.concat());
}

#[test]
fn a_wait_for_the_rate_limit_is_left() {
    let (case, _) = Case::with_hour(hours_ago(31), 3);
    let reply = Reply::error(429, "RateLimited", "Rate limit exceeded");
    case.server.next_post(reply.with("Retry-After", "50"));
    let args = [
        "fetch",
        "--collection",
        COLLECTION,
        "--hour",
        &hours_ago(31).name(),
    ];
    let child = start(&case, &args);
    wait_until(&case, |case| !case.server.posts().is_empty());
    std::thread::sleep(Duration::from_millis(100));
    press_ctrl_c(&child);
    let output = child.wait_with_output().expect("the program was lost");
    let told = case.env.outcome(&case.env.command(&args), &output);
    told.code(130).stderr_has("faillog fetch");
    case.asked(&told, &[hours_ago(31)]);
}

#[test]
fn a_server_that_hangs_holds_nobody_up() {
    let hang = |reply: Reply| reply.slowly(1, Duration::from_secs(60));
    let whole = Object::new("0123456789");
    for is_api in [true, false] {
        let (case, hour) = (Case::new(), hours_ago(31));
        if is_api {
            case.server
                .next_post(hang(Reply::json(200, &serde_json::json!({}))));
        } else {
            case.hold(hour, vec![whole.clone().first(hang(whole.whole()))]);
        }
        let args = ["fetch", "--collection", COLLECTION, "--hour", &hour.name()];
        let child = start(&case, &args);
        wait_until(&case, |case| {
            case.server.requests().len() == 2 - usize::from(is_api)
        });
        std::thread::sleep(Duration::from_millis(100));
        press_ctrl_c(&child);
        let pressed = Instant::now();
        let output = child.wait_with_output().expect("the program was lost");
        let told = case.env.outcome(&case.env.command(&args), &output);
        told.code(130).stderr_has("faillog fetch");
        told.assert(pressed.elapsed() < Duration::from_secs(2), "a prompt end");
        case.leaves_no_temporary_files(&told);
        // The server may have counted it.
        case.run(&["quota", "-o", "ndjson"])
            .success()
            .stdout_has("\"spent\":1");
    }
}

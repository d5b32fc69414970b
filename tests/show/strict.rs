//! `--strict`: exit code 7 for each thing that makes an answer incomplete, and 0 where nothing does.
//!
//! Rule: hours are fetched from a server on this machine, so that all but one thing is complete.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};

use super::{filled, show};
use crate::support::{Outcome, TestEnv, rejects_in};

/// Hours ago, so that an hour no longer changes.
const SETTLED: i64 = 20;

/// Returns the hour that began so many hours ago, as it is written.
fn hour(hours_ago: i64) -> String {
    let time: DateTime<Utc> = Utc::now() - TimeDelta::hours(hours_ago);
    time.format("%Y-%m-%dT%H").to_string()
}

/// An attempt and, unless it is an orphan, its exchange.
fn delivery(hour: &str, n: u32, is_orphan: bool) -> String {
    let attempt = format!(
        r#"{{"event":"Delivery Attempt Logged","properties":{{"messageId":"m-{n}","attempt":1,"outcome":"failure","destinationExchangeId":"x-{n}","occurredAt":"{hour}:10:{n:02}Z"}}}}"#
    );
    let exchange = format!(
        r#"{{"event":"Destination Exchange Logged","properties":{{"destinationExchangeId":"x-{n}","responseFromDestination":{{"status":429,"body":"slow down"}},"occurredAt":"{hour}:10:{n:02}.5Z"}}}}"#
    );
    if is_orphan {
        attempt + "\n"
    } else {
        format!("{attempt}\n{exchange}\n")
    }
}

/// Serves, to whoever asks for an hour of a collection, what `log` has for it.
fn serve(log: impl Fn(&str) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (log, base) = (Arc::new(log), address.clone());
    // The thread ends with the process of the tests.
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let (log, base) = (Arc::clone(&log), base.clone());
            thread::spawn(move || answer(connection, &base, log.as_ref()));
        }
    });
    address
}

fn answer(mut connection: TcpStream, base: &str, log: &dyn Fn(&str) -> String) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;
    let target = request.split(' ').nth(1)?;
    let body = if request.starts_with("POST") {
        let (_, hour) = target.split_once("hour=")?;
        let hour = hour.get(..13)?;
        format!(
            r#"{{"data":{{"download":{{"urls":["{base}/object/{hour}?X-Amz-Signature=secret"]}}}}}}"#
        )
    } else {
        log(target.strip_prefix("/object/")?.get(..13)?)
    };
    write!(
        connection,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()
}

/// Returns a sandbox that has fetched the hours that began so many hours ago.
fn fetched(hours_ago: &[i64], log: impl Fn(&str) -> String + Send + Sync + 'static) -> TestEnv {
    let env = TestEnv::new()
        .set("FAILLOG_API_URL", &serve(log))
        .set("FAILLOG_TOKEN", "sgp_token");
    let hours: Vec<String> = hours_ago.iter().map(|ago| hour(*ago)).collect();
    let mut args = vec!["fetch", "--collection", "c"];
    for hour in &hours {
        args.extend(["--hour", hour]);
    }
    env.run(&args).success();
    env
}

fn strict(env: &TestEnv, args: &[&str]) -> Outcome {
    let outcome = show(env, &[args, &["--strict", "-o", "csv"]].concat());
    // The rows come all the same, and without the flag all is well.
    let lax = show(env, &[args, &["-o", "csv"]].concat());
    outcome.assert(
        lax.success().stdout == outcome.stdout,
        "the same rows without --strict",
    );
    outcome
}

#[test]
fn whole_hours_are_complete() {
    let env = fetched(&[SETTLED, SETTLED + 1], |hour| delivery(hour, 1, false));
    strict(&env, &["--hour", &hour(SETTLED)]).success();
    strict(&env, &["--type", "attempt", "--status", "429"])
        .success()
        .stdout_has("slow down");
    strict(&env, &["-n", "4"]).success();
    env.run(&["show"])
        .nowhere("sgp_token")
        .nowhere("X-Amz-Signature");
}

#[test]
fn a_cut_page_is_incomplete() {
    let env = fetched(&[SETTLED], |hour| delivery(hour, 1, false));
    strict(&env, &["-n", "1"])
        .code(7)
        .stderr_has("--strict")
        .stderr_has("hint: next page: ");
    strict(&env, &["-n", "1", "--page", "2"]).success();
}

#[test]
fn a_missing_hour_is_incomplete_and_named() {
    let env = fetched(&[SETTLED, SETTLED + 2], |hour| delivery(hour, 1, false));
    let missing = hour(SETTLED + 1);
    // Between two stored hours, by name, and in a range.
    strict(&env, &[]).code(7).stderr_has(&missing);
    strict(&env, &["--hour", &missing, "--collection", "c"])
        .code(7)
        .stderr_has(&missing);
    let (since, until) = (hour(SETTLED + 2), hour(SETTLED));
    strict(&env, &["--since", &since, "--until", &until])
        .code(7)
        .stderr_has(&missing);
    strict(&env, &["--hour", &since]).success();
    // An hour that was imported is taken for what was meant to be there.
    let imported = filled();
    strict(&imported, &["--hour", "2025-03-23T20"]).success();
    strict(&imported, &["--collection", "eu-west", "--type", "error"]).success();
    strict(&imported, &["--collection", "nowhere"])
        .code(7)
        .stderr_has("nowhere");
}

#[test]
fn a_rejected_line_is_incomplete_and_kept() {
    let env = fetched(&[SETTLED], |hour| {
        delivery(hour, 1, false) + "{\"event\":\"Error Lo\n"
    });
    let outcome = strict(&env, &[]);
    outcome.code(7).stderr_has("1 line").stderr_has("_rejects-");
    let folder = hour(SETTLED);
    let (date, of_day) = folder.split_once('T').expect("a date and an hour");
    let folder = env.home().join(format!(
        "data/v2/provider=segment/collection=c/date={date}/hour={of_day}"
    ));
    let kept = rejects_in(&folder).expect("the rejects");
    let kept: serde_json::Value = serde_json::from_str(kept.trim()).expect("one JSON object");
    assert_eq!(kept["raw"], "{\"event\":\"Error Lo");
    assert_eq!(kept["line"], 3);
}

#[test]
fn an_attempt_without_exchange_is_incomplete_where_it_matters() {
    let env = fetched(&[SETTLED], |hour| {
        delivery(hour, 1, false) + &delivery(hour, 2, true)
    });
    strict(&env, &[])
        .code(7)
        .stderr_has("1 attempt without exchange");
    strict(&env, &["--message-id", "m-1"]).success();
    // What is not shown is not missed.
    strict(&env, &["--columns", "message_id"]).success();
    // Nobody knows whether the orphan was turned away for its rate.
    strict(&env, &["--type", "attempt", "--status", "429"])
        .code(7)
        .stderr_has("1 attempt without exchange");
    strict(
        &env,
        &[
            "--type",
            "attempt",
            "--status",
            "429",
            "--message-id",
            "m-1",
        ],
    )
    .success();
    strict(
        &env,
        &["--type", "attempt", "--status", "429", "--columns", "time"],
    )
    .code(7);
}

#[test]
fn what_could_not_be_judged_is_said_on_the_page_where_it_would_stand() {
    let env = fetched(&[SETTLED], |hour| {
        [(0, true), (1, false), (2, true), (4, false)]
            .map(|(n, is_orphan)| delivery(hour, n, is_orphan))
            .concat()
    });
    let question = ["--type", "attempt", "--status", "429", "-n", "1"];
    let orphans = |more: &[&str]| {
        let outcome = show(&env, &[&question[..], more].concat());
        let lines = outcome.success().stderr.lines();
        let mut said = lines.filter(|line| line.contains("without exchange"));
        said.next().map(str::to_owned)
    };
    assert_eq!(orphans(&[]), None, "the newest attempt has its exchange");
    let second = orphans(&["--page", "2"]).expect("orphans on the last page");
    assert!(second.contains("2 attempts"), "{second}");
    let sorted = orphans(&["--sort=time"]).expect("orphans in another order");
    assert!(sorted.contains("2 attempts"), "{sorted}");
}

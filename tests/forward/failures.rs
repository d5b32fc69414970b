//! What goes wrong on the way, by exit code; and that the write key is nowhere.

use std::path::Path;

use super::source::{AUTHORIZATION, Source, WRITE_KEY};
use super::*;
use crate::support::server::{Reply, dead_url};

#[test]
fn a_server_in_trouble_is_asked_again() {
    let source = Source::start();
    let env = holding(3, &source);
    source.next(Reply::new(503, ""));
    source.next(Reply::silence());
    source.next(Reply::new(429, "").with("Retry-After", "1"));
    forward(&env, &[])
        .success()
        .stderr_has("failed with status 503; trying again in")
        .stderr_has("3 events sent");
    assert_eq!(arrived(&source), [0, 1, 2]);
    assert_eq!(source.requests().len(), 4);
}

#[test]
fn a_long_wait_ends_with_5_and_the_rest_goes_out_later() {
    let source = Source::start();
    let env = holding(3, &source);
    source.next(Reply::new(429, "").with("X-RateLimit-Reset", "7200"));
    forward(&env, &[])
        .code(5)
        .stderr_has("0 events sent")
        .stderr_has("takes no more events for now")
        .stderr_has("It will take more in 2 h.");
    forward(&env, &[]).success();
    assert_eq!(arrived(&source), [0, 1, 2]);
}

#[test]
fn an_event_that_is_not_accepted_keeps_no_other_back() {
    let source = Source::start();
    let env = holding(20, &source);
    source.poison("m-13");
    forward(&env, &["--strict"])
        .code(7)
        .stderr_has("19 events sent to `")
        .stderr_has("warning: an event of 2025-03-23T20 is not sent: ")
        .stderr_has("(status 400): Malformed event");
    let others: Vec<u64> = (0..20).filter(|serial| *serial != 13).collect();
    assert_eq!(arrived(&source), others);
    // It is tried again, and only it.
    forward(&env, &[]).success().stderr_has("; 19 sent before");
    source.poison("none");
    forward(&env, &[]).success().stderr_has("1 event sent");
    assert_eq!(source.events().len(), 20);
}

#[test]
fn what_cannot_work_says_how_it_could() {
    let source = Source::start();
    let env = holding(1, &source);
    source.next(Reply::new(401, ""));
    forward(&env, &[]).code(4).stderr_has("Check the write key");
    let wrong = format!("{}/app", source.url());
    forward(&env, &["--tracking-url", &wrong])
        .code(6)
        .stderr_has("status 404")
        .stderr_has("`/v1/batch` is added to it");
    forward(&env, &["--tracking-url", "http://api.segment.io"])
        .code(2)
        .stderr_has("over plain http");
    forward(&env, &["--tracking-url", "api.segment.io"])
        .code(2)
        .stderr_has("the Tracking API's address cannot be used: it is no URL");
    forward(&env, &["--input", "-", "--write-key-file", "-"])
        .code(2)
        .stderr_has("standard input cannot be both");
    let bare = TestEnv::new();
    forward(&bare, &[])
        .code(4)
        .stderr_has("there is no write key for profile `default`")
        .stderr_has("FAILLOG_WRITE_KEY");
    bare.write("config.toml", "[profiles.default]\nwrite_key = 'x'\n");
    forward(&bare, &[])
        .code(2)
        .stderr_has("set `write_key_command`");
}

#[test]
fn nobody_there_ends_with_6() {
    let source = Source::start();
    let env = holding(1, &source);
    forward(&env, &["--tracking-url", &dead_url()])
        .code(6)
        .stderr_has("the connection was refused")
        .stderr_has("run the same command again to send the rest");
}

#[test]
fn two_at_once_do_not_send_twice() {
    let source = Source::start();
    let env = holding(2, &source);
    forward(&env, &[]).success();
    let folder = std::fs::read_dir(env.home().join("state/forward")).expect("a memory");
    let folder = folder.flatten().next().expect("a source").path();
    let lock = std::fs::File::open(folder.join("lock")).expect("a lock");
    lock.lock().expect("the lock is free");
    forward(&env, &["--all"])
        .code(1)
        .stderr_has("another faillog is forwarding to the same source");
    assert_eq!(source.requests().len(), 1);
}

#[test]
fn the_write_key_is_in_no_output_and_no_file() {
    let source = Source::start();
    let env = holding(3, &source);
    let echoed = format!("{WRITE_KEY} {AUTHORIZATION}");
    let encoded = AUTHORIZATION
        .trim_start_matches("Basic ")
        .trim_end_matches('=');
    for status in [400, 401, 404] {
        // More than a run asks for.
        for _ in 0..20 {
            source.next(Reply::new(status, &echoed));
        }
        let told = forward(&env, &[]);
        told.nowhere(WRITE_KEY).nowhere(encoded);
        told.stderr_has(&format!("status {status}"));
        source.forget_script();
    }
    source.next(Reply::new(500, &echoed));
    forward(&env, &[]).success().nowhere(WRITE_KEY);
    forward(&env, &["--dry-run", "--all"])
        .success()
        .nowhere(WRITE_KEY);
    env.run(&["config", "show"])
        .success()
        .nowhere(WRITE_KEY)
        .stdout_has("write_key,set,env FAILLOG_WRITE_KEY");
    let files = files_holding(env.home(), WRITE_KEY);
    assert!(files.is_empty(), "{files:?}");
}

fn files_holding(folder: &Path, secret: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_holding(&path, secret));
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            let mut places = bytes.windows(secret.len());
            if places.any(|place| place == secret.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_for_an_answer_and_what_was_sent_is_kept() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let source = Source::start();
    // More than one request holds.
    let env = TestEnv::new()
        .set("FAILLOG_WRITE_KEY", WRITE_KEY)
        .set("FAILLOG_TRACKING_URL", &source.url());
    import(&env, 0..2000);
    source.next(Reply::json(200, &json!({ "success": true })));
    source.next(Reply::new(200, "{}").slowly(1, Duration::from_secs(20)));
    let mut command = env.command(&["forward"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program cannot be started");
    let started = Instant::now();
    while source.requests().len() < 2 {
        assert!(started.elapsed() < Duration::from_secs(60), "no request");
        std::thread::sleep(Duration::from_millis(20));
    }
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.is_ok_and(|status| status.success()), "no signal");
    let pressed = Instant::now();
    let output = child.wait_with_output().expect("the program was lost");
    env.outcome(&command, &output)
        .code(130)
        .stderr_has(" events sent to `")
        .stderr_has(" in 1 request\n");
    assert!(pressed.elapsed() < Duration::from_secs(10));
    let first: Value = serde_json::from_str(&source.requests()[0].body).expect("a body");
    let sent = first["batch"].as_array().map_or(0, Vec::len);
    forward(&env, &[])
        .success()
        .stderr_has(&format!("{} events sent", 2000 - sent))
        .stderr_has(&format!("; {},{:03} sent before", sent / 1000, sent % 1000));
}

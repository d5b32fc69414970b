//! Files of several providers in one call, records without a time, and questions put to files.
//!
//! Rule: each record is stored under its own provider, and once.

use std::fs;
use std::time::{Duration, SystemTime};

use super::{import, lines};
use crate::support::{Outcome, TestEnv};

const WORKATO: &str = include_str!("../data/workato/published.csv");

/// Counts the records of each provider.
fn counts(outcome: &Outcome) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for line in outcome.success().stdout.lines().skip(1) {
        match counts.iter_mut().find(|(provider, _)| provider == line) {
            Some((_, count)) => *count += 1,
            None => counts.push((line.to_owned(), 1)),
        }
    }
    counts.sort();
    counts
}

fn of_both() -> [(String, usize); 2] {
    [("segment".to_owned(), 4), ("workato".to_owned(), 2)]
}

#[test]
fn files_of_several_providers_go_each_to_its_own() {
    let env = TestEnv::new();
    env.write("a.ndjson", lines(0..3));
    env.write("b.csv", WORKATO);
    env.write("c.ndjson", lines(2..4));
    env.write("d.bin", b"\x89PNG\r\n\x1a\n");
    let outcome = import(&env, &["a.ndjson", "b.csv", "d.bin", "c.ndjson"]);
    outcome
        .code(1)
        .stderr_has("4 records added to segment `import`, 1 known already, in 1 hour")
        .stderr_has("2 records added to workato `import`, 0 known already, in 1 hour")
        .stderr_has("cannot read `d.bin`: it is a PNG image, not a log");
    let args = ["show", "-o", "csv", "--columns", "provider"];
    assert_eq!(counts(&env.run(&args)), of_both());
}

#[test]
fn questions_are_put_to_files_of_several_providers() {
    let env = TestEnv::new();
    env.write("a.ndjson", lines(0..3));
    env.write("b.csv", WORKATO);
    env.write("c.ndjson", lines(2..4));
    let args = [
        "show",
        "-o",
        "csv",
        "--columns",
        "provider",
        "--input",
        "a.ndjson",
        "b.csv",
        "c.ndjson",
    ];
    assert_eq!(counts(&env.run(&args)), of_both());
    let only = [&args[..], &["--provider", "workato"]].concat();
    assert_eq!(counts(&env.run(&only)), of_both()[1..]);
    let piped = [
        "show",
        "-o",
        "csv",
        "--columns",
        "provider",
        "--input",
        "-",
        "a.ndjson",
        "--status",
        "401",
    ];
    assert_eq!(
        counts(&env.run_with_input(&piped, WORKATO)),
        [("workato".to_owned(), 1)]
    );
    // The own fields of both, one after the other.
    let native = [
        "show",
        "-o",
        "csv",
        "--columns",
        "native",
        "-n",
        "1",
        "--input",
        "a.ndjson",
        "b.csv",
    ];
    let outcome = env.run(&native);
    let header = outcome.success().stdout.lines().next().expect("a header");
    outcome.assert(
        header.starts_with("type,event,version,") && header.ends_with(",Client,Job details"),
        "the fields of Segment and Workato",
    );
    // The store was neither read nor made.
    outcome.assert(!env.home().join("data").exists(), "no store");
}

/// A webhook has no time: it is stored at that of its file, once.
#[test]
fn a_record_without_a_time_has_that_of_its_file_and_is_kept_once() {
    let env = TestEnv::new();
    let webhook = |id: &str| {
        format!(
            "{{\"eventType\":\"EMAIL_FAILED\",\"trackingId\":\"{id}\",\"notificationId\":\"welcome\",\"channel\":\"EMAIL\",\"userId\":\"u\",\"failureCode\":\"EMAIL_BOUNCE\"}}\n"
        )
    };
    let write = |name: &str, text: String, secs: u64| {
        let path = env.write(name, text);
        let file = fs::File::options()
            .append(true)
            .open(path)
            .expect("the file");
        let time = SystemTime::UNIX_EPOCH + Duration::from_micros(secs * 1_000_000 + 123_456);
        file.set_modified(time).expect("a time can be set");
    };
    // 2025-06-02T14:00:00Z, and a day later.
    write("a.ndjson", webhook("t-1") + &webhook("t-2"), 1_748_872_800);
    import(&env, &["a.ndjson"])
        .success()
        .stderr_has("2 records added")
        .stderr_has("2 records of `a.ndjson` without a time of their own")
        .stderr_has("2025-06-02T14:00:00.123Z");
    write(
        "a.ndjson",
        webhook("t-1") + &webhook("t-2") + &webhook("t-3"),
        1_748_959_200,
    );
    write("b.ndjson", webhook("t-3") + &webhook("t-4"), 1_748_962_800);
    import(&env, &["a.ndjson", "b.ndjson"])
        .success()
        .stderr_has("2 records added")
        .stderr_has("3 known already");
    let args = ["show", "-o", "csv", "--columns", "time", "--sort", "time"];
    env.run(&args).success().stdout_is(
        "time\r\n2025-06-02T14:00:00.123Z\r\n2025-06-02T14:00:00.123Z\r\n2025-06-03T14:00:00.123Z\r\n2025-06-03T15:00:00.123Z\r\n",
    );
}

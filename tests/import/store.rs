//! `faillog store`: its place, what it holds, whether it is whole, and removing what is old.
//!
//! Rule: damage is found, named by its hour, and spares the other hours.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use super::{import, lines, record, stored};
use crate::support::TestEnv;

/// Three hours in one collection, one in another.
fn filled() -> TestEnv {
    let env = TestEnv::new();
    env.write("a", lines(0..40));
    env.write(
        "b",
        record(41).replace("T20", "T21") + &record(42).replace("T20", "T22"),
    );
    import(&env, &["a", "b"]).success();
    env.run(&["import", "a", "--collection", "other"]).success();
    env
}

fn records_file(env: &TestEnv, hour: u32) -> PathBuf {
    let folder = "data/v2/provider=segment/collection=import/date=2025-03-23";
    env.home()
        .join(format!("{folder}/hour={hour}/records.parquet"))
}

#[test]
fn the_store_has_a_place_and_tells_what_it_holds() {
    let env = filled();
    let root = env.home().join("data").join("v2");
    env.run(&["store", "path"])
        .success()
        .stdout_is(&format!("{}\n", root.display()));
    let info = env.run(&["store", "info", "-o", "ndjson"]);
    let rows: Vec<serde_json::Value> = info
        .success()
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect();
    let numbers = |row: &serde_json::Value| {
        (
            row["collection"].clone(),
            row["hours"].clone(),
            row["records"].clone(),
            row["rejects"].clone(),
        )
    };
    assert_eq!(
        numbers(&rows[0]),
        ("import".into(), 3.into(), 42.into(), 0.into())
    );
    assert_eq!(
        numbers(&rows[1]),
        ("other".into(), 1.into(), 40.into(), 0.into())
    );
    assert_eq!(
        (&rows[0]["first_hour"], &rows[0]["last_hour"]),
        (&"2025-03-23T20".into(), &"2025-03-23T22".into())
    );
    let size: u64 = (20..23)
        .map(|hour| {
            fs::metadata(records_file(&env, hour))
                .expect("an hour's file")
                .len()
        })
        .sum();
    assert_eq!(rows[0]["bytes"], size);
    info.stderr_has("82 records in 4 hours");
    let empty = TestEnv::new();
    empty
        .run(&["store", "info", "-o", "ndjson"])
        .success()
        .stdout_is("")
        .stderr_has("0 records in 0 hours");
    assert!(!empty.home().join("data").exists(), "asking writes nothing");
}

#[test]
fn a_flipped_byte_anywhere_is_found_and_named() {
    let env = filled();
    env.run(&["store", "verify"])
        .success()
        .stderr_has("82 records in 4 hours are whole");
    let file = records_file(&env, 20);
    let whole = fs::read(&file).expect("an hour's file");
    // The data pages fill the front; the footer is at the end.
    for at in [
        4,
        40,
        whole.len() / 4,
        whole.len() / 3,
        whole.len() / 2,
        whole.len() - 6,
    ] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&file, bytes).expect("the hour's file");
        let outcome = env.run(&["store", "verify"]);
        outcome.assert(
            outcome.code == 1,
            &format!("byte {at} of {} to be missed", whole.len()),
        );
        outcome
            .stderr_has("1 of 4 hours damaged")
            .stderr_has("import 2025-03-23T20")
            .stderr_has("--refresh");
        env.run(&["store", "verify", "--collection", "other"])
            .success();
    }
    fs::write(&file, &whole[..whole.len() - 30]).expect("the hour's file");
    env.run(&["store", "verify"])
        .code(1)
        .stderr_has("2025-03-23T20");
    // The other hours still answer, and what is left out is said.
    let outcome = env.run(&[
        "show",
        "--hour",
        "2025-03-23T21",
        "--columns",
        ".serial",
        "-o",
        "tsv",
    ]);
    outcome.success().stdout_is(".serial\n41\n");
    fs::write(&file, whole).expect("the hour's file");
    env.run(&["store", "verify"]).success();
}

#[test]
fn old_hours_are_removed_when_asked_and_only_then() {
    let env = filled();
    let recent = chrono::Utc::now().format("%Y-%m-%dT%H").to_string();
    env.write("recent", record(50).replace("2025-03-23T20", &recent));
    import(&env, &["recent"]).success();
    let before = stored(&env).len();
    env.run(&["store", "prune", "--older-than", "30d", "--dry-run"])
        .success()
        .stderr_has("4 hours")
        .stderr_has("would be removed");
    assert_eq!(stored(&env).len(), before);
    env.run(&[
        "store",
        "prune",
        "--older-than",
        "30d",
        "--collection",
        "other",
    ])
    .success()
    .stderr_has("1 hour (2025-03-23T20)");
    assert_eq!(stored(&env).len(), before - 40);
    env.run(&["store", "prune", "--older-than", "30d"])
        .success()
        .stderr_has("3 hours (2025-03-23T20 to 2025-03-23T22)");
    assert_eq!(stored(&env), [50]);
    assert!(!records_file(&env, 20).exists());
    env.run(&["store", "verify"])
        .success()
        .stderr_has("1 record in 1 hour");
    env.run(&["store", "prune", "--older-than", "30d"])
        .success()
        .stderr_has("0 hours");
    env.run(&["store", "prune", "--older-than", "soon"])
        .code(2)
        .stderr_has("--older-than");
    env.run(&["store", "prune"]).code(2);
}

#[test]
fn a_collection_that_is_not_stored_is_not_called_whole() {
    let env = filled();
    for args in [
        &["store", "verify", "--collection", "othre"][..],
        &[
            "store",
            "verify",
            "--collection",
            "other",
            "--collection",
            "othre",
        ],
    ] {
        env.run(args)
            .code(1)
            .stderr_has("nothing is stored of `othre`")
            .stderr_has("faillog store info");
    }
}

/// Whenever the program is killed, every hour is whole, and the next import ends what it began.
#[test]
fn an_import_that_is_killed_is_ended_by_the_next() {
    let lines: String = (0..6000)
        .map(|serial| record(serial).replace("T20", ["T19", "T20", "T21"][serial as usize % 3]))
        .collect();
    let whole = TestEnv::new();
    whole.write("a", &lines);
    let started = std::time::Instant::now();
    import(&whole, &["a"]).success();
    let lasts = started.elapsed();

    let env = TestEnv::new();
    env.write("a", &lines);
    for tenth in [9, 5, 8, 2, 10, 7, 9, 6, 10, 4] {
        let mut command = env.command(&["import", "a"]);
        let mut running = command.stderr(Stdio::null()).spawn().expect("the program");
        std::thread::sleep(lasts * tenth / 10);
        // It may have ended already.
        let _ = running.kill();
        running.wait().expect("its end");
        env.run(&["store", "verify"]).success();
    }
    import(&env, &["a"]).success();
    let verified = env.run(&["store", "verify"]);
    verified
        .success()
        .stderr_has("6,000 records in 3 hours are whole")
        .assert(!verified.stderr.contains("leftover"), "nothing left");
    assert_eq!(stored(&env), (0..6000).collect::<Vec<_>>());
}

#[test]
fn what_killed_runs_left_is_told_and_removed_when_asked() {
    let env = filled();
    let file = records_file(&env, 20);
    let left = [
        file.with_file_name("_rejects-00.ndjson"),
        file.with_file_name(".records.parquet.tmp"),
    ];
    for path in &left {
        fs::write(path, "x").expect("a leftover");
    }
    env.run(&["store", "verify"])
        .success()
        .stderr_has("2 leftovers of killed runs")
        .stderr_has("--repair");
    env.run(&["store", "verify", "--collection", "other", "--repair"])
        .success()
        .stderr_has("0 leftovers of killed runs removed");
    env.run(&["store", "verify", "--repair"])
        .success()
        .stderr_has("2 leftovers of killed runs removed")
        .stderr_has("82 records in 4 hours are whole");
    assert!(left.iter().all(|path| !path.exists()));
}

#[test]
fn an_import_into_a_damaged_hour_says_what_is_lost() {
    let env = filled();
    let file = records_file(&env, 20);
    let whole = fs::read(&file).expect("an hour's file");
    let mut bytes = whole.clone();
    bytes[whole.len() / 4] ^= 1;
    fs::write(&file, bytes).expect("the hour's file");
    env.write("more", record(50));
    import(&env, &["more"]).success().stderr_has(
        "what was stored of 2025-03-23T20 was damaged: 40 records could not be read any more",
    );
    fs::write(&file, &whole[..whole.len() - 30]).expect("the hour's file");
    import(&env, &["more"]).success().stderr_has(
        "what was stored of 2025-03-23T20 was damaged: nothing of it could be read any more",
    );
    env.run(&["store", "verify"]).success();
}

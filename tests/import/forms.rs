//! The forms a file may have: lines, values one after the other, a list; plain or compressed; and files that overlap.
//!
//! Rule: whatever the form, the records are the same, and each is kept once.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{import, lines, record, stored};
use crate::support::TestEnv;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).expect("memory takes all")
}

/// The records 0 to 4 in every form of text.
fn texts() -> Vec<(&'static str, String)> {
    let records: Vec<String> = (0..5).map(record).collect();
    let spread = |text: &str| text.replace(",\"", ",\n  \"");
    vec![
        ("lines", records.join("\n")),
        ("lines with CR", records.join("\r\n") + "\r\n"),
        (
            "lines after a BOM, with gaps",
            format!("\u{feff}\n\n{}\n\n", records.join("\n \n")),
        ),
        ("values side by side", records.concat()),
        ("values over several lines", spread(&records.join("\n"))),
        ("a list", format!("[{}]", records.join(","))),
        (
            "a list over several lines",
            spread(&format!("[\n{}\n]\n", records.join(",\n"))),
        ),
    ]
}

#[test]
fn every_form_gives_the_same_records() {
    for (form, text) in texts() {
        for (packing, bytes) in [
            ("plain", text.clone().into_bytes()),
            ("gzip", gzip(text.as_bytes())),
            (
                "two gzip members",
                [gzip(&text.as_bytes()[..40]), gzip(&text.as_bytes()[40..])].concat(),
            ),
            ("zstd", zstd(text.as_bytes())),
        ] {
            let env = TestEnv::new();
            // The name says nothing; the content does.
            env.write("records.txt", &bytes);
            let outcome = import(&env, &["records.txt"]);
            outcome.success().stderr_has("5 records added");
            assert_eq!(stored(&env), [0, 1, 2, 3, 4], "{form}, {packing}");
        }
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let env = TestEnv::new();
    env.run_with_input(&["import", "-"], gzip(lines(0..3).as_bytes()))
        .success()
        .stderr_has("3 records added");
    assert_eq!(stored(&env), [0, 1, 2]);
    env.run_with_input(&["import", "-", "-"], lines(0..1))
        .code(2)
        .stderr_has("`-` is given more than once");
}

#[test]
fn a_record_is_kept_once_however_often_it_comes() {
    let env = TestEnv::new();
    env.write("a.ndjson", lines(0..6));
    env.write("b.ndjson.gz", gzip(lines(4..9).as_bytes()));
    import(&env, &["a.ndjson"])
        .success()
        .stderr_has("6 records added")
        .stderr_has("0 known already");
    import(&env, &["a.ndjson"])
        .success()
        .stderr_has("0 records added")
        .stderr_has("6 known already");
    import(&env, &["b.ndjson.gz", "a.ndjson"])
        .success()
        .stderr_has("3 records added")
        .stderr_has("8 known already");
    assert_eq!(stored(&env), (0..9).collect::<Vec<_>>());
    // Into another collection they are other records.
    env.run(&["import", "a.ndjson", "--collection", "other"])
        .success()
        .stderr_has("6 records added");
    assert_eq!(stored(&env).len(), 15);
}

#[test]
fn records_go_to_the_hours_of_their_times() {
    let env = TestEnv::new();
    let at = |serial: u64, time: &str| record(serial).replace("2025-03-23T20:0", time);
    env.write(
        "a",
        [
            at(1, "2025-03-23T20:5"),
            at(2, "2025-03-23T21:0"),
            at(3, "2024-12-31T23:0"),
        ]
        .join("\n"),
    );
    import(&env, &["a"]).success().stderr_has("in 3 hours");
    for (hour, serials) in [
        ("2025-03-23T20", "1\n"),
        ("2025-03-23T21", "2\n"),
        ("2024-12-31T23", "3\n"),
    ] {
        let args = ["show", "--hour", hour, "--columns", ".serial", "-o", "tsv"];
        env.run(&args)
            .success()
            .stdout_is(&format!(".serial\n{serials}"));
    }
    let (date, of_day) = ("date=2024-12-31", "hour=23");
    let file = env
        .home()
        .join("data/v2/provider=segment/collection=import")
        .join(date)
        .join(of_day);
    assert!(file.join("records.parquet").is_file());
}

#[test]
fn a_name_from_outside_stays_inside_the_store() {
    for name in [
        "../../escape",
        "a/b",
        "c:d",
        ".",
        "nul",
        "ä ö",
        "x=y",
        "%2e",
    ] {
        let env = TestEnv::new();
        env.write("a", lines(0..2));
        env.run(&["import", "a", "--collection", name]).success();
        let args = [
            "show",
            "--collection",
            name,
            "--columns",
            "collection",
            "-o",
            "ndjson",
            "-n",
            "1",
        ];
        let outcome = env.run(&args);
        let row: serde_json::Value =
            serde_json::from_str(&outcome.success().stdout).expect("one row");
        assert_eq!(row["collection"], name);
        let mut beside: Vec<_> = std::fs::read_dir(env.home())
            .expect("the sandbox")
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        beside.sort();
        assert_eq!(beside, ["a", "data"], "{name}");
        let collections = env.home().join("data/v2/provider=segment");
        assert_eq!(
            std::fs::read_dir(collections)
                .expect("the collections")
                .count(),
            1,
            "{name}"
        );
    }
}

#[test]
fn a_store_of_other_logs_is_not_called_empty() {
    let env = TestEnv::new();
    env.write("a.ndjson", lines(0..2));
    import(&env, &["a.ndjson"]).success();
    env.run(&["show", "--provider", "workato"])
        .success()
        .stderr_has("the store holds nothing of workato");
}

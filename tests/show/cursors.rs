//! Cursors: true while hours arrive, are rewritten or removed between two pages, and bound to their question.
//!
//! Rule: a record is neither repeated nor passed over, unless the reader is told.

use super::pages::{follow, next_page, words};
use super::{case_file, filled, read_serials, serials, show};

/// Makes an error log line at a time of the second day.
fn line(serial: u64, time: &str) -> String {
    format!(
        r#"{{"serial":{serial},"type":"observability","event":"Error Logged","properties":{{"messageId":"m-{serial}","discarded":false,"reason":"padding that makes these records the largest of their hour","occurredAt":"{time}"}}}}"#
    )
}

#[test]
fn a_cursor_stays_true_while_hours_are_imported() {
    let env = filled();
    let whole = serials(&env, &[]);
    let first = show(&env, &["-n", "60", "--columns", ".serial", "-o", "tsv"]);
    assert_eq!(read_serials(first.success()), whole[..60]);
    // Newer ones, older ones, one beside the page's last record, and another collection.
    for (collection, lines) in [
        (
            "prod",
            vec![
                line(1001, "2025-04-01T00:00:00Z"),
                line(1002, "2025-03-23T19:00:00Z"),
                line(1003, "2025-03-24T00:30:00.5Z"),
            ],
        ),
        (
            "new",
            vec![
                line(1004, "2025-03-23T23:59:00Z"),
                line(1005, "2025-03-01T00:00:00Z"),
            ],
        ),
    ] {
        let args = ["import", "-", "--collection", collection];
        env.run_with_input(&args, lines.join("\n")).success();
    }
    let pages = follow(&env, &first).concat();
    let now = serials(&env, &[]);
    let rest = now
        .iter()
        .position(|serial| *serial == whole[59])
        .expect("the page's last record");
    assert_eq!(pages[..60], whole[..60]);
    assert_eq!(pages[60..], now[rest + 1..]);
    assert_eq!(now.len(), whole.len() + 5);
}

#[test]
fn a_cursor_within_an_instant_outlives_a_rewritten_hour() {
    let instant = [
        "--since",
        "2025-03-23T23:30:00Z",
        "--until",
        "2025-03-23T23:30:00.001Z",
    ];
    for length in ["1", "2", "3", "4", "5", "6", "7"] {
        let env = filled();
        let whole = serials(&env, &instant);
        let first = show(
            &env,
            &[
                &instant[..],
                &["-n", length, "--columns", ".serial", "-o", "tsv"],
            ]
            .concat(),
        );
        let others: Vec<String> = (0..200)
            .map(|n| line(2000 + n, &format!("2025-03-23T23:29:00.{n:03}Z")))
            .collect();
        env.run_with_input(&["import", "-", "--collection", "prod"], others.join("\n"))
            .success();
        assert_eq!(follow(&env, first.success()).concat(), whole, "by {length}");
    }
}

#[test]
fn a_cursor_of_another_question_is_refused() {
    let env = filled();
    let first = show(&env, &["-n", "2", "--type", "error"]);
    let command = next_page(first.success()).expect("a next page");
    let words = words(&command);
    let cursor = words.last().expect("a cursor").as_str();
    show(&env, &["-n", "2", "--type", "attempt", "--after", cursor])
        .code(2)
        .stdout_is("")
        .stderr_has("this cursor belongs to a question with other filters")
        .stderr_has("hint: Run the command without --after to begin at the first page.");
    // Another length, other columns and another format are the same question.
    let more = show(
        &env,
        &[
            "-n",
            "3",
            "--type",
            "error",
            "--columns",
            ".serial",
            "-o",
            "tsv",
            "--after",
            cursor,
        ],
    );
    assert_eq!(
        read_serials(more.success()),
        serials(&env, &["--type", "error", "-n", "5"])[2..]
    );
}

#[test]
fn a_cursor_whose_record_is_gone_says_so() {
    let env = filled();
    let first = show(
        &env,
        &[
            "-n",
            "5",
            "--collection",
            "prod",
            "--columns",
            ".serial",
            "-o",
            "tsv",
        ],
    );
    let command = next_page(first.success()).expect("a next page");
    let words = words(&command);
    let hour = env
        .home()
        .join("data/v2/provider=segment/collection=prod/date=2025-03-24/hour=00");
    std::fs::remove_dir_all(hour).expect("the hour of the cursor");
    let outcome = env.run(&words[1..]);
    outcome.success().stderr_has("no longer stored");
    let file = case_file("segment.ndjson");
    let file = file.to_str().expect("a path in UTF-8");
    env.run(&["import", file, "--collection", "prod"]).success();
    env.run(&words[1..])
        .success()
        .assert(!outcome.stdout.is_empty(), "rows");
}

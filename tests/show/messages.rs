//! `--by-message`: its formats, footers and refusals.
//!
//! Rule: what the rows say is in `tests/cases`.

use super::{show, with_many};

const MANY: [&str; 5] = [
    "--by-message",
    "--collection",
    "many",
    "--where",
    "message_id ~ ^m-many",
];

#[test]
fn every_format_has_the_same_columns() {
    let env = with_many();
    let header = "provider,collection,first_seen,last_seen,attempts,status,code,reason,fate,message_id,destination,channel,source";
    let csv = show(&env, &[&MANY[..], &["-o", "csv"]].concat());
    csv.success().stdout_has(header);
    assert_eq!(csv.stdout.lines().count(), 5);
    csv.stderr_has("4 messages, last seen first");
    let row = "segment,many,2024-11-25T09:00:00Z,2024-11-25T09:05:00Z,2,200,,,delivered,m-many-1,dst_a,,src_many";
    csv.stdout_has(row);
    for format in ["table", "tsv", "json", "ndjson", "md"] {
        let outcome = show(&env, &[&MANY[..], &["-o", format]].concat());
        outcome.success().stdout_has("discarded");
    }
    let table = show(&env, &[&MANY[..], &["-o", "table"]].concat());
    table.success().stdout_has("m-many-2    dst_b");
    let empty = show(&env, &["--by-message", "--code", "nonsense", "-o", "csv"]);
    empty.success().stdout_is(&format!("{header}\r\n"));
    empty.stderr_has("no message matches");
}

#[test]
fn records_of_no_message_are_counted() {
    let env = with_many();
    let outcome = show(&env, &["--by-message", "--collection", "many"]);
    outcome
        .success()
        .stderr_has("4 matching records belong to no single message");
}

#[test]
fn pages_are_named_and_put_together_are_the_whole() {
    let env = with_many();
    let args = |page| {
        let more = [
            "--columns",
            "message_id,destination",
            "-o",
            "tsv",
            "-n",
            "3",
            "--page",
            page,
        ];
        [&MANY[..], &more].concat()
    };
    let first = show(&env, &args("1"));
    first
        .success()
        .stderr_has("3 of 4 messages")
        .stderr_has("--page 2");
    let second = show(&env, &args("2"));
    second.success();
    assert!(!second.stderr.contains("--page"), "{}", second.stderr);
    let count = first.stdout.lines().count() + second.stdout.lines().count();
    assert_eq!(count, 2 + 4);
    show(&env, &[&args("1")[..], &["--strict"]].concat()).code(7);
}

#[test]
fn what_does_not_go_with_messages_is_refused() {
    let env = with_many();
    for args in [
        &["--by-message", "--dedup", "5m"][..],
        &["--by-message", "--sort", "time"],
        &["--by-message", "--after", "1-0-0-0"],
        &["--by-message", "-o", "raw"],
        &["--by-message", "--columns", "url"],
    ] {
        show(&env, args).code(2).stdout_is("");
    }
}

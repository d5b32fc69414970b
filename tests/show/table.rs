//! The table: which columns a width leaves, and that nothing but text reaches a terminal.
//!
//! Rule: the snapshots are of records that never change.

use super::{filled, show};
use crate::support::TestEnv;

/// Returns the table that a terminal of this width would show.
fn table(env: &TestEnv, width: &str, args: &[&str]) -> String {
    let mut command = env.command(&[&["show", "-o", "table"], args].concat());
    let output = command
        .env("COLUMNS", width)
        .output()
        .expect("the program cannot be started");
    let outcome = env.outcome(&command, &output);
    let longest = outcome
        .success()
        .stdout
        .lines()
        .map(|line| line.chars().count())
        .max();
    let width: usize = width.parse().expect("a number");
    outcome.assert(
        longest.is_some_and(|longest| longest <= width),
        "lines that fit",
    );
    outcome.stdout
}

#[test]
fn a_narrow_table_keeps_what_tells_most() {
    let env = filled();
    insta::assert_snapshot!(table(&env, "80", &["--collection", "prod", "--status", "429", "-n", "6"]), @r#"
    2025-03-23
    time (UTC)    type      attempt  discarded  status  reason
    23:30:00      error           1  false         429  Rate limit reached, retry l…
    23:30:00      error           1  false         429  Rate limit reached, retry l…
    23:30:00      attempt         1  false         429  Rate limit reached, retry l…
    23:30:00      attempt         1  false         429  Rate limit reached, retry l…
    23:30:00      exchange                         429  Rate limit reached, retry l…
    22:02:00.050  exchange                         429  slow down, please
    "#);
    insta::assert_snapshot!(table(&env, "80", &["--type", "error", "--hour", "2025-03-23T22", "-n", "8"]), @r#"
    2025-03-23
    time (UTC)    type   attempt  discarded  status  operation  reason
    22:30:30.553  error        1  true          401             =HYPERLINK("http://…
    22:30:30.552  error        1  true          401             =HYPERLINK("http://…
    22:30:30.551  error        1  true          401             =HYPERLINK("http://…
    22:30:30.550  error        1  true          401             =HYPERLINK("http://…
    22:30:00.009  error        1  false         404             no such list
    22:30:00.009  error        4  false         503             busy
    22:30:00.009  error        3  true          429             Too many requests
    22:10:00      error           false              delivery   INTERNAL
    "#);
}

#[test]
fn a_wide_table_has_more_columns() {
    let env = filled();
    insta::assert_snapshot!(table(&env, "200", &["--message-id", "m-down-4"]), @r#"
    2025-03-23
    time (UTC)       type     outcome  attempt  discarded  status  code        source      destination  message_id  exchange_id  method  url                               reason
    21:18:14.550     error    failure        4  false         502  ECONNRESET  src_server  dst_webhook  m-down-4    x-043        POST    https://hooks.example/in?x=1&y=2  Bad Gateway
    21:18:13.750007  attempt  failure        4  false         502              src_server  dst_webhook  m-down-4    x-043        POST    https://hooks.example/in?x=1&y=2  Bad Gateway
    20:40:13.750007  attempt  failure        3                503              src_server  dst_webhook  m-down-4    x-042        POST    https://hooks.example/in?x=1&y=2  503 Service Unavailable
    20:32:13.750007  attempt  failure        2                500              src_server  dst_webhook  m-down-4    x-041        POST    https://hooks.example/in?x=1&y=2  upstream is, well, "down"
    20:31:13.750007  attempt  failure        1                502              src_server  dst_webhook  m-down-4    x-040        POST    https://hooks.example/in?x=1&y=2  Bad Gateway
    "#);
}

#[test]
fn columns_asked_for_are_all_shown() {
    let env = filled();
    insta::assert_snapshot!(table(&env, "80", &["--columns", "time,fate,.properties.attempt,message_id", "--message-id", "m-flip-2", "--message-id", "m-flip-4"]), @r#"
    time                  fate       .properties.attempt  message_id
    2025-03-24T00:13:00Z  delivered                    2  m-flip-2
    2025-03-23T23:52:00Z  unknown                      3  m-flip-4
    2025-03-23T22:51:00Z  unknown                      2  m-flip-4
    2025-03-23T22:03:01Z  delivered                       m-flip-2
    2025-03-23T22:03:00Z  delivered                    1  m-flip-2
    2025-03-23T21:50:00Z  unknown                      1  m-flip-4
    "#);
}

#[test]
fn fifty_rows_are_a_page_of_a_table() {
    let env = filled();
    let outcome = show(&env, &["-o", "table", "--columns", ".serial"]);
    assert_eq!(outcome.success().stdout.lines().count(), 51);
    outcome.stderr_has("hint: next page: ").stderr_has("217");
    let all = show(&env, &["-o", "tsv", "--columns", ".serial"]);
    assert_eq!(all.success().stdout.lines().count(), 218);
}

#[test]
fn colour_needs_a_terminal_or_the_flag() {
    let env = filled();
    let rows = ["-n", "3", "-o", "table"];
    show(&env, &rows).success().nowhere("\u{1b}");
    show(&env, &[&rows[..], &["--color", "always"]].concat())
        .success()
        .stdout_has("\u{1b}[");
    let forced = filled().set("CLICOLOR_FORCE", "1");
    show(&forced, &rows).success().stdout_has("\u{1b}[");
    let refused = filled().set("CLICOLOR_FORCE", "1").set("NO_COLOR", "1");
    show(&refused, &rows).success().nowhere("\u{1b}");
    let csv = show(&forced, &["-n", "3", "-o", "csv"]);
    csv.success()
        .assert(!csv.stdout.contains('\u{1b}'), "no colour in CSV");
}

#[test]
fn hostile_text_is_named_and_never_obeyed_on_stderr() {
    const HOSTILE: &str = "x\u{1b}[31m\u{7}\u{202e}";
    let env = TestEnv::new();
    let line = r#"{"event":"Error Logged","properties":{"messageId":"m","reason":"\u001b]0;owned\u0007","occurredAt":"2025-03-23T20:00:00Z"}}"#;
    let import = env.run_with_input(&["import", "-", "--collection", HOSTILE], line);
    import.success().nowhere("\u{1b}").nowhere("\u{7}");
    let outcome = show(
        &env,
        &[
            "--collection",
            HOSTILE,
            "--columns",
            "collection,reason",
            "-o",
            "ndjson",
        ],
    );
    // A file gets the text as it is, in JSON's own escapes.
    outcome.success().stdout_is(
        "{\"collection\":\"x\\u001b[31m\\u0007\u{202e}\",\"reason\":\"\\u001b]0;owned\\u0007\"}\n",
    );
    outcome.assert(
        !outcome.stderr.contains(['\u{1b}', '\u{7}']),
        "no control characters on stderr",
    );
    let wrong = show(&env, &["--where", "reason ~ (\u{1b}[31m"]);
    wrong.code(2).nowhere("\u{1b}");
    let page = show(&env, &["--collection", HOSTILE, "-o", "table"]);
    page.success();
    page.assert(
        !page.stderr.contains(['\u{1b}', '\u{7}']),
        "no control characters on stderr",
    );
}
